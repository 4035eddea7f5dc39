"""Follow-up plans: opened for weak elements, written by the unit's OPD, judged by later periods."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

from services.survey import plan_queries
from services.survey.context import SurveyContext
from services.survey.plan_access import may_change_plan, may_see_plan
from services.survey.plan_errors import (
    PeriodNotOver,
    PlanActionIllegal,
    PlanActionNotYours,
    PlanChanged,
    PlanDueInThePast,
    PlanFull,
    PlanIncomplete,
    PlanNotFound,
    PlanPeriodUnknown,
)
from services.survey.plan_queries import Tallies
from services.survey.plan_schemas import MOST_EVIDENCE, PlanEvidenceForm, PlanForm
from services.survey.plan_tables import FollowUpFact, FollowUpPlan
from services.survey.rules.index import ELEMENTS
from services.survey.rules.periods import PeriodUnknown, last_day, period_of, previous
from services.survey.rules.plan_states import PLAN_STATES, PlanAction, PlanState
from services.survey.rules.weak_elements import Tally, WeakElement, find_weak_elements
from shared.auth import Principal
from shared.ids import new_id
from shared.masking import mask_identifiers
from shared.unit_of_work import UnitOfWork, UnitsOfWork

_CLOSED_LATELY: Final = 2
_MOST_EFFECTS: Final = 24


@dataclass(frozen=True, slots=True)
class PlanActing:
    """Who acts on which plan; `etags` are the versions that they have seen, None for any."""

    caller: Principal
    actor: str
    plan_id: str
    etags: frozenset[str] | None = None


async def open_plans(
    unit: UnitOfWork, context: SurveyContext, period: str, actor: str | None = None
) -> list[FollowUpPlan]:
    """Open a plan for each weak element of each unit in a period that is over; returns the new.

    The same period can be given again at any time: what is there stays as it is. An element that an
    earlier plan is still at work on gets no second one; the earlier one shows how it went on.
    Raises PlanPeriodUnknown, PeriodNotOver.
    """
    rule = context.profile.innovation.plans.rule()
    periods = _periods_until(context, period, context.today(unit.now), rule.falling_periods + 1)
    tallies = await plan_queries.list_tallies(unit.connection, periods)
    at_work = await plan_queries.list_unfinished(unit.connection)
    plans = []
    for each in context.profile.units:
        histories = _histories(tallies, each.code, periods)
        plans += [
            _new_plan(unit, each.code, each.opd, period, weak)
            for weak in find_weak_elements(histories, rule)
            if (each.code, weak.element) not in at_work
        ]
    fact = {
        "version": 1,
        "happened_at": unit.now,
        "actor": actor,
        "action": "open",
        "from_state": None,
        "to_state": str(PlanState.OPEN),
        "note": None,
    }
    return await plan_queries.insert_plans(unit.connection, plans, fact)


async def open_plans_of_closed(units: UnitsOfWork, context: SurveyContext) -> None:
    """Open what the periods that were closed last ask for: each hour, and again without harm."""
    async with units.begin() as unit:
        periods = await plan_queries.list_closed_periods(unit.connection, _CLOSED_LATELY)
    for period in reversed(periods):
        async with units.begin() as unit:
            await open_plans(unit, context, period)


async def take_plan(unit: UnitOfWork, acting: PlanActing, action: PlanAction) -> FollowUpPlan:
    """Lock a plan for an action.

    Raises PlanNotFound (also for another OPD's), PlanActionNotYours, PlanChanged,
    PlanActionIllegal.
    """
    plan = await plan_queries.find_plan(unit.connection, acting.plan_id, lock=True)
    if plan is None or not may_see_plan(acting.caller, plan.opd):
        raise PlanNotFound
    if not may_change_plan(acting.caller, plan.opd, action):
        raise PlanActionNotYours(action)
    if acting.etags is not None and f'"{plan.version}"' not in acting.etags:
        raise PlanChanged(plan.version)
    state = PlanState(plan.state)
    if action not in PLAN_STATES[state]:
        raise PlanActionIllegal(state, action)
    return plan


async def write_plan(
    unit: UnitOfWork, context: SurveyContext, acting: PlanActing, form: PlanForm
) -> FollowUpPlan:
    """Write down cause, action, owner and due day; raises as `take_plan`, and PlanDueInThePast."""
    plan = await take_plan(unit, acting, PlanAction.PLAN)
    if form.due_on < context.today(unit.now):
        raise PlanDueInThePast
    changes = {
        "cause": mask_identifiers(form.cause),
        "action": mask_identifiers(form.action),
        "owner": mask_identifiers(form.owner),
        "due_on": form.due_on,
    }
    note = f"Batas waktu {form.due_on.isoformat()}, penanggung jawab {changes['owner']}."
    return await _change(unit, plan, acting, PlanAction.PLAN, note, changes)


async def add_evidence(
    unit: UnitOfWork, acting: PlanActing, form: PlanEvidenceForm
) -> FollowUpPlan:
    """Add evidence that something was done; raises as `take_plan`, and PlanFull."""
    plan = await take_plan(unit, acting, PlanAction.ADD_EVIDENCE)
    if len(plan.evidence) >= MOST_EVIDENCE:
        raise PlanFull(MOST_EVIDENCE)
    text = mask_identifiers(form.text)
    added = {"text": text, "url": form.url, "added_at": unit.now.isoformat()}
    changes = {"evidence": [*plan.evidence, added]}
    return await _change(unit, plan, acting, PlanAction.ADD_EVIDENCE, text, changes)


async def move_plan(
    unit: UnitOfWork, acting: PlanActing, action: PlanAction, note: str | None = None
) -> FollowUpPlan:
    """Start, complete, reopen or cancel a plan; raises as `take_plan`, and PlanIncomplete."""
    plan = await take_plan(unit, acting, action)
    if action is PlanAction.COMPLETE and not plan.evidence:
        raise PlanIncomplete
    return await _change(unit, plan, acting, action, note and mask_identifiers(note), {})


async def list_later_tallies(
    unit: UnitOfWork, context: SurveyContext, plans: Sequence[FollowUpPlan]
) -> dict[str, list[tuple[str, Tally | None]]]:
    """Return each plan's element in the periods after its own, at most 24 of them, by plan.

    Periods in which nobody was asked about the unit are left out.
    """
    if not plans:
        return {}
    oldest = min(last_day(plan.period) for plan in plans)
    periods = []
    period = period_of(context.today(unit.now), context.profile.period)
    while last_day(period) > oldest:
        periods.append(period)
        period = previous(period)
    periods.reverse()
    units = sorted({plan.unit for plan in plans})
    tallies = await plan_queries.list_tallies(unit.connection, periods, units)
    found = {}
    for plan in plans:
        own = tallies.get(plan.unit, {})
        later = [each for each in periods if last_day(each) > last_day(plan.period)]
        found[plan.plan_id] = [
            (each, own[each].get(plan.element)) for each in later[:_MOST_EFFECTS] if each in own
        ]
    return found


def _periods_until(context: SurveyContext, period: str, today: date, how_many: int) -> list[str]:
    """Return a period that is over and those before it, the oldest first."""
    try:
        ends = last_day(period)
        known = period_of(ends, context.profile.period) == period
    except (PeriodUnknown, ValueError) as error:
        raise PlanPeriodUnknown from error
    if not known:
        raise PlanPeriodUnknown
    if ends >= today:
        raise PeriodNotOver
    periods = [period]
    while len(periods) < how_many:
        periods.append(previous(periods[-1]))
    return list(reversed(periods))


def _histories(tallies: Tallies, unit: str, periods: list[str]) -> Mapping[str, list[Tally | None]]:
    own = tallies.get(unit, {})
    return {
        element: [own.get(period, {}).get(element) for period in periods] for element in ELEMENTS
    }


def _new_plan(
    unit: UnitOfWork, code: str, opd: str, period: str, weak: WeakElement
) -> FollowUpPlan:
    return FollowUpPlan(
        plan_id=new_id(),
        version=1,
        unit=code,
        element=weak.element,
        period=period,
        opd=opd,
        state=str(PlanState.OPEN),
        reasons=[str(reason) for reason in weak.reasons],
        answers=weak.tally.answers,
        total=weak.tally.total,
        squares=weak.tally.squares,
        target=float(weak.target),
        evidence=[],
        opened_at=unit.now,
        updated_at=unit.now,
    )


async def _change(
    unit: UnitOfWork,
    plan: FollowUpPlan,
    acting: PlanActing,
    action: PlanAction,
    note: str | None,
    changes: dict[str, Any],
) -> FollowUpPlan:
    after = PLAN_STATES[PlanState(plan.state)][action]
    version = plan.version + 1
    fact = FollowUpFact(
        plan_id=plan.plan_id,
        version=version,
        happened_at=unit.now,
        actor=acting.actor,
        action=str(action),
        from_state=plan.state,
        to_state=str(after),
        note=note,
    )
    changes |= {"state": str(after), "version": version, "updated_at": unit.now}
    return await plan_queries.update_plan(unit.connection, plan, changes, fact)


def unwritten_since(context: SurveyContext, now: datetime) -> datetime:
    """Return before when a plan without a due day must have been opened to be late.

    As `is_overdue`: until the end of the last day on which it may be written.
    """
    local = now.astimezone(context.profile.place)
    days = context.profile.innovation.plans.plan_within_days
    return local.replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=days)
