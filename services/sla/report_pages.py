"""Draws the monthly report and the public figures as pages: inline SVG, no script, nothing fetched.

The plots are a few bars, drawn by the templates: a library for plots would bring more than they
are.
"""

from collections.abc import Sequence
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from services.sla.report_schemas import MonthlyReport, PublicPerformance, ReportLine
from services.sla.scores import duration
from shared.indonesian import write_day, write_month, write_number

if TYPE_CHECKING:
    from jinja2 import Environment

_TEMPLATES: Final = Path(__file__).parent / "templates"
_LONGEST_LABEL: Final = 46
_STAGES: Final = (
    ("received", "Diterima"),
    ("verified", "Diverifikasi"),
    ("answered", "Ditanggapi"),
    ("followed_up", "Ditindaklanjuti"),
    ("resolved", "Diselesaikan"),
)


def draw_report(report: MonthlyReport, zone: ZoneInfo) -> str:
    """Return the report as a page to print; every text in it is escaped."""
    most = max((day.received for day in report.by_day), default=0) or 1
    step = 880 / max(len(report.by_day), 1)
    return (
        _pages()
        .get_template("report.html")
        .render(
            report=report,
            month_name=write_month(report.month),
            made=_day(report.made_at, zone),
            steps=[
                {
                    "name": name,
                    "cases": getattr(report.total, field),
                    "width": _bar(getattr(report.total, field), report.total.received, 560),
                    "y": 34 * place,
                }
                for place, (field, name) in enumerate(_STAGES)
            ],
            days=[
                {
                    "x": round(10 + step * place, 1),
                    "width": round(step * 0.72, 1),
                    "height": _bar(day.received, most, 120),
                    "received": day.received,
                    "label": day.day.day,
                }
                for place, day in enumerate(report.by_day)
            ],
            opds=_stacked(report.by_opd[:12]),
        )
    )


def draw_performance(figures: PublicPerformance) -> str:
    """Return the public figures as a page that others may embed."""
    opds = [line for line in figures.opds if line.opd is not None]
    opds.sort(key=lambda line: (-(line.received or 0), line.opd_name))
    return (
        _pages()
        .get_template("performance.html")
        .render(
            figures=figures,
            month_name=write_month(figures.month),
            total=figures.opds[-1] if figures.opds else None,
            opds=opds,
        )
    )


def _stacked(lines: Sequence[ReportLine]) -> list[dict[str, object]]:
    """Return a bar for each OPD: answered within 2 h, within 24 h, later, and not answered."""
    most = max((line.received for line in lines), default=0) or 1
    bars = []
    for place, line in enumerate(lines):
        parts = (
            line.within_2h,
            line.within_24h - line.within_2h,
            line.answered - line.within_24h,
            line.received - line.answered,
        )
        edges = [sum(parts[:number]) for number in range(len(parts) + 1)]
        spans = [
            (_bar(edge, most, 440), _bar(part, most, 440))
            for edge, part in zip(edges, parts, strict=False)
        ]
        bars.append(
            {
                "y": 28 * place,
                "name": _short(line.name),
                "spans": [{"x": 386 + x, "width": width} for x, width in spans],
                "end": 392 + _bar(line.received, most, 440),
                "received": line.received,
            }
        )
    return bars


@cache
def _pages() -> "Environment":
    # Imported when the first page is drawn: most processes never draw one.
    from jinja2 import Environment, FileSystemLoader, StrictUndefined  # noqa: PLC0415

    pages = Environment(
        loader=FileSystemLoader(_TEMPLATES), autoescape=True, undefined=StrictUndefined
    )
    pages.filters |= {"number": _number, "percent": _percent, "time": _time, "share": _share}
    return pages


def _day(moment: datetime, zone: ZoneInfo) -> str:
    return write_day(moment.astimezone(zone))


def _short(name: str) -> str:
    return name if len(name) <= _LONGEST_LABEL else f"{name[:_LONGEST_LABEL]} …"


def _bar(part: int, whole: int, length: float) -> float:
    return round(length * part / whole, 1) if whole else 0.0


def _share(part: int, whole: int) -> str:
    return _percent(part / whole if whole else None)


def _percent(share: float | None) -> str:
    return "-" if share is None else f"{100 * share:.0f} %"


def _time(seconds: float | None) -> str:
    return "-" if seconds is None else duration(seconds)


def _number(value: int | None) -> str:
    """Write a number, and a hidden one as what it is."""
    return "< 5*" if value is None else write_number(value, 0)
