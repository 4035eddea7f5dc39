"""What staff decide in the stages of a service, and what follows from it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from services.routing import stage_queries
from services.routing.context import RoutingContext
from services.routing.errors import STATE_NAMES
from services.routing.operations.changing import Acting, Fact, as_written, change_case
from services.routing.operations.checking_stages import (
    application_of,
    check_decision,
    decision_named,
    take_in_stage,
    words_for_applicant,
)
from services.routing.operations.entering_stages import (
    Left,
    assigned_to,
    entry_of,
    name_of,
    reason_of,
    told_of,
)
from services.routing.stage_errors import ApplicantIsAsked, NotInStage, StageLeft, StageNotYours
from services.routing.stage_rules import Application, Filled, answers_after
from services.routing.stage_schemas import DecisionWish
from services.routing.states import Action, State, is_legal
from services.routing.tables import Case
from shared.auth import Role
from shared.catalogue.definition import APPLICANT, DONE, REFUSED, Decision, Service, Stage
from shared.contracts.event import Event
from shared.contracts.routing import (
    CaseRejected,
    CaseResolved,
    InformationRequested,
    ResponseGiven,
    StageEntered,
)
from shared.ids import AttachmentId, ComplaintId, new_id
from shared.unit_of_work import UnitOfWork


@dataclass(frozen=True, slots=True)
class _Taken:
    """A decision that may be taken: on which case, in which stage, with what filled in."""

    acting: Acting
    case: Case
    application: Application
    stage: Stage
    decision: Decision
    filled: Filled
    wish: DecisionWish
    text: str

    @property
    def service(self) -> Service:
        return self.application.service

    @property
    def left(self) -> Left:
        said = as_written(self.wish.text) if self.wish.text else None
        return Left(
            self.stage.code,
            self.decision.code,
            self.filled.published,
            said,
            self.acting.officer_id,
        )

    @property
    def kept(self) -> dict[str, Any]:
        """Return the stages' answers with those of this decision."""
        return answers_after(self.application, self.stage, self.filled.answers)

    def fact(self, **more: str) -> Fact:
        details = {"stage": self.stage.code, "decision": self.decision.code, **more}
        return Fact("officer", self.acting.officer_id, self.text, details)

    def about(self, unit: UnitOfWork) -> dict[str, Any]:
        """Return what every event of this decision has."""
        return {
            "complaint_id": ComplaintId(self.case.complaint_id),
            "occurred_at": unit.now,
            "officer_id": self.acting.officer_id,
        }


async def decide(
    unit: UnitOfWork,
    context: RoutingContext,
    acting: Acting,
    wish: DecisionWish,
    *,
    filled_at: datetime | None = None,
) -> Case:
    """Take a decision of the stage that a case is in, and let follow what the service says.

    A further stage: ResponseGiven, CaseAssigned where another OPD works it, StageEntered. The end:
    StageEntered with its outcome, and CaseResolved or CaseRejected. A question: only
    InformationRequested, for the stage goes on. `filled_at` is when the form was filled in, where
    that was before. Raises what `take_in_stage` and `check_decision` raise, StageLeft,
    StageNotYours, DecisionUnknown and ApplicantIsAsked.
    """
    case = await take_in_stage(unit, acting)
    if wish.stage is not None and wish.stage != case.stage:
        raise StageLeft(case.stage, case.stage_title)
    application = await application_of(unit, context, case)
    stage = application.service.stage(case.stage or "")
    if stage is None:
        raise NotInStage(STATE_NAMES[State(case.state)])
    if stage.role == "head" and not acting.caller.has(Role.HEAD):
        raise StageNotYours(stage.title)
    decision = decision_named(stage, wish.decision)
    if not is_legal(State(case.state), _ACTIONS.get(decision.next, Action.DECIDE)):
        raise ApplicantIsAsked
    today = min(filled_at or unit.now, unit.now).astimezone(context.zone).date()
    filled = await check_decision(unit, context, application, stage, decision, wish, case, today)
    text = words_for_applicant(unit, context, case, application, stage, decision, filled, wish)
    taken = _Taken(acting, case, application, stage, decision, filled, wish, text)
    return await _FOLLOWS.get(decision.next, _go_on)(unit, context, taken)


async def _leave(unit: UnitOfWork, taken: _Taken) -> None:
    await stage_queries.leave_visit(
        unit.connection,
        taken.case.complaint_id,
        unit.now,
        decision=taken.decision.code,
        decision_title=taken.decision.title,
        answers=taken.filled.answers,
        text=taken.left.text,
        officer_id=taken.acting.officer_id,
    )


async def _go_on(unit: UnitOfWork, context: RoutingContext, taken: _Taken) -> Case:
    """Let a case enter a further stage, with the OPD that works it."""
    case, following = taken.case, taken.service.stage(taken.decision.next)
    if following is None:
        raise RuntimeError(f"{taken.service.code} has no stage {taken.decision.next}")
    addressed = case.addressed or taken.service.opds[0]
    entry = entry_of(context, taken.service, following, addressed)
    await _leave(unit, taken)
    changes: dict[str, Any] = entry.columns(unit.now)
    moved: list[Event] = []
    if entry.opd != case.opd:
        reason = reason_of(taken.service, following)
        moved = [assigned_to(unit, entry, case, reason)]
        changes |= {
            "opd": entry.opd,
            "opd_name": entry.opd_name,
            "assigned_by": "rule",
            "assigned_at": unit.now,
            "reason": reason,
        }
    changed = await change_case(
        unit,
        case,
        Action.ASSIGN if moved else Action.DECIDE,
        taken.fact(next=following.code),
        officer_id=taken.acting.officer_id,
        stage_answers=taken.kept,
        **changes,
    )
    unit.publish(
        ResponseGiven(
            **taken.about(unit),
            text=taken.text,
            kind="progress",
            opd=case.opd,
            opd_name=case.opd_name,
        ),
        *moved,
        await entry.enter(unit, case.complaint_id, taken.left),
    )
    return changed


async def _finish(unit: UnitOfWork, context: RoutingContext, taken: _Taken) -> Case:
    """Let the service be done; the applicant may object, as with any case."""
    del context
    await _leave(unit, taken)
    changed = await change_case(
        unit,
        taken.case,
        Action.RESOLVE,
        taken.fact(next=DONE),
        resolved_at=unit.now,
        officer_id=taken.acting.officer_id,
        stage_answers=taken.kept,
    )
    unit.publish(
        _over(unit, taken),
        CaseResolved(
            **taken.about(unit),
            text=taken.text,
            evidence=tuple(AttachmentId(str(each)) for each in taken.wish.evidence),
            opd=taken.case.opd,
            opd_name=taken.case.opd_name,
        ),
    )
    return changed


async def _refuse(unit: UnitOfWork, context: RoutingContext, taken: _Taken) -> Case:
    """Refuse the application, for one of the reasons of the service's file."""
    del context
    reason = taken.wish.reason or ""
    await _leave(unit, taken)
    changed = await change_case(
        unit,
        taken.case,
        Action.REJECT,
        taken.fact(next=REFUSED, reason_code=reason),
        officer_id=taken.acting.officer_id,
        stage_answers=taken.kept,
    )
    unit.publish(
        _over(unit, taken),
        CaseRejected(**taken.about(unit), reason_code=reason, text=taken.text),
    )
    return changed


async def _ask(unit: UnitOfWork, context: RoutingContext, taken: _Taken) -> Case:
    """Ask the applicant to correct or complete; the stage waits, and goes on one round later."""
    del context
    request_id = new_id()
    changed = await change_case(
        unit,
        taken.case,
        Action.REQUEST_INFORMATION,
        taken.fact(next=APPLICANT, request_id=request_id),
        request_id=request_id,
        officer_id=taken.acting.officer_id,
        stage_answers=taken.kept,
        rounds=taken.case.rounds + 1,
    )
    unit.publish(
        InformationRequested(
            **taken.about(unit), request_id=request_id, text=taken.text, opd=taken.case.opd
        )
    )
    return changed


def _over(unit: UnitOfWork, taken: _Taken) -> StageEntered:
    return StageEntered(
        complaint_id=ComplaintId(taken.case.complaint_id),
        occurred_at=unit.now,
        part=0,
        stage=name_of(taken.service, taken.stage.code),
        stage_title=taken.stage.title,
        opd=taken.case.opd or "",
        opd_name=taken.case.opd_name,
        service_code=taken.service.code,
        service_version=str(taken.service.version),
        outcome="done" if taken.decision.next == DONE else "refused",
        **told_of(taken.service, taken.left),
    )


#: By which action of the table of states each kind of decision moves a case.
_ACTIONS: Final = {
    DONE: Action.RESOLVE,
    REFUSED: Action.REJECT,
    APPLICANT: Action.REQUEST_INFORMATION,
}
_FOLLOWS: Final = {DONE: _finish, REFUSED: _refuse, APPLICANT: _ask}
