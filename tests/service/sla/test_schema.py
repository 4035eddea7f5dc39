"""The migrated database is what the tables declare, and can be taken down again."""

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, inspect

from services.sla import notice_tables, record_tables, rule_tables
from services.sla.tables import metadata
from shared.database import Database
from shared.migrating import alembic_config, migrate
from tests.support.servers import Databases

OWN = set(metadata.tables)
# Imported here, or it would depend on other tests whether they are compared.
for _rows in (
    record_tables.RecordRow,
    notice_tables.NoticeRow,
    rule_tables.AdjustmentRow,
):
    assert _rows.__tablename__ in OWN


def _differences(connection: Connection) -> list[object]:
    def is_own(name: str | None, kind: str, parents: object) -> bool:
        del parents
        return kind != "table" or name in OWN

    context = MigrationContext.configure(
        connection, opts={"include_name": is_own, "compare_type": True}
    )
    return list(compare_metadata(context, metadata))


def _downgrade(connection: Connection) -> set[str]:
    config = alembic_config("sla")
    config.attributes["connection"] = connection
    command.downgrade(config, "base")
    return set(inspect(connection).get_table_names())


async def test_migrated_schema_is_what_the_tables_declare(databases: Databases) -> None:
    database = Database(await databases.fresh("sla"))
    async with database.transaction() as connection:
        assert await connection.run_sync(_differences) == []
        names = await connection.run_sync(lambda c: set(inspect(c).get_table_names()))
        assert names >= OWN | {"outbox", "inbox", "profile"}
    await database.close()


async def test_history_goes_down_and_up_again(databases: Databases) -> None:
    url = await databases.fresh("sla")
    database = Database(url)
    async with database.transaction() as connection:
        assert await connection.run_sync(_downgrade) == {"alembic_version"}
    await migrate("sla", url)
    await migrate("sla", url)
    async with database.transaction() as connection:
        assert await connection.run_sync(_differences) == []
    await database.close()
