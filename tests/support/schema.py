"""Whether a migrated database is what a service's tables declare, and can be taken down again."""

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, MetaData, inspect

from shared.contracts.topics import ServiceName
from shared.database import Database
from shared.migrating import alembic_config, migrate
from tests.support.servers import Databases


async def assert_declared(
    databases: Databases, service: ServiceName, declared: MetaData, shared: set[str]
) -> None:
    """Compare a migrated database with the tables declared; `shared` are there beside them."""
    database = Database(await databases.fresh(service))
    async with database.transaction() as connection:
        assert await connection.run_sync(_differences, declared) == []
        assert await connection.run_sync(_tables) >= {*declared.tables, *shared}
    await database.close()


async def assert_reversible(databases: Databases, service: ServiceName, declared: MetaData) -> None:
    """Take a database down to nothing, and up again, twice."""
    url = await databases.fresh(service)
    database = Database(url)
    async with database.transaction() as connection:
        await connection.run_sync(_take_down, service)
        assert await connection.run_sync(_tables) == {"alembic_version"}
    await migrate(service, url)
    await migrate(service, url)
    async with database.transaction() as connection:
        assert await connection.run_sync(_differences, declared) == []
    await database.close()


def _differences(connection: Connection, declared: MetaData) -> list[object]:
    def is_own(name: str | None, kind: str, parents: object) -> bool:
        del parents
        return kind != "table" or name in declared.tables

    context = MigrationContext.configure(
        connection, opts={"include_name": is_own, "compare_type": True}
    )
    return list(compare_metadata(context, declared))


def _take_down(connection: Connection, service: ServiceName) -> None:
    config = alembic_config(service)
    config.attributes["connection"] = connection
    command.downgrade(config, "base")


def _tables(connection: Connection) -> set[str]:
    return set(inspect(connection).get_table_names())
