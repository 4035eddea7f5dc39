"""Draws follow-up plans as a page to print: whether each helped, as inline SVG; nothing is run."""

from collections.abc import Sequence
from datetime import date
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

from services.survey.context import SurveyContext
from services.survey.plan_schemas import EffectView, FollowUpDetail

if TYPE_CHECKING:
    from jinja2 import Template

_TEMPLATES: Final = Path(__file__).parent / "templates"
_MONTHS: Final = (
    "Januari", "Februari", "Maret", "April", "Mei", "Juni",
    "Juli", "Agustus", "September", "Oktober", "November", "Desember",
)  # fmt: skip
#: The plot of effects: where zero lies between the period's name and the figure, and how far the
#: longest bar reaches to either side.
_ZERO: Final = 182
_HALF: Final = 76
_SHOWN_EFFECTS: Final = 6


def draw_plans(context: SurveyContext, plans: Sequence[FollowUpDetail], today: date) -> str:
    """Return the page; every text in it is escaped."""
    by_unit: dict[str, list[dict[str, object]]] = {}
    for plan in plans:
        by_unit.setdefault(plan.unit_name, []).append(_card(plan))
    return _template().render(
        pemda=context.profile.pemda,
        made_on=day_name(today),
        units=by_unit,
        how_many=len(plans),
        overdue=sum(plan.overdue for plan in plans),
        done=sum(plan.state == "done" for plan in plans),
        helped=sum(bool(plan.effects) and plan.effects[-1].verdict == "better" for plan in plans),
    )


def day_name(day: date) -> str:
    """Write a day as Indonesians do: 9 Maret 2026."""
    return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"


def _card(plan: FollowUpDetail) -> dict[str, object]:
    shown = plan.effects[-_SHOWN_EFFECTS:]
    reach = max(
        (abs(bound) for each in shown for bound in (each.low, each.high) if bound is not None),
        default=1.0,
    )
    reach = reach or 1.0
    return {
        "plan": plan,
        "due": day_name(plan.due_on) if plan.due_on else "belum ditentukan",
        "value": _number(plan.value),
        "target": _number(plan.target),
        "value_x": round((plan.value - 25) / 75 * 300, 1),
        "target_x": round((plan.target - 25) / 75 * 300, 1),
        "effects": [_bar(each, reach) for each in shown],
        "conclusion": shown[-1].sentence if shown else None,
    }


def _bar(effect: EffectView, reach: float) -> dict[str, object]:
    scale = _HALF / reach
    drawn: dict[str, object] = {"name": effect.period_name, "verdict": str(effect.verdict)}
    if effect.difference is not None and effect.low is not None and effect.high is not None:
        drawn |= {
            "zero": _ZERO,
            "low": round(_ZERO + scale * effect.low, 1),
            "high": round(_ZERO + scale * effect.high, 1),
            "middle": round(_ZERO + scale * effect.difference, 1),
            "figure": f"{effect.difference:+.1f}".replace(".", ",").replace("-", "\N{MINUS SIGN}"),
        }
    return drawn


def _number(value: float) -> str:
    return f"{value:.2f}".replace(".", ",")


@cache
def _template() -> "Template":
    # Imported when the first page is drawn: most processes never draw one.
    from jinja2 import Environment, FileSystemLoader, StrictUndefined  # noqa: PLC0415

    pages = Environment(
        loader=FileSystemLoader(_TEMPLATES), autoescape=True, undefined=StrictUndefined
    )
    return pages.get_template("plans.html")
