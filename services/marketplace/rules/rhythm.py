"""When an account's slots are: its hours on its days, in the Pemda's zone. Pure."""

from collections.abc import Collection, Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Final, Literal, Protocol
from zoneinfo import ZoneInfo

Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
DAYS: Final[tuple[Day, ...]] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


class Rhythm(Protocol):
    """When an account promotes: times of day, in order, on days of the week, less days off."""

    @property
    def times(self) -> Sequence[time]:
        """Times of day in the Pemda's zone."""

    @property
    def days(self) -> Collection[Day]:
        """Days of the week."""

    @property
    def days_off(self) -> Collection[date]:
        """Days without a slot."""


def slots_between(
    rhythm: Rhythm, zone: ZoneInfo, after: datetime, until: datetime
) -> Iterator[datetime]:
    """Yield the slots of a rhythm in the half-open time (after, until], in UTC and in order."""
    day = after.astimezone(zone).date()
    last = until.astimezone(zone).date()
    times = rhythm.times
    while day <= last:
        if DAYS[day.weekday()] in rhythm.days and day not in rhythm.days_off:
            for hour in times:
                at = datetime.combine(day, hour, zone).astimezone(UTC)
                if after < at <= until:
                    yield at
        day += timedelta(days=1)


def is_slot(rhythm: Rhythm, zone: ZoneInfo, at: datetime) -> bool:
    """Tell whether an account has a slot at exactly this time."""
    return any(slots_between(rhythm, zone, at - timedelta(seconds=1), at))
