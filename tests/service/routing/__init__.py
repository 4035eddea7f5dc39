"""Routing alone, on real Postgres and the in-process bus."""
