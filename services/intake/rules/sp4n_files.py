"""The CSV of SP4N-LAPOR: its 21 columns, as its administrators' export has them. Pure."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final
from zoneinfo import ZoneInfo

TRACKING_ID: Final = "Tracking ID"
STATUS: Final = "Status Laporan"
COLUMNS: Final = (
    TRACKING_ID,
    "Tanggal Laporan Masuk",
    "Waktu Laporan Masuk",
    "Nama Pelapor",
    "Klasifikasi Laporan",
    "ID Kategori",
    "Kategori",
    "Judul Laporan",
    "Isi Laporan Awal",
    "Isi Laporan Akhir",
    "Tipe Laporan (Anonim/Rahasia)",
    "Sumber Laporan",
    "Instansi Induk",
    "ID Instansi Terdisposisi",
    "Instansi Terdisposisi",
    STATUS,
    "Alasan Tunda/Arsip",
    "Provinsi",
    "Kota/Kabupaten",
    "Kecamatan",
    "Kelurahan",
)
ANONIM: Final = "Anonim"
RAHASIA: Final = "Rahasia"

_MONTHS: Final = (
    "Jan",
    "Feb",
    "Mar",
    "Apr",
    "May",
    "Jun",
    "Jul",
    "Aug",
    "Sep",
    "Oct",
    "Nov",
    "Dec",
)
# English in the export itself; Indonesian where somebody touched the file, short or in full.
_MONTH_NUMBERS: Final[Mapping[str, int]] = {
    **{name.casefold(): number for number, name in enumerate(_MONTHS, 1)},
    "mei": 5,
    "agu": 8,
    "agt": 8,
    "ags": 8,
    "okt": 10,
    "nop": 11,
    "des": 12,
    "peb": 2,
}
_DATE: Final = re.compile(r"([0-9]{1,2})[ -]([A-Za-z]{3,9})[ -]([0-9]{4})")
_TIME: Final = re.compile(r"([0-9]{1,2}):([0-9]{2})(?::([0-9]{2}))?")
_WHOLE: Final = re.compile(r"([0-9]{1,9})(?:\.0+)?")
_ENDED: Final = ("ditutup", "diarsipkan")


class RowRefused(ValueError):
    """A row cannot be taken in; says why in Indonesian, and quotes nothing of the report."""


@dataclass(frozen=True, slots=True)
class Sp4nRow:
    """What a row says, read; an ended report is history."""

    tracking_id: str
    reported_at: datetime
    name: str | None
    classification: str
    category_id: int | None
    category: str | None
    title: str | None
    text: str
    anonymous: bool
    secret: bool
    source: str | None
    district: str | None
    village: str | None
    is_ended: bool


def check_header(header: Sequence[str]) -> None:
    """Raise RowRefused unless these are the 21 columns in their order; case does not matter."""
    written = [" ".join(each.removeprefix("\ufeff").split()).casefold() for each in header]
    for place, column in enumerate(COLUMNS, 1):
        if len(written) < place or written[place - 1] != column.casefold():
            raise RowRefused(f"Kolom ke-{place} harus “{column}”.")
    if len(written) > len(COLUMNS):
        raise RowRefused(f"Ada {len(written)} kolom; seharusnya {len(COLUMNS)}.")


def read_row(cells: Sequence[str], zone: ZoneInfo) -> Sp4nRow:
    """Read a row; raises RowRefused."""
    if len(cells) != len(COLUMNS):
        raise RowRefused(f"Ada {len(cells)} kolom; seharusnya {len(COLUMNS)}.")
    row = dict(zip(COLUMNS, (_unquoted(cell) for cell in cells), strict=True))
    tracking_id = _tracking_id(row[TRACKING_ID])
    text = row["Isi Laporan Akhir"] or row["Isi Laporan Awal"]
    if not text:
        raise RowRefused("Isi laporan kosong.")
    kinds = {kind.strip().casefold() for kind in row["Tipe Laporan (Anonim/Rahasia)"].split("|")}
    return Sp4nRow(
        tracking_id=tracking_id,
        reported_at=_moment(row["Tanggal Laporan Masuk"], row["Waktu Laporan Masuk"], zone),
        name=row["Nama Pelapor"] or None,
        classification=row["Klasifikasi Laporan"],
        category_id=_whole(row["ID Kategori"]),
        category=row["Kategori"] or None,
        title=row["Judul Laporan"] or None,
        text=text,
        anonymous=ANONIM.casefold() in kinds,
        secret=RAHASIA.casefold() in kinds,
        source=row["Sumber Laporan"] or None,
        district=row["Kecamatan"] or None,
        village=row["Kelurahan"] or None,
        is_ended=row[STATUS].casefold().startswith(_ENDED),
    )


def write_date(time: datetime, zone: ZoneInfo) -> str:
    """Write a day as the export does: `23 Sep 2024`."""
    local = time.astimezone(zone)
    return f"{local.day:02d} {_MONTHS[local.month - 1]} {local.year}"


def write_time(time: datetime, zone: ZoneInfo) -> str:
    """Write the time of day as the export does: `00:41:43`."""
    return f"{time.astimezone(zone):%H:%M:%S}"


def write_kinds(*, anonymous: bool, secret: bool) -> str:
    """Write who and what is hidden: empty, one word, or both with a bar between them."""
    return "|".join(word for word, holds in ((ANONIM, anonymous), (RAHASIA, secret)) if holds)


def _unquoted(cell: str) -> str:
    """Return a cell without the apostrophe that keeps spreadsheets from working it out."""
    written = cell.replace("\0", "").strip()
    return written[1:] if written[:1] == "'" and written[1:2] in ("=", "+", "-", "@") else written


def _tracking_id(written: str) -> str:
    found = re.fullmatch(r"#?([0-9A-Za-z-]{1,40})(?:\.0+)?", written)
    if found is None:
        raise RowRefused("Tracking ID kosong atau tidak terbaca.")
    return found[1]


def _whole(written: str) -> int | None:
    found = _WHOLE.fullmatch(written)
    return int(found[1]) or None if found else None


def _moment(date: str, time: str, zone: ZoneInfo) -> datetime:
    day, hour = _DATE.fullmatch(date), _TIME.fullmatch(time or "00:00:00")
    month = _MONTH_NUMBERS.get(day[2][:3].casefold()) if day else None
    if day is None or month is None or hour is None:
        raise RowRefused("Tanggal atau waktu laporan tidak terbaca; contoh: 23 Sep 2024, 00:41:43.")
    try:
        local = datetime(
            int(day[3]),
            month,
            int(day[1]),
            int(hour[1]),
            int(hour[2]),
            int(hour[3] or 0),
            tzinfo=zone,
        )
        return local.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise RowRefused("Tanggal atau waktu laporan tidak ada di kalender.") from error
