"""Writes the monthly report as CSV, as spreadsheets of the Pemda and of SP4N take it. Pure."""

import csv
from collections.abc import Iterator
from io import StringIO
from typing import Final

from services.sla.report_schemas import MonthlyReport, ReportLine

_COLUMNS: Final = {
    "received": "Diterima",
    "verified": "Diverifikasi",
    "answered": "Ditanggapi",
    "followed_up": "Ditindaklanjuti",
    "resolved": "Selesai",
    "rejected": "Diarsipkan",
    "withdrawn": "Dibatalkan pelapor",
    "merged": "Digabungkan",
    "reopened": "Dibuka kembali",
    "within_2h": "Ditanggapi dalam 2 jam",
    "within_24h": "Ditanggapi dalam 24 jam",
    "rated": "Dinilai",
    "satisfied": "Puas",
    "verification_seconds": "Rata-rata jam sampai verifikasi",
    "answer_seconds": "Rata-rata jam sampai tanggapan",
    "median_answer_seconds": "Median jam sampai tanggapan",
    "follow_up_seconds": "Rata-rata jam sampai tindak lanjut",
    "resolution_seconds": "Rata-rata jam sampai selesai",
}
#: What a spreadsheet would take for a formula.
_FORMULAS: Final = ("=", "+", "-", "@", "\t", "\r")


def write_csv(report: MonthlyReport) -> str:
    """Return the report's lines, times in hours with two decimals."""
    written = StringIO()
    rows = csv.writer(written)
    rows.writerow(["Bulan", "Rincian", "Kode", "Nama", *_COLUMNS.values()])
    for kind, line in _lines(report):
        rows.writerow(
            [report.month, kind, _text(line.key), _text(line.name), *map(_cell, _values(line))]
        )
    return written.getvalue()


def _lines(report: MonthlyReport) -> Iterator[tuple[str, ReportLine]]:
    yield "semua", report.total
    for kind, lines in (
        ("OPD", report.by_opd),
        ("kanal", report.by_channel),
        ("klasifikasi", report.by_classification),
    ):
        for line in lines:
            yield kind, line


def _values(line: ReportLine) -> Iterator[float | None]:
    for name in _COLUMNS:
        value = getattr(line, name)
        yield value / 3600 if name.endswith("_seconds") and value is not None else value


def _cell(value: float | None) -> str:
    if value is None:
        return ""
    return f"{value:.2f}" if isinstance(value, float) else str(value)


def _text(value: str) -> str:
    return f"'{value}" if value.startswith(_FORMULAS) else value
