"""Migrations: two at once wait for each other, and a database that is up to date is left alone."""

import asyncio

from sqlalchemy import text

from shared.contracts.topics import SERVICES
from shared.database import Database
from shared.migrating import migrate
from tests.support.servers import Databases


async def tables(url: str) -> set[str]:
    database = Database(url)
    try:
        async with database.transaction() as connection:
            found = await connection.execute(
                text("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
            )
            return set(found.scalars())
    finally:
        await database.close()


async def test_two_at_once_migrate_a_database_once(databases: Databases) -> None:
    url = await databases.empty()
    await asyncio.gather(migrate("sla", url), migrate("sla", url))
    assert {"alembic_version", "outbox", "inbox", "parked", "dead_letter"} <= await tables(url)
    await migrate("sla", url)


async def test_services_migrate_beside_each_other(databases: Databases) -> None:
    urls = {name: await databases.empty() for name in SERVICES}
    await asyncio.gather(*(migrate(name, url) for name, url in urls.items()))
    for url in urls.values():
        assert {"alembic_version", "profile"} <= await tables(url)


def _migrate_in_a_thread_of_its_own(url: str) -> None:
    asyncio.run(migrate("routing", url))


async def test_threads_migrate_beside_each_other(databases: Databases) -> None:
    urls = [await databases.empty() for _ in range(3)]
    await asyncio.gather(*(asyncio.to_thread(_migrate_in_a_thread_of_its_own, url) for url in urls))
    for url in urls:
        assert "alembic_version" in await tables(url)
