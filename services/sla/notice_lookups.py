"""SQL of notices when they are sent and looked up: what their cases are like at that moment."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pydantic_core import from_json
from sqlalchemy.ext.asyncio import AsyncConnection

from services.sla.facts import Mark
from services.sla.notice_queries import HOLDS
from services.sla.notice_texts import CaseNotice, Overview
from shared.database import fetch

_DESCRIBE = f"""
    SELECT n.notice_id, n.kind, n.complaint_id, k.tracking_code, n.opd, n.part, n.level,
           coalesce(c.stage, nearest.stage) AS stage, coalesce(c.due_at, nearest.due_at) AS due_at,
           f.marks::text AS marks, n.seen_at IS NULL AND ({HOLDS}) AS holds
    FROM notice n
    LEFT JOIN case_code k ON k.complaint_id = n.complaint_id
    LEFT JOIN case_facts f ON f.complaint_id = n.complaint_id
    LEFT JOIN clock c ON c.clock_id = n.clock_id
    LEFT JOIN LATERAL (
        SELECT o.stage, o.due_at FROM clock o
        WHERE n.clock_id IS NULL AND o.complaint_id = n.complaint_id AND o.part = n.part
          AND o.state <> 'stopped' AND o.stage <> 'closing' AND o.opd IS NOT DISTINCT FROM n.opd
        ORDER BY o.due_at LIMIT 1) nearest ON true
    WHERE n.notice_id = ANY ($1::uuid[])
    ORDER BY n.happened_at, n.notice_id
    """  # noqa: S608 - a condition of our own
_COUNT_OPEN = """
    SELECT count(DISTINCT complaint_id) AS open,
        count(DISTINCT complaint_id) FILTER (WHERE near_at <= $2 AND due_at > $2) AS near,
        count(DISTINCT complaint_id) FILTER (WHERE due_at <= $2) AS overdue
    FROM clock WHERE state = 'running' AND stage <> 'closing' AND ($1::text IS NULL OR opd = $1)
    """
_MOST_URGENT = """
    SELECT c.complaint_id, c.stage, c.due_at, c.opd, c.part, k.tracking_code
    FROM clock c LEFT JOIN case_code k USING (complaint_id)
    WHERE c.state = 'running' AND c.stage <> 'closing' AND ($1::text IS NULL OR c.opd = $1)
    ORDER BY c.due_at, c.clock_id LIMIT $2
    """
PAGE = """
    SELECT n.notice_id, n.kind, n.complaint_id, k.tracking_code, n.opd, n.part, n.to_role,
           n.contact, n.stage, n.level, n.happened_at, n.state, n.due_at, n.ended_at, n.seen_at
    FROM notice n LEFT JOIN case_code k USING (complaint_id)
    WHERE ($1::text IS NULL OR n.opd = $1) AND ($2::text[] IS NULL OR n.to_role = ANY ($2))
      AND (NOT $3 OR n.seen_at IS NULL)
      AND ($4::timestamptz IS NULL OR (n.happened_at, n.notice_id) < ($4, $5::uuid))
    ORDER BY n.happened_at DESC, n.notice_id DESC LIMIT $6
    """
_MESSAGES = """
    SELECT message_id, channel, state FROM outgoing_message WHERE message_id = ANY ($1::uuid[])
    """
_FIND = "SELECT to_role, opd FROM notice WHERE notice_id = $1"
_MARK_SEEN = """
    UPDATE notice SET seen_at = coalesce(seen_at, $2), seen_by = coalesce(seen_by, $3)
    WHERE notice_id = $1 RETURNING seen_at
    """


@dataclass(frozen=True, slots=True)
class NoticeFilter:
    """Which notices are asked for; None is all of them. `after` is where the page before ended."""

    opd: str | None = None
    roles: Sequence[str] | None = None
    unseen: bool = False
    after: tuple[datetime, str] | None = None


async def describe_notices(
    connection: AsyncConnection, notice_ids: Sequence[str]
) -> list[CaseNotice]:
    """Return notices with what their cases are like now, the oldest first."""
    return [
        CaseNotice(
            notice_id=str(row["notice_id"]),
            kind=row["kind"],
            complaint_id=str(row["complaint_id"]),
            tracking_code=row["tracking_code"],
            opd=row["opd"],
            part=row["part"],
            stage=row["stage"],
            due_at=row["due_at"],
            level=row["level"],
            marks=_marks(row["marks"]),
            holds=row["holds"],
        )
        for row in await fetch(connection, _DESCRIBE, list(notice_ids))
    ]


async def overview_of(
    connection: AsyncConnection, opd: str | None, now: datetime, cases: int
) -> Overview:
    """Return what is open of an OPD's, or of everybody's, and the most urgent cases of it."""
    counted = (await fetch(connection, _COUNT_OPEN, opd, now))[0]
    # Several clocks of one case may be the most urgent; it is listed once.
    rows = await fetch(connection, _MOST_URGENT, opd, 4 * cases)
    urgent: dict[Any, CaseNotice] = {}
    for row in rows:
        urgent.setdefault(row["complaint_id"], _urgent(row, now))
    return Overview(
        counted["open"], counted["near"], counted["overdue"], list(urgent.values())[:cases]
    )


async def list_notices(
    connection: AsyncConnection, wanted: NoticeFilter, limit: int
) -> list[dict[str, Any]]:
    """Return a page of notices, the newest first."""
    at, notice_id = wanted.after or (None, None)
    roles = None if wanted.roles is None else list(wanted.roles)
    rows = await fetch(connection, PAGE, wanted.opd, roles, wanted.unseen, at, notice_id, limit)
    return [
        {**row, "notice_id": str(row["notice_id"]), "complaint_id": str(row["complaint_id"])}
        for row in rows
    ]


async def list_messages(
    connection: AsyncConnection, message_ids: Sequence[str]
) -> dict[str, tuple[str, str]]:
    """Return channel and state of those messages that are in the queue, by their ids."""
    rows = await fetch(connection, _MESSAGES, list(message_ids))
    return {str(row["message_id"]): (row["channel"], row["state"]) for row in rows}


async def find_office(connection: AsyncConnection, notice_id: str) -> tuple[str, str | None] | None:
    """Return the role and the OPD that a notice is for; None without such a notice."""
    rows = await fetch(connection, _FIND, notice_id)
    return (rows[0]["to_role"], rows[0]["opd"]) if rows else None


async def mark_seen(
    connection: AsyncConnection, notice_id: str, by: str, now: datetime
) -> datetime:
    """Note that a notice was seen, the first time; returns when that was."""
    seen_at: datetime = (await fetch(connection, _MARK_SEEN, notice_id, now, by))[0][0]
    return seen_at


def _marks(stored: str | None) -> list[Mark]:
    return [Mark.from_json(each) for each in from_json(stored)] if stored else []


def _urgent(row: Any, now: datetime) -> CaseNotice:
    return CaseNotice(
        notice_id="",
        kind="missed" if row["due_at"] <= now else "near",
        complaint_id=str(row["complaint_id"]),
        tracking_code=row["tracking_code"],
        opd=row["opd"],
        part=row["part"],
        stage=row["stage"],
        due_at=row["due_at"],
        level=None,
        marks=(),
        holds=True,
    )
