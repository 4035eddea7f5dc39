"""What officers and heads of an OPD do to a clock: let it stand still, or give it more time.

Each act is a fact like those of routing, and the clocks are derived from it: it counts from the
moment of the decision on, never backwards, so that no deadline that passed is undone.
"""

from sqlalchemy.ext.asyncio import AsyncConnection

from services.sla import disruption_queries, queries
from services.sla.context import SlaContext
from services.sla.errors import (
    CaseNotFound,
    ExtensionNotPossible,
    NotYourCase,
    PauseLimitReached,
    PauseNotFound,
    PauseOpen,
    PauseSettled,
    ResolutionNotRunning,
    SameHand,
)
from services.sla.facts import CaseFacts, Mark, MarkKind
from services.sla.operations.hearing import learn_calendars, note_act
from services.sla.policies import RESOLUTION
from services.sla.queries import KeptCase
from services.sla.rule_schemas import ExtensionWish, PauseDecision, PauseWish
from services.sla.rule_tables import DisruptionRow, ExtensionRow
from services.sla.rules import ClockPlan, derive_clocks
from shared.auth import Principal
from shared.ids import new_id
from shared.unit_of_work import UnitOfWork


async def ask_disruption(
    unit: UnitOfWork, context: SlaContext, caller: Principal, complaint_id: str, wish: PauseWish
) -> DisruptionRow:
    """Ask the head of the OPD to let a resolution stand still for force majeure.

    Raises CaseNotFound, NotYourCase, ResolutionNotRunning, PauseOpen.
    """
    case = await _take(unit, context, caller, complaint_id, wish.part)
    if _resolution(context, case, case.facts, wish.part, unit) is None:
        raise ResolutionNotRunning
    row = DisruptionRow(
        pause_id=new_id(),
        complaint_id=complaint_id,
        part=wish.part,
        opd=caller.opd or "",
        state="asked",
        reason=wish.reason,
        asked_by=caller.subject,
        asked_at=unit.now,
    )
    if not await disruption_queries.insert_disruption(unit.connection, row):
        raise PauseOpen
    return row


async def decide_disruption(
    unit: UnitOfWork,
    context: SlaContext,
    caller: Principal,
    complaint_id: str,
    pause_id: str,
    decision: PauseDecision,
) -> DisruptionRow:
    """Approve or refuse; approved, the resolution stands still from now on.

    Raises CaseNotFound, PauseNotFound, NotYourCase, SameHand, PauseSettled, PauseLimitReached.
    """
    row, case = await _take_disruption(unit, context, caller, complaint_id, pause_id)
    if row.state != "asked":
        raise PauseSettled(row.state)
    if row.asked_by == caller.subject:
        raise SameHand
    if decision.approve:
        act = Mark(MarkKind.DISRUPTED, unit.now, part=row.part, ref=pause_id)
        _require_effect(context, case, act, unit)
        await note_act(unit, context, complaint_id, act)
    row.state = "running" if decision.approve else "refused"
    row.decided_by, row.decided_at, row.note = caller.subject, unit.now, decision.note
    await disruption_queries.update_disruption(
        unit.connection, pause_id, row.model_dump(exclude={"pause_id", "complaint_id"})
    )
    return row


async def end_disruption(
    unit: UnitOfWork, context: SlaContext, caller: Principal, complaint_id: str, pause_id: str
) -> DisruptionRow:
    """Let the resolution run on. Raises what `decide_disruption` raises, for another state."""
    row, _ = await _take_disruption(unit, context, caller, complaint_id, pause_id)
    if row.state != "running":
        raise PauseSettled(row.state)
    row.state, row.ended_by, row.ended_at = "ended", caller.subject, unit.now
    await disruption_queries.update_disruption(
        unit.connection, pause_id, row.model_dump(exclude={"pause_id", "complaint_id"})
    )
    act = Mark(MarkKind.DISRUPTION_ENDED, unit.now, part=row.part, ref=pause_id)
    await note_act(unit, context, complaint_id, act)
    return row


async def extend_time(
    unit: UnitOfWork, context: SlaContext, caller: Principal, complaint_id: str, wish: ExtensionWish
) -> ExtensionRow:
    """Give a resolution more time, once, as its policy says.

    Raises CaseNotFound, NotYourCase, ResolutionNotRunning, ExtensionNotPossible.
    """
    case = await _take(unit, context, caller, complaint_id, wish.part)
    plan = _resolution(context, case, case.facts, wish.part, unit)
    if plan is None:
        raise ResolutionNotRunning
    row = ExtensionRow(
        extension_id=new_id(),
        complaint_id=complaint_id,
        part=wish.part,
        epoch=plan.key.epoch,
        opd=caller.opd or "",
        reason=wish.reason,
        extended_by=caller.subject,
        extended_at=unit.now,
    )
    act = Mark(
        MarkKind.EXTENDED, unit.now, part=wish.part, epoch=plan.key.epoch, ref=row.extension_id
    )
    after = _resolution(context, case, case.facts.with_act(act), wish.part, unit)
    if plan.is_extended or after is None or not after.is_extended:
        raise ExtensionNotPossible
    if not await disruption_queries.insert_extension(unit.connection, row):
        raise ExtensionNotPossible
    await note_act(unit, context, complaint_id, act)
    return row


async def _take(
    unit: UnitOfWork, context: SlaContext, caller: Principal, complaint_id: str, part: int
) -> KeptCase:
    """Lock a case whose part the caller's OPD has."""
    await require_seen(unit.connection, caller, complaint_id)
    case = (await queries.lock_cases(unit.connection, [complaint_id]))[complaint_id]
    await learn_calendars(unit.connection, context.policies, [case])
    if case.facts.holder(part) != caller.opd:
        raise NotYourCase
    return case


async def require_seen(connection: AsyncConnection, caller: Principal, complaint_id: str) -> None:
    """Raise CaseNotFound for a case that the caller's OPD neither has nor had."""
    opds = await queries.find_opds(connection, complaint_id)
    if opds is None or caller.opd not in opds:
        raise CaseNotFound


async def _take_disruption(
    unit: UnitOfWork, context: SlaContext, caller: Principal, complaint_id: str, pause_id: str
) -> tuple[DisruptionRow, KeptCase]:
    await require_seen(unit.connection, caller, complaint_id)
    # The case is locked first, as everywhere, so that two doors cannot wait for each other.
    case = (await queries.lock_cases(unit.connection, [complaint_id]))[complaint_id]
    await learn_calendars(unit.connection, context.policies, [case])
    row = await disruption_queries.lock_disruption(unit.connection, complaint_id, pause_id)
    if row is None:
        raise PauseNotFound
    if case.facts.holder(row.part) != caller.opd:
        raise NotYourCase
    return row, case


def _resolution(
    context: SlaContext, case: KeptCase, facts: CaseFacts, part: int, unit: UnitOfWork
) -> ClockPlan | None:
    """Return the resolution of this part that runs or stands still."""
    for plan in reversed(derive_clocks(facts, context.policies, case.terms, unit.now)):
        if (plan.key.stage, plan.key.part) == (RESOLUTION, part) and plan.state != "stopped":
            return plan
    return None


def _require_effect(context: SlaContext, case: KeptCase, act: Mark, unit: UnitOfWork) -> None:
    """Raise unless the act lets the resolution stand still, or keeps it from running on."""
    before = _resolution(context, case, case.facts, act.part, unit)
    after = _resolution(context, case, case.facts.with_act(act), act.part, unit)
    if before is None or after is None:
        raise ResolutionNotRunning
    if act.ref not in after.held_for.get("force_majeure", frozenset()):
        raise PauseLimitReached
