"""Working time: when so much of it is used up, and how much lies between two instants. Pure.

A calendar of the profile is resolved with its holidays into a version, which is what clocks run by
and what is kept: neither an edit nor a new release of the package `holidays` changes what a clock
that runs by an older version was promised. Instants are counted in whole microseconds, so that all
sums are exact; the zones of Indonesia have no summer time, so that a day is a stretch of 24 hours.
"""

import hashlib
from bisect import bisect_left, bisect_right
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Any, Final
from zoneinfo import ZoneInfo

import holidays

from services.sla.calendar_profile import (
    Calendar,
    DayOverride,
    HolidaySource,
    Season,
    Windows,
    WorkingWeek,
)

#: The years whose holidays a version holds, and in which working time begins to count.
FIRST_YEAR: Final = 2020
LAST_YEAR: Final = 2040
#: Beyond, only weekdays are known; after this year there is no working time.
_END_OF_TIME: Final = 2200

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_EPOCH_DAY: Final = date(1970, 1, 1).toordinal()
_MICROSECOND: Final = timedelta(microseconds=1)
_MINUTE: Final = 60_000_000
_DAY: Final = 86_400_000_000
_LENGTH_OF_FINGERPRINT: Final = 16


class CalendarEnds(ValueError):
    """A deadline lies beyond the years that calendars reach."""


class CalendarVersion(WorkingWeek):
    """A calendar as clocks run by it: with its zone, and with the days that are free by name."""

    id: str
    name: str
    zone: str
    seasons: tuple[Season, ...] = ()
    free_days: dict[date, str] = {}
    overrides: tuple[DayOverride, ...] = ()

    @property
    def fingerprint(self) -> str:
        """Return what tells this version from every other."""
        written = self.model_dump_json().encode()
        return hashlib.sha256(written).hexdigest()[:_LENGTH_OF_FINGERPRINT]


def resolve_calendar(calendar: Calendar, zone: str) -> CalendarVersion:
    """Return the calendar with its zone and its holidays."""
    return CalendarVersion(
        id=calendar.id,
        name=calendar.name,
        zone=zone,
        days=calendar.days,
        seasons=calendar.seasons,
        free_days=_free_days(calendar.holidays.country, calendar.holidays.categories),
        overrides=calendar.overrides,
    )


@lru_cache(maxsize=8)
def _free_days(country: str, categories: tuple[str, ...]) -> Mapping[date, str]:
    if not categories:
        return {}
    years = range(FIRST_YEAR, LAST_YEAR + 1)
    found: Any = holidays.country_holidays(
        country, years=years, categories=categories, language="id"
    )
    return dict(sorted(found.items()))


class WorkingCalendar:
    """The windows of one calendar's version, laid out on the line of time."""

    def __init__(self, version: CalendarVersion) -> None:
        """Lay out the first year; later ones follow when they are asked for."""
        self.version = version
        self._week = Calendar(
            id=version.id,
            name=version.name,
            days=version.days,
            seasons=version.seasons,
            holidays=HolidaySource(categories=()),
        )
        self._overrides = {each.date: each for each in version.overrides}
        at_noon = datetime(FIRST_YEAR, 1, 1, 12, tzinfo=ZoneInfo(version.zone))
        self._offset = (at_noon.utcoffset() or timedelta(0)) // _MICROSECOND
        # Of each window: begin, end, and the working time of all windows before it.
        self._begins: list[int] = []
        self._ends: list[int] = []
        self._before: list[int] = []
        self._total = 0
        # Of each day with working time: its number, and when its last window ends.
        self._days: list[int] = []
        self._last_ends: list[int] = []
        self._next_year = FIRST_YEAR
        self._lay_out_year()

    def due_after(self, since: datetime, working: timedelta) -> datetime:
        """Return the first instant by which so much working time lies behind `since`.

        It is the end of a window rather than the begin of the next one. With a negative amount it
        lies before `since`.
        """
        wanted = self._worked_until(_number(since)) + working // _MICROSECOND
        while wanted > self._total:
            self._lay_out_year()
        at = max(bisect_left(self._before, wanted) - 1, 0)
        return _instant(self._begins[at] + wanted - self._before[at])

    def working_time(self, since: datetime, until: datetime) -> timedelta:
        """Return how much working time lies between two instants; nothing if they are reversed."""
        worked = self._worked_until(_number(until)) - self._worked_until(_number(since))
        return timedelta(microseconds=max(worked, 0))

    def end_of_working_day(self, since: datetime, days: int) -> datetime:
        """Return when the working time of the n-th working day after the day of `since` ends."""
        day = self._day_of(since)
        self._reach(day)
        at = bisect_right(self._days, day) + days - 1
        while at >= len(self._days):
            self._lay_out_year()
        return _instant(self._last_ends[at])

    def working_days(self, since: datetime, until: datetime) -> int:
        """Return how many working days began after the day of `since`, up to the day of `until`."""
        last = self._day_of(until)
        self._reach(last)
        begun = bisect_right(self._days, last) - bisect_right(self._days, self._day_of(since))
        return max(begun, 0)

    def free_days_between(self, since: datetime, until: datetime) -> list[tuple[date, str]]:
        """Return the free days with a name, from the day of one instant to that of the other."""
        first, last = (date.fromordinal(self._day_of(at)) for at in (since, until))
        named = dict(self.version.free_days)
        for day, override in self._overrides.items():
            named.pop(day, None)
            if override.kind == "holiday":
                named[day] = override.name
        # A holiday on a day that is free anyway takes nothing from anyone.
        return sorted(
            (day, name)
            for day, name in named.items()
            if first <= day <= last and self._week.windows_of(day)
        )

    def windows_on(self, day: date) -> Windows:
        """Return the working time of a day."""
        override = self._overrides.get(day)
        if override is not None:
            if override.kind == "holiday":
                return ()
            return override.windows or self._week.windows_of(day)
        return () if day in self.version.free_days else self._week.windows_of(day)

    def _worked_until(self, at: int) -> int:
        """Return the working time from the beginning of the calendar until this instant."""
        while self._ends[-1] < at:
            self._lay_out_year()
        index = bisect_right(self._begins, at) - 1
        if index < 0:
            return 0
        return self._before[index] + min(at, self._ends[index]) - self._begins[index]

    def _day_of(self, at: datetime) -> int:
        return (_number(at) + self._offset) // _DAY + _EPOCH_DAY

    def _reach(self, day: int) -> None:
        while day >= date(self._next_year, 1, 1).toordinal():
            self._lay_out_year()

    def _lay_out_year(self) -> None:
        if self._next_year > _END_OF_TIME:
            raise CalendarEnds(f"calendar '{self.version.id}' ends with {_END_OF_TIME}")
        first = date(self._next_year, 1, 1).toordinal()
        self._next_year += 1
        for day in range(first, date(self._next_year, 1, 1).toordinal()):
            windows = self.windows_on(date.fromordinal(day))
            midnight = (day - _EPOCH_DAY) * _DAY - self._offset
            for window in windows:
                begin, end = (midnight + minute * _MINUTE for minute in window.minutes)
                self._begins.append(begin)
                self._ends.append(end)
                self._before.append(self._total)
                self._total += end - begin
            if windows:
                self._days.append(day)
                self._last_ends.append(self._ends[-1])


@lru_cache(maxsize=64)
def _laid_out(written: str) -> WorkingCalendar:
    return WorkingCalendar(CalendarVersion.model_validate_json(written))


def read_calendar(written: str) -> WorkingCalendar:
    """Return the calendar of a version that was written as JSON; it is laid out once."""
    return _laid_out(written)


def _number(at: datetime) -> int:
    return (at - _EPOCH) // _MICROSECOND


def _instant(number: int) -> datetime:
    return _EPOCH + timedelta(microseconds=number)
