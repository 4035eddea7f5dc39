"""SQL of the scanner: which clocks are due, and what fired of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy.ext.asyncio import AsyncConnection

from services.sla.policies import Rung, read_rungs
from services.sla.stopwatch import ClockKey
from shared.database import array_text, fetch


@dataclass(slots=True)
class DueClock:
    """A clock at which the scanner must look, locked, with the levels that were told already."""

    clock_id: str
    complaint_id: str
    key: ClockKey
    opd: str | None
    due_at: datetime
    near_at: datetime
    rungs: tuple[Rung, ...]
    levels: frozenset[int]
    near_fired_at: datetime | None
    missed_fired_at: datetime | None
    next_fire_at: datetime | None = None


class Escalation(NamedTuple):
    """A role that is told of a clock."""

    clock_id: str
    level: int
    to_role: str
    opd: str | None


_PLANNER = """
    SELECT set_config('enable_sort', $1, true), set_config('enable_bitmapscan', $1, true),
           set_config('enable_seqscan', $1, true)
    """
LOCK_DUE = """
    SELECT clock_id, complaint_id, part, stage, epoch, opd, due_at, near_at, rungs,
           near_fired_at, missed_fired_at
    FROM clock WHERE next_fire_at <= $1
    ORDER BY next_fire_at LIMIT $2 FOR UPDATE SKIP LOCKED
    """
_INSERT_ESCALATIONS = """
    INSERT INTO escalation (clock_id, level, to_role, opd, fired_at)
    SELECT n.*, $5::timestamptz
    FROM unnest($1::text::uuid[], $2::text::int[], $3::text::text[], $4::text::text[]) AS n
    """
LEVELS = "SELECT clock_id, level FROM escalation WHERE clock_id = ANY ($1::uuid[])"
NOTE_FIRED = """
    UPDATE clock SET next_fire_at = f.next_fire_at,
        near_fired_at = coalesce(clock.near_fired_at, f.near_fired_at),
        missed_fired_at = coalesce(clock.missed_fired_at, f.missed_fired_at)
    FROM unnest($1::text::uuid[], $2::text::timestamptz[], $3::text::timestamptz[],
                $4::text::timestamptz[])
        AS f (clock_id, next_fire_at, near_fired_at, missed_fired_at)
    WHERE clock.clock_id = f.clock_id
    """
NEXT_FIRE = "SELECT min(next_fire_at) FROM clock WHERE next_fire_at IS NOT NULL"
_POSTPONE_FIRST = """
    UPDATE clock SET next_fire_at = $2 WHERE clock_id = (
        SELECT clock_id FROM clock WHERE next_fire_at <= $1
        ORDER BY next_fire_at LIMIT 1 FOR UPDATE SKIP LOCKED)
    """


async def keep_to_indexes(connection: AsyncConnection, yes: bool = True) -> None:
    """Let the planner read by index alone, until the end of the transaction or until told `False`.

    Its statistics are from before a burst: it thinks that a few clocks are due, and would gather
    and sort all 100,000 of them for each batch.
    """
    await fetch(connection, _PLANNER, "off" if yes else "on")


async def lock_due_clocks(connection: AsyncConnection, now: datetime, limit: int) -> list[DueClock]:
    """Lock and return the clocks that are due, earliest first, and not locked by anyone."""
    await keep_to_indexes(connection)
    rows = await fetch(connection, LOCK_DUE, now, limit)
    levels: dict[Any, set[int]] = {}
    if rows:
        # A statement of its own, so that it sees what whoever held the locks before has written.
        for row in await fetch(connection, LEVELS, [row["clock_id"] for row in rows]):
            levels.setdefault(row["clock_id"], set()).add(row["level"])
    await keep_to_indexes(connection, yes=False)
    return [
        DueClock(
            clock_id=str(row["clock_id"]),
            complaint_id=str(row["complaint_id"]),
            key=ClockKey(row["part"], row["stage"], row["epoch"]),
            opd=row["opd"],
            due_at=row["due_at"],
            near_at=row["near_at"],
            rungs=read_rungs(row["rungs"]),
            levels=frozenset(levels.get(row["clock_id"], ())),
            near_fired_at=row["near_fired_at"],
            missed_fired_at=row["missed_fired_at"],
        )
        for row in rows
    ]


async def insert_escalations(
    connection: AsyncConnection, escalations: Sequence[Escalation], now: datetime
) -> None:
    """Store who is told; a level that was told before breaks the transaction."""
    if escalations:
        await fetch(
            connection,
            _INSERT_ESCALATIONS,
            array_text(each.clock_id for each in escalations),
            array_text(each.level for each in escalations),
            array_text(each.to_role for each in escalations),
            array_text(each.opd for each in escalations),
            now,
        )


async def note_fired(connection: AsyncConnection, clocks: Sequence[DueClock]) -> None:
    """Store what fired, and when the scanner must look again."""
    await fetch(
        connection,
        NOTE_FIRED,
        array_text(clock.clock_id for clock in clocks),
        array_text(clock.next_fire_at for clock in clocks),
        array_text(clock.near_fired_at for clock in clocks),
        array_text(clock.missed_fired_at for clock in clocks),
    )


async def next_fire_at(connection: AsyncConnection) -> datetime | None:
    """Return when the scanner must look again; None while no clock runs."""
    found: datetime | None = (await fetch(connection, NEXT_FIRE))[0][0]
    return found


async def postpone_first_due(connection: AsyncConnection, now: datetime, until: datetime) -> None:
    """Let the clock that is due first wait, because it cannot be handled."""
    await fetch(connection, _POSTPONE_FIRST, now, until)
