"""What the citizen's word, or silence, does to a case."""

from typing import Any

from services.routing import queries
from services.routing.context import RoutingContext
from services.routing.errors import CaseMissing
from services.routing.operations.changing import Fact, change_case
from services.routing.operations.entering_stages import find_last_stage
from services.routing.operations.joining import release_members
from services.routing.states import Action, State, is_legal
from services.routing.tables import Case
from shared.contracts.event import Event
from shared.contracts.intake import (
    CitizenMessageReceived,
    ComplaintWithdrawn,
    FeedbackGiven,
)
from shared.contracts.routing import CaseClosed, CaseReopened, InformationReceived
from shared.contracts.sla import DeadlineMissed
from shared.ids import ComplaintId
from shared.unit_of_work import UnitOfWork

CLOSING_STAGE = "closing"


async def withdraw_case(
    unit: UnitOfWork, context: RoutingContext, event: ComplaintWithdrawn
) -> None:
    """Put a withdrawn complaint's case aside for good; intake has told everyone already.

    Also where it had ended here before the news came: the citizen was told that it is withdrawn,
    and a case that could be reopened after that would have no clocks. The cases that were merged
    into it are their own again: their reporters have not withdrawn.
    """
    del context
    case = await _lock(unit, event)
    if is_legal(State(case.state), Action.WITHDRAW):
        fact = Fact("citizen", text=event.reason)
        case = await change_case(unit, case, Action.WITHDRAW, fact, merged_into=None)
        await release_members(unit, case, "citizen")


async def receive_message(
    unit: UnitOfWork, context: RoutingContext, event: CitizenMessageReceived
) -> None:
    """Let the work go on when the citizen answers the open question; publishes the answer.

    Any other message is intake's alone: it changes no state, and starts and stops no clock.
    """
    del context
    if event.request_id is None:
        return
    case = await _lock(unit, event)
    # The answer to an earlier question, or one that came after the case had moved on.
    if case.request_id != event.request_id:
        return
    await go_on_with_answer(unit, case, event.request_id, event.text)


async def go_on_with_answer(
    unit: UnitOfWork, case: Case, request_id: str, text: str | None
) -> Case:
    """Let the work go on with the answer to its open question; publishes InformationReceived."""
    fact = Fact("citizen", text=text, details={"request_id": request_id})
    changed = await change_case(unit, case, Action.RECEIVE_INFORMATION, fact)
    unit.publish(
        InformationReceived(
            complaint_id=ComplaintId(case.complaint_id),
            occurred_at=unit.now,
            request_id=request_id,
            text=text,
            opd=case.opd,
        )
    )
    return changed


async def receive_feedback(unit: UnitOfWork, context: RoutingContext, event: FeedbackGiven) -> None:
    """Close a resolved case that satisfies; reopen one that does not, within the window.

    In every other state feedback changes nothing: the case is worked on, or was never resolved.
    Of a merged case it is about the case that leads: there nobody who joined can close for the
    others, but each of them who is not satisfied has it worked on again.
    """
    leader_id = await queries.find_leader_id(unit.connection, event.complaint_id)
    case = await queries.lock_case(unit.connection, leader_id) if leader_id else None
    if case is None:
        raise CaseMissing(f"no case for complaint {event.complaint_id}")
    if event.satisfied:
        if case.complaint_id == event.complaint_id and is_legal(State(case.state), Action.CONFIRM):
            await _close(unit, case, Action.CONFIRM, Fact("citizen", text=event.text))
    elif may_reopen(case, context, event):
        await _reopen(unit, context, case, event)


async def miss_deadline(unit: UnitOfWork, context: RoutingContext, event: DeadlineMissed) -> None:
    """Close a case whose citizen stayed silent for the whole closing time; ignore all else.

    A case that is not known may be ignored too: the closing clock only starts after an event of
    routing's own, which was committed together with the case.
    """
    del context
    if event.stage != CLOSING_STAGE:
        return
    case = await queries.lock_case(unit.connection, event.complaint_id)
    # A closing clock's epoch counts the waits before it, from 0. The clock of an earlier wait may
    # run out before sla has heard that the citizen answered; what followed is waited for anew.
    if case is None or event.epoch != case.waits - 1:
        return
    if is_legal(State(case.state), Action.EXPIRE):
        await _close(unit, case, Action.EXPIRE, Fact("sla"))


def may_reopen(case: Case, context: RoutingContext, event: FeedbackGiven) -> bool:
    """Tell whether the case may be reopened by what the citizen said, and when they said it."""
    if not is_legal(State(case.state), Action.REOPEN):
        return False
    return case.closed_at is None or event.occurred_at <= case.closed_at + context.reopen_window


async def _close(unit: UnitOfWork, case: Case, action: Action, fact: Fact) -> None:
    silent = action is Action.EXPIRE
    await change_case(unit, case, action, fact, closed_at=unit.now)
    unit.publish(
        CaseClosed.model_validate(
            {
                "complaint_id": case.complaint_id,
                "occurred_at": unit.now,
                "reason": "silence" if silent else "satisfied",
            }
        )
    )


async def _reopen(
    unit: UnitOfWork, context: RoutingContext, case: Case, event: FeedbackGiven
) -> None:
    epoch = case.epoch + 1
    details: dict[str, Any] = {"epoch": epoch}
    reason = said = event.text or "Pelapor belum puas dengan hasilnya."
    if case.complaint_id != event.complaint_id:
        # The event goes to every reporter of the case: none shall read another's words.
        reason = "Pelapor lain dari hal yang sama belum puas dengan hasilnya."
        details["case"] = event.complaint_id
    entry = await find_last_stage(unit, context, case)
    await change_case(
        unit,
        case,
        Action.REOPEN,
        Fact("citizen", text=said, details=details),
        epoch=epoch,
        reason=reason,
        resolved_at=None,
        closed_at=None,
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


async def _lock(unit: UnitOfWork, event: Event) -> Case:
    case = await queries.lock_case(unit.connection, event.complaint_id)
    if case is None:
        raise CaseMissing(f"no case for complaint {event.complaint_id}")
    return case
