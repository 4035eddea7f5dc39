"""Periods of a survey: months, quarters, half-years or years, each with a code such as 2026-03.

A year's code (2026) always stands for all periods in it, whatever the cadence is.
"""

import re
from datetime import date, timedelta
from typing import Final, Literal

from shared.indonesian import MONTHS

Cadence = Literal["monthly", "quarterly", "half_yearly", "yearly"]

_MONTHS: Final[dict[Cadence, int]] = {
    "monthly": 1, "quarterly": 3, "half_yearly": 6, "yearly": 12,
}  # fmt: skip
_CODE: Final = re.compile(r"([12]\d{3})(?:-(?:(0[1-9]|1[0-2])|Q([1-4])|S([12])))?\Z")
_ROMAN: Final = ("", "I", "II", "III", "IV")


class PeriodUnknown(ValueError):
    """The text is no code of a period."""


def period_of(day: date, cadence: Cadence) -> str:
    """Return the code of the period that a day lies in."""
    return _code(day.year, (day.month - 1) // _MONTHS[cadence] + 1, cadence)


def first_day(period: str) -> date:
    """Return a period's first day; raises PeriodUnknown."""
    year, month, _ = _read(period)
    return date(year, month, 1)


def last_day(period: str) -> date:
    """Return a period's last day; raises PeriodUnknown."""
    year, month, months = _read(period)
    following = year * 12 + month - 1 + months
    return date(following // 12, following % 12 + 1, 1) - timedelta(days=1)


def previous(period: str) -> str:
    """Return the code of the period before, of the same length; raises PeriodUnknown."""
    year, month, months = _read(period)
    before = year * 12 + month - 1 - months
    cadence = next(name for name, length in _MONTHS.items() if length == months)
    return period_of(date(before // 12, before % 12 + 1, 1), cadence)


def periods_within(period: str, cadence: Cadence) -> tuple[str, ...]:
    """Return the periods of a cadence that a period is made of: itself, or those of a year.

    Raises PeriodUnknown where it is neither.
    """
    year, _, months = _read(period)
    if months == _MONTHS[cadence]:
        return (period,)
    if months != 12:
        raise PeriodUnknown(period)
    return tuple(_code(year, number, cadence) for number in range(1, 12 // _MONTHS[cadence] + 1))


def period_containing(period: str, cadence: Cadence) -> str:
    """Return the period of a cadence that another, such as a link's month, begins in."""
    return period_of(first_day(period), cadence)


def name_of(period: str) -> str:
    """Name a period in Indonesian: Maret 2026, Triwulan I 2026; raises PeriodUnknown."""
    year, month, months = _read(period)
    # A month's number is not written in Roman numerals, and goes beyond those that are known here.
    numeral = _ROMAN[(month - 1) // months + 1] if months > 1 else ""
    names = {
        1: f"{MONTHS[month - 1]} {year}",
        3: f"Triwulan {numeral} {year}",
        6: f"Semester {numeral} {year}",
        12: f"Tahun {year}",
    }
    return names[months]


def _read(period: str) -> tuple[int, int, int]:
    """Return year, first month and number of months."""
    found = _CODE.match(period)
    if found is None:
        raise PeriodUnknown(period)
    year, month, quarter, half = found.groups()
    if month:
        return int(year), int(month), 1
    if quarter:
        return int(year), 3 * int(quarter) - 2, 3
    if half:
        return int(year), 6 * int(half) - 5, 6
    return int(year), 1, 12


def _code(year: int, number: int, cadence: Cadence) -> str:
    return {
        "monthly": f"{year}-{number:02}",
        "quarterly": f"{year}-Q{number}",
        "half_yearly": f"{year}-S{number}",
        "yearly": f"{year}",
    }[cadence]
