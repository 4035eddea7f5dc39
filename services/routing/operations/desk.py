"""What the triage desk does: assign, close, reconsider, reopen, and, as officers may, reject."""

from services.routing import access, queries
from services.routing.context import RoutingContext
from services.routing.errors import CaseAlreadyThere, OpdUnknown, TopicUnknown
from services.routing.operations.changing import (
    Acting,
    Fact,
    as_written,
    change_case,
    take_case,
)
from services.routing.operations.entering_stages import find_last_stage
from services.routing.operations.reentering import enter_last_stage
from services.routing.schemas import Assignment, Closing, Reconsideration, Rejection, Reopening
from services.routing.states import Action, State, is_legal
from services.routing.tables import Case
from shared.contracts.event import Proposal
from shared.contracts.routing import (
    CaseAssigned,
    CaseClosed,
    CaseRejected,
    CaseReopened,
    CaseTriaged,
)
from shared.ids import ComplaintId
from shared.unit_of_work import UnitOfWork

SPAM = "spam"
_SPAM = "Laporan ini ditandai sebagai spam. Bila keliru, hubungi meja layanan pengaduan."


async def assign_case(
    unit: UnitOfWork, context: RoutingContext, acting: Acting, wish: Assignment
) -> Case:
    """Give a case to an OPD, or transfer it to another; publishes CaseAssigned by the desk.

    An application enters the stage that it was in last, with an OPD that works that stage.

    Without a topic, the one proposed for that OPD is taken. Raises OpdUnknown, TopicUnknown,
    CaseAlreadyThere, and what `take_case` raises.
    """
    if wish.opd not in context.opd_names:
        raise OpdUnknown("/opd")
    if wish.topic is not None and wish.topic not in context.topic_names:
        raise TopicUnknown("/topic")
    case = await take_case(unit, acting, Action.ASSIGN)
    if case.service is not None:
        return await enter_last_stage(unit, context, acting, case, wish)
    opd_name = context.opd_names[wish.opd]
    if case.opd == wish.opd and wish.topic in (None, case.topic):
        raise CaseAlreadyThere(State(case.state), opd_name)
    proposals = _proposals(case)
    topic = wish.topic or next((p.topic for p in proposals if p.opd == wish.opd), None)
    reason = as_written(wish.reason)
    event = CaseAssigned(
        complaint_id=ComplaintId(case.complaint_id),
        occurred_at=unit.now,
        part=0,
        opd=wish.opd,
        opd_name=opd_name,
        topic=topic,
        topic_name=context.topic_names.get(topic or ""),
        by="desk",
        reason=reason,
        proposals=proposals,
        officer_id=acting.officer_id,
    )
    changed = await change_case(
        unit,
        case,
        Action.ASSIGN,
        Fact("desk", acting.officer_id, reason, {"topic": topic} if topic else {}),
        opd=event.opd,
        opd_name=event.opd_name,
        topic=event.topic,
        topic_name=event.topic_name,
        assigned_by="desk",
        reason=reason,
        officer_id=acting.officer_id,
        assigned_at=unit.now,
    )
    unit.publish(event)
    unit.after_commit(context.metrics.placed.labels("desk").inc)
    return changed


async def reject_case(
    unit: UnitOfWork, context: RoutingContext, acting: Acting, wish: Rejection
) -> Case:
    """Do not take the case up, and tell the citizen why; publishes CaseRejected."""
    del context
    case = await take_case(unit, acting, Action.REJECT)
    text = as_written(wish.text)
    by = access.acts_as(acting.caller, case.opd)
    changed = await change_case(
        unit,
        case,
        Action.REJECT,
        Fact(by, acting.officer_id, text, {"reason_code": str(wish.reason_code)}),
        officer_id=acting.officer_id,
    )
    unit.publish(
        CaseRejected(
            complaint_id=ComplaintId(case.complaint_id),
            occurred_at=unit.now,
            reason_code=str(wish.reason_code),
            text=text,
            officer_id=acting.officer_id,
        )
    )
    return changed


async def close_case(
    unit: UnitOfWork, context: RoutingContext, acting: Acting, wish: Closing
) -> Case:
    """Close a resolved case without waiting for the citizen; publishes CaseClosed(desk)."""
    del context
    case = await take_case(unit, acting, Action.CLOSE)
    changed = await change_case(
        unit,
        case,
        Action.CLOSE,
        Fact(
            "desk",
            acting.officer_id,
            as_written(wish.note) if wish.note else None,
            {"reason": "desk"},
        ),
        closed_at=unit.now,
        officer_id=acting.officer_id,
    )
    unit.publish(
        CaseClosed(complaint_id=ComplaintId(case.complaint_id), occurred_at=unit.now, reason="desk")
    )
    return changed


async def reconsider_case(
    unit: UnitOfWork, context: RoutingContext, acting: Acting, wish: Reconsideration
) -> Case:
    """Take a rejected case back to the triage desk; publishes CaseReopened and CaseTriaged.

    The rejection had stopped its clocks for good: only a new epoch lets clocks run again.
    """
    del context
    case = await take_case(unit, acting, Action.RECONSIDER)
    return await _take_back(unit, case, as_written(wish.reason), acting.officer_id)


async def put_aside_as_spam(unit: UnitOfWork, case: Case) -> None:
    """Reject a case that staff called spam, where the table has it; publishes CaseRejected.

    One that ended is left as it ended. Who called it so, and why, is known in intake.
    """
    if not is_legal(State(case.state), Action.REJECT):
        return
    await change_case(
        unit, case, Action.REJECT, Fact("desk", text=_SPAM, details={"reason_code": SPAM})
    )
    unit.publish(
        CaseRejected(
            complaint_id=ComplaintId(case.complaint_id),
            occurred_at=unit.now,
            reason_code=SPAM,
            text=_SPAM,
        )
    )


async def take_back_from_spam(unit: UnitOfWork, case: Case) -> None:
    """Take a case that was put aside as spam back to the desk; any other is left where it is."""
    facts = await queries.list_facts(unit.connection, case.complaint_id)
    rejected = next((fact for fact in reversed(facts) if fact.action == Action.REJECT), None)
    if case.state == State.REJECTED and rejected and rejected.details["reason_code"] == SPAM:
        await _take_back(unit, case, "Laporan ini ternyata bukan spam.", None)


async def _take_back(unit: UnitOfWork, case: Case, reason: str, officer_id: str | None) -> Case:
    epoch = case.epoch + 1
    changed = await change_case(
        unit,
        case,
        Action.RECONSIDER,
        Fact("desk", officer_id, reason, {"epoch": epoch}),
        epoch=epoch,
        opd=None,
        opd_name=None,
        assigned_by=None,
        reason=reason,
        officer_id=officer_id,
    )
    complaint_id = ComplaintId(case.complaint_id)
    unit.publish(
        CaseReopened(complaint_id=complaint_id, occurred_at=unit.now, epoch=epoch, reason=reason),
        CaseTriaged(
            complaint_id=complaint_id,
            occurred_at=unit.now,
            proposals=_proposals(case),
            reason=reason,
        ),
    )
    return changed


async def reopen_case(
    unit: UnitOfWork, context: RoutingContext, acting: Acting, wish: Reopening
) -> Case:
    """Let the OPD that resolved a case work on it again, at any time; publishes CaseReopened."""
    case = await take_case(unit, acting, Action.REOPEN)
    reason = as_written(wish.reason)
    epoch = case.epoch + 1
    entry = await find_last_stage(unit, context, case)
    changed = await change_case(
        unit,
        case,
        Action.REOPEN,
        Fact("desk", acting.officer_id, reason, {"epoch": epoch}),
        epoch=epoch,
        reason=reason,
        resolved_at=None,
        closed_at=None,
        officer_id=acting.officer_id,
        **(entry.columns(unit.now) if entry else {}),
    )
    unit.publish(
        CaseReopened(
            complaint_id=ComplaintId(case.complaint_id),
            occurred_at=unit.now,
            epoch=epoch,
            reason=reason,
        )
    )
    if entry is not None:
        unit.publish(await entry.enter(unit, case.complaint_id))
    return changed


def _proposals(case: Case) -> tuple[Proposal, ...]:
    return tuple(Proposal.model_validate(each) for each in case.proposals)
