"""The SQL of Open311's lists: what is public, by time, with the last step and the expected time."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.intake.rules.open311 import Window

_COLUMNS = """
    c.complaint_id, c.tracking_code, c.state, coalesce(c.topic, c.service_code) AS service_code,
    c.opd_name, c.text, c.address, c.area_code, c.lat, c.lon, c.anonymous, c.submitted_at
"""
_PUBLIC = """
    NOT c.secret AND NOT EXISTS (
        SELECT 1 FROM spam_mark s WHERE s.complaint_id = c.complaint_id AND s.undone_at IS NULL
    )
"""
_LIST = text(
    f"""
    SELECT {_COLUMNS} FROM complaint c
    WHERE {_PUBLIC} AND c.submitted_at >= :start AND c.submitted_at <= :end
      AND c.state = ANY(:states)
      AND (CAST(:services AS text[]) IS NULL OR coalesce(c.topic, c.service_code) = ANY(:services))
    ORDER BY c.submitted_at DESC, c.complaint_id LIMIT :limit OFFSET :offset
    """  # noqa: S608 - names of our own
)
_FIND = text(
    f"""
    SELECT {_COLUMNS} FROM complaint c
    WHERE {_PUBLIC} AND c.tracking_code = ANY(:codes)
    ORDER BY c.submitted_at DESC, c.complaint_id
    """  # noqa: S608 - names of our own
)
_LAST_STEPS = text(
    """
    SELECT DISTINCT ON (complaint_id) complaint_id, kind, happened_at, opd, opd_name, detail
    FROM timeline_entry WHERE complaint_id = ANY(CAST(:ids AS uuid[]))
    ORDER BY complaint_id, seq DESC
    """
)
_EXPECTED = text(
    """
    SELECT DISTINCT ON (complaint_id) complaint_id, due_at
    FROM deadline
    WHERE complaint_id = ANY(CAST(:ids AS uuid[])) AND part = 0 AND stage = 'follow_up'
    ORDER BY complaint_id, epoch DESC
    """
)


@dataclass(frozen=True, slots=True)
class PublicComplaint:
    """A complaint that is not secret, its last step, and when work on it is expected."""

    complaint: Any
    step: Any
    expected_at: datetime | None


async def list_public(connection: AsyncConnection, window: Window) -> list[PublicComplaint]:
    """Return public complaints of a span of time, the newest first."""
    values = {
        "start": window.start,
        "end": window.end,
        "states": list(window.states),
        "services": None if window.services is None else list(window.services),
        "limit": window.limit,
        "offset": window.offset,
    }
    return await _with_steps(connection, (await connection.execute(_LIST, values)).all())


async def find_public(connection: AsyncConnection, codes: Sequence[str]) -> list[PublicComplaint]:
    """Return the public complaints among these tracking codes."""
    return await _with_steps(
        connection, (await connection.execute(_FIND, {"codes": list(codes)})).all()
    )


async def _with_steps(connection: AsyncConnection, rows: Sequence[Any]) -> list[PublicComplaint]:
    ids = {"ids": [str(row.complaint_id) for row in rows]}
    if not rows:
        return []
    steps = {row.complaint_id: row for row in await connection.execute(_LAST_STEPS, ids)}
    due = {row.complaint_id: row.due_at for row in await connection.execute(_EXPECTED, ids)}
    return [
        PublicComplaint(row, steps.get(row.complaint_id), due.get(row.complaint_id)) for row in rows
    ]
