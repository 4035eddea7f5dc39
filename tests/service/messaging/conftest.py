"""A world to send into, and a database with a queue."""

from collections.abc import AsyncIterator

import pytest
from sqlalchemy import text

from shared.database import Database
from tests.service.messaging.bench import Bench, create_tables
from tests.support.platforms import Mailbox, Platforms, running_mailbox, running_platforms
from tests.support.servers import Databases


@pytest.fixture(scope="module")
async def _running() -> AsyncIterator[Platforms]:
    async with running_platforms() as running:
        yield running


@pytest.fixture
def platforms(_running: Platforms) -> Platforms:
    """Return the platforms, on a good day and with nothing sent."""
    _running.reset()
    return _running


@pytest.fixture
async def mailbox() -> AsyncIterator[Mailbox]:
    """Run an SMTP server."""
    async with running_mailbox() as running:
        yield running


@pytest.fixture(scope="module")
async def _database(databases: Databases) -> AsyncIterator[Database]:
    database = Database(await databases.empty())
    async with database.transaction() as connection:
        await connection.run_sync(create_tables)
    yield database
    await database.close()


@pytest.fixture
async def bench(_database: Database) -> Bench:
    """Return an empty queue."""
    async with _database.transaction() as connection:
        await connection.execute(text("TRUNCATE outgoing_message"))
    return Bench(_database)
