"""Draws follow-up plans as a page to print: whether each helped, as inline SVG; nothing is run."""

from collections.abc import Sequence
from datetime import date
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

from services.survey.context import SurveyContext
from services.survey.plan_schemas import EffectView, FollowUpDetail
from shared.indonesian import write_day, write_number, write_signed

if TYPE_CHECKING:
    from jinja2 import Template

_TEMPLATES: Final = Path(__file__).parent / "templates"
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
        made_on=write_day(today),
        units=by_unit,
        how_many=len(plans),
        overdue=sum(plan.overdue for plan in plans),
        done=sum(plan.state == "done" for plan in plans),
        helped=sum(bool(plan.effects) and plan.effects[-1].verdict == "better" for plan in plans),
    )


def _card(plan: FollowUpDetail) -> dict[str, object]:
    shown = plan.effects[-_SHOWN_EFFECTS:]
    reach = max(
        (abs(bound) for each in shown for bound in (each.low, each.high) if bound is not None),
        default=1.0,
    )
    reach = reach or 1.0
    return {
        "plan": plan,
        "due": write_day(plan.due_on) if plan.due_on else "belum ditentukan",
        "value": write_number(plan.value, 2),
        "target": write_number(plan.target, 2),
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
            "figure": write_signed(effect.difference, 1),
        }
    return drawn


@cache
def _template() -> "Template":
    # Imported when the first page is drawn: most processes never draw one.
    from jinja2 import Environment, FileSystemLoader, StrictUndefined  # noqa: PLC0415

    pages = Environment(
        loader=FileSystemLoader(_TEMPLATES), autoescape=True, undefined=StrictUndefined
    )
    return pages.get_template("plans.html")
