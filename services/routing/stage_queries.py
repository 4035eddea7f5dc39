"""The SQL of stages: the visits of each case."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlmodel import col

from services.routing.stage_tables import StageVisit
from shared.columns import row_of

MOST_VISITS = 500


async def insert_visit(connection: AsyncConnection, visit: dict[str, Any]) -> None:
    """Note that a case whose row is locked, or that is new, begins to be in a stage."""
    complaint_id = visit["complaint_id"]
    last = select(func.coalesce(func.max(col(StageVisit.number)), 0) + 1).where(
        col(StageVisit.complaint_id) == complaint_id
    )
    await connection.execute(insert(StageVisit).values(**visit, number=last.scalar_subquery()))


async def leave_visit(
    connection: AsyncConnection, complaint_id: str, left_at: datetime, **decided: Any
) -> None:
    """Note that a case left the stage that it was in, and by which decision."""
    await connection.execute(
        update(StageVisit)
        .where(col(StageVisit.complaint_id) == complaint_id, col(StageVisit.left_at).is_(None))
        .values(left_at=left_at, **decided)
    )


async def list_visits(connection: AsyncConnection, complaint_id: str) -> Sequence[StageVisit]:
    """Return the newest visits of a case, at most MOST_VISITS, the oldest of them first."""
    statement = (
        select(*(col(getattr(StageVisit, name)) for name in StageVisit.model_fields))
        .where(col(StageVisit.complaint_id) == complaint_id)
        .order_by(col(StageVisit.number).desc())
        .limit(MOST_VISITS)
    )
    rows = (await connection.execute(statement)).mappings().all()
    return [row_of(StageVisit, row) for row in reversed(rows)]


async def find_last_visit(connection: AsyncConnection, complaint_id: str) -> StageVisit | None:
    """Return where a case was last, if it ever was in a stage."""
    statement = (
        select(*(col(getattr(StageVisit, name)) for name in StageVisit.model_fields))
        .where(col(StageVisit.complaint_id) == complaint_id)
        .order_by(col(StageVisit.number).desc())
        .limit(1)
    )
    row = (await connection.execute(statement)).mappings().first()
    return None if row is None else row_of(StageVisit, row)
