"""Marketplace on real Postgres."""
