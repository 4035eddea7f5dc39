"""The SQL of dispositions, and of what was filled in without a network."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, cast

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlmodel import col

from services.routing.stage_tables import Disposition, StageFiling
from services.routing.tables import Case
from shared.columns import row_of

#: Parts below are those of other OPDs that contribute.
FIRST_PART = 101
LAST_PART = 999
_DISPOSITION = tuple(col(getattr(Disposition, name)) for name in Disposition.model_fields)
_FILING = tuple(col(getattr(StageFiling, name)) for name in StageFiling.model_fields)


async def insert_disposition(connection: AsyncConnection, given: Disposition) -> None:
    """Keep what was given to somebody; the case's row is locked."""
    await connection.execute(insert(Disposition).values(**given.model_dump()))


async def list_dispositions(connection: AsyncConnection, complaint_id: str) -> list[Disposition]:
    """Return all dispositions of a case, in the order in which they were given."""
    statement = (
        select(*_DISPOSITION)
        .where(col(Disposition.complaint_id) == complaint_id)
        .order_by(col(Disposition.part))
    )
    rows = (await connection.execute(statement)).mappings().all()
    return [row_of(Disposition, row) for row in rows]


async def count_open(connection: AsyncConnection, complaint_id: str) -> int:
    """Return how many dispositions of a case wait for an answer."""
    statement = select(func.count()).where(
        col(Disposition.complaint_id) == complaint_id, col(Disposition.state) == "open"
    )
    return (await connection.execute(statement)).scalar_one()


async def answer_disposition(
    connection: AsyncConnection, complaint_id: str, part: int, **answered: Any
) -> None:
    """Note the answer to a disposition; the case's row is locked."""
    await connection.execute(
        update(Disposition)
        .where(col(Disposition.complaint_id) == complaint_id, col(Disposition.part) == part)
        .values(state="answered", **answered)
    )


async def cancel_dispositions(connection: AsyncConnection, complaint_id: str) -> None:
    """Let nobody wait for answers any more: the case has left the stage."""
    await connection.execute(
        update(Disposition)
        .where(col(Disposition.complaint_id) == complaint_id, col(Disposition.state) == "open")
        .values(state="cancelled")
    )


async def list_open(
    connection: AsyncConnection,
    *,
    opd: str | None,
    officer: str | None,
    late_at: datetime | None,
    limit: int,
) -> Sequence[Mapping[str, Any]]:
    """Return what waits for an answer, the one due first at the head; with `late_at`, what is late.

    Each with its case's tracking code and title.
    """
    statement = (
        select(*_DISPOSITION, col(Case.tracking_code), col(Case.title))
        .join(Case, col(Case.complaint_id) == col(Disposition.complaint_id))
        .where(col(Disposition.state) == "open")
        .order_by(col(Disposition.due_at), col(Disposition.complaint_id), col(Disposition.part))
        .limit(limit)
    )
    if opd is not None:
        statement = statement.where(col(Disposition.opd) == opd)
    if officer is not None:
        statement = statement.where(col(Disposition.to_officer) == officer)
    if late_at is not None:
        statement = statement.where(col(Disposition.due_at) < late_at)
    return cast(Sequence[Mapping[str, Any]], (await connection.execute(statement)).mappings().all())


# ------------------------------------------------------------------------------- filings


async def claim_filing(connection: AsyncConnection, filing: StageFiling) -> StageFiling:
    """Keep a filing, if it is new, and return it as it is kept; nobody else changes it meanwhile.

    One that was sent before keeps what was sent first; a second sender waits for the first.
    """
    await connection.execute(
        insert(StageFiling).values(**filing.model_dump()).on_conflict_do_nothing()
    )
    statement = (
        select(*_FILING)
        .where(
            col(StageFiling.subject) == filing.subject,
            col(StageFiling.client_id) == filing.client_id,
        )
        .with_for_update()
    )
    return row_of(StageFiling, (await connection.execute(statement)).mappings().one())


async def settle_filing(connection: AsyncConnection, kept: StageFiling, **values: Any) -> None:
    """Note what became of a filing that was claimed."""
    await connection.execute(
        update(StageFiling)
        .where(
            col(StageFiling.subject) == kept.subject,
            col(StageFiling.client_id) == kept.client_id,
        )
        .values(**values)
    )


async def list_filings(
    connection: AsyncConnection, *, opd: str, outcome: str | None, limit: int
) -> list[StageFiling]:
    """Return what an OPD's staff sent, the newest first."""
    statement = (
        select(*_FILING)
        .where(col(StageFiling.opd) == opd)
        .order_by(col(StageFiling.received_at).desc(), col(StageFiling.client_id))
        .limit(limit)
    )
    if outcome is not None:
        statement = statement.where(col(StageFiling.outcome) == outcome)
    rows = (await connection.execute(statement)).mappings().all()
    return [row_of(StageFiling, row) for row in rows]
