"""When the time of a clock is used up, by what its policy counts. Pure.

Working days are those that begin after the day of the start: "3 working days" from a Monday end
with the working time of the Thursday, whatever the hour of that Monday (docs/adr/0014). Of a pause
count the working days that began while the clock stood still.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from services.sla.calendars import WorkingCalendar
from services.sla.policies import Terms

Interval = tuple[datetime, datetime]

_NOTHING = timedelta(0)


class Deadline(NamedTuple):
    """When a clock is near its end, and when its time is used up."""

    near_at: datetime
    due_at: datetime


def reckon(
    terms: Terms,
    calendar: WorkingCalendar | None,
    runs: Sequence[Interval],
    since: datetime,
    *,
    is_extended: bool = False,
) -> Deadline:
    """Return the deadline of a clock that has run through `runs`, and runs on from `since`."""
    extra = terms.extra if is_extended else 0
    if terms.counts == "elapsed":
        limit = terms.limit + timedelta(seconds=extra)
        ran = elapsed_time(runs)
        return Deadline(since + limit * terms.near_share - ran, since + limit - ran)
    if calendar is None:
        raise LookupError(f"the calendar of the policy '{terms.policy}' is not known")
    worked = working_time(calendar, runs)
    if terms.counts == "working":
        limit = terms.limit + timedelta(seconds=extra)
        due_at = calendar.due_after(since, limit - worked)
    else:
        started_at = runs[0][0] if runs else since
        stood = _working_days_stood(calendar, runs, since)
        due_at = calendar.end_of_working_day(started_at, terms.days + extra + stood)
        limit = worked + calendar.working_time(since, due_at)
    return Deadline(calendar.due_after(since, limit * terms.near_share - worked), due_at)


def elapsed_time(runs: Sequence[Interval]) -> timedelta:
    """Return how long all these stretches are together."""
    return sum((end - begin for begin, end in runs), _NOTHING)


def working_time(calendar: WorkingCalendar, runs: Sequence[Interval]) -> timedelta:
    """Return how much working time lies in all these stretches together."""
    return sum((calendar.working_time(begin, end) for begin, end in runs), _NOTHING)


def _working_days_stood(
    calendar: WorkingCalendar, runs: Sequence[Interval], since: datetime
) -> int:
    begins = [*(begin for begin, _ in runs[1:]), since] if runs else []
    stood = zip((end for _, end in runs), begins, strict=True)
    return sum(calendar.working_days(end, begin) for end, begin in stood)
