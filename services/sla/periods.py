"""Days, weeks and months as the Pemda's calendar has them. Pure."""

from datetime import datetime, timedelta
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

#: A month as paths and queries name it.
MONTH_PATTERN: Final = r"^20[0-9]{2}-(0[1-9]|1[0-2])$"


class Starts(NamedTuple):
    """When the present day, week (a Monday) and month began."""

    day: datetime
    week: datetime
    month: datetime


class Span(NamedTuple):
    """A stretch of time; its end does not belong to it."""

    since: datetime
    until: datetime


def starts_of(now: datetime, zone: ZoneInfo) -> Starts:
    """Return when the present day, week and month began in a zone."""
    # Taken from the calendar's day, so that a zone with summer time would be right, too.
    midnight = now.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0)
    monday = midnight - timedelta(days=midnight.weekday())
    return Starts(midnight, monday, midnight.replace(day=1))


def month_of(moment: datetime, zone: ZoneInfo) -> str:
    """Return the month of an instant in a zone, such as 2026-03."""
    return f"{moment.astimezone(zone):%Y-%m}"


def month_before(month: str) -> str:
    """Return the month before one."""
    year, number = (int(part) for part in month.split("-"))
    return f"{year - 1}-12" if number == 1 else f"{year}-{number - 1:02}"


def span_of(month: str, zone: ZoneInfo) -> Span:
    """Return when a month begins and ends in a zone."""
    year, number = (int(part) for part in month.split("-"))
    following = (year + 1, 1) if number == 12 else (year, number + 1)
    return Span(
        datetime(year, number, 1, tzinfo=zone), datetime(following[0], following[1], 1, tzinfo=zone)
    )
