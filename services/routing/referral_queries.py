"""The SQL of referrals to bodies outside, and of resolved cases that show how to answer."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, cast

from sqlalchemy import select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlmodel import col

from services.routing.evidence_tables import Referral

Rows = Sequence[Mapping[str, Any]]

_REFERRAL = tuple(col(getattr(Referral, name)) for name in Referral.model_fields)
# The newest of the topic, and of each the last thing that staff wrote to the citizen.
_RESOLVED = text(
    """
    SELECT c.complaint_id, c.tracking_code, c.text, c.opd_name, c.resolved_at, h.text AS answer
    FROM (
        SELECT * FROM cases
        WHERE topic = :topic AND resolved_at IS NOT NULL AND NOT secret
          AND complaint_id <> CAST(:but AS uuid)
        ORDER BY resolved_at DESC LIMIT :limit
    ) c
    JOIN LATERAL (
        SELECT text FROM case_history h
        WHERE h.complaint_id = c.complaint_id AND h.action IN ('resolve', 'respond')
        ORDER BY (h.action = 'resolve') DESC, h.version DESC LIMIT 1
    ) h ON true
    """
)


async def insert_referral(connection: AsyncConnection, referral: Referral) -> None:
    """Keep what a body outside was asked for."""
    await connection.execute(insert(Referral).values(**referral.model_dump()))


async def answer_referral(
    connection: AsyncConnection, referral_id: str, complaint_id: str, answer: str, at: datetime
) -> tuple[str, str] | None:
    """Keep what the body said; returns its code and name, None where nothing waits for that."""
    statement = (
        update(Referral)
        .where(
            col(Referral.referral_id) == referral_id,
            col(Referral.complaint_id) == complaint_id,
            col(Referral.answered_at).is_(None),
        )
        .values(answer=answer, answered_at=at)
        .returning(col(Referral.body), col(Referral.body_name))
    )
    row = (await connection.execute(statement)).one_or_none()
    return (row.body, row.body_name) if row is not None else None


async def list_referrals(
    connection: AsyncConnection,
    *,
    opd: str | None,
    due_before: datetime | None,
    complaint_id: str | None,
    limit: int,
) -> Rows:
    """Return referrals that wait for an answer (of one case: all), the first to remind first."""
    statement = select(*_REFERRAL)
    if complaint_id is not None:
        statement = statement.where(col(Referral.complaint_id) == complaint_id)
    else:
        statement = statement.where(col(Referral.answered_at).is_(None))
    if opd is not None:
        statement = statement.where(col(Referral.opd) == opd)
    if due_before is not None:
        statement = statement.where(col(Referral.remind_at) <= due_before)
    statement = statement.order_by(col(Referral.remind_at), col(Referral.referral_id))
    return cast(Rows, (await connection.execute(statement.limit(limit))).mappings().all())


async def list_resolved(connection: AsyncConnection, topic: str, but: str, limit: int) -> Rows:
    """Return the cases of a topic that were resolved last, with what the citizen was told."""
    values = {"topic": topic, "but": but, "limit": limit}
    return cast(Rows, (await connection.execute(_RESOLVED, values)).mappings().all())
