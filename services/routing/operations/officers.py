"""What the officers of an OPD do with its cases: answer, ask, resolve, or return them."""

from typing import Literal

from services.routing.context import RoutingContext
from services.routing.errors import CaseAlreadyThere, OpdUnknown
from services.routing.operations.changing import (
    Acting,
    Fact,
    as_written,
    change_case,
    take_case,
)
from services.routing.operations.evidence import check_evidence
from services.routing.schemas import Answer, Question, Resolution, Return
from services.routing.states import Action, State
from services.routing.tables import Case
from shared.contracts.routing import (
    CaseAssigned,
    CaseResolved,
    CaseReturned,
    InformationRequested,
    ResponseGiven,
)
from shared.ids import AttachmentId, ComplaintId, new_id
from shared.unit_of_work import UnitOfWork


async def return_case(
    unit: UnitOfWork, context: RoutingContext, acting: Acting, wish: Return
) -> Case:
    """Give the case back to the triage desk, or on to the OPD whose matter it is by law.

    The first return of a case that names that OPD and the legal basis is a transfer, and publishes
    CaseAssigned by an officer. All others publish CaseReturned, and the desk decides: no case goes
    to and fro between OPDs. CaseReturned alone means that the desk has it again; no CaseTriaged
    follows. Raises OpdUnknown, CaseAlreadyThere, and what `take_case` raises.
    """
    if wish.opd is not None and wish.opd not in context.opd_names:
        raise OpdUnknown("/opd")
    case = await take_case(unit, acting, Action.RETURN)
    reason = as_written(wish.reason)
    basis = as_written(wish.legal_basis) if wish.legal_basis else None
    details = {"from_opd": case.opd} | ({"legal_basis": basis} if basis else {})
    fact = Fact("officer", acting.officer_id, reason, details)
    if wish.opd is not None and basis is not None and case.times_returned == 0:
        if wish.opd == case.opd:
            raise CaseAlreadyThere(State(case.state), context.opd_names[wish.opd])
        return await _transfer(unit, context, case, wish.opd, fact)
    changed = await change_case(
        unit,
        case,
        Action.RETURN,
        fact,
        opd=None,
        opd_name=None,
        assigned_by=None,
        reason=reason,
        officer_id=acting.officer_id,
        times_returned=case.times_returned + 1,
    )
    unit.publish(
        CaseReturned(
            complaint_id=ComplaintId(case.complaint_id),
            occurred_at=unit.now,
            opd=_owner(case),
            reason=reason,
            legal_basis=basis,
            officer_id=acting.officer_id,
        )
    )
    return changed


async def _transfer(
    unit: UnitOfWork, context: RoutingContext, case: Case, opd: str, fact: Fact
) -> Case:
    event = CaseAssigned(
        complaint_id=ComplaintId(case.complaint_id),
        occurred_at=unit.now,
        opd=opd,
        opd_name=context.opd_names[opd],
        by="officer",
        reason=f"{fact.text} (dasar: {fact.details['legal_basis']})",
        officer_id=fact.actor,
    )
    changed = await change_case(
        unit,
        case,
        Action.ASSIGN,
        fact,
        opd=event.opd,
        opd_name=event.opd_name,
        # What it is about is for the OPD to say whose matter it is.
        topic=None,
        topic_name=None,
        assigned_by=event.by,
        reason=event.reason,
        officer_id=event.officer_id,
        assigned_at=unit.now,
        times_returned=case.times_returned + 1,
    )
    unit.publish(event)
    return changed


async def respond_to_citizen(
    unit: UnitOfWork, context: RoutingContext, acting: Acting, wish: Answer
) -> Case:
    """Answer the citizen; publishes ResponseGiven(answer)."""
    del context
    return await _write_to_citizen(unit, acting, Action.RESPOND, wish)


async def report_progress(
    unit: UnitOfWork, context: RoutingContext, acting: Acting, wish: Answer
) -> Case:
    """Tell the citizen how the work itself goes; publishes ResponseGiven(progress)."""
    del context
    return await _write_to_citizen(unit, acting, Action.PROGRESS, wish)


async def request_information(
    unit: UnitOfWork, context: RoutingContext, acting: Acting, wish: Question
) -> Case:
    """Ask the citizen something and wait; publishes InformationRequested with a new request id."""
    del context
    case = await take_case(unit, acting, Action.REQUEST_INFORMATION)
    text = as_written(wish.text)
    request_id = new_id()
    changed = await change_case(
        unit,
        case,
        Action.REQUEST_INFORMATION,
        Fact("officer", acting.officer_id, text, {"request_id": request_id}),
        request_id=request_id,
        officer_id=acting.officer_id,
    )
    unit.publish(
        InformationRequested(
            complaint_id=ComplaintId(case.complaint_id),
            occurred_at=unit.now,
            request_id=request_id,
            text=text,
            opd=case.opd,
            officer_id=acting.officer_id,
        )
    )
    return changed


async def resolve_case(
    unit: UnitOfWork, context: RoutingContext, acting: Acting, wish: Resolution
) -> Case:
    """Say that the matter is done, with proof; publishes CaseResolved.

    What looks odd about the proof is flagged to the desk and refuses nothing. Raises
    EvidenceMissing, EvidenceUnknown, and what `take_case` raises.
    """
    case = await take_case(unit, acting, Action.RESOLVE)
    text = as_written(wish.text)
    evidence = tuple(AttachmentId(str(each)) for each in wish.evidence)
    await check_evidence(unit, context, case, evidence)
    changed = await change_case(
        unit,
        case,
        Action.RESOLVE,
        Fact(
            "officer",
            acting.officer_id,
            text,
            {"evidence": list(evidence)} if evidence else {},
        ),
        resolved_at=unit.now,
        officer_id=acting.officer_id,
    )
    unit.publish(
        CaseResolved(
            complaint_id=ComplaintId(case.complaint_id),
            occurred_at=unit.now,
            text=text,
            officer_id=acting.officer_id,
            evidence=evidence,
            opd=case.opd,
            opd_name=case.opd_name,
        )
    )
    return changed


async def _write_to_citizen(
    unit: UnitOfWork,
    acting: Acting,
    action: Literal[Action.RESPOND, Action.PROGRESS],
    wish: Answer,
) -> Case:
    case = await take_case(unit, acting, action)
    text = as_written(wish.text)
    changed = await change_case(
        unit,
        case,
        action,
        Fact("officer", acting.officer_id, text),
        officer_id=acting.officer_id,
    )
    unit.publish(
        ResponseGiven(
            complaint_id=ComplaintId(case.complaint_id),
            occurred_at=unit.now,
            text=text,
            kind="answer" if action is Action.RESPOND else "progress",
            officer_id=acting.officer_id,
            opd=case.opd,
            opd_name=case.opd_name,
        )
    )
    return changed


def _owner(case: Case) -> str:
    if case.opd is None:
        raise RuntimeError(f"case {case.complaint_id} is {case.state} without an OPD")
    return case.opd
