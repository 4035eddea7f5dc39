"""Several OPDs on one case: one leads, the others are asked for their part."""

from typing import Final

from services.routing import access, handling_queries, queries
from services.routing.context import RoutingContext
from services.routing.errors import CaseNotFound, OpdUnknown, TopicUnknown
from services.routing.handling_schemas import Contribution, ContributionWish
from services.routing.handling_tables import CasePart
from services.routing.operations.changing import Acting, Fact, as_written, write_fact
from services.routing.schemas import Return
from services.routing.states import State
from services.routing.tables import Case
from services.routing.work_errors import (
    CaseNotOpen,
    ContributionOver,
    NotYourWork,
    OpdAlreadyAsked,
    TooManyParts,
)
from shared.contracts.routing import CaseReturned, ContributionDone, ContributionRequested
from shared.ids import ComplaintId
from shared.unit_of_work import UnitOfWork

MOST_PARTS: Final = 10
#: Where further OPDs can be asked: an OPD leads, and the work is not over.
_ASKABLE = (State.ASSIGNED, State.IN_PROGRESS, State.WAITING_CITIZEN)


async def request_contribution(
    unit: UnitOfWork, context: RoutingContext, acting: Acting, wish: ContributionWish
) -> Case:
    """Ask a further OPD for its part; publishes ContributionRequested, whose clock then runs.

    The leading OPD or the desk asks. Raises OpdUnknown, TopicUnknown, OpdAlreadyAsked,
    TooManyParts, CaseNotFound, NotYourWork, CaseNotOpen.
    """
    if wish.opd not in context.opd_names:
        raise OpdUnknown("/opd")
    if wish.topic is not None and wish.topic not in context.topic_names:
        raise TopicUnknown("/topic")
    case = await queries.lock_case(unit.connection, acting.complaint_id)
    if case is None or not access.may_see(acting.caller, case.opd):
        raise CaseNotFound
    if not acting.caller.has(*access.DESK, *access.OPD_STAFF):
        raise NotYourWork
    if State(case.state) not in _ASKABLE:
        raise CaseNotOpen(State(case.state))
    parts = await handling_queries.list_parts(unit.connection, case.complaint_id)
    if wish.opd in {case.opd, *(part.opd for part in parts if part.state == "asked")}:
        raise OpdAlreadyAsked(context.opd_names[wish.opd])
    number = 1 + max((part.part for part in parts), default=0)
    if number >= MOST_PARTS:
        raise TooManyParts(MOST_PARTS)
    text = as_written(wish.text)
    part = CasePart(
        complaint_id=case.complaint_id,
        part=number,
        opd=wish.opd,
        opd_name=context.opd_names[wish.opd],
        topic=wish.topic,
        state="asked",
        text=text,
        asked_at=unit.now,
        asked_by=acting.officer_id,
    )
    await handling_queries.insert_part(unit.connection, part)
    by = access.acts_as(acting.caller, case.opd)
    fact = Fact(by, acting.officer_id, text, {"part": number, "opd": wish.opd})
    changed = await write_fact(unit, case, "request-contribution", fact)
    unit.publish(
        ContributionRequested(
            complaint_id=ComplaintId(case.complaint_id),
            occurred_at=unit.now,
            part=number,
            opd=part.opd,
            opd_name=part.opd_name,
            topic=part.topic,
            text=text,
            officer_id=acting.officer_id,
        )
    )
    return changed


async def finish_contribution(
    unit: UnitOfWork, acting: Acting, number: int, wish: Contribution
) -> Case:
    """Say that the caller's OPD did its part; publishes ContributionDone.

    Raises CaseNotFound, ContributionOver.
    """
    case, part = await _take_part(unit, acting, number)
    text = as_written(wish.text)
    await _end_part(unit, acting, part, "done", text)
    fact = Fact("officer", acting.officer_id, text, {"part": number, "opd": part.opd})
    changed = await write_fact(unit, case, "finish-contribution", fact)
    unit.publish(
        ContributionDone(
            complaint_id=ComplaintId(case.complaint_id),
            occurred_at=unit.now,
            part=number,
            opd=part.opd,
            text=text,
            officer_id=acting.officer_id,
        )
    )
    return changed


async def return_contribution(unit: UnitOfWork, acting: Acting, number: int, wish: Return) -> Case:
    """Say that the part is not this OPD's; publishes CaseReturned for the part.

    The leading OPD keeps the case and may ask another. Raises CaseNotFound, ContributionOver.
    """
    case, part = await _take_part(unit, acting, number)
    reason = as_written(wish.reason)
    basis = as_written(wish.legal_basis) if wish.legal_basis else None
    await _end_part(unit, acting, part, "returned", reason)
    fact = Fact("officer", acting.officer_id, reason, {"part": number, "opd": part.opd})
    changed = await write_fact(unit, case, "return-contribution", fact)
    unit.publish(
        CaseReturned(
            complaint_id=ComplaintId(case.complaint_id),
            occurred_at=unit.now,
            part=number,
            opd=part.opd,
            reason=reason,
            legal_basis=basis,
            officer_id=acting.officer_id,
        )
    )
    return changed


async def _take_part(unit: UnitOfWork, acting: Acting, number: int) -> tuple[Case, CasePart]:
    case = await queries.lock_case(unit.connection, acting.complaint_id)
    parts = await handling_queries.list_parts(unit.connection, acting.complaint_id)
    part = next((each for each in parts if each.part == number), None)
    if case is None or part is None or access.acts_as(acting.caller, part.opd) != "officer":
        raise CaseNotFound
    if part.state != "asked":
        raise ContributionOver
    return case, part


async def _end_part(
    unit: UnitOfWork, acting: Acting, part: CasePart, state: str, answer: str
) -> None:
    await handling_queries.update_part(
        unit.connection,
        part,
        state=state,
        answer=answer,
        done_at=unit.now,
        done_by=acting.officer_id,
    )
