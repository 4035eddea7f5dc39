"""SP4N-LAPOR's 21 columns, read and written as its own export has them."""

import csv
import io
from contextlib import suppress
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.intake.operations.sp4n_files import ENDED, FileRow, read_file
from services.intake.rules.progress import STATES
from services.intake.rules.sp4n import (
    read_classification,
    sp4n_classification,
    sp4n_status,
)
from services.intake.rules.sp4n_files import (
    COLUMNS,
    RowRefused,
    read_row,
    write_date,
    write_kinds,
    write_time,
)

JAKARTA = ZoneInfo("Asia/Jakarta")
# Seconds of Unix time, up to the year 2100.
TIMES = st.integers(946_684_800, 4_102_444_800).map(lambda at: datetime.fromtimestamp(at, UTC))


def cells(**changes: str) -> list[str]:
    row = dict.fromkeys(COLUMNS, "")
    row |= {
        "Tracking ID": "9000001",
        "Tanggal Laporan Masuk": "23 Sep 2024",
        "Waktu Laporan Masuk": "00:41:43",
        "Nama Pelapor": "Wagiman Contohnya",
        "Klasifikasi Laporan": "Aspirasi",
        "Kategori": "Penerangan Jalan",
        "Isi Laporan Awal": "Lampu padam.\nSejak lama.",
        "Status Laporan": "Terdisposisi",
    }
    return list((row | changes).values())


def file(*rows: list[str], header: tuple[str, ...] = COLUMNS) -> list[FileRow]:
    text = io.StringIO()
    writer = csv.writer(text, quoting=csv.QUOTE_ALL)
    writer.writerows([header, *rows])
    text.seek(0)
    return list(read_file(text, JAKARTA))


def test_a_row_is_read_with_its_lines() -> None:
    (row,) = file(cells())
    assert row.report is not None
    assert row.report.external_id == "9000001"
    assert row.report.text == "Lampu padam.\nSejak lama."
    assert row.report.classification == "aspiration"
    assert row.report.reported_at == datetime(2024, 9, 22, 17, 41, 43, tzinfo=UTC)


@pytest.mark.parametrize(
    ("written", "month"),
    [
        ("03 Mei 2025", 5),
        ("3 May 2025", 5),
        ("01 Agu 2024", 8),
        ("01 Aug 2024", 8),
        ("01 Okt 2024", 10),
        ("31 Desember 2024", 12),
        ("31 Dec 2024", 12),
        ("1-Peb-2024", 2),
    ],
)
def test_months_are_english_or_indonesian(written: str, month: int) -> None:
    row = read_row(cells(**{"Tanggal Laporan Masuk": written}), JAKARTA)
    assert row.reported_at.astimezone(JAKARTA).month == month


@pytest.mark.parametrize(
    ("written", "anonymous", "secret"),
    [
        ("", False, False),
        ("Anonim", True, False),
        ("Rahasia", False, True),
        ("Anonim|Rahasia", True, True),
        ("rahasia | anonim", True, True),
    ],
)
def test_kinds_are_joined_by_a_bar(written: str, anonymous: bool, secret: bool) -> None:
    row = read_row(cells(**{"Tipe Laporan (Anonim/Rahasia)": written}), JAKARTA)
    assert (row.anonymous, row.secret) == (anonymous, secret)


@pytest.mark.parametrize(
    ("written", "number"), [("674.0", 674), ("674", 674), ("", None), ("x", None), ("0", None)]
)
def test_a_category_may_be_a_float(written: str, number: int | None) -> None:
    assert read_row(cells(**{"ID Kategori": written}), JAKARTA).category_id == number


@pytest.mark.parametrize(
    "changes",
    [
        {"Tracking ID": ""},
        {"Tracking ID": "satu dua"},
        {"Tanggal Laporan Masuk": "31 Feb 2024"},
        {"Tanggal Laporan Masuk": "2024-09-23"},
        {"Tanggal Laporan Masuk": "01 Jan 0001"},
        {"Waktu Laporan Masuk": "25:00:00"},
        {"Isi Laporan Awal": "  "},
        {"Isi Laporan Awal": "x" * 8001},
    ],
    ids=lambda changes: f"{changes}"[:50],
)
def test_a_bad_row_is_refused_and_says_nothing_of_the_report(changes: dict[str, str]) -> None:
    bad, good = file(cells(**changes), cells())
    assert bad.report is None
    assert bad.refused
    assert "Wagiman" not in bad.refused
    assert good.report is not None


@pytest.mark.parametrize("status", ["Ditutup oleh Sistem", "Diarsipkan oleh Admin"])
def test_what_is_over_is_not_opened_again(status: str) -> None:
    (row,) = file(cells(**{"Status Laporan": status}))
    assert (row.report, row.refused) == (None, ENDED)


@pytest.mark.parametrize(
    "header",
    [COLUMNS[:-1], (*COLUMNS, "Lagi"), COLUMNS[::-1], (), ("\ufeff" + COLUMNS[0], *COLUMNS[2:])],
    ids=lambda header: str(len(header)),
)
def test_another_files_header_is_refused(header: tuple[str, ...]) -> None:
    with pytest.raises(RowRefused):
        file(cells(), header=header)


@given(st.lists(st.text(max_size=40), max_size=25))
def test_whatever_a_row_holds_it_is_read_or_refused(row: list[str]) -> None:
    with suppress(RowRefused):
        read_row(row, JAKARTA)


@given(TIMES)
def test_a_time_that_was_written_is_read_again(time: datetime) -> None:
    changes = {
        "Tanggal Laporan Masuk": write_date(time, JAKARTA),
        "Waktu Laporan Masuk": write_time(time, JAKARTA),
    }
    assert read_row(cells(**changes), JAKARTA).reported_at == time


def test_every_state_has_a_status_and_every_kind_a_word() -> None:
    assert {sp4n_status(state) for state in STATES} >= {"Terdisposisi", "Ditindaklanjuti"}
    assert sp4n_status("closed", "silence") == "Ditutup oleh Sistem"
    for kind in ("complaint", "supervisory_complaint", "aspiration", "information"):
        assert read_classification(sp4n_classification(kind)) == kind
    assert write_kinds(anonymous=True, secret=True) == "Anonim|Rahasia"
