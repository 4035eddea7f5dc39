"""Who is charged with how much of a clock's time: each OPD for as long as it had the case. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from services.sla.calendars import WorkingCalendar
from services.sla.deadlines import Interval, working_time
from services.sla.stopwatch import NOTHING, Change, Stopwatch

#: From when on who has a part of a case; None is the desk.
Holding = tuple[datetime, str | None]


def with_account(change: Change, clock: Stopwatch, holders: Sequence[Holding]) -> Change:
    """Add to a stop how much working time had passed, and who had the case meanwhile."""
    runs = [(begin, min(end, change.at)) for begin, end in clock.runs if begin < change.at]
    held = list(held_by(runs, holders))
    calendar = clock.calendar
    return replace(
        change,
        worked=working_time(calendar, runs) if calendar is not None else NOTHING,
        held=_sums((opd, end - begin) for opd, begin, end in held),
        held_worked=_sums(_working(held, calendar)) if calendar is not None else {},
    )


def _working(
    held: Iterable[tuple[str, datetime, datetime]], calendar: WorkingCalendar
) -> Iterable[tuple[str, timedelta]]:
    return ((opd, calendar.working_time(begin, end)) for opd, begin, end in held)


def _sums(times: Iterable[tuple[str, timedelta]]) -> dict[str, timedelta]:
    found: dict[str, timedelta] = {}
    for opd, time in times:
        found[opd] = found.get(opd, NOTHING) + time
    return found


def held_by(
    runs: Iterable[Interval], holders: Sequence[Holding]
) -> Iterable[tuple[str, datetime, datetime]]:
    """Yield the stretches of these runs in which an OPD held the case, with the OPD."""
    for begin, end in runs:
        for index, (since, opd) in enumerate(holders):
            given_up = holders[index + 1][0] if index + 1 < len(holders) else end
            from_then, till_then = max(begin, since), min(end, given_up)
            if opd is not None and till_then > from_then:
                yield opd, from_then, till_then
