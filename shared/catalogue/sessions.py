"""The sessions of an appointment: which there are on the coming days, and until when one may book.

Pure. A session is known by its local start, such as `2026-03-13T09:00`.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final, get_args
from zoneinfo import ZoneInfo

from shared.catalogue.blocks import Appointment, Session, Weekday

WEEKDAYS: Final[tuple[str, ...]] = get_args(Weekday)


@dataclass(frozen=True, slots=True)
class Sitting:
    """A session on a day; times are in the Pemda's zone."""

    code: str
    starts_at: datetime
    ends_at: datetime
    capacity: int


def list_sittings(appointment: Appointment, now: datetime, zone: ZoneInfo) -> list[Sitting]:
    """Return the sessions that can be booked now, as far as there is room, the soonest first."""
    today = now.astimezone(zone).date()
    found: list[Sitting] = []
    for ahead in range(appointment.opens_days + 1):
        found += _sittings_on(appointment, today + timedelta(days=ahead), zone)
    return [each for each in found if _is_open(appointment, each, now)]


def find_sitting(appointment: Appointment, code: str, zone: ZoneInfo) -> Sitting | None:
    """Return the session of this name, whether it can be booked now or not; None if there is none.

    Days on which the Pemda is closed have none, also where they were closed after a booking.
    """
    try:
        day = date.fromisoformat(code[:10])
    except ValueError:
        return None
    return next((each for each in _sittings_on(appointment, day, zone) if each.code == code), None)


def _sittings_on(appointment: Appointment, day: date, zone: ZoneInfo) -> Iterator[Sitting]:
    if WEEKDAYS[day.weekday()] not in appointment.weekdays or day in appointment.closed:
        return
    for session in sorted(appointment.sessions, key=lambda each: each.starts):
        yield _sitting(session, day, zone)


def _sitting(session: Session, day: date, zone: ZoneInfo) -> Sitting:
    starts_at = datetime.combine(day, session.starts, zone)
    return Sitting(
        code=f"{starts_at:%Y-%m-%dT%H:%M}",
        starts_at=starts_at,
        ends_at=datetime.combine(day, session.ends, zone),
        capacity=session.capacity,
    )


def _is_open(appointment: Appointment, sitting: Sitting, now: datetime) -> bool:
    return now < sitting.starts_at - timedelta(hours=appointment.closes_hours)
