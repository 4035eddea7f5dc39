"""Runs intake's history; everything else is the same for all services."""

from shared.migrating import run_migrations

run_migrations()
