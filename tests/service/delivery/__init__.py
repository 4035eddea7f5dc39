"""Outbox, relay and inbox on real Postgres."""
