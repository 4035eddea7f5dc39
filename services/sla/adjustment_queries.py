"""SQL of adjustments: which running clocks to look at, and which of them got other deadlines."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, func, insert, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlmodel import col

from services.sla.rule_tables import AdjustedClockRow, AdjustmentRow
from services.sla.tables import ClockRow

_LOCK_KEY = 0x736C6161  # "slaa"


async def take_turns(connection: AsyncConnection) -> None:
    """Let those who ask for adjustments wait for each other, until the end of the transaction."""
    await connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK_KEY})


async def insert_adjustment(connection: AsyncConnection, row: AdjustmentRow) -> None:
    """Store that running clocks shall be adjusted."""
    await connection.execute(insert(AdjustmentRow).values(**row.model_dump()))


async def latest_basis(connection: AsyncConnection, kind: str) -> str | None:
    """Return what the latest adjustment of this kind went by."""
    found = await connection.execute(
        select(col(AdjustmentRow.basis))
        .where(col(AdjustmentRow.kind) == kind)
        .order_by(col(AdjustmentRow.asked_at).desc(), col(AdjustmentRow.adjustment_id).desc())
        .limit(1)
    )
    return found.scalar_one_or_none()


async def lock_open_adjustment(
    connection: AsyncConnection, profile_version: str, adjustment_id: str | None = None
) -> AdjustmentRow | None:
    """Lock and return the first adjustment that is not finished and that nobody works on."""
    statement = select(AdjustmentRow).where(
        col(AdjustmentRow.finished_at).is_(None),
        col(AdjustmentRow.profile_version) == profile_version,
    )
    if adjustment_id is not None:
        statement = statement.where(col(AdjustmentRow.adjustment_id) == adjustment_id)
    statement = statement.order_by(col(AdjustmentRow.asked_at)).limit(1)
    row = (await connection.execute(statement.with_for_update(skip_locked=True))).first()
    return AdjustmentRow(**row._mapping) if row is not None else None  # noqa: SLF001


async def note_progress(connection: AsyncConnection, row: AdjustmentRow) -> None:
    """Store how far an adjustment is."""
    await connection.execute(
        update(AdjustmentRow)
        .where(col(AdjustmentRow.adjustment_id) == row.adjustment_id)
        .values(
            reached=row.reached,
            finished_at=row.finished_at,
            examined=row.examined,
            moved=row.moved,
        )
    )


async def find_adjustment(connection: AsyncConnection, adjustment_id: str) -> AdjustmentRow | None:
    """Return an adjustment."""
    row = (
        await connection.execute(
            select(AdjustmentRow).where(col(AdjustmentRow.adjustment_id) == adjustment_id)
        )
    ).first()
    return AdjustmentRow(**row._mapping) if row is not None else None  # noqa: SLF001


async def list_running_cases(
    connection: AsyncConnection, after: str | None, limit: int
) -> list[str]:
    """Return the next cases with clocks that run or stand still, in the order of their ids."""
    places: list[ColumnElement[bool]] = [col(ClockRow.state).in_(("running", "paused"))]
    if after is not None:
        places.append(col(ClockRow.complaint_id) > after)
    found = await connection.execute(
        select(col(ClockRow.complaint_id))
        .where(*places)
        .order_by(col(ClockRow.complaint_id))
        .distinct()
        .limit(limit)
    )
    return list(found.scalars())


async def insert_adjusted(connection: AsyncConnection, rows: Sequence[AdjustedClockRow]) -> None:
    """Store which clocks got other terms."""
    if rows:
        await connection.execute(insert(AdjustedClockRow), [row.model_dump() for row in rows])


async def list_adjusted(
    connection: AsyncConnection, adjustment_id: str, limit: int
) -> list[AdjustedClockRow]:
    """Return some of the clocks that an adjustment moved."""
    rows = await connection.execute(
        select(AdjustedClockRow)
        .where(col(AdjustedClockRow.adjustment_id) == adjustment_id)
        .order_by(col(AdjustedClockRow.clock_id))
        .limit(limit)
    )
    return [AdjustedClockRow(**row._mapping) for row in rows]  # noqa: SLF001


async def list_adjustments_of_case(
    connection: AsyncConnection, complaint_id: str
) -> list[tuple[AdjustedClockRow, str]]:
    """Return what adjustments did to a case's clocks, in the order of time, with their reasons."""
    rows: Any = await connection.execute(
        select(AdjustedClockRow, col(AdjustmentRow.reason).label("because"))
        .join(
            AdjustmentRow,
            col(AdjustmentRow.adjustment_id) == col(AdjustedClockRow.adjustment_id),
        )
        .where(col(AdjustedClockRow.complaint_id) == complaint_id)
        .order_by(col(AdjustedClockRow.adjusted_at))
    )
    found = []
    for row in rows:
        values = dict(row._mapping)  # noqa: SLF001
        because = values.pop("because")
        found.append((AdjustedClockRow(**values), because))
    return found


async def count_adjusted(connection: AsyncConnection, adjustment_id: str) -> dict[str, int]:
    """Count the clocks that an adjustment moved, by stage."""
    rows = await connection.execute(
        select(col(AdjustedClockRow.stage), func.count(col(AdjustedClockRow.clock_id)))
        .where(col(AdjustedClockRow.adjustment_id) == adjustment_id)
        .group_by(col(AdjustedClockRow.stage))
    )
    return {row[0]: row[1] for row in rows}
