"""What every service is made of, on real Postgres."""
