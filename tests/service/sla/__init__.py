"""Sla on real Postgres: its clocks, its scanner, its doors."""
