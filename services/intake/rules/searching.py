"""How the bank is searched: facts beside words in one index, and time window by window.

The newest come first, so that a frequent word is found in the newest month and a rare one in a few
lookups; what a search reads is bounded by what one window holds, however large the bank is.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

#: What begins a fact in the index; no word of a text begins with it.
MARK: Final = "="
#: A day of room for complaints that come in while a search is on its way.
_AHEAD: Final = timedelta(days=1)
_WEEK: Final = timedelta(days=7)
_MOMENT: Final = timedelta(microseconds=1)
_MONTHS: Final = 12
# First one month, then two; a word that is found less than a page's worth in those is rare.
_FIRST_WINDOWS: Final = (1, 2)


@dataclass(frozen=True, slots=True)
class Filters:
    """What a caller chooses by; `since` and `until` are days in the Pemda's zone, both included.

    `text` is what a search engine takes: words, "phrases", OR, -without. `own_opd` is the OPD
    whose secret entries may be seen; `sees_all_secrets` says that all may be.
    """

    text: str = ""
    opd: str | None = None
    topic: str | None = None
    area: str | None = None
    channel: str | None = None
    state: str | None = None
    classification: str | None = None
    source: str | None = None
    since: date | None = None
    until: date | None = None
    own_opd: str | None = None
    sees_all_secrets: bool = False

    def facts(self) -> list[str]:
        """Return the facts that an entry must have, as they stand in the index."""
        named: Mapping[str, str | None] = {
            "opd": self.opd,
            "topic": self.topic,
            "area": self.area,
            "channel": self.channel,
            "state": self.state,
            "class": self.classification,
            "source": self.source,
        }
        return [f"{MARK}{name}:{value}" for name, value in named.items() if value is not None]

    def spelled(self, text: str) -> "Filters":
        """Return the same choice with other words."""
        return replace(self, text=text)

    def span(self, oldest: date, now: datetime, zone: ZoneInfo) -> "Span | None":
        """Return the time to look through, from the bank's oldest week on; None if there is none.

        Days far outside what the bank holds cost nothing, and no day leaves the calendar.
        """
        latest = (now + _AHEAD).astimezone(zone).date()
        since = max(self.since or oldest, oldest)
        until = min(self.until or latest, latest)
        if since > until:
            return None
        return Span(_midnight(since, zone), _midnight(until + timedelta(days=1), zone))


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of time; `until` does not belong to it."""

    since: datetime
    until: datetime

    def before(self, moment: datetime) -> "Span":
        """Return what lies up to a moment, which belongs to it."""
        return replace(self, until=min(self.until, moment + _MOMENT))

    @property
    def is_empty(self) -> bool:
        """Tell whether nothing can lie in it."""
        return self.since >= self.until


@dataclass(frozen=True, slots=True)
class Window:
    """A span, and the facts of the index that hold it: any one of `periods`."""

    since: datetime
    until: datetime
    periods: tuple[str, ...]


def windows(span: Span, zone: ZoneInfo) -> Iterator[Window]:
    """Cut a span into windows, the newest first: a month, two months, then years.

    They leave nothing out and do not overlap.
    """
    if span.is_empty:
        return
    upper = span.until
    last = (upper - _MOMENT).astimezone(zone)
    month = last.year * _MONTHS + last.month - 1
    for size in _FIRST_WINDOWS:
        first = month - size + 1
        periods = tuple(f"{MARK}month:{_month_name(each)}" for each in range(first, month + 1))
        lower = _start_of(first, zone)
        yield Window(max(lower, span.since), upper, periods)
        month, upper = first - 1, lower
        if upper <= span.since:
            return
    while upper > span.since:
        year = month // _MONTHS
        lower = _start_of(year * _MONTHS, zone)
        yield Window(max(lower, span.since), upper, (f"{MARK}year:{year}",))
        month, upper = year * _MONTHS - 1, lower


def write_query(facts: list[str], periods: tuple[str, ...] = ()) -> str:
    """Write what Postgres casts to `tsquery`: all of the facts, and any of the periods."""
    parts = [_quoted(fact) for fact in facts]
    if periods:
        parts.append(f"({' | '.join(_quoted(period) for period in periods)})")
    return " & ".join(parts)


def any_of(words: list[str]) -> str:
    """Write a search for any of these words, as a citizen would."""
    return " OR ".join(words)


def month_span(month: str, zone: ZoneInfo) -> Span:
    """Return the span of a month written `2026-03`."""
    number = month_number(month)
    return Span(_start_of(number, zone), _start_of(number + 1, zone))


def month_number(month: str) -> int:
    """Count months, so that they can be added to; ValueError for what is no month."""
    year, _, of_year = month.partition("-")
    if not 1 <= int(of_year) <= _MONTHS:
        raise ValueError(month)
    return int(year) * _MONTHS + int(of_year) - 1


def shift_month(month: str, by: int) -> str:
    """Return the month so many months later, or earlier."""
    return _month_name(month_number(month) + by)


def monday_of(day: date) -> date:
    """Return the Monday of a day's week."""
    return day - timedelta(days=day.weekday())


def weeks_until(last: date, count: int) -> list[date]:
    """Return so many Mondays, `last` being the last of them."""
    return [last - _WEEK * back for back in reversed(range(count))]


def _month_name(month: int) -> str:
    return f"{month // _MONTHS:04}-{month % _MONTHS + 1:02}"


def _start_of(month: int, zone: ZoneInfo) -> datetime:
    return datetime(month // _MONTHS, month % _MONTHS + 1, 1, tzinfo=zone)


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=zone)


def _quoted(fact: str) -> str:
    escaped = fact.replace("\\", "\\\\").replace("'", "''")
    return f"'{escaped}'"
