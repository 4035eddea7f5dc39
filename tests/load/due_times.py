"""Measure how many due times a core works out in a second: `python -m tests.load.due_times`.

By working time, by working days, and for a whole case with all of its clocks, as an event costs it.
"""

import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from time import process_time

from services.sla import profile
from services.sla.calendars import WorkingCalendar, resolve_calendar
from services.sla.facts import CaseFacts, Mark, MarkKind
from services.sla.policies import Policies
from services.sla.rules import derive_clocks
from tests.support.servers import PROFILE

_SECONDS = 2.0
_AT = datetime(2026, 3, 9, 2, 0, tzinfo=UTC)
_LIMIT = timedelta(hours=112.5)


def main() -> None:
    """Print three rates."""
    shipped = profile.read(PROFILE)
    calendar = WorkingCalendar(resolve_calendar(shipped.calendars[0], shipped.zone))
    policies = Policies(shipped)
    marks = (
        Mark(MarkKind.ASSIGNED, _AT + timedelta(seconds=1), opd="PUPR", topic="jalan-berlubang"),
        Mark(MarkKind.ANSWERED, _AT + timedelta(hours=1)),
    )
    facts = CaseFacts(_AT, "web", "complaint", None, marks)
    kept = {plan.key: plan.terms for plan in derive_clocks(facts, policies)}
    measured: dict[str, Callable[[datetime], object]] = {
        "due times by working time": lambda at: calendar.due_after(at, _LIMIT),
        "due times by working days": lambda at: calendar.end_of_working_day(at, 14),
        "cases of four clocks": lambda _at: derive_clocks(facts, policies, kept, _AT),
    }
    for name, work in measured.items():
        sys.stdout.write(f"{name:28} {_rate(work):10,.0f}/s of a core\n")


def _rate(work: Callable[[datetime], object]) -> float:
    done, begun = 0, process_time()
    while (spent := process_time() - begun) < _SECONDS:
        for minute in range(1_000):
            work(_AT + timedelta(minutes=minute))
        done += 1_000
    return done / spent


if __name__ == "__main__":
    main()
