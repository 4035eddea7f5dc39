"""Survey on real Postgres."""
