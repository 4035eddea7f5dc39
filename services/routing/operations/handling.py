"""Who has a case in hand among colleagues, and what they write for one another."""

from services.routing import access, handling_queries, queries
from services.routing.context import RoutingContext
from services.routing.errors import CaseNotFound
from services.routing.handling_schemas import Claim, HandOver, NoteWish
from services.routing.handling_tables import CaseNote
from services.routing.operations.changing import (
    Acting,
    Fact,
    as_written,
    check_version,
    write_fact,
)
from services.routing.states import OPEN_STATES, State
from services.routing.tables import Case
from services.routing.work_errors import CaseNotOpen, CaseTakenByColleague, NotYourWork
from shared.auth import Role
from shared.ids import new_id
from shared.unit_of_work import UnitOfWork


async def claim_case(
    unit: UnitOfWork, context: RoutingContext, acting: Acting, wish: Claim
) -> Case:
    """Take a case of one's own OPD in hand; a head may take it from a colleague.

    Claiming what one has already changes nothing. Raises CaseTakenByColleague, and what
    `take_for_work` raises.
    """
    del context, wish
    case = await take_for_work(unit, acting)
    if case.handler_id == acting.officer_id:
        return case
    if case.handler_id is not None and not acting.caller.has(Role.HEAD):
        raise CaseTakenByColleague
    return await _give_to(unit, case, acting, acting.officer_id, "claim", None)


async def hand_over(
    unit: UnitOfWork, context: RoutingContext, acting: Acting, wish: HandOver
) -> Case:
    """Give a case to a colleague of the same OPD; the OPD, its clocks and its state stay.

    Only who has it, or a head. Raises CaseTakenByColleague, and what `take_for_work` raises.
    """
    del context
    case = await take_for_work(unit, acting)
    if case.handler_id not in {None, acting.officer_id} and not acting.caller.has(Role.HEAD):
        raise CaseTakenByColleague
    return await _give_to(unit, case, acting, wish.to, "hand-over", wish.note)


async def write_note(unit: UnitOfWork, acting: Acting, wish: NoteWish) -> CaseNote:
    """Write a note on a case that the caller may see; the case's version stays what it is.

    Raises CaseNotFound, NotYourWork.
    """
    case = await queries.find_case(unit.connection, acting.complaint_id)
    if case is None or not await may_see_case(unit, acting, case):
        raise CaseNotFound
    if not acting.caller.has(*access.DESK, *access.OPD_STAFF):
        raise NotYourWork
    note = CaseNote(
        note_id=new_id(),
        complaint_id=case.complaint_id,
        written_at=unit.now,
        author=acting.officer_id,
        opd=acting.caller.opd,
        text=as_written(wish.text),
    )
    await handling_queries.insert_note(unit.connection, note)
    return note


async def may_see_case(unit: UnitOfWork, acting: Acting, case: Case) -> bool:
    """Tell whether the caller's OPD has the case, or contributes to it, or the caller sees all."""
    if access.may_see(acting.caller, case.opd):
        return True
    parts = await handling_queries.list_parts(unit.connection, case.complaint_id)
    return any(access.may_see(acting.caller, part.opd) for part in parts)


async def take_for_work(unit: UnitOfWork, acting: Acting) -> Case:
    """Lock an open case of the caller's own OPD.

    Raises CaseNotFound (also for another OPD's), NotYourWork, CaseChanged, CaseNotOpen.
    """
    case = await queries.lock_case(unit.connection, acting.complaint_id)
    if case is None or not access.may_see(acting.caller, case.opd):
        raise CaseNotFound
    if access.acts_as(acting.caller, case.opd) != "officer":
        raise NotYourWork
    check_version(acting, case)
    if State(case.state) not in OPEN_STATES:
        raise CaseNotOpen(State(case.state))
    return case


async def _give_to(
    unit: UnitOfWork, case: Case, acting: Acting, officer: str, action: str, note: str | None
) -> Case:
    fact = Fact("officer", acting.officer_id, as_written(note) if note else None, {"to": officer})
    return await write_fact(unit, case, action, fact, handler_id=officer)
