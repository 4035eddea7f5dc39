"""Keeps the data bank up: what changed is taken in within a second, what was imported is told of.

Both work off a queue in small steps. However much waits there, citizens who submit and events on
their way wait for one step at most.
"""

import asyncio
from typing import Final

import structlog

from services.intake import bank_upkeep_queries as queries
from services.intake.context import IntakeContext
from shared.contracts.event import Location
from shared.contracts.intake import ComplaintImported
from shared.ids import ComplaintId
from shared.unit_of_work import UnitOfWork, UnitsOfWork

log = structlog.get_logger(__name__)

#: Complaints taken in at once.
STEP: Final = 200
#: Imported entries told of at once: what a live event may have to wait for.
MOST_ANNOUNCED: Final = 100
#: With so many events waiting for the relay, imports wait.
ENOUGH_WAITING: Final = 200
#: The vocabulary is learned from so many entries.
SAMPLE: Final = 20_000

_EVERY_SECONDS: Final = 0.5
_ANNOUNCING_STEPS: Final = 5
_WORDS_EVERY_SECONDS: Final = 3600.0


async def keep_bank(units: UnitsOfWork, context: IntakeContext) -> None:
    """Take in changes and announce imports until cancelled; a failure waits for the next time."""
    while True:
        try:
            async with units.begin() as unit:
                await take_in_changes(unit, context)
            for _ in range(_ANNOUNCING_STEPS):
                async with units.begin() as unit:
                    announced = await announce_imports(unit)
                if announced < MOST_ANNOUNCED:
                    break
        except Exception as error:  # noqa: BLE001 - the queues keep what was not done
            log.warning("bank_not_kept_up", error=repr(error)[:200])
        await asyncio.sleep(_EVERY_SECONDS)


async def keep_words(units: UnitsOfWork) -> None:
    """Learn the vocabulary now and every hour until cancelled."""
    while True:
        try:
            async with units.begin() as unit:
                await queries.learn_words(unit.connection, SAMPLE)
        except Exception as error:  # noqa: BLE001 - the words of an hour ago serve as well
            log.warning("bank_words_not_learned", error=repr(error)[:200])
        await asyncio.sleep(_WORDS_EVERY_SECONDS)


async def take_in_changes(unit: UnitOfWork, context: IntakeContext) -> int:
    """Make entries what their complaints are now; returns how many complaints were looked at."""
    # First the turn, then the reading: or an older state could be written over a newer one.
    await queries.lock_bank(unit.connection)
    changed = await queries.take_changes(unit.connection, STEP)
    if changed:
        await queries.refresh_entries(unit.connection, changed, context.profile.pemda.zone)
    return len(changed)


async def announce_imports(unit: UnitOfWork) -> int:
    """Publish ComplaintImported for some of the entries that were imported; returns how many.

    None as long as the relay has much to do: the outbox goes out in order, and a live event would
    wait behind all of them.
    """
    if await queries.count_waiting(unit.connection, ENOUGH_WAITING) >= ENOUGH_WAITING:
        return 0
    rows = await queries.take_announcements(unit.connection, MOST_ANNOUNCED)
    for row in rows:
        unit.publish(
            ComplaintImported(
                complaint_id=ComplaintId(str(row.entry_id)),
                occurred_at=unit.now,
                title=row.title,
                text=row.text,
                opd=row.opd,
                topic=row.topic,
                submitted_at=row.submitted_at,
                responded_at=row.responded_at,
                resolved_at=row.resolved_at,
                location=Location(lat=row.lat, lon=row.lon, area_code=row.area_code)
                if row.area_code is not None or row.lat is not None
                else None,
            )
        )
    return len(rows)
