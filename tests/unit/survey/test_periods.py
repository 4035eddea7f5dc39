"""Codes of periods: what they stand for, which comes before, and what a year is made of."""

from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.survey.rules.periods import (
    Cadence,
    PeriodUnknown,
    first_day,
    last_day,
    name_of,
    period_containing,
    period_of,
    periods_within,
    previous,
)

CADENCES: tuple[Cadence, ...] = ("monthly", "quarterly", "half_yearly", "yearly")


@pytest.mark.parametrize(
    ("cadence", "code", "first", "last", "before", "name"),
    [
        ("monthly", "2026-02", (2026, 2, 1), (2026, 2, 28), "2026-01", "Februari 2026"),
        ("monthly", "2025-12", (2025, 12, 1), (2025, 12, 31), "2025-11", "Desember 2025"),
        ("monthly", "2026-01", (2026, 1, 1), (2026, 1, 31), "2025-12", "Januari 2026"),
        ("monthly", "2026-07", (2026, 7, 1), (2026, 7, 31), "2026-06", "Juli 2026"),
        ("quarterly", "2026-Q1", (2026, 1, 1), (2026, 3, 31), "2025-Q4", "Triwulan I 2026"),
        ("half_yearly", "2026-S2", (2026, 7, 1), (2026, 12, 31), "2026-S1", "Semester II 2026"),
        ("yearly", "2026", (2026, 1, 1), (2026, 12, 31), "2025", "Tahun 2026"),
    ],
)
def test_a_period_knows_its_days_and_its_name(
    cadence: Cadence,
    code: str,
    first: tuple[int, int, int],
    last: tuple[int, int, int],
    before: str,
    name: str,
) -> None:
    assert period_of(date(*first), cadence) == period_of(date(*last), cadence) == code
    assert (first_day(code), last_day(code)) == (date(*first), date(*last))
    assert (previous(code), name_of(code)) == (before, name)


@pytest.mark.parametrize("text", ["", "2026-13", "2026-Q5", "26-01", "2026-01\n", "2026-S3", "x"])
def test_what_is_no_period_is_refused(text: str) -> None:
    with pytest.raises(PeriodUnknown):
        first_day(text)


def test_a_year_is_made_of_its_periods() -> None:
    assert periods_within("2026", "quarterly") == ("2026-Q1", "2026-Q2", "2026-Q3", "2026-Q4")
    assert len(periods_within("2026", "monthly")) == 12
    assert periods_within("2026", "yearly") == ("2026",)
    assert periods_within("2026-03", "monthly") == ("2026-03",)
    with pytest.raises(PeriodUnknown):
        periods_within("2026-Q1", "monthly")


def test_a_month_of_a_link_lies_in_a_period_of_any_length() -> None:
    found = [period_containing("2026-08", cadence) for cadence in CADENCES]
    assert found == ["2026-08", "2026-Q3", "2026-S2", "2026"]


@settings(max_examples=50)
@given(st.dates(date(2001, 1, 1), date(2999, 1, 1)), st.sampled_from(CADENCES))
def test_periods_join_without_a_gap(day: date, cadence: Cadence) -> None:
    code = period_of(day, cadence)
    assert first_day(code) <= day <= last_day(code)
    assert last_day(previous(code)) + timedelta(days=1) == first_day(code)
