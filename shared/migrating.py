"""Runs a service's Alembic history on its own database; two at once wait for each other."""

import asyncio
from pathlib import Path
from threading import Lock

from alembic import command, context
from alembic.config import Config
from sqlalchemy import Connection, text

from shared.contracts.topics import ServiceName
from shared.database import Database

_LOCK_KEY = 0x6D696772  # "migr"
_ALEMBIC = Lock()
_SERVICES = Path(__file__).parent.parent / "services"


async def migrate(service: ServiceName, database_url: str, revision: str = "head") -> None:
    """Bring a service's database to a revision; does nothing when it is there already."""
    database = Database(database_url)
    try:
        async with database.transaction() as connection:
            await connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK_KEY})
            # Alembic keeps what it is at in globals of the process, whichever database it is for.
            while not _ALEMBIC.acquire(blocking=False):  # noqa: ASYNC110 - threads share it too
                await asyncio.sleep(0.01)
            try:
                await connection.run_sync(_upgrade, service, revision)
            finally:
                _ALEMBIC.release()
    finally:
        await database.close()


def alembic_config(service: ServiceName) -> Config:
    """Return the configuration of a service's history, as `alembic` itself would read it."""
    config = Config()
    config.set_main_option("script_location", str(_SERVICES / service / "migrations"))
    config.set_main_option("path_separator", "os")
    return config


def run_migrations() -> None:
    """Run the steps that Alembic chose; every service's `env.py` calls this and nothing else."""
    connection = context.config.attributes["connection"]
    context.configure(connection=connection, target_metadata=None, transactional_ddl=True)
    context.run_migrations()


def _upgrade(connection: Connection, service: ServiceName, revision: str) -> None:
    config = alembic_config(service)
    config.attributes["connection"] = connection
    command.upgrade(config, revision)
