"""What is past its time is destroyed, class by class, and nothing else is."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest

from services.intake.operations.retention import Planned, apply_retention, plan_retention
from services.intake.privacy_profile import Retention
from shared.unit_of_work import UnitOfWork, UnitsOfWork
from tests.service.intake.driver import REPORTER, Driver, Lodged
from tests.service.intake.events import Telling

CLASSES = [Retention(state="closed", days=100), Retention(state="withdrawn", days=10)]


class DyingUnits(UnitsOfWork):
    """Units of a process that dies within its third."""

    begun = 0

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[UnitOfWork]:
        """Open a unit that cannot commit if it is the third."""
        async with super().begin() as unit:
            yield unit
            self.begun += 1
            if self.begun == 3:
                raise RuntimeError("crash before the commit")


async def _closed(intake: Driver) -> Lodged:
    lodged = await intake.lodge(reporter=REPORTER)
    telling = Telling(lodged.complaint_id, intake.now)
    await intake.tell(telling.assigned(), telling.resolved(), telling.closed())
    return lodged


async def _withdrawn(intake: Driver) -> Lodged:
    lodged = await intake.lodge(reporter=REPORTER)
    await intake.say(lodged, "withdraw", {"reason": "Sudah."})
    return lodged


async def _is_kept(intake: Driver, lodged: Lodged) -> bool:
    own = (await intake.track(lodged, known=True))["own"]
    return own["text"] is not None


def _advance(intake: Driver, **by: float) -> None:
    intake.system.clock.advance(timedelta(**by))


async def test_each_class_has_its_own_time_and_open_cases_have_none(alone: Driver) -> None:
    closed, withdrawn = await _closed(alone), await _withdrawn(alone)
    still_open = await alone.lodge(reporter=REPORTER)
    _advance(alone, days=9)
    assert await apply_retention(alone.doors.units, CLASSES) == 0
    _advance(alone, days=2)
    assert await apply_retention(alone.doors.units, CLASSES) == 1
    kept = [await _is_kept(alone, each) for each in (closed, withdrawn, still_open)]
    assert kept == [True, False, True]
    _advance(alone, days=90)
    assert await apply_retention(alone.doors.units, CLASSES) == 1
    kept = [await _is_kept(alone, each) for each in (closed, withdrawn, still_open)]
    assert kept == [False, False, True]
    assert await apply_retention(alone.doors.units, CLASSES) == 0


async def test_a_reopened_case_is_kept_and_its_time_begins_when_it_ends_again(
    alone: Driver,
) -> None:
    lodged = await _closed(alone)
    _advance(alone, days=99)
    await alone.tell(Telling(lodged.complaint_id, alone.now).reopened())
    _advance(alone, days=50)
    assert await apply_retention(alone.doors.units, CLASSES) == 0
    telling = Telling(lodged.complaint_id, alone.now)
    await alone.tell(telling.resolved(), telling.closed())
    _advance(alone, days=99)
    assert await apply_retention(alone.doors.units, CLASSES) == 0
    _advance(alone, days=2)
    assert await apply_retention(alone.doors.units, CLASSES) == 1


async def test_batches_are_entries_and_what_a_crash_left_is_done_the_next_time(
    alone: Driver,
) -> None:
    for _ in range(5):
        await _withdrawn(alone)
    _advance(alone, days=11)
    dying = DyingUnits(alone.system.service("intake").database, alone.system.clock)
    with pytest.raises(RuntimeError):
        await apply_retention(dying, CLASSES[1:], batch=2)
    assert await apply_retention(alone.doors.units, CLASSES[1:], batch=2) == 1
    entries = await alone.rows("SELECT action, object, details FROM audit_entry ORDER BY seq")
    assert {each["action"] for each in entries} == {"retention_applied"}
    assert [each["details"] for each in entries] == [
        '{"days":10,"reporters":2}',
        '{"days":10,"reporters":2}',
        '{"days":10,"reporters":1}',
    ]


async def test_two_at_once_destroy_each_key_once(alone: Driver) -> None:
    for _ in range(6):
        await _withdrawn(alone)
    _advance(alone, days=11)
    units = alone.doors.units
    done = await asyncio.gather(*(apply_retention(units, CLASSES, batch=2) for _ in range(3)))
    assert sum(done) + await apply_retention(units, CLASSES) == 6


async def test_the_plan_says_what_would_happen_and_changes_nothing(alone: Driver) -> None:
    await _withdrawn(alone)
    began = alone.now
    _advance(alone, days=5)
    await _withdrawn(alone)
    _advance(alone, days=6)
    async with alone.system.service("intake").database.transaction() as connection:
        planned = await plan_retention(connection, CLASSES, alone.now, timedelta(days=30))
    assert planned == [
        Planned("closed", 100, 0, 0, None),
        Planned("withdrawn", 10, 1, 1, began),
    ]
    assert await apply_retention(alone.doors.units, CLASSES) == 1


async def test_the_hourly_look_reads_only_what_is_kept(alone: Driver) -> None:
    async with alone.system.service("intake").database.transaction() as connection:
        await connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
        plan = await connection.exec_driver_sql(
            "EXPLAIN SELECT reporter_id FROM complaint WHERE state = 'closed'"
            " AND retained_since IS NOT NULL AND retained_since < now()"
            " ORDER BY retained_since LIMIT 500"
        )
        assert "complaint_retained" in "\n".join(row[0] for row in plan)
