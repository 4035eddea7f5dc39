"""An OPD's applications as CSV or a workbook: what is not personal, a column for each answer."""

import csv
import io
from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import Row

from services.intake import staff_application_queries as staff_queries
from services.intake.application_errors import TooManyToExport
from services.intake.context import IntakeContext
from services.intake.rules.spreadsheets import plain_cell
from services.intake.staff_application_queries import Place
from services.intake.staff_application_schemas import Choice
from shared.catalogue.definition import Service, all_fields
from shared.catalogue.fields import AnyField
from shared.catalogue.templates import write_answer
from shared.database import Database

PAGE: Final = 500
#: More would be too much for a workbook that is made in memory, and for whoever reads it.
MOST: Final = 20_000
Cell = str | int | float
_HEAD: Final = (
    *("kode", "nomor", "layanan", "pemohon", "opd_pemohon", "opd", "status", "tahap"),
    *("hasil", "putaran", "memenuhi_syarat", "diajukan", "diperbarui"),
)


async def list_for_export(
    database: Database, context: IntakeContext, choice: Choice
) -> list[list[Cell]]:
    """Return a head and a line for each application, the newest first.

    Each page is a short transaction. With one service chosen, its fields and those of its stages
    are columns. Raises TooManyToExport.
    """
    service = context.catalogue.present(choice.service) if choice.service else None
    fields = _columns(service)
    lines: list[list[Cell]] = [[*_HEAD, *(plain_cell(field.label) for field in fields)]]
    after: Place | None = None
    while True:
        async with database.transaction() as connection:
            rows = await staff_queries.list_applications(connection, choice, after, PAGE)
        lines += [_line(row, fields) for row in rows]
        if len(rows) < PAGE:
            return lines
        if len(lines) > MOST:
            raise TooManyToExport(MOST)
        after = Place(rows[-1].created_at, str(rows[-1].complaint_id))


def write_csv(lines: Sequence[Sequence[Cell]]) -> bytes:
    """Write lines as RFC 4180 has them."""
    written = io.StringIO()
    csv.writer(written).writerows(lines)
    return written.getvalue().encode()


def write_workbook(lines: Sequence[Sequence[Cell]]) -> bytes:
    """Write lines as a workbook (XLSX); no text becomes a formula or a link."""
    from xlsxwriter import Workbook  # noqa: PLC0415 - takes time to load

    written = io.BytesIO()
    with Workbook(
        written, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    ) as book:
        sheet = book.add_worksheet("permohonan")
        bold = book.add_format({"bold": True})
        for number, line in enumerate(lines):
            sheet.write_row(number, 0, line, bold if number == 0 else None)
        sheet.freeze_panes(1, 0)
    return written.getvalue()


def _columns(service: Service | None) -> list[AnyField]:
    if service is None:
        return []
    forms = [service.form, *(stage.form for stage in service.stages)]
    return [
        field
        for form in forms
        for field in all_fields(form)
        if not field.is_personal and field.type != "location"
    ]


def _line(row: Row[Any], fields: Sequence[AnyField]) -> list[Cell]:
    answers = {**row.public_answers, **row.stage_answers}
    return [
        row.tracking_code,
        plain_cell(row.number),
        row.service,
        row.applicant,
        row.applicant_opd or "",
        row.case_opd or row.held_by or row.opd,
        row.state,
        plain_cell(row.stage_title),
        row.outcome or "",
        row.rounds,
        "ya" if row.general["eligible"] else "tidak",
        row.submitted_at.isoformat(),
        row.updated_at.isoformat(),
        *(_cell(field, answers.get(field.code)) for field in fields),
    ]


def _cell(field: AnyField, answer: Any) -> Cell:
    if answer is None:
        return ""
    if field.type == "number" and isinstance(answer, (int, float)):
        return answer
    return plain_cell(write_answer(field, answer))
