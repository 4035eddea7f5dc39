"""Draws reports as pages to print: plots as inline SVG, no script, nothing fetched."""

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from services.survey.report_schemas import ElementReport, PemdaReport, UnitReport
from services.survey.rules.index import BANDS, QUALITIES
from shared.indonesian import MONTHS, write_day, write_number

if TYPE_CHECKING:
    from jinja2 import Environment

_TEMPLATES: Final = Path(__file__).parent / "templates"
_LONGEST_NAME: Final = 29
#: The plot of earlier periods: where its points lie, in units of the drawing.
_LINE_LEFT: Final = 40
_LINE_WIDTH: Final = 580
_LINE_TOP: Final = 15
_LINE_HEIGHT: Final = 130


def draw_unit(report: UnitReport, zone: ZoneInfo, *, public: bool = False) -> str:
    """Return a unit's report as a page; what is `public` leaves out who does what until when."""
    return (
        _pages()
        .get_template("report.html")
        .render(
            report=report,
            public=public,
            made_on=write_day(report.made_at.astimezone(zone)),
            bars=_element_bars(report.elements),
            line=_line(report),
            bands=_bands(),
            day=write_day,
        )
    )


def draw_pemda(report: PemdaReport, zone: ZoneInfo, links: str | None = None) -> str:
    """Return the Pemda's report as a page; with `links`, units lead to pages below that path."""
    return (
        _pages()
        .get_template("results.html")
        .render(
            report=report,
            links=links,
            made_on=write_day(report.made_at.astimezone(zone)),
            bars=_element_bars(report.elements),
            units=[
                {"line": each, "width": _percent(each.ikm), "name": each.unit_name}
                for each in report.units
            ],
            bands=_bands(),
        )
    )


def draw_nothing(pemda: str) -> str:
    """Return the page of results before the first period is closed."""
    return _pages().get_template("no_results.html").render(pemda=pemda)


def _element_bars(elements: Sequence[ElementReport]) -> list[dict[str, object]]:
    """Return a bar for each element, 300 long at 4.00, with its answers as shares of 100."""
    bars = []
    for place, each in enumerate(elements):
        shares, left = [], 0.0
        for count in each.scores:
            width = 100 * count / each.answers if each.answers else 0.0
            shares.append({"x": round(left, 2), "width": round(width, 2)})
            left += width
        bars.append(
            {
                "y": 30 * place,
                "code": each.code,
                "name": _short(each.name),
                "width": round(300 * ((each.nrr or 1.0) - 1) / 3, 1),
                "value": _number(each.nrr, 2),
                "quality": each.quality or "none",
                "shares": shares,
            }
        )
    return bars


def _line(report: UnitReport) -> dict[str, object] | None:
    """Return the points of the index over time, the oldest first; None with fewer than two."""
    now = [(report.period_name, report.index.ikm, report.index.low, report.index.high)]
    known = [(e.name, e.ikm, None, None) for e in reversed(report.earlier) if e.ikm is not None]
    told = [each for each in (*known, *now) if each[1] is not None]
    if len(told) < 2:
        return None
    values = [value for each in told for value in each[1:] if value is not None]
    low, high = max(25.0, min(values) - 3), min(100.0, max(values) + 3)
    step = _LINE_WIDTH / (len(told) - 1)

    def height(value: float) -> float:
        return round(_LINE_TOP + _LINE_HEIGHT * (high - value) / (high - low), 1)

    points = [
        {
            "x": round(_LINE_LEFT + step * place, 1),
            "y": height(ikm or 0.0),
            "low": None if lowest is None else height(lowest),
            "high": None if highest is None else height(highest),
            "value": _number(ikm, 2),
            "name": _abbreviated(name),
        }
        for place, (name, ikm, lowest, highest) in enumerate(told)
    ]
    edges = [
        {"y": height(float(least)), "letter": letter}
        for least, letter in BANDS
        if low < float(least) < high
    ]
    return {
        "points": points,
        "path": " ".join(f"{point['x']},{point['y']}" for point in points),
        "edges": edges,
    }


def _bands() -> list[tuple[str, str, str]]:
    tops = ["100,00", *(_number(float(least) - 0.01, 2) for least, _ in BANDS)]
    return [
        (letter, QUALITIES[letter], f"{_number(float(least), 2)} sampai {top}")
        for (least, letter), top in zip(BANDS, tops, strict=False)
    ]


@cache
def _pages() -> "Environment":
    # Imported when the first page is drawn: most processes never draw one.
    from jinja2 import Environment, FileSystemLoader, StrictUndefined  # noqa: PLC0415

    pages = Environment(
        loader=FileSystemLoader(_TEMPLATES), autoescape=True, undefined=StrictUndefined
    )
    pages.filters |= {"number": _number, "share": _share, "whole": _whole}
    return pages


def _number(value: float | None, places: int = 2) -> str:
    """Write what was reckoned, such as 87,28, and a dash where nothing could be."""
    return "–" if value is None else write_number(value, places)  # noqa: RUF001


def _whole(value: int | None) -> str:
    """Write a count, such as 1.234, and say of a hidden one why it is."""
    return "terlalu sedikit" if value is None else write_number(value, 0)


def _share(value: float | None) -> str:
    return "–" if value is None else f"{write_number(100 * value, 1)} %"  # noqa: RUF001


def _percent(ikm: float | None) -> float:
    return 0.0 if ikm is None else round((ikm - 25) / 0.75, 1)


def _short(name: str) -> str:
    return name if len(name) <= _LONGEST_NAME else f"{name[:_LONGEST_NAME]} …"


def _abbreviated(name: str) -> str:
    """Write Maret 2026 as Mar 26."""
    words = name.split()
    if words[0] in MONTHS:
        return f"{words[0][:3]} {words[-1][2:]}"
    return name.replace("Triwulan", "TW").replace("Semester", "Smt").replace("Tahun ", "")
