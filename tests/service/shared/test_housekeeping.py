"""Housekeeping forgets what is past its time, and nothing else."""

import asyncio
from datetime import timedelta

from shared.clock import ManualClock
from shared.database import Database
from shared.housekeeping import INBOX_DAYS, keep_house_hourly, tidy_up
from shared.ids import new_id
from shared.unit_of_work import UnitsOfWork
from tests.support.servers import Databases
from tests.support.system import START


async def test_old_rows_go_and_young_rows_stay(databases: Databases) -> None:
    database = Database(await databases.fresh("routing"))
    clock = ManualClock(START)
    units = UnitsOfWork(database, clock)
    async with units.begin() as unit:
        for age_days in (0, INBOX_DAYS - 1, INBOX_DAYS + 1):
            await unit.connection.exec_driver_sql(
                "INSERT INTO inbox (consumer, event_id, received_at)"
                " VALUES ('routing', $1, clock_timestamp() - make_interval(days => $2))",
                (new_id(), age_days),
            )
        for age_days in (0, 6, 8):
            await unit.connection.exec_driver_sql(
                "INSERT INTO idempotency (scope, key, body_hash, created_at)"
                " VALUES ('s', $1, '', $2)",
                (f"key-{age_days}", unit.now - timedelta(days=age_days)),
            )
    async with units.begin() as unit:
        await tidy_up(unit)
    async with database.transaction() as connection:
        inbox = await connection.exec_driver_sql("SELECT count(*) FROM inbox")
        keys = await connection.exec_driver_sql("SELECT key FROM idempotency ORDER BY key")
        assert inbox.scalar_one() == 2
        assert keys.scalars().all() == ["key-0", "key-6"]
    await database.close()


async def test_a_service_without_these_tables_has_nothing_to_tidy(databases: Databases) -> None:
    database = Database(await databases.fresh("survey"))
    async with UnitsOfWork(database, ManualClock(START)).begin() as unit:
        await tidy_up(unit)
    await database.close()


async def test_a_chore_that_fails_keeps_no_other_from_being_done(databases: Databases) -> None:
    database = Database(await databases.fresh("routing"))
    units = UnitsOfWork(database, ManualClock(START))
    done = asyncio.Event()

    async def fail(_units: UnitsOfWork) -> None:
        raise RuntimeError("not today")

    async def work(given: UnitsOfWork) -> None:
        assert given is units
        done.set()

    keeping = asyncio.create_task(keep_house_hourly(units, [fail, work]))
    await asyncio.wait_for(done.wait(), 30)
    keeping.cancel()
    await asyncio.gather(keeping, return_exceptions=True)
    await database.close()
