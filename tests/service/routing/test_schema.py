"""The migrated database is what the tables declare, and can be taken down again."""

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, inspect

from services.routing import evidence_tables, handling_tables, model_tables, practice_tables
from services.routing.tables import metadata
from shared.database import Database
from shared.migrating import alembic_config, migrate
from tests.support.servers import Databases

# Named so that they are loaded: each adds its tables to the service's own.
MODULES = (handling_tables, evidence_tables, practice_tables, model_tables)
OWN = set(metadata.tables)


def _differences(connection: Connection) -> list[object]:
    def is_own(name: str | None, kind: str, parents: object) -> bool:
        del parents
        return kind != "table" or name in OWN

    context = MigrationContext.configure(
        connection, opts={"include_name": is_own, "compare_type": True}
    )
    return list(compare_metadata(context, metadata))


def _downgrade(connection: Connection) -> set[str]:
    config = alembic_config("routing")
    config.attributes["connection"] = connection
    command.downgrade(config, "base")
    return set(inspect(connection).get_table_names())


async def test_migrated_schema_is_what_the_tables_declare(databases: Databases) -> None:
    database = Database(await databases.fresh("routing"))
    async with database.transaction() as connection:
        assert await connection.run_sync(_differences) == []
        names = await connection.run_sync(lambda c: set(inspect(c).get_table_names()))
        assert names >= OWN | {"outbox", "inbox", "profile", "idempotency"}
    await database.close()


async def test_history_goes_down_and_up_again(databases: Databases) -> None:
    url = await databases.fresh("routing")
    database = Database(url)
    async with database.transaction() as connection:
        assert await connection.run_sync(_downgrade) == {"alembic_version"}
    await migrate("routing", url)
    await migrate("routing", url)
    async with database.transaction() as connection:
        assert await connection.run_sync(_differences) == []
    await database.close()
