"""Draws a digest as a page to print: plots as inline SVG, no script, nothing fetched.

The plots are a few bars, drawn by the template: a library for plots would bring more than they are.
"""

from datetime import datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from services.intake.digest_schemas import Digest
from shared.indonesian import MONTHS, write_day, write_month, write_number

if TYPE_CHECKING:
    from jinja2 import Template

_TEMPLATES: Final = Path(__file__).parent / "templates"
_LONGEST_LABEL: Final = 42


def draw_digest(digest: Digest, zone: ZoneInfo) -> str:
    """Return the page; every text in it is escaped."""
    return _template(zone.key).render(
        digest=digest,
        month_name=write_month(digest.month),
        share="belum ada" if digest.answered_in_time is None else f"{digest.answered_in_time:.0%}",
        hours=_hours(digest.median_hours),
        week_bars=_weeks_plot(digest),
        topic_bars=_topics_plot(digest),
    )


@cache
def _template(zone: str) -> "Template":
    # Imported when the first page is drawn: most processes never draw one.
    from jinja2 import Environment, FileSystemLoader, StrictUndefined  # noqa: PLC0415

    pages = Environment(
        loader=FileSystemLoader(_TEMPLATES), autoescape=True, undefined=StrictUndefined
    )
    local = ZoneInfo(zone)

    def day(moment: datetime) -> str:
        return write_day(moment.astimezone(local))

    pages.filters |= {"day": day, "number": write_number}
    return pages.get_template("digest.html")


def _weeks_plot(digest: Digest) -> list[dict[str, object]]:
    """Return the bars of the weeks, in units of the plot: 26 of them, 130 high at most."""
    most = max((week.entries for week in digest.weeks), default=0) or 1
    return [
        {
            "x": 10 + 34 * place,
            "height": round(130 * week.entries / most, 1),
            "value": write_number(week.entries),
            "label": f"{week.week.day} {MONTHS[week.week.month - 1][:3]}" if place % 2 else "",
        }
        for place, week in enumerate(digest.weeks)
    ]


def _topics_plot(digest: Digest) -> list[dict[str, object]]:
    """Return the bars of the topics, 440 long at most: of this month, and of the one before."""
    most = max((max(each.entries, each.before) for each in digest.topics), default=0) or 1
    return [
        {
            "y": 34 * place,
            "name": each.name
            if len(each.name) <= _LONGEST_LABEL
            else f"{each.name[:_LONGEST_LABEL]} …",
            "now": round(440 * each.entries / most, 1),
            "then": round(440 * each.before / most, 1),
            "entries": write_number(each.entries),
            "before": write_number(each.before),
        }
        for place, each in enumerate(digest.topics)
    ]


def _hours(hours: float | None) -> str:
    if hours is None:
        return "belum ada"
    return f"{write_number(hours)} jam" if hours < 72 else f"{write_number(round(hours / 24))} hari"
