"""The SQL of the work itself: the desk's queue, leases, notes, contributions, counts."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, cast

from sqlalchemy import case, delete, func, or_, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.sql.elements import ColumnElement, SQLCoreOperations
from sqlmodel import col

from services.routing.handling_tables import CaseNote, CasePart, LateClock
from services.routing.queries import SUMMARY
from services.routing.states import OPEN_STATES, State
from services.routing.tables import Case

Rows = Sequence[Mapping[str, Any]]

_NOTE: tuple[SQLCoreOperations[Any], ...] = tuple(
    col(getattr(CaseNote, name)) for name in CaseNote.model_fields
)
_PART: tuple[SQLCoreOperations[Any], ...] = tuple(
    col(getattr(CasePart, name)) for name in CasePart.model_fields
)
_OPEN = [str(state) for state in OPEN_STATES]
_IN_TRIAGE = col(Case.state) == str(State.TRIAGE)
_IS_LATE = (
    select(col(LateClock.clock_id))
    .where(col(LateClock.complaint_id) == col(Case.complaint_id))
    .exists()
)
# Emergencies, then what is late, then what a rule calls urgent; within each the oldest first.
_BY_RISK = (
    case((col(Case.emergency), 0), (_IS_LATE, 1), (col(Case.priority) == "high", 2), else_=3),
    col(Case.submitted_at),
    col(Case.complaint_id),
)
_COUNTS = text(
    """
    SELECT state, count(*) AS n,
           count(*) FILTER (WHERE handler_id = :me) AS mine,
           count(*) FILTER (WHERE handler_id IS NULL) AS unclaimed
    FROM cases
    WHERE state = ANY (CAST(:open AS text[])) AND (CAST(:opd AS text) IS NULL OR opd = :opd)
    GROUP BY state
    """
)
_LATE = text(
    """
    SELECT count(DISTINCT l.complaint_id)
    FROM late_clock l JOIN cases c USING (complaint_id)
    WHERE c.state = ANY (CAST(:open AS text[])) AND (CAST(:opd AS text) IS NULL OR c.opd = :opd)
    """
)


def _free(me: str, now: datetime) -> ColumnElement[bool]:
    return or_(
        col(Case.lease_until).is_(None), col(Case.lease_until) <= now, col(Case.lease_by) == me
    )


async def list_queue(connection: AsyncConnection, limit: int) -> Rows:
    """Return the first cases that wait for the desk, the most urgent first."""
    statement = (
        select(
            *SUMMARY,
            col(Case.reason),
            col(Case.proposals),
            col(Case.candidates),
            col(Case.lease_by),
            col(Case.lease_until),
            _IS_LATE.label("late"),
        )
        .where(_IN_TRIAGE)
        .order_by(*_BY_RISK)
        .limit(limit)
    )
    return cast(Rows, (await connection.execute(statement)).mappings().all())


async def count_queue(connection: AsyncConnection, me: str, now: datetime) -> tuple[int, int]:
    """Return how many cases wait for the desk, and how many of them the caller may take."""
    statement = (
        select(func.count(), func.count().filter(_free(me, now)))
        .select_from(Case)
        .where(_IN_TRIAGE)
    )
    waiting, free = (await connection.execute(statement)).one()
    return waiting, free


async def lease_cases(
    connection: AsyncConnection, me: str, now: datetime, until: datetime, count: int
) -> list[str]:
    """Take the most urgent free cases in hand; two callers never get the same one."""
    wanted = (
        select(col(Case.complaint_id))
        .where(_IN_TRIAGE, _free(me, now))
        .order_by(*_BY_RISK)
        .limit(count)
        .with_for_update(skip_locked=True)
        .scalar_subquery()
    )
    statement = (
        update(Case)
        .where(col(Case.complaint_id).in_(wanted))
        .values(lease_by=me, lease_until=until)
        .returning(col(Case.complaint_id))
    )
    return [str(each) for each in (await connection.execute(statement)).scalars()]


async def end_lease(connection: AsyncConnection, complaint_id: str, me: str) -> bool:
    """Let go of a case; False where the caller did not have it."""
    statement = (
        update(Case)
        .where(col(Case.complaint_id) == complaint_id, col(Case.lease_by) == me)
        .values(lease_by=None, lease_until=None)
    )
    return (await connection.execute(statement)).rowcount == 1


async def find_proposals(connection: AsyncConnection, complaint_id: str) -> list[dict[str, Any]]:
    """Return what was proposed for a case, in the order in which it is shown; none if unknown."""
    statement = select(col(Case.proposals)).where(col(Case.complaint_id) == complaint_id)
    return (await connection.execute(statement)).scalar_one_or_none() or []


async def insert_note(connection: AsyncConnection, note: CaseNote) -> None:
    """Keep a note."""
    await connection.execute(insert(CaseNote).values(**note.model_dump()))


async def list_notes(connection: AsyncConnection, complaint_id: str, limit: int) -> Rows:
    """Return the notes on a case, the oldest first."""
    statement = (
        select(*_NOTE)
        .where(col(CaseNote.complaint_id) == complaint_id)
        .order_by(col(CaseNote.written_at), col(CaseNote.note_id))
        .limit(limit)
    )
    return cast(Rows, (await connection.execute(statement)).mappings().all())


async def insert_part(connection: AsyncConnection, part: CasePart) -> None:
    """Keep what a further OPD is asked for."""
    await connection.execute(insert(CasePart).values(**part.model_dump()))


async def list_parts(connection: AsyncConnection, complaint_id: str) -> list[CasePart]:
    """Return the parts of a case, in their order; the case's row is locked by who changes them."""
    statement = (
        select(CasePart)
        .where(col(CasePart.complaint_id) == complaint_id)
        .order_by(col(CasePart.part))
    )
    rows = (await connection.execute(statement)).all()
    return [CasePart(**row._mapping) for row in rows]  # noqa: SLF001 - documented API


async def update_part(connection: AsyncConnection, part: CasePart, **changes: Any) -> CasePart:
    """Change a part of a case whose row is locked."""
    await connection.execute(
        update(CasePart)
        .where(col(CasePart.complaint_id) == part.complaint_id, col(CasePart.part) == part.part)
        .values(**changes)
    )
    return CasePart(**{**part.model_dump(), **changes})


async def list_contributions(
    connection: AsyncConnection, *, opd: str | None, state: str | None, limit: int
) -> Rows:
    """Return what an OPD (None: any) was asked to contribute, the newest first."""
    late = (
        select(col(LateClock.clock_id))
        .where(
            col(LateClock.complaint_id) == col(CasePart.complaint_id),
            col(LateClock.part) == col(CasePart.part),
        )
        .exists()
    )
    statement = select(*_PART, late.label("late"))
    if opd is not None:
        statement = statement.where(col(CasePart.opd) == opd)
    if state is not None:
        statement = statement.where(col(CasePart.state) == state)
    statement = statement.order_by(col(CasePart.asked_at).desc(), col(CasePart.part)).limit(limit)
    return cast(Rows, (await connection.execute(statement)).mappings().all())


async def count_inbox(connection: AsyncConnection, opd: str | None, me: str) -> dict[str, Any]:
    """Return how much open work an OPD (None: all) has."""
    values = {"opd": opd, "me": me, "open": _OPEN}
    rows = (await connection.execute(_COUNTS, values)).all()
    late = (await connection.execute(_LATE, {"opd": opd, "open": _OPEN})).scalar_one()
    asked = select(func.count()).select_from(CasePart).where(col(CasePart.state) == "asked")
    if opd is not None:
        asked = asked.where(col(CasePart.opd) == opd)
    return {
        "by_state": dict.fromkeys(_OPEN, 0) | {row.state: row.n for row in rows},
        "late": late,
        "mine": sum(row.mine for row in rows),
        "unclaimed": sum(row.unclaimed for row in rows),
        "contributions": (await connection.execute(asked)).scalar_one(),
    }


async def put_late_clock(connection: AsyncConnection, clock: LateClock) -> None:
    """Remember that a clock ran out."""
    await connection.execute(
        insert(LateClock).values(**clock.model_dump()).on_conflict_do_nothing()
    )


async def forget_late_clock(connection: AsyncConnection, complaint_id: str, clock_id: str) -> None:
    """Forget a clock that stopped or has a later due time."""
    await connection.execute(
        delete(LateClock).where(
            col(LateClock.complaint_id) == complaint_id, col(LateClock.clock_id) == clock_id
        )
    )
