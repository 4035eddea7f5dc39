"""SP4N-LAPOR's export comes in once, and ours goes out without naming who must not be named."""

import csv
import io
from datetime import UTC, datetime, timedelta

import pytest

from services.intake.errors import ReportReused
from services.intake.operations.sp4n_files import FileRow, export_rows, import_row, read_file
from services.intake.rules.sp4n_files import COLUMNS
from shared.contracts.routing import CaseAssigned, CaseClosed
from shared.ids import ComplaintId
from tests.service.intake.driver import REPORTER, Driver
from tests.unit.intake.test_sp4n_files import JAKARTA, cells, file

ALWAYS = (datetime(2020, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC))


async def export(driver: Driver, *, in_full: bool = False) -> list[dict[str, str]]:
    async with driver.system.service("intake").database.transaction() as connection:
        rows = [
            row
            async for row in export_rows(connection, driver.doors.context, *ALWAYS, in_full=in_full)
        ]
    assert tuple(rows[0]) == COLUMNS
    return [dict(zip(COLUMNS, row, strict=True)) for row in rows[1:]]


async def take_in(driver: Driver, row: FileRow) -> str:
    doors = driver.doors
    receipt = await doors.in_unit(lambda unit: import_row(unit, doors.context, row))
    assert receipt.complaint_id is not None
    return receipt.complaint_id


async def test_a_report_comes_in_once_and_goes_out_as_it_was(alone: Driver) -> None:
    rows = file(
        cells(
            **{
                "Kecamatan": "Mekarsari",
                "Kelurahan": "Randuagung",
                "Tipe Laporan (Anonim/Rahasia)": "Anonim",
                "Sumber Laporan": "Android",
                "Klasifikasi Laporan": "Pengaduan Berkadar Pengawasan",
            }
        )
    )
    first, second = [await take_in(alone, row) for row in (*rows, *rows)]
    assert first == second
    await alone.tell(
        CaseAssigned(
            complaint_id=ComplaintId(first),
            occurred_at=alone.now,
            part=0,
            opd="DISHUB",
            opd_name="Dinas Perhubungan",
            by="rule",
            reason="Lampu.",
        )
    )
    (row,) = await export(alone)
    expected = {
        "Tracking ID": "9000001",
        "Tanggal Laporan Masuk": "23 Sep 2024",
        "Waktu Laporan Masuk": "00:41:43",
        "Klasifikasi Laporan": "Pengaduan Berkadar Pengawasan",
        "Kategori": "Penerangan Jalan",
        "Isi Laporan Awal": "Lampu padam.\nSejak lama.",
        "Tipe Laporan (Anonim/Rahasia)": "Anonim",
        "Sumber Laporan": "Android",
        "Instansi Induk": "Pemerintah Kota Contoh Raya",
        "Instansi Terdisposisi": "Dinas Perhubungan",
        "Status Laporan": "Terdisposisi",
        "Kecamatan": "Mekarsari",
        "Kelurahan": "Randuagung",
    }
    assert {name: row[name] for name in expected} == expected

    await alone.tell(
        CaseClosed(complaint_id=ComplaintId(first), occurred_at=alone.now, reason="silence")
    )
    (row,) = await export(alone)
    assert row["Status Laporan"] == "Ditutup oleh Sistem"


async def test_another_report_under_the_same_id_is_refused(alone: Driver) -> None:
    await take_in(alone, file(cells())[0])
    other = file(cells(**{"Isi Laporan Awal": "Yang lain."}))[0]
    with pytest.raises(ReportReused):
        await take_in(alone, other)


async def test_nobody_is_named_who_must_not_be(alone: Driver) -> None:
    named = await alone.lodge("Saya Wagiman, hubungi 081234567890.", reporter=REPORTER)
    hidden = await alone.lodge("Lampu padam.", reporter=REPORTER, anonymous=True)
    secret = await alone.lodge("Hal yang peka.", reporter=REPORTER, secret=True)

    masked = {row["Tracking ID"]: row for row in await export(alone)}
    assert "Wagiman" not in str(masked)
    assert "081234567890" not in str(masked)
    assert masked[secret.code]["Isi Laporan Awal"] == ""

    full = {row["Tracking ID"]: row for row in await export(alone, in_full=True)}
    assert full[named.code]["Nama Pelapor"] == "Wagiman Contohnya"
    assert "081234567890" in full[named.code]["Isi Laporan Awal"]
    assert full[hidden.code]["Nama Pelapor"] == ""
    assert full[secret.code]["Isi Laporan Awal"] == "Hal yang peka."


async def test_our_file_is_read_again_whatever_citizens_wrote(alone: Driver) -> None:
    texts = ["=SUM(A1)", 'Kutip "ganda", koma\nbaris baru', "@rahasia +62", "- satu\n- dua"]
    for text in texts:
        await alone.lodge(text)
        alone.system.clock.advance(timedelta(seconds=1))
    out = io.StringIO()
    writer = csv.writer(out, quoting=csv.QUOTE_ALL)
    for row in [list(COLUMNS), *(list(row.values()) for row in await export(alone))]:
        writer.writerow(row)
    assert '"=SUM' not in out.getvalue()
    out.seek(0)
    read = [row.report for row in read_file(out, JAKARTA)]
    assert [report.text if report else None for report in read] == texts
