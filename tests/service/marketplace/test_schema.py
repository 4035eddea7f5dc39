"""The migrated database is what the tables declare, and can be taken down again."""

from services.marketplace import promotion_tables, tables
from tests.support.schema import assert_declared, assert_reversible
from tests.support.servers import Databases

# Named so that both are loaded: they add their tables to the same.
MODULES = (tables, promotion_tables)
METADATA = promotion_tables.PromotionSlot.metadata


async def test_migrated_schema_is_what_the_tables_declare(databases: Databases) -> None:
    await assert_declared(
        databases, "marketplace", METADATA, {"idempotency", "outgoing_message", "profile"}
    )


async def test_history_goes_down_and_up_again(databases: Databases) -> None:
    await assert_reversible(databases, "marketplace", METADATA)
