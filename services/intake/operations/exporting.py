"""The bank as CSV: page by page, so that neither memory nor a connection is held meanwhile."""

import csv
import io
from collections.abc import AsyncIterator, Iterable
from datetime import datetime
from typing import Any, Final

from services.intake.bank_queries import Position
from services.intake.bank_schemas import OpenDataTable
from services.intake.context import IntakeContext
from services.intake.operations.searching import Wanted, bank_within
from services.intake.rules.searching import Filters
from services.intake.rules.spreadsheets import plain_cell
from shared.database import Database

PAGE: Final = 1_000
COLUMNS: Final = (
    "entry_id",
    "source",
    "submitted_at",
    "channel",
    "classification",
    "state",
    "opd",
    "topic",
    "area_code",
    "lat",
    "lon",
    "secret",
    "responded_at",
    "resolved_at",
    "title",
    "text",
)


async def export_entries(
    database: Database, context: IntakeContext, filters: Filters, now: datetime
) -> AsyncIterator[str]:
    """Yield a head and then what matches, the newest first, masked and safe for spreadsheets.

    Each page is a short transaction of its own, asked for when the one before was sent: a slow
    reader holds nothing up. What is submitted meanwhile is not in it.
    """
    yield write_lines([COLUMNS])
    position: Position | None = None
    while True:
        async with database.transaction() as connection:
            bank = await bank_within(connection, context)
            rows = await bank.list_page(Wanted(filters, now, position, PAGE))
        yield write_lines(map(_cells, rows))
        if len(rows) < PAGE:
            return
        position = Position(rows[-1].submitted_at, str(rows[-1].entry_id))


def write_open_data(table: OpenDataTable) -> str:
    """Write an open data table as CSV."""
    head = ("month", "area_code", "area_name", "opd", "opd_name", "entries", "suppressed")
    lines = [
        (
            table.month,
            plain_cell(row.area_code),
            plain_cell(row.area_name),
            plain_cell(row.opd),
            plain_cell(row.opd_name),
            "" if row.entries is None else row.entries,
            str(row.suppressed).lower(),
        )
        for row in table.rows
    ]
    return write_lines([head, *lines])


def write_lines(lines: Iterable[Iterable[object]]) -> str:
    """Write lines as RFC 4180 has them."""
    written = io.StringIO()
    csv.writer(written).writerows(lines)
    return written.getvalue()


def _cells(row: Any) -> tuple[object, ...]:
    return (
        row.entry_id,
        "archive" if row.is_import else "live",
        row.submitted_at.isoformat(),
        plain_cell(row.channel),
        row.classification,
        row.state,
        plain_cell(row.opd),
        plain_cell(row.topic),
        plain_cell(row.area_code),
        "" if row.lat is None else row.lat,
        "" if row.lon is None else row.lon,
        str(row.secret).lower(),
        row.responded_at.isoformat() if row.responded_at else "",
        row.resolved_at.isoformat() if row.resolved_at else "",
        plain_cell(row.title),
        plain_cell(row.text),
    )
