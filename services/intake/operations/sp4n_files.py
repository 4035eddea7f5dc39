"""SP4N-LAPOR by files: its export in, as complaints; ours out, in the same 21 columns."""

import csv
import json
from collections.abc import AsyncIterator, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from pydantic import ValidationError
from sqlalchemy.ext.asyncio import AsyncConnection

from services.intake import sp4n_queries
from services.intake.context import IntakeContext
from services.intake.operations.partners import receive_sp4n
from services.intake.partner_profile import Sp4nCategory
from services.intake.partner_schemas import (
    PartnerPlace,
    PartnerReceipt,
    PartnerReporter,
    Sp4nReport,
)
from services.intake.rules.sp4n import read_classification, sp4n_classification, sp4n_status
from services.intake.rules.sp4n_files import (
    COLUMNS,
    RowRefused,
    Sp4nRow,
    check_header,
    read_row,
    write_date,
    write_kinds,
    write_time,
)
from services.intake.rules.spreadsheets import plain_cell
from services.intake.schemas import MOST_TITLE
from shared.unit_of_work import UnitOfWork
from shared.vault import WrappedKey

ENDED: Final = (
    "Sudah selesai di SP4N-LAPOR: tidak dibuka lagi. Masukkan sebagai riwayat dengan "
    "`tanggap bank import`."
)
#: A report of many pages is one cell.
csv.field_size_limit(1_000_000)


@dataclass(frozen=True, slots=True)
class FileRow:
    """A row of a file by the line on which it ends: a report, or why there is none."""

    line: int
    tracking_id: str
    report: Sp4nReport | None
    refused: str | None = None


def read_file(lines: Iterable[str], zone: ZoneInfo) -> Iterator[FileRow]:
    """Read an export row by row; raises RowRefused where its header is another's."""
    reader = csv.reader(lines)
    check_header(next(reader, []))
    for cells in reader:
        if not any(cells):
            continue
        yield _file_row(reader.line_num, cells, zone)


async def import_row(unit: UnitOfWork, context: IntakeContext, row: FileRow) -> PartnerReceipt:
    """Take in a row under its Tracking ID; raises ReportReused, FormIncorrect, RowRefused."""
    if row.report is None:
        raise RowRefused(row.refused or "Baris tidak terbaca.")
    return await receive_sp4n(unit, context, row.report)


async def export_rows(
    connection: AsyncConnection,
    context: IntakeContext,
    since: datetime,
    until: datetime,
    *,
    in_full: bool,
) -> AsyncIterator[list[str]]:
    """Yield the header, then a row per complaint, the oldest first.

    Else words are masked, nobody is named, and of a secret complaint nothing is said. In full the
    words are the reporter's own and name who did not ask to be anonymous: the caller needs a
    reason, and who asked is to be noted.
    """
    yield list(COLUMNS)
    writer = _Writer(context, in_full)
    async for page in sp4n_queries.list_for_export(connection, since, until):
        for complaint in page:
            yield [plain_cell(cell) for cell in writer.cells(complaint)]


def _file_row(line: int, cells: list[str], zone: ZoneInfo) -> FileRow:
    shown = cells[0].strip()[:40] if cells else ""
    try:
        row = read_row(cells, zone)
    except RowRefused as refused:
        return FileRow(line, shown, None, str(refused))
    if row.is_ended:
        return FileRow(line, row.tracking_id, None, ENDED)
    try:
        return FileRow(line, row.tracking_id, _report(row))
    except ValidationError as error:
        # Which field, and never what it holds.
        fields = sorted({str(each["loc"][0]) for each in error.errors(include_input=False)})
        return FileRow(line, row.tracking_id, None, f"Isian tidak benar: {', '.join(fields)}.")


def _report(row: Sp4nRow) -> Sp4nReport:
    place = None
    if row.district or row.village:
        place = PartnerPlace(district=row.district, village=row.village)
    return Sp4nReport(
        external_id=row.tracking_id,
        title=row.title[:MOST_TITLE] if row.title else None,
        text=row.text,
        classification=read_classification(row.classification),
        category=row.category,
        category_id=row.category_id,
        source=row.source,
        reported_at=row.reported_at,
        anonymous=row.anonymous,
        secret=row.secret,
        reporter=PartnerReporter(name=row.name) if row.name else None,
        place=place,
    )


class _Writer:
    """Writes complaints as the rows of one export."""

    def __init__(self, context: IntakeContext, in_full: bool) -> None:
        self._context = context
        self._in_full = in_full
        self._zone = ZoneInfo(context.profile.pemda.zone)
        self._sp4n = context.profile.outside.partners.sp4n
        self._areas = context.profile.area_names()
        self._channels = {each.code: each.name for each in context.profile.channels}

    def cells(self, row: Any) -> list[str]:
        """Return the 21 cells of a complaint."""
        category = self._category(row)
        title, text = self._words(row)
        district, village = self._place(row.area_code)
        kinds = write_kinds(anonymous=row.anonymous, secret=row.secret)
        number = row.category_id or (category.id if category else None)
        return [
            row.external_id or row.tracking_code,
            write_date(row.device_time or row.submitted_at, self._zone),
            write_time(row.device_time or row.submitted_at, self._zone),
            self._name(row),
            sp4n_classification(row.classification),
            str(number or ""),
            row.category or (category.name if category else ""),
            title,
            text,
            text,
            kinds,
            row.source or self._channels.get(row.channel, row.channel),
            self._sp4n.agency or self._context.profile.pemda.name,
            "",
            row.opd_name or "",
            sp4n_status(row.state, row.closed_by),
            "",
            self._sp4n.province or "",
            self._sp4n.city or self._context.profile.pemda.short_name,
            district,
            village,
        ]

    def _name(self, row: Any) -> str:
        """Return who reported, if they may be named here; never one who is anonymous."""
        if row.anonymous or not self._in_full or row.identity is None or row.wrapped_key is None:
            return ""
        place = f"{row.reporter_id}:identity"
        identity = json.loads(self._person(row).open(row.identity, place))
        return str(identity.get("name", ""))

    def _words(self, row: Any) -> tuple[str, str]:
        if self._in_full and row.wrapped_key is not None:
            words = json.loads(self._person(row).open(row.words, f"{row.complaint_id}:words"))
            return words["title"] or "", words["text"] or ""
        if row.secret:
            return "", ""
        return row.title or "", row.text

    def _person(self, row: Any) -> Any:
        key = WrappedKey(row.reporter_key_id, row.wrapped_key)
        return self._context.vault.unwrap(str(row.reporter_id), key)

    def _category(self, row: Any) -> Sp4nCategory | None:
        topic = row.topic or row.service_code
        return next((each for each in self._sp4n.categories if each.topic == topic), None)

    def _place(self, code: str | None) -> tuple[str, str]:
        """Return the names of the sub-district and the village, as far as the code tells."""
        if code is None:
            return "", ""
        district, village = code[:8], code if len(code) > 8 else ""
        return self._areas.get(district, ""), self._areas.get(village, "")
