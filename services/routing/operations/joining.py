"""Cases about one matter: merged into the one that leads them, and taken apart again.

A merged case keeps what it was, its OPD and its own reporter. It may lead others itself, so that
there are chains; who leads stands at their end. Secret cases lead nobody: what their officers write
would reach the other reporters.
"""

from services.routing import access, queries
from services.routing.context import RoutingContext
from services.routing.errors import CaseMissing, LeaderFault, LeaderUnfit, LeaderUnknown
from services.routing.operations.changing import (
    Acting,
    By,
    Fact,
    allow_action,
    as_written,
    change_case,
    write_fact,
)
from services.routing.schemas import Merging, Unmerging
from services.routing.states import OPEN_STATES, Action, State, is_legal
from services.routing.tables import Case
from shared.contracts.intake import ReporterJoined
from shared.contracts.routing import CaseMerged, CaseUnmerged
from shared.ids import ComplaintId
from shared.unit_of_work import UnitOfWork


async def merge_case(
    unit: UnitOfWork, context: RoutingContext, acting: Acting, wish: Merging
) -> Case:
    """Make a case part of another, or of the one that leads that; publishes CaseMerged.

    An OPD merges what it has, the desk everything. Raises LeaderUnknown, LeaderUnfit, and what
    `take_case` raises.
    """
    del context
    leader_id = await queries.find_leader_id(unit.connection, str(wish.into))
    cases = await queries.lock_cases(
        unit.connection, [acting.complaint_id, leader_id or str(wish.into)]
    )
    case = allow_action(unit, acting, cases.get(acting.complaint_id), Action.MERGE)
    leader = cases.get(leader_id or "")
    if leader is None or not access.may_see(acting.caller, leader.opd):
        raise LeaderUnknown
    fault = _fault_of(leader, case)
    if fault is not None:
        raise LeaderUnfit(fault)
    reason = as_written(wish.reason) if wish.reason else None
    by = access.acts_as(acting.caller, case.opd)
    return await _merge(unit, case, leader, Fact(by, acting.officer_id, reason))


async def unmerge_case(
    unit: UnitOfWork, context: RoutingContext, acting: Acting, wish: Unmerging
) -> Case:
    """Let a merged case be its own again, in the state that it had; publishes CaseUnmerged.

    Raises what `take_case` raises.
    """
    del context
    seen = await queries.find_case(unit.connection, acting.complaint_id)
    leader_id = seen.merged_into if seen else None
    cases = await queries.lock_cases(
        unit.connection, [acting.complaint_id, *([leader_id] if leader_id else [])]
    )
    case = allow_action(unit, acting, cases.get(acting.complaint_id), Action.UNMERGE)
    if case.merged_into not in cases:
        # It was taken out and merged anew in the moment between looking and locking.
        raise LeaderUnfit("moved")
    reason = as_written(wish.reason) if wish.reason else None
    by = access.acts_as(acting.caller, case.opd)
    changed, _ = await _unmerge(
        unit, case, cases[case.merged_into], Fact(by, acting.officer_id, reason)
    )
    return changed


async def join_case(unit: UnitOfWork, context: RoutingContext, event: ReporterJoined) -> None:
    """Merge the case of a citizen who said “saya juga” into the one they named.

    Where that cannot be any more (it ended meanwhile, or their own did), the wish is written down
    for the desk, and their case goes on by itself. Raises CaseMissing.
    """
    del context
    leader_id = await queries.find_leader_id(unit.connection, event.joined_complaint_id)
    cases = await queries.lock_cases(
        unit.connection, [event.complaint_id, leader_id or event.joined_complaint_id]
    )
    case, leader = cases.get(event.complaint_id), cases.get(leader_id or "")
    if case is None or leader is None:
        # Intake lets nobody join before routing has told of the case that is joined.
        raise CaseMissing(f"no case for {event.complaint_id} to join {event.joined_complaint_id}")
    fact = Fact("citizen")
    mergeable = case.service is None and is_legal(State(case.state), Action.MERGE)
    if mergeable and _fault_of(leader, case) is None:
        await _merge(unit, case, leader, fact)
    else:
        details = {"joined": event.joined_complaint_id}
        await write_fact(unit, case, "ask-to-join", Fact("citizen", details=details))


async def release_members(unit: UnitOfWork, leader: Case, by: By) -> Case:
    """Let the cases merged into this one be their own again: it cannot lead them any longer.

    Its row is locked already. Whoever merges something else into it now waits for that lock.
    Returns the case as it is then.
    """
    members = await queries.list_members(unit.connection, leader.complaint_id)
    locked = await queries.lock_cases(unit.connection, [each.complaint_id for each in members])
    for member in locked.values():
        if is_legal(State(member.state), Action.UNMERGE):
            _, leader = await _unmerge(unit, member, leader, Fact(by))
    return leader


async def _merge(unit: UnitOfWork, case: Case, leader: Case, fact: Fact) -> Case:
    changed = await change_case(
        unit,
        case,
        Action.MERGE,
        _with(fact, into=leader.complaint_id),
        state_before_merge=case.state,
        merged_into=leader.complaint_id,
    )
    await write_fact(unit, leader, "lead", _with(fact, case=case.complaint_id))
    unit.publish(
        CaseMerged(
            complaint_id=ComplaintId(case.complaint_id),
            occurred_at=unit.now,
            into=ComplaintId(leader.complaint_id),
        )
    )
    return changed


async def _unmerge(unit: UnitOfWork, case: Case, leader: Case, fact: Fact) -> tuple[Case, Case]:
    changed = await change_case(
        unit,
        case,
        Action.UNMERGE,
        _with(fact, **{"from": leader.complaint_id}),
        state_before_merge=None,
        merged_into=None,
    )
    leader = await write_fact(unit, leader, "release", _with(fact, case=case.complaint_id))
    unit.publish(
        CaseUnmerged.model_validate(
            {
                "complaint_id": case.complaint_id,
                "occurred_at": unit.now,
                "into": leader.complaint_id,
                "restored_state": changed.state,
            }
        )
    )
    return changed, leader


def _fault_of(leader: Case, case: Case) -> LeaderFault | None:
    """Say why a case cannot become part of another, if so."""
    if leader.complaint_id == case.complaint_id:
        return "itself"
    if leader.service is not None:
        return "application"
    if leader.state == State.MERGED:
        return "moved"
    if leader.state not in OPEN_STATES:
        return "over"
    return "secret" if leader.secret else None


def _with(fact: Fact, **details: str) -> Fact:
    return Fact(fact.by, fact.actor, fact.text, {**fact.details, **details})
