"""Shows follow-up plans: names instead of codes, whether they are late, whether they helped."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Final

from services.survey.context import SurveyContext
from services.survey.plan_access import may_change_plan
from services.survey.plan_schemas import (
    EffectView,
    FollowUpDetail,
    FollowUpSummary,
    PlanEvidence,
    PlanStep,
)
from services.survey.plan_tables import FollowUpFact, FollowUpPlan
from services.survey.profile import element_name
from services.survey.rules.periods import name_of
from services.survey.rules.plan_effect import describe_effect, judge_effect
from services.survey.rules.plan_states import (
    PLAN_STATE_NAMES,
    PlanState,
    is_overdue,
    legal_plan_actions,
)
from services.survey.rules.weak_elements import Reason, Tally
from shared.auth import Principal
from shared.indonesian import write_number

_CAUTION: Final = (
    "Unsur ini dipilih karena nilainya rendah. Nilai yang rendah karena kebetulan cenderung naik "
    "dengan sendirinya, dan hal lain dapat ikut berubah; bandingkan dengan unsur dan unit lain."
)


def view_plan(context: SurveyContext, plan: FollowUpPlan, today: date) -> FollowUpSummary:
    """Return a plan as lists show it."""
    place = context.profile.place
    unit = context.unit(plan.unit)
    within = timedelta(days=context.profile.innovation.plans.plan_within_days)
    opened_at = plan.opened_at.astimezone(place)
    state = PlanState(plan.state)
    reasons = [Reason(reason) for reason in plan.reasons]
    return FollowUpSummary(
        plan_id=plan.plan_id,
        version=plan.version,
        unit=plan.unit,
        # A unit that the profile dropped keeps its plans.
        unit_name=unit.name if unit else plan.unit,
        element=plan.element,
        element_name=element_name(plan.element),
        period=plan.period,
        period_name=name_of(plan.period),
        opd=plan.opd,
        state=state,
        state_name=PLAN_STATE_NAMES[state],
        reasons=reasons,
        reason_text=_say_reasons(context, plan, reasons),
        value=round(float(tally_of(plan).points), 2),
        answers=plan.answers,
        target=plan.target,
        cause=plan.cause,
        action=plan.action,
        owner=plan.owner,
        due_on=plan.due_on,
        overdue=is_overdue(state, plan.due_on, opened_at, within, today),
        opened_at=plan.opened_at,
        updated_at=plan.updated_at,
    )


def view_plan_detail(
    context: SurveyContext,
    caller: Principal,
    plan: FollowUpPlan,
    facts: Sequence[FollowUpFact],
    later: Sequence[tuple[str, Tally | None]],
    today: date,
) -> FollowUpDetail:
    """Return a plan with everything that is known of it."""
    legal = legal_plan_actions(PlanState(plan.state))
    return FollowUpDetail(
        **view_plan(context, plan, today).model_dump(),
        evidence=[PlanEvidence.model_validate(each) for each in plan.evidence],
        steps=[PlanStep.model_validate(fact, from_attributes=True) for fact in facts],
        effects=[_view_effect(context, plan, period, tally) for period, tally in later],
        caution=_CAUTION,
        actions=[each for each in legal if may_change_plan(caller, plan.opd, each)],
    )


def tally_of(plan: FollowUpPlan) -> Tally:
    """Return the element's tally when the plan was opened."""
    return Tally(plan.answers, plan.total, plan.squares)


def _view_effect(
    context: SurveyContext, plan: FollowUpPlan, period: str, tally: Tally | None
) -> EffectView:
    least = context.profile.innovation.plans.least_answers
    effect = judge_effect(tally_of(plan), tally, least)
    name = element_name(plan.element)
    sentence = f"{name_of(period)}: {describe_effect(effect, name, least)}"
    figures = {
        figure: None if (value := getattr(effect, figure)) is None else round(value, 2)
        for figure in ("before", "after", "difference", "low", "high")
    }
    return EffectView(
        period=period,
        period_name=name_of(period),
        verdict=effect.verdict,
        answers_before=effect.answers_before,
        answers_after=effect.answers_after,
        sentence=sentence,
        **figures,
    )


def _say_reasons(context: SurveyContext, plan: FollowUpPlan, reasons: Sequence[Reason]) -> str:
    rule = context.profile.innovation.plans
    target = write_number(plan.target, 2)
    said = {
        Reason.BELOW_TARGET: f"di bawah target {target}",
        Reason.FALLING: f"turun {rule.falling_periods} periode berturut-turut",
        Reason.LOWEST: "termasuk yang terendah pada unit ini",
    }
    return "; ".join(said[reason] for reason in reasons)
