"""Working time, against a reference that asks of every minute; and single days that matter."""

from datetime import UTC, date, datetime, timedelta
from time import process_time
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.sla import profile
from services.sla.calendar_profile import Calendar
from services.sla.calendars import (
    CalendarEnds,
    CalendarVersion,
    WorkingCalendar,
    resolve_calendar,
)
from tests.support.servers import PROFILE
from tests.unit.sla.slow_calendar import MINUTE, ZONES, SlowCalendar, calendars, instants

CONTOH = profile.read(PROFILE)
JAKARTA = ZoneInfo("Asia/Jakarta")


def laid_out(calendar: Calendar, zone: str = "Asia/Jakarta") -> WorkingCalendar:
    """Make a calendar of the profile ready."""
    return WorkingCalendar(resolve_calendar(calendar, zone))


OFFICE = laid_out(CONTOH.calendars[0])


def local(month: int, day: int, hour: int = 0, minute: int = 0) -> datetime:
    """Return a time of 2026 on the clocks of Jakarta."""
    return datetime(2026, month, day, hour, minute, tzinfo=JAKARTA)


class TestAgainstTheMinutes:
    @settings(max_examples=40, deadline=None)
    @given(calendars(), ZONES, instants(), st.integers(1, 2500))
    def test_a_due_time_is_where_the_last_minute_ends(
        self, calendar: Calendar, zone: str, since: datetime, minutes: int
    ) -> None:
        due = laid_out(calendar, zone).due_after(since, minutes * MINUTE)
        assert due == SlowCalendar(calendar, zone).due_after(since, minutes)

    @settings(max_examples=40, deadline=None)
    @given(calendars(), ZONES, instants(), st.integers(-1000, 20_000))
    def test_the_working_time_between_is_the_minutes_worked(
        self, calendar: Calendar, zone: str, since: datetime, minutes: int
    ) -> None:
        until = since + minutes * MINUTE
        found = laid_out(calendar, zone).working_time(since, until)
        assert found == SlowCalendar(calendar, zone).working_minutes(since, until) * MINUTE

    @settings(max_examples=60, deadline=None)
    @given(calendars(), ZONES, instants(), st.integers(1, 60))
    def test_the_nth_working_day_is_found_by_walking(
        self, calendar: Calendar, zone: str, since: datetime, days: int
    ) -> None:
        fast, slow = laid_out(calendar, zone), SlowCalendar(calendar, zone)
        due = fast.end_of_working_day(since, days)
        assert due == slow.end_of_working_day(since, days)
        assert fast.working_days(since, due - MINUTE) == days
        assert slow.working_days(since, due - MINUTE) == days

    @settings(max_examples=60, deadline=None)
    @given(calendars(), instants(), st.integers(1, 10**12), st.integers(0, 59_999_999))
    def test_to_the_microsecond_the_due_time_is_the_first_by_which_it_was_worked(
        self, calendar: Calendar, minute: datetime, amount: int, within: int
    ) -> None:
        fast = laid_out(calendar)
        since = minute + timedelta(microseconds=within)
        working = timedelta(microseconds=amount)
        due = fast.due_after(since, working)
        assert fast.working_time(since, due) == working
        assert fast.working_time(since, due - timedelta(microseconds=1)) < working

    @settings(max_examples=40, deadline=None)
    @given(calendars(), ZONES, instants())
    def test_a_version_that_was_stored_is_the_same_calendar(
        self, calendar: Calendar, zone: str, since: datetime
    ) -> None:
        version = resolve_calendar(calendar, zone)
        stored = CalendarVersion.model_validate_json(version.model_dump_json())
        assert stored.fingerprint == version.fingerprint
        week = timedelta(hours=40)
        again = WorkingCalendar(stored).due_after(since, week)
        assert again == WorkingCalendar(version).due_after(since, week)


class TestDaysThatMatter:
    def test_time_used_up_at_the_end_of_a_day_is_due_then_and_not_the_next_morning(self) -> None:
        # Outside Ramadan a Monday has seven and a half hours.
        due = OFFICE.due_after(local(6, 8, 7, 30), timedelta(hours=7.5))
        assert due == local(6, 8, 16)

    def test_the_break_at_noon_does_not_count(self) -> None:
        assert OFFICE.due_after(local(6, 8, 11), timedelta(hours=2)) == local(6, 8, 14)

    def test_on_friday_the_break_is_longer(self) -> None:
        assert OFFICE.due_after(local(6, 12, 11), timedelta(hours=1)) == local(6, 12, 13, 30)

    def test_ramadan_has_hours_of_its_own(self) -> None:
        # 9 March 2026 lies in Ramadan: it begins at 08.00.
        assert OFFICE.due_after(local(3, 9, 7, 30), timedelta(hours=1)) == local(3, 9, 9)
        assert OFFICE.end_of_working_day(local(3, 8), 1) == local(3, 9, 15)

    def test_holidays_collective_leave_and_local_days_are_free(self) -> None:
        # 18 to 24 March 2026: Nyepi and Idul Fitri with collective leave around them.
        assert OFFICE.end_of_working_day(local(3, 17, 9), 1) == local(3, 25, 16)
        assert OFFICE.end_of_working_day(local(7, 6, 9), 1) == local(7, 8, 16)
        named = [day for day, _ in OFFICE.free_days_between(local(3, 17), local(3, 25))]
        assert named == [date(2026, 3, each) for each in (18, 19, 20, 23, 24)]

    def test_a_saturday_worked_instead_counts(self) -> None:
        saturday = {
            "date": "2026-06-13",
            "kind": "working",
            "name": "Pengganti",
            "windows": [{"start": "08:00", "end": "12:00"}],
        }
        calendar = Calendar.model_validate(
            {**CONTOH.calendars[0].model_dump(), "overrides": [saturday]}
        )
        assert laid_out(calendar).end_of_working_day(local(6, 12, 9), 1) == local(6, 13, 12)

    def test_a_service_that_never_closes_counts_every_hour(self) -> None:
        fire = laid_out(CONTOH.calendars[1])
        assert fire.due_after(local(3, 19, 22), timedelta(hours=50)) == local(3, 22)
        assert fire.working_time(local(1, 1), local(2, 1)) == timedelta(days=31)

    def test_beyond_the_known_years_only_weekdays_count_and_one_day_it_ends(self) -> None:
        since = datetime(2050, 1, 3, tzinfo=UTC)
        assert OFFICE.end_of_working_day(since, 5) == datetime(2050, 1, 10, 9, tzinfo=UTC)
        with pytest.raises(CalendarEnds):
            OFFICE.end_of_working_day(datetime(2400, 1, 1, tzinfo=UTC), 1)

    def test_an_edit_is_another_version(self) -> None:
        calendar = CONTOH.calendars[0]
        fewer = calendar.model_copy(update={"overrides": ()})
        versions = {
            resolve_calendar(each, zone).fingerprint
            for each in (calendar, fewer)
            for zone in ("Asia/Jakarta", "Asia/Makassar")
        }
        assert len(versions) == 4


def test_due_times_come_faster_than_they_are_asked_for() -> None:
    # 50,000 a second are promised; a tenth of it is asked for here, on a machine that is busy.
    begun = process_time()
    since = local(3, 9, 9)
    for minute in range(5_000):
        OFFICE.due_after(since + minute * MINUTE, timedelta(hours=112.5))
    assert process_time() - begun < 1
