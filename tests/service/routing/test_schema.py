"""The migrated database is what the tables declare, and can be taken down again."""

from services.routing import (
    evidence_tables,
    handling_tables,
    model_tables,
    practice_tables,
    stage_tables,
)
from services.routing.tables import metadata
from tests.support.schema import assert_declared, assert_reversible
from tests.support.servers import Databases

# Named so that they are loaded: each adds its tables to the service's own.
MODULES = (handling_tables, evidence_tables, practice_tables, model_tables, stage_tables)


async def test_migrated_schema_is_what_the_tables_declare(databases: Databases) -> None:
    await assert_declared(
        databases, "routing", metadata, {"outbox", "inbox", "profile", "idempotency"}
    )


async def test_history_goes_down_and_up_again(databases: Databases) -> None:
    await assert_reversible(databases, "routing", metadata)
