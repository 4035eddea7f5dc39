"""Which sessions can be booked when."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from shared.catalogue.blocks import Appointment
from shared.catalogue.sessions import find_sitting, list_sittings

ZONE = ZoneInfo("Asia/Jakarta")
FRIDAYS = Appointment.model_validate(
    {
        "weekdays": ["jumat"],
        "sessions": [
            {"starts": "13:00", "ends": "14:00", "capacity": 3},
            {"starts": "09:00", "ends": "10:00", "capacity": 2},
        ],
        "place": "Mal Pelayanan Publik",
        "opens_days": 14,
        "closes_hours": 2,
        "closed": ["2026-03-20"],
    }
)


def codes(now: datetime) -> list[str]:
    return [each.code for each in list_sittings(FRIDAYS, now, ZONE)]


def at(written: str) -> datetime:
    return datetime.fromisoformat(written).replace(tzinfo=ZONE)


def test_they_are_listed_by_time_without_closed_days() -> None:
    assert codes(at("2026-03-09T09:00")) == ["2026-03-13T09:00", "2026-03-13T13:00"]
    assert codes(at("2026-03-13T12:00")) == ["2026-03-27T09:00", "2026-03-27T13:00"]


@pytest.mark.parametrize(
    ("now", "is_open"), [("2026-03-13T06:59", True), ("2026-03-13T07:00", False)]
)
def test_booking_closes_before_the_session(now: str, is_open: bool) -> None:
    assert ("2026-03-13T09:00" in codes(at(now))) is is_open


@pytest.mark.parametrize(
    "code", ["2026-03-12T09:00", "2026-03-13T09:01", "2026-03-20T09:00", "2026-02-30T09:00", "x"]
)
def test_there_is_none_where_the_file_has_none(code: str) -> None:
    assert find_sitting(FRIDAYS, code, ZONE) is None


def test_two_sessions_do_not_begin_together() -> None:
    session = {"starts": "09:00", "ends": "10:00", "capacity": 1}
    with pytest.raises(ValidationError, match="same minute"):
        Appointment.model_validate(
            {"weekdays": ["senin"], "sessions": [session, session], "place": "Aula"}
        )


@given(st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001
def test_all_that_can_be_booked_is_to_come_and_is_found(now: datetime) -> None:
    for sitting in list_sittings(FRIDAYS, now, ZONE):
        assert now < sitting.starts_at - timedelta(hours=2)
        assert sitting.starts_at.date() - now.astimezone(ZONE).date() <= timedelta(days=14)
        assert sitting.starts_at.weekday() == 4
        assert sitting.starts_at.date() != date(2026, 3, 20)
        assert find_sitting(FRIDAYS, sitting.code, ZONE) == sitting
