"""The SQL of SP4N-LAPOR's export: complaints of a stretch of time, page by page."""

from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

_PAGE = 500
# `reported` and `closed` are what the row says beside the complaint itself.
_LIST = text(
    """
    SELECT c.*, r.external_id, r.category, r.details ->> 'source' AS source,
           r.details ->> 'category_id' AS category_id,
           p.key_id AS reporter_key_id, p.wrapped_key, p.identity,
           (SELECT t.detail FROM timeline_entry t
            WHERE t.complaint_id = c.complaint_id AND t.kind = 'closed'
            ORDER BY t.seq DESC LIMIT 1) AS closed_by
    FROM complaint c
    JOIN reporter p ON p.reporter_id = c.reporter_id
    LEFT JOIN partner_report r ON r.complaint_id = c.complaint_id AND r.partner = 'sp4n'
    WHERE c.submitted_at >= :since AND c.submitted_at < :until
      AND (c.submitted_at, c.complaint_id) > (:after_time, CAST(:after_id AS uuid))
      AND NOT EXISTS (SELECT 1 FROM spam_mark s
                      WHERE s.complaint_id = c.complaint_id AND s.undone_at IS NULL)
    ORDER BY c.submitted_at, c.complaint_id LIMIT :page
    """
)
_FIRST_ID = "00000000-0000-0000-0000-000000000000"


async def list_for_export(
    connection: AsyncConnection, since: datetime, until: datetime
) -> AsyncIterator[Sequence[Any]]:
    """Yield the complaints of a stretch of time, the oldest first, some hundred at a time."""
    after_time, after_id = since, _FIRST_ID
    while True:
        values = {
            "since": since,
            "until": until,
            "after_time": after_time,
            "after_id": after_id,
            "page": _PAGE,
        }
        rows = (await connection.execute(_LIST, values)).all()
        if rows:
            yield rows
        if len(rows) < _PAGE:
            return
        after_time, after_id = rows[-1].submitted_at, str(rows[-1].complaint_id)
