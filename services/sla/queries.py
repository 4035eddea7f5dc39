"""All SQL of sla, beside the gauges."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Row, and_, case, insert, select, text, tuple_, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlmodel import col

from services.sla.facts import CaseFacts, Mark
from services.sla.policies import Rung, Terms
from services.sla.rules import ClockPlan, clock_id_of
from services.sla.stopwatch import ClockKey
from services.sla.tables import CaseRow, ClockRow, EscalationRow


@dataclass(frozen=True, slots=True)
class KeptClock:
    """A clock as it was written last: its terms, its OPD, and what was published of it."""

    terms: Terms
    opd: str | None
    told: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class KeptCase:
    """A case as it is stored."""

    facts: CaseFacts
    clocks: Mapping[ClockKey, KeptClock] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class DueClock:
    """A clock at which the scanner must look, locked, with the levels that were told already."""

    clock: ClockRow
    rungs: tuple[Rung, ...]
    levels: frozenset[int]


# ------------------------------------------------------------------------------- cases


async def lock_case(connection: AsyncConnection, complaint_id: str) -> KeptCase | None:
    """Return what is stored of a case, and lock it until the end of the transaction."""
    row = (
        await connection.execute(
            select(CaseRow).where(col(CaseRow.complaint_id) == complaint_id).with_for_update()
        )
    ).first()
    if row is None:
        return None
    stored = CaseRow(**row._mapping)  # noqa: SLF001 - SQLAlchemy's public name for it
    return KeptCase(
        facts=CaseFacts(
            submitted_at=stored.submitted_at,
            channel=stored.channel,
            classification=stored.classification,
            withdrawn_at=stored.withdrawn_at,
            marks=tuple(Mark.from_json(mark) for mark in stored.marks),
        ),
        clocks={
            ClockKey(*key): KeptClock(Terms.from_json(terms), opd, tuple(told))
            for key, terms, opd, told in stored.clocks
        },
    )


async def insert_case(connection: AsyncConnection, complaint_id: str, kept: KeptCase) -> bool:
    """Store a case that is new; False if another transaction stored it in the meantime."""
    statement = (
        upsert(CaseRow)
        .values(complaint_id=complaint_id, **_case_values(kept))
        .on_conflict_do_nothing()
    )
    return (await connection.execute(statement)).rowcount == 1


async def update_case(connection: AsyncConnection, complaint_id: str, kept: KeptCase) -> None:
    """Store a case that was locked before."""
    await connection.execute(
        update(CaseRow)
        .where(col(CaseRow.complaint_id) == complaint_id)
        .values(**_case_values(kept))
    )


def _case_values(kept: KeptCase) -> dict[str, Any]:
    facts = kept.facts
    return {
        "submitted_at": facts.submitted_at,
        "channel": facts.channel,
        "classification": facts.classification,
        "withdrawn_at": facts.withdrawn_at,
        "marks": [mark.as_json() for mark in facts.marks],
        "clocks": [
            [list(key), clock.terms.as_json(), clock.opd, list(clock.told)]
            for key, clock in kept.clocks.items()
        ],
        "opds": facts.opds,
        "is_open": facts.is_open,
    }


# ------------------------------------------------------------------------------ clocks

_insert_clock = upsert(ClockRow)
_new = _insert_clock.excluded
_ON_CHANGE = (
    "opd",
    "state",
    "due_at",
    "near_at",
    "paused_at",
    "stopped_at",
    "outcome",
    "elapsed_seconds",
)
_UPSERT_CLOCK = _insert_clock.on_conflict_do_update(
    index_elements=["clock_id"],
    set_={
        **{name: _new[name] for name in _ON_CHANGE},
        # A transfer moves no deadline: then the scanner's own note of what comes next stays.
        "next_fire_at": case(
            (
                and_(_new.state == col(ClockRow.state), _new.due_at == col(ClockRow.due_at)),
                col(ClockRow.next_fire_at),
            ),
            else_=_new.next_fire_at,
        ),
    },
).returning(col(ClockRow.clock_id), col(ClockRow.missed_fired_at))


async def save_clocks(
    connection: AsyncConnection,
    complaint_id: str,
    plans: Iterable[ClockPlan],
    profile_version: str,
) -> dict[str, bool]:
    """Write clocks; returns, by clock id, whether it was announced as missed before."""
    rows = [_clock_values(complaint_id, plan, profile_version) for plan in plans]
    if not rows:
        return {}
    saved = await connection.execute(_UPSERT_CLOCK, rows)
    return {clock_id: missed_fired_at is not None for clock_id, missed_fired_at in saved}


def _clock_values(complaint_id: str, plan: ClockPlan, profile_version: str) -> dict[str, Any]:
    return {
        "clock_id": clock_id_of(complaint_id, plan.key),
        "complaint_id": complaint_id,
        "part": plan.key.part,
        "stage": plan.key.stage,
        "epoch": plan.key.epoch,
        "opd": plan.opd,
        "policy": plan.terms.policy,
        "profile_version": profile_version,
        "rungs": plan.terms.as_json()["rungs"],
        "state": plan.state,
        "started_at": plan.started_at,
        "due_at": plan.due_at,
        "near_at": plan.near_at,
        "paused_at": plan.paused_at,
        "stopped_at": plan.stopped_at,
        "outcome": plan.outcome,
        "elapsed_seconds": plan.elapsed.total_seconds() if plan.stopped_at else None,
        # What fired before is known to the scanner: it looks early and waits on, if need be.
        "next_fire_at": plan.near_at if plan.state == "running" else None,
    }


async def mark_missed(connection: AsyncConnection, clock_ids: Sequence[str], now: datetime) -> None:
    """Note that these clocks were announced as missed."""
    await connection.execute(
        update(ClockRow).where(col(ClockRow.clock_id).in_(clock_ids)).values(missed_fired_at=now)
    )


# ----------------------------------------------------------------------------- scanner

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
    rows = await connection.execute(
        select(ClockRow)
        .where(col(ClockRow.next_fire_at) <= now)
        .order_by(col(ClockRow.next_fire_at))
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    clocks = [_clock(row) for row in rows]
    levels: dict[str, set[int]] = {}
    if clocks:
        told = await connection.execute(_LEVELS, {"ids": [clock.clock_id for clock in clocks]})
        for clock_id, level in told:
            levels.setdefault(str(clock_id), set()).add(level)
    return [
        DueClock(
            clock=clock,
            rungs=tuple(Rung(**rung) for rung in clock.rungs),
            levels=frozenset(levels.get(clock.clock_id, ())),
        )
        for clock in clocks
    ]


async def insert_escalations(
    connection: AsyncConnection, escalations: Sequence[EscalationRow]
) -> None:
    """Store who is told; a level that was told before breaks the transaction."""
    if escalations:
        rows = [escalation.model_dump() for escalation in escalations]
        await connection.execute(insert(EscalationRow), rows)


async def note_fired(connection: AsyncConnection, clocks: Sequence[ClockRow]) -> None:
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


# ------------------------------------------------------------------------------- doors


@dataclass(frozen=True, slots=True)
class ClockFilter:
    """Which clocks are asked for; `opd` and `stage` None are all of them."""

    state: str
    now: datetime
    stage: str | None = None
    opd: str | None = None
    after: tuple[datetime, str] | None = None


async def find_opds(connection: AsyncConnection, complaint_id: str) -> frozenset[str] | None:
    """Return the OPDs that have or had a case, or None if there is no such case."""
    found = await connection.execute(
        select(col(CaseRow.opds)).where(col(CaseRow.complaint_id) == complaint_id)
    )
    opds = found.scalar_one_or_none()
    return frozenset(opds) if opds is not None else None


async def list_clocks_of_case(connection: AsyncConnection, complaint_id: str) -> list[ClockRow]:
    """Return the clocks of a case in the order in which they started."""
    rows = await connection.execute(
        select(ClockRow)
        .where(col(ClockRow.complaint_id) == complaint_id)
        .order_by(col(ClockRow.started_at), col(ClockRow.due_at), col(ClockRow.clock_id))
    )
    return [_clock(row) for row in rows]


async def list_clocks(
    connection: AsyncConnection, wanted: ClockFilter, limit: int
) -> list[ClockRow]:
    """Return clocks, the one due first at the head, at most `limit`."""
    state = "running" if wanted.state == "overdue" else wanted.state
    statement = select(ClockRow).where(col(ClockRow.state) == state)
    if wanted.state == "overdue":
        statement = statement.where(col(ClockRow.due_at) <= wanted.now)
    if wanted.opd is not None:
        statement = statement.where(col(ClockRow.opd) == wanted.opd)
    if wanted.stage is not None:
        statement = statement.where(col(ClockRow.stage) == wanted.stage)
    if wanted.after is not None:
        place = tuple_(col(ClockRow.due_at), col(ClockRow.clock_id))
        statement = statement.where(place > wanted.after)
    statement = statement.order_by(col(ClockRow.due_at), col(ClockRow.clock_id)).limit(limit)
    return [_clock(row) for row in await connection.execute(statement)]


async def list_escalations(
    connection: AsyncConnection, clock_ids: Sequence[str]
) -> dict[str, list[EscalationRow]]:
    """Return who was told of these clocks, by clock id, in the order of levels."""
    rows = await connection.execute(
        select(EscalationRow)
        .where(col(EscalationRow.clock_id).in_(clock_ids))
        .order_by(col(EscalationRow.clock_id), col(EscalationRow.level))
    )
    found: dict[str, list[EscalationRow]] = {}
    for row in rows:
        escalation = EscalationRow(**row._mapping)  # noqa: SLF001 - SQLAlchemy's public name
        found.setdefault(escalation.clock_id, []).append(escalation)
    return found


def _clock(row: Row[Any]) -> ClockRow:
    return ClockRow(**row._mapping)  # noqa: SLF001 - SQLAlchemy's public name for it
