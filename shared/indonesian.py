"""Numbers, sums, days and months as Indonesians write them."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Final

DAYS: Final = ("Senin", "Selasa", "Rabu", "Kamis", "Jumat", "Sabtu", "Minggu")
MONTHS: Final = (
    "Januari", "Februari", "Maret", "April", "Mei", "Juni",
    "Juli", "Agustus", "September", "Oktober", "November", "Desember",
)  # fmt: skip
#: How the zones are called behind a time of day.
ZONES: Final[Mapping[str, str]] = {
    "Asia/Jakarta": "WIB",
    "Asia/Makassar": "WITA",
    "Asia/Jayapura": "WIT",
}
_SEPARATORS: Final = str.maketrans(",.", ".,")


def write_number(value: float | Decimal, places: int | None = None) -> str:
    """Write a number: 1.234,5; without `places`, whole or with one digit behind the comma."""
    if places is None:
        places = 1 if value % 1 else 0
    return f"{value:,.{places}f}".translate(_SEPARATORS)


def write_signed(value: float, places: int) -> str:
    """Write a difference with its sign, a true minus where it is negative: +1,5."""
    return f"{value:+,.{places}f}".translate(_SEPARATORS).replace("-", "\N{MINUS SIGN}")


def write_rupiah(amount: int) -> str:
    """Write a sum: Rp15.000."""
    return f"Rp{write_number(amount, 0)}"


def write_day(day: date) -> str:
    """Write a day: 9 Maret 2026; of an instant, the day in its own zone."""
    return f"{day.day} {MONTHS[day.month - 1]} {day.year}"


def write_weekday(day: date) -> str:
    """Write a day with its name: Senin, 9 Maret 2026."""
    return f"{DAYS[day.weekday()]}, {write_day(day)}"


def write_month(month: str) -> str:
    """Write a month such as 2026-03: Maret 2026."""
    year, _, number = month.partition("-")
    return f"{MONTHS[int(number) - 1]} {year}"
