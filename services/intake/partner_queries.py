"""The SQL of partners: reports kept once, calls counted, and blocks of their numbers lifted."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlmodel import col

from services.intake.abuse_tables import Block
from services.intake.partner_tables import PartnerReport
from services.intake.tables import Complaint
from shared.database import fetch

_COUNT_CALLS = text(
    """
    SELECT kind, category, count(*) AS calls, count(complaint_id) AS complaints
    FROM partner_report
    WHERE partner = 'call112' AND received_at >= :since AND received_at < :until
    GROUP BY kind, category ORDER BY kind, category NULLS LAST
    """
)

_REPORTS_OF = """
    SELECT r.complaint_id, r.partner, r.external_id, c.tracking_code
    FROM partner_report r JOIN complaint c USING (complaint_id)
    WHERE r.complaint_id = ANY(CAST($1 AS uuid[]))
    """


@dataclass(frozen=True, slots=True)
class KnownReport:
    """A report that came before, and the complaint that it became."""

    body_hash: bytes
    complaint_id: str | None
    tracking_code: str | None
    received_at: datetime


@dataclass(frozen=True, slots=True)
class ReportOfComplaint:
    """Which partner handed a complaint on, and under which number."""

    partner: str
    external_id: str
    tracking_code: str


async def list_reports_of(
    connection: AsyncConnection, complaint_ids: Collection[str]
) -> dict[str, ReportOfComplaint]:
    """Return the partners' reports that became these complaints."""
    rows = await fetch(connection, _REPORTS_OF, list(complaint_ids))
    return {
        str(row["complaint_id"]): ReportOfComplaint(
            row["partner"], row["external_id"], row["tracking_code"]
        )
        for row in rows
    }


async def insert_report(connection: AsyncConnection, report: PartnerReport) -> bool:
    """Keep a report; tells whether its partner's number is new. One that comes at once waits."""
    statement = insert(PartnerReport).values(report.model_dump()).on_conflict_do_nothing()
    result = await connection.execute(statement)
    return bool(result.rowcount)


async def set_complaint(
    connection: AsyncConnection, partner: str, external_id: str, complaint_id: str
) -> None:
    """Note which complaint a report opened, or was about."""
    await connection.execute(
        update(PartnerReport)
        .where(col(PartnerReport.partner) == partner, col(PartnerReport.external_id) == external_id)
        .values(complaint_id=complaint_id)
    )


async def find_report(
    connection: AsyncConnection, partner: str, external_id: str
) -> KnownReport | None:
    """Return what is known under a partner's number."""
    statement = (
        select(
            col(PartnerReport.body_hash),
            col(PartnerReport.complaint_id),
            col(Complaint.tracking_code),
            col(PartnerReport.received_at),
        )
        .outerjoin(Complaint, col(Complaint.complaint_id) == col(PartnerReport.complaint_id))
        .where(col(PartnerReport.partner) == partner, col(PartnerReport.external_id) == external_id)
    )
    row = (await connection.execute(statement)).first()
    return None if row is None else KnownReport(*row)


async def count_annoying_calls(
    connection: AsyncConnection, hashes: Sequence[bytes], since: datetime
) -> int:
    """Count a number's pranks and ghost calls; those before its last block was lifted are over."""
    lifted = (
        select(func.max(col(Block.lifted_at)))
        .where(col(Block.subject_hash).in_(hashes))
        .scalar_subquery()
    )
    statement = select(func.count()).where(
        col(PartnerReport.caller_hash).in_(hashes),
        col(PartnerReport.kind).in_(("prank", "ghost")),
        col(PartnerReport.received_at) > func.greatest(lifted, since),
    )
    return int((await connection.execute(statement)).scalar_one())


async def count_calls(
    connection: AsyncConnection, since: datetime, until: datetime
) -> list[dict[str, Any]]:
    """Return how many calls there were by type and category, and how many became complaints."""
    rows = await connection.execute(_COUNT_CALLS, {"since": since, "until": until})
    return [dict(row) for row in rows.mappings()]


async def lift_blocks(
    connection: AsyncConnection, hashes: Sequence[bytes], now: datetime, by: str
) -> datetime | None:
    """Lift the blocks of a number; returns until when it was blocked, or None if it was not."""
    statement = (
        update(Block)
        .where(
            col(Block.subject_hash).in_(hashes),
            col(Block.until) > now,
            col(Block.lifted_at).is_(None),
        )
        .values(lifted_at=now, lifted_by=by)
        .returning(col(Block.until))
    )
    return max((await connection.execute(statement)).scalars(), default=None)
