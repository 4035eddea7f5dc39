"""Reports as files: CSV, and workbooks with a sheet for each section."""

import csv
import io
from collections.abc import Iterator, Sequence
from typing import Any, Final

from services.survey.report_schemas import PemdaReports, UnitReport
from services.survey.rules.index import ELEMENTS

Cell = str | int | float | None
Rows = Sequence[Sequence[Cell]]

#: What a spreadsheet would take for a formula.
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")
_SHOWN_AS_FEW: Final = "terlalu sedikit"


def unit_sections(report: UnitReport) -> Iterator[tuple[str, Rows]]:
    """Yield a unit's report as tables in the order of the regulation, each with a heading."""
    yield "Responden", _respondents(report)
    yield "Unsur", _elements(report)
    yield "IKM", _index(report)
    yield "Terlemah dan terkuat", _extremes(report)
    yield "Perbandingan", _comparison(report)
    yield "Tindak lanjut", _follow_up(report)
    yield "Saran", _comments(report)
    yield "Publikasi", [("halaman", "keterangan"), _publication(report)]


def unit_csv(report: UnitReport) -> str:
    """Return a unit's report as CSV: each row begins with its section."""
    written = io.StringIO()
    writer = csv.writer(written)
    for name, rows in unit_sections(report):
        for row in rows:
            writer.writerow([name, *map(_harmless, row)])
    return written.getvalue()


def unit_workbook(report: UnitReport) -> bytes:
    """Return a unit's report as a workbook (XLSX)."""
    return _workbook(unit_sections(report))


def pemda_csv(reports: PemdaReports) -> str:
    """Return a row for each unit, and one for the Pemda, as CSV."""
    written = io.StringIO()
    writer = csv.writer(written)
    writer.writerows([_harmless(cell) for cell in row] for row in _lines(reports))
    return written.getvalue()


def pemda_workbook(reports: PemdaReports) -> bytes:
    """Return the same as a workbook, with the respondents of the Pemda."""
    whole = reports.whole
    groups: list[Sequence[Cell]] = [("pertanyaan", "kelompok", "responden", "bagian", "IKM")]
    for each in whole.respondents:
        groups += [
            (each.name, part.name, part.answers, part.share, part.ikm) for part in each.values
        ]
    return _workbook([("IKM", _lines(reports)), ("Responden", groups)])


def _lines(reports: PemdaReports) -> Rows:
    whole = reports.whole
    heading = ("kode", "unit", "OPD", "responden", "sampel", "IKM", "mutu", *ELEMENTS)
    rows: list[Sequence[Cell]] = [heading]
    for report in reports.units:
        index = report.index
        wanted = report.sample.wanted
        nrrs = [each.nrr for each in report.elements]
        answers = index.answers if report.shown else _SHOWN_AS_FEW
        rows.append(
            (
                report.unit, report.unit_name, report.opd, answers, wanted, index.ikm,
                index.quality, *nrrs,
            )
        )  # fmt: skip
    nrrs = [each.nrr for each in whole.elements]
    total = whole.index
    rows.append(("", whole.pemda, "", total.answers, None, total.ikm, total.quality, *nrrs))
    return rows


def _respondents(report: UnitReport) -> Rows:
    sample, response = report.sample, report.response
    rows: list[Sequence[Cell]] = [
        ("pertanyaan", "kelompok", "responden", "bagian", "IKM", "mutu"),
        ("Unit", report.unit_name, sample.answers, None, None, None),
        ("Periode", report.period_name, None, None, None, None),
        ("Populasi", None, sample.population, None, None, None),
        ("Sampel yang diperlukan", None, sample.wanted, sample.progress, None, None),
        ("Tautan dikirim", None, response.sent, None, None, None),
        ("Tautan dijawab", None, response.answered, response.rate, None, None),
    ]
    parts = [
        *((each.name, part) for each in report.respondents for part in each.values),
        *(("Layanan", part) for part in report.services),
        *(("Saluran", part) for part in report.channels),
    ]
    for name, part in parts:
        answers = _SHOWN_AS_FEW if part.answers is None else part.answers
        rows.append((name, part.name, answers, part.share, part.ikm, part.quality))
    return rows


def _elements(report: UnitReport) -> Rows:
    heading = (
        "kode", "unsur", "jawaban", "nilai 1", "nilai 2", "nilai 3", "nilai 4", "NRR",
        "NRR tertimbang", "NRR x 25", "mutu",
    )  # fmt: skip
    return [
        heading,
        *(
            (e.code, e.name, e.answers, *e.scores, e.nrr, e.weighted, e.ikm, e.quality)
            for e in report.elements
        ),
    ]


def _index(report: UnitReport) -> Rows:
    index = report.index
    return [
        ("IKM", "mutu", "kinerja", "batas bawah 95 %", "batas atas 95 %", "responden"),
        (index.ikm, index.quality, index.quality_name, index.low, index.high, index.answers),
    ]


def _extremes(report: UnitReport) -> Rows:
    return [
        ("letak", "kode", "unsur", "NRR"),
        *(("terlemah", each.code, each.name, each.nrr) for each in report.weakest),
        *(("terkuat", each.code, each.name, each.nrr) for each in report.strongest),
    ]


def _comparison(report: UnitReport) -> Rows:
    now = report.index
    return [
        ("periode", "nama", "responden", "IKM", "mutu"),
        (report.period, report.period_name, now.answers, now.ikm, now.quality),
        *((e.period, e.name, e.answers, e.ikm, e.quality) for e in report.earlier),
    ]


def _follow_up(report: UnitReport) -> Rows:
    return [
        ("kode", "unsur", "alasan", "penyebab", "tindakan", "penanggung jawab", "batas", "keadaan"),
        *(
            (
                plan.element, plan.element_name, plan.reason, plan.cause, plan.action, plan.owner,
                plan.due_on.isoformat() if plan.due_on else None, plan.state_name,
            )
            for plan in report.follow_up
        ),
    ]  # fmt: skip


def _comments(report: UnitReport) -> Rows:
    extras: list[Sequence[Cell]] = [
        (extra.code, f"{extra.question} {label}", count)
        for extra in report.extras
        for label, count in zip(extra.answers, extra.counts, strict=True)
    ]
    themes = [(each.code, each.name, each.comments) for each in report.themes]
    return [("kode", "tema atau pertanyaan", "jumlah"), *themes, *extras]


def _publication(report: UnitReport) -> Sequence[Cell]:
    return report.publication.address, report.publication.statement


def _harmless(cell: Cell) -> Cell:
    """Keep a text from being run as a formula by the spreadsheet that opens it."""
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(_FORMULA) else cell


def _workbook(sections: Iterator[tuple[str, Rows]] | Sequence[tuple[str, Rows]]) -> bytes:
    from xlsxwriter import Workbook  # noqa: PLC0415 - loaded where used

    written = io.BytesIO()
    # Texts are written as texts, whatever they begin with.
    options = {
        "in_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
    }
    with Workbook(written, options) as workbook:
        bold = workbook.add_format({"bold": True, "bottom": 1})
        for name, rows in sections:
            _fill(workbook.add_worksheet(name), rows, bold)
    return written.getvalue()


def _fill(sheet: Any, rows: Rows, bold: Any) -> None:
    for number, row in enumerate(rows):
        sheet.write_row(number, 0, row, bold if number == 0 else None)
    sheet.freeze_panes(1, 0)
    sheet.autofit(320)
