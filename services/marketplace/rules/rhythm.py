"""When an account's slots are: its hours on its days, in the Pemda's zone. Pure."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from services.marketplace.promotion_profile import DAYS, Rhythm


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
