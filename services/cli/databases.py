"""Services' databases for a command: those of the environment, or of the embedded Postgres.

A command works beside running services, and starts the embedded server only where nothing else has.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TypeVar

from sqlalchemy.ext.asyncio import AsyncConnection

from services.all_in_one import settings_of
from services.cli.serving import embedded_postgres
from services.deployment import migrate_all, settle_settings
from shared.contracts.topics import ServiceName
from shared.database import Database
from shared.settings import CoreSettings, ServiceSettings

ResultT = TypeVar("ResultT")
Work = Callable[[Database, ServiceSettings], Awaitable[ResultT]]
InTransaction = Callable[[AsyncConnection], Awaitable[ResultT]]


@contextmanager
def named_databases(
    core: CoreSettings, names: Sequence[ServiceName], *, migrated: bool = False
) -> Iterator[dict[ServiceName, ServiceSettings]]:
    """Give settings in which each service's database is named, for as long as it is there.

    `migrated` brings those of the embedded server to the newest revision first: nobody else may
    have, while a database of the environment is whoever's runs the services.
    """
    settings = {name: settings_of(name, core=core) for name in names}
    if all(each.database_url for each in settings.values()):
        yield settings
        return
    with embedded_postgres(core, names) as postgres:
        _, settings = settle_settings(core, names, postgres)
        if migrated:
            asyncio.run(migrate_all(settings))
        yield settings


def work_on(
    name: ServiceName,
    work: Work[ResultT],
    *,
    core: CoreSettings | None = None,
    migrated: bool = False,
) -> ResultT:
    """Do something with a service's database and settings, and close it."""
    with named_databases(core or CoreSettings(), [name], migrated=migrated) as settings:
        return asyncio.run(_work(settings[name], work))


def in_transaction(name: ServiceName, work: InTransaction[ResultT]) -> ResultT:
    """Do something in one transaction of a service's database."""

    async def within(database: Database, _settings: ServiceSettings) -> ResultT:
        async with database.transaction() as connection:
            return await work(connection)

    return work_on(name, within)


async def _work(settings: ServiceSettings, work: Work[ResultT]) -> ResultT:
    database = Database(settings.database_url)
    try:
        return await work(database, settings)
    finally:
        await database.close()
