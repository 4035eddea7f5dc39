"""The SQL of learning: what there is to learn from, and the models with their promotions."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, insert, select, text
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlmodel import col

from services.routing.model_tables import ArchivedComplaint, Promotion, StoredModel

MOST_LESSONS = 60_000
"""The newest ones; older ones would count little and cost time."""

# An OPD that began to work on a case, or to which the desk gave it, is whose it was. What a rule or
# a model alone said teaches nothing: a model would learn its own mistakes. Applications go where
# their service says, whatever their words.
_LESSONS = text("""
    SELECT coalesce(title || E'\\n', '') || text AS text, opd, topic, submitted_at FROM cases
    WHERE opd IS NOT NULL AND service IS NULL AND (
        assigned_by IN ('desk', 'officer')
        OR state IN ('in_progress', 'waiting_citizen', 'resolved', 'closed')
    )
    UNION ALL
    SELECT text, opd, topic, submitted_at FROM archived_complaints WHERE opd IS NOT NULL
    ORDER BY submitted_at DESC LIMIT :most
""")


@dataclass(frozen=True, slots=True)
class Past:
    """A complaint of the past and whose it was in the end."""

    text: str
    opd: str
    topic: str | None
    submitted_at: datetime


@dataclass(frozen=True, slots=True)
class ModelSummary:
    """A model without its content; `current` is the one that decides."""

    version: int
    trained_at: datetime
    learned_until: datetime
    lessons: int
    size: int
    report: dict[str, Any]
    current: bool


async def list_past(connection: AsyncConnection, most: int = MOST_LESSONS) -> list[Past]:
    """Return the newest complaints whose OPD is known, the newest first."""
    rows = await connection.execute(_LESSONS, {"most": most})
    return [Past(row.text, row.opd, row.topic, row.submitted_at) for row in rows]


async def insert_archived(connection: AsyncConnection, row: ArchivedComplaint) -> None:
    """Keep an imported complaint; the same one again replaces it."""
    values = row.model_dump()
    await connection.execute(
        upsert(ArchivedComplaint)
        .values(**values)
        .on_conflict_do_update(index_elements=["complaint_id"], set_=values)
    )


async def insert_model(connection: AsyncConnection, values: Mapping[str, Any]) -> int:
    """Store a model and return its version."""
    statement = insert(StoredModel).values(**values).returning(col(StoredModel.version))
    return int((await connection.execute(statement)).scalar_one())


async def find_model(connection: AsyncConnection, version: int) -> StoredModel | None:
    """Return a model as it was stored."""
    statement = select(StoredModel).where(col(StoredModel.version) == version)
    row = (await connection.execute(statement)).first()
    return None if row is None else StoredModel(**row._mapping)  # noqa: SLF001 - documented API


async def list_models(connection: AsyncConnection) -> list[ModelSummary]:
    """Return all models, the newest first."""
    current = await current_version(connection)
    statement = select(
        col(StoredModel.version),
        col(StoredModel.trained_at),
        col(StoredModel.learned_until),
        col(StoredModel.lessons),
        func.length(col(StoredModel.content)).label("size"),
        col(StoredModel.report),
    ).order_by(col(StoredModel.version).desc())
    rows = (await connection.execute(statement)).mappings()
    return [ModelSummary(**row, current=row["version"] == current) for row in rows]


async def current_version(connection: AsyncConnection) -> int | None:
    """Return the version that decides; None: no model, the rules and keywords alone."""
    statement = select(col(Promotion.version)).order_by(col(Promotion.number).desc()).limit(1)
    return (await connection.execute(statement)).scalar_one_or_none()


async def list_promotions(connection: AsyncConnection) -> list[int | None]:
    """Return the versions that were promoted, the newest first."""
    statement = select(col(Promotion.version)).order_by(col(Promotion.number).desc())
    return list((await connection.execute(statement)).scalars())


async def lock_promotions(connection: AsyncConnection) -> None:
    """Let nobody else promote until this transaction ends; reading goes on."""
    await connection.execute(text("LOCK TABLE model_promotions IN SHARE ROW EXCLUSIVE MODE"))


async def insert_promotion(
    connection: AsyncConnection, version: int | None, now: datetime, reason: str
) -> None:
    """Make a version the one that decides."""
    values = {"version": version, "promoted_at": now, "reason": reason}
    await connection.execute(insert(Promotion).values(**values))
