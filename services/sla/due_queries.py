"""SQL of the scanner: which clocks are due, and what fired of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.sla.policies import Rung, read_rungs
from services.sla.stopwatch import ClockKey


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


@dataclass(frozen=True, slots=True)
class Escalation:
    """A role that is told of a clock."""

    clock_id: str
    level: int
    to_role: str
    opd: str | None


_LOCK_DUE = text(
    """
    SELECT clock_id, complaint_id, part, stage, epoch, opd, due_at, near_at, rungs,
           near_fired_at, missed_fired_at
    FROM clock WHERE next_fire_at <= :now
    ORDER BY next_fire_at LIMIT :limit FOR UPDATE SKIP LOCKED
    """
)
_INSERT_ESCALATIONS = text(
    """
    INSERT INTO escalation (clock_id, level, to_role, opd, fired_at)
    SELECT n.*, CAST(:now AS timestamptz)
    FROM unnest(CAST(:ids AS uuid[]), CAST(:levels AS int[]), CAST(:roles AS text[]),
                CAST(:opds AS text[])) AS n
    """
)
_LEVELS = text("SELECT clock_id, level FROM escalation WHERE clock_id = ANY (CAST(:ids AS uuid[]))")
_NOTE_FIRED = text(
    """
    UPDATE clock SET next_fire_at = f.next_fire_at,
        near_fired_at = coalesce(clock.near_fired_at, f.near_fired_at),
        missed_fired_at = coalesce(clock.missed_fired_at, f.missed_fired_at)
    FROM unnest(CAST(:ids AS uuid[]), CAST(:nexts AS timestamptz[]), CAST(:nears AS timestamptz[]),
                CAST(:misses AS timestamptz[]))
        AS f (clock_id, next_fire_at, near_fired_at, missed_fired_at)
    WHERE clock.clock_id = f.clock_id
    """
)
_NEXT = text("SELECT min(next_fire_at) FROM clock WHERE next_fire_at IS NOT NULL")
_POSTPONE_FIRST = text(
    """
    UPDATE clock SET next_fire_at = :until WHERE clock_id = (
        SELECT clock_id FROM clock WHERE next_fire_at <= :now
        ORDER BY next_fire_at LIMIT 1 FOR UPDATE SKIP LOCKED)
    """
)


async def lock_due_clocks(connection: AsyncConnection, now: datetime, limit: int) -> list[DueClock]:
    """Lock and return the clocks that are due, earliest first, and not locked by anyone."""
    rows = (await connection.execute(_LOCK_DUE, {"now": now, "limit": limit})).all()
    levels: dict[str, set[int]] = {}
    if rows:
        for clock_id, level in await connection.execute(
            _LEVELS, {"ids": [row.clock_id for row in rows]}
        ):
            levels.setdefault(str(clock_id), set()).add(level)
    return [
        DueClock(
            clock_id=str(row.clock_id),
            complaint_id=str(row.complaint_id),
            key=ClockKey(row.part, row.stage, row.epoch),
            opd=row.opd,
            due_at=row.due_at,
            near_at=row.near_at,
            rungs=read_rungs(row.rungs),
            levels=frozenset(levels.get(str(row.clock_id), ())),
            near_fired_at=row.near_fired_at,
            missed_fired_at=row.missed_fired_at,
        )
        for row in rows
    ]


async def insert_escalations(
    connection: AsyncConnection, escalations: Sequence[Escalation], now: datetime
) -> None:
    """Store who is told; a level that was told before breaks the transaction."""
    if escalations:
        await connection.execute(
            _INSERT_ESCALATIONS,
            {
                "ids": [each.clock_id for each in escalations],
                "levels": [each.level for each in escalations],
                "roles": [each.to_role for each in escalations],
                "opds": [each.opd for each in escalations],
                "now": now,
            },
        )


async def note_fired(connection: AsyncConnection, clocks: Sequence[DueClock]) -> None:
    """Store what fired, and when the scanner must look again."""
    await connection.execute(
        _NOTE_FIRED,
        {
            "ids": [clock.clock_id for clock in clocks],
            "nexts": [clock.next_fire_at for clock in clocks],
            "nears": [clock.near_fired_at for clock in clocks],
            "misses": [clock.missed_fired_at for clock in clocks],
        },
    )


async def next_fire_at(connection: AsyncConnection) -> datetime | None:
    """Return when the scanner must look again; None while no clock runs."""
    found: datetime | None = (await connection.execute(_NEXT)).scalar_one()
    return found


async def postpone_first_due(connection: AsyncConnection, now: datetime, until: datetime) -> None:
    """Let the clock that is due first wait, because it cannot be handled."""
    await connection.execute(_POSTPONE_FIRST, {"now": now, "until": until})
