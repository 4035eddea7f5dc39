"""Draws the report of a month as a page to print: plots as inline SVG, nothing fetched."""

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

from services.marketplace.report_schemas import GroupShown, PromotionReport
from shared.indonesian import write_month, write_number, write_rupiah

if TYPE_CHECKING:
    from collections.abc import Sequence

    from jinja2 import Template

_TEMPLATES: Final = Path(__file__).parent / "templates"
_LONGEST_LABEL: Final = 34
_MOST_BARS: Final = 12
_LONGEST_BAR: Final = 430


def draw_report(report: PromotionReport) -> str:
    """Return the page; every text in it is escaped."""
    return _template().render(
        report=report,
        month_name=write_month(report.month),
        plots=[
            ("Klik menurut usaha", _bars(report.by_trader)),
            ("Klik menurut jenis produk", _bars(report.by_category)),
            ("Klik menurut kelurahan", _bars(report.by_village)),
            ("Klik menurut akun", _bars(report.by_account)),
        ],
    )


@cache
def _template() -> "Template":
    # Imported when the first page is drawn: most processes never draw one.
    from jinja2 import Environment, FileSystemLoader, StrictUndefined  # noqa: PLC0415

    pages = Environment(
        loader=FileSystemLoader(_TEMPLATES), autoescape=True, undefined=StrictUndefined
    )
    pages.filters |= {"number": write_number, "rupiah": write_rupiah, "wait": _wait}
    return pages.get_template("promotion_report.html")


def _bars(groups: "Sequence[GroupShown]") -> list[dict[str, object]]:
    """Return the longest bars: clicks of each group, in units of the plot."""
    ranked = sorted(groups, key=lambda each: (-each.clicks, each.name))[:_MOST_BARS]
    most = max((each.clicks for each in ranked), default=0) or 1
    return [
        {
            "y": 30 * place,
            "name": each.name
            if len(each.name) <= _LONGEST_LABEL
            else f"{each.name[:_LONGEST_LABEL]}…",
            "length": round(_LONGEST_BAR * each.clicks / most, 1),
            "label": f"{write_number(each.clicks)} klik "
            f"dari {write_number(each.promotions)} promosi",
        }
        for place, each in enumerate(ranked)
    ]


def _wait(hours: float) -> str:
    return f"{write_number(hours)} jam" if hours < 72 else f"{write_number(round(hours / 24))} hari"
