"""Working time counted minute by minute: so slow and so plain that it needs no proof of its own."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

import holidays
from hypothesis import strategies as st

from services.sla.calendar_profile import DAYS, Calendar

MINUTE = timedelta(minutes=1)


@cache
def _holidays(categories: tuple[str, ...]) -> Any:
    return holidays.country_holidays("ID", years=range(2025, 2028), categories=categories)


class SlowCalendar:
    """What a calendar of the profile says, asked of every single minute."""

    def __init__(self, calendar: Calendar, zone: str) -> None:
        self.calendar = calendar
        self.zone = ZoneInfo(zone)

    def hours_of(self, day: date) -> list[tuple[str, str]]:
        """Return the windows of a day, as they are written on the wall."""
        for override in self.calendar.overrides:
            if override.date == day and override.kind == "holiday":
                return []
            if override.date == day and override.windows:
                return [(f"{w.start:%H:%M}", f"{w.end:%H:%M}") for w in override.windows]
        is_worked_instead = any(o.date == day for o in self.calendar.overrides)
        categories = self.calendar.holidays.categories
        if categories and day in _holidays(categories) and not is_worked_instead:
            return []
        week = self.calendar.days
        for season in self.calendar.seasons:
            if season.first_day <= day <= season.last_day:
                week = season.days
        windows = week.get(DAYS[day.weekday()], ())
        return [(f"{w.start:%H:%M}", f"{w.end:%H:%M}") for w in windows]

    def is_worked(self, minute: datetime) -> bool:
        """Tell whether the minute that begins here is working time."""
        local = minute.astimezone(self.zone)
        clock = f"{local:%H:%M}"
        hours = self.hours_of(local.date())
        return any(start <= clock < (end if end != "00:00" else "24:00") for start, end in hours)

    def due_after(self, since: datetime, minutes: int) -> datetime:
        """Walk until so many minutes were worked."""
        for minute in _minutes(since):
            minutes -= self.is_worked(minute)
            if not minutes:
                return minute + MINUTE
        raise AssertionError("time has no end")

    def working_minutes(self, since: datetime, until: datetime) -> int:
        """Count the minutes that were worked."""
        minutes = _minutes(since)
        found = 0
        while (minute := next(minutes)) < until:
            found += self.is_worked(minute)
        return found

    def end_of_working_day(self, since: datetime, days: int) -> datetime:
        """Walk day by day until so many days with working time have passed."""
        day = since.astimezone(self.zone).date()
        while days:
            day += timedelta(days=1)
            days -= bool(self.hours_of(day))
        _, end = self.hours_of(day)[-1]
        hour, minute = map(int, end.split(":"))
        midnight = datetime(day.year, day.month, day.day, tzinfo=self.zone)
        after = timedelta(hours=hour or 24 * (end == "00:00"), minutes=minute)
        return (midnight + after).astimezone(UTC)

    def working_days(self, since: datetime, until: datetime) -> int:
        """Count the days with working time that begin after one instant's day."""
        day, last = (at.astimezone(self.zone).date() for at in (since, until))
        found = 0
        while day < last:
            day += timedelta(days=1)
            found += bool(self.hours_of(day))
        return found


def _minutes(since: datetime) -> Iterator[datetime]:
    while True:
        yield since
        since += MINUTE


# -------------------------------------------------------------------- calendars, drawn

_COIN = st.booleans()
_HALF_HOURS = st.integers(0, 47)


@st.composite
def windows(draw: st.DrawFn, least: int = 0) -> list[dict[str, str]]:
    """Draw the windows of a day: none, one, or several, up to midnight."""
    edges = sorted(draw(st.sets(_HALF_HOURS, min_size=2 * least, max_size=6)))
    pairs = list(zip(edges[::2], edges[1::2], strict=False))
    found = [{"start": _written(begin), "end": _written(end)} for begin, end in pairs]
    to_midnight: bool = draw(_COIN)
    if found and to_midnight and pairs[-1][1] == 47:
        found[-1]["end"] = "00:00"
    return found


def _written(half_hours: int) -> str:
    return f"{half_hours // 2:02}:{half_hours % 2 * 30:02}"


@st.composite
def calendars(draw: st.DrawFn) -> Calendar:
    """Draw a calendar: weekdays, a season, holidays or none, free days and days worked instead."""
    free = draw(st.sets(st.sampled_from(DAYS), max_size=3))
    week = {day: draw(windows(least=1)) for day in DAYS if day not in free}
    first = date(2026, 2, 19) + timedelta(days=draw(st.integers(0, 30)))
    season = {
        "name": "Ramadan",
        "first_day": first,
        "last_day": first + timedelta(days=draw(st.integers(0, 20))),
        "days": {day: draw(windows()) for day in DAYS if day not in free},
    }
    dates = draw(st.sets(st.integers(0, 80), max_size=4))
    overrides = []
    for each in sorted(dates):
        override: dict[str, Any] = {"name": "Keputusan"}
        override["date"] = date(2026, 2, 1) + timedelta(days=each)
        override["kind"] = "working" if draw(_COIN) else "holiday"
        if override["kind"] == "working":
            override["windows"] = draw(windows(least=1))
        overrides.append(override)
    return Calendar.model_validate(
        {
            "id": "uji",
            "name": "Uji",
            "days": week,
            "seasons": draw(st.sampled_from([[], [season]])),
            "holidays": {
                "categories": draw(st.sampled_from([[], ["public"], ["public", "government"]]))
            },
            "overrides": overrides,
        }
    )


def instants() -> st.SearchStrategy[datetime]:
    """Draw a minute of the first months of 2026."""
    begin = datetime(2026, 2, 1, tzinfo=UTC)
    return st.integers(0, 80 * 24 * 60).map(lambda minutes: begin + minutes * MINUTE)


ZONES = st.sampled_from(["Asia/Jakarta", "Asia/Makassar", "Asia/Jayapura"])
