"""Numbers and days read as an Indonesian reader expects them."""

from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from shared.indonesian import (
    write_day,
    write_month,
    write_number,
    write_rupiah,
    write_signed,
    write_weekday,
)


@pytest.mark.parametrize(
    ("value", "places", "written"),
    [
        (0, None, "0"),
        (1234, None, "1.234"),
        (1234.5, None, "1.234,5"),
        (-1234567.25, 2, "-1.234.567,25"),
        (87.28, 2, "87,28"),
        (Decimal("3.10"), 2, "3,10"),
        (15_000_000, 0, "15.000.000"),
    ],
)
def test_points_part_thousands_and_a_comma_the_rest(
    value: float | Decimal, places: int | None, written: str
) -> None:
    assert write_number(value, places) == written


def test_a_difference_has_its_sign() -> None:
    assert (write_signed(1.25, 1), write_signed(-1234.5, 1)) == ("+1,2", "\N{MINUS SIGN}1.234,5")


def test_sums_are_in_rupiah() -> None:
    assert write_rupiah(1_250_000) == "Rp1.250.000"


def test_days_and_months_have_names() -> None:
    evening = datetime(2026, 3, 9, 23, 30, tzinfo=ZoneInfo("Asia/Jakarta"))
    assert write_day(evening) == write_day(date(2026, 3, 9)) == "9 Maret 2026"
    assert write_weekday(evening) == "Senin, 9 Maret 2026"
    assert write_month("2026-12") == "Desember 2026"
