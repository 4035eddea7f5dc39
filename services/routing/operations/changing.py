"""The one way in which a case changes: locked, allowed, legal, written down."""

from dataclasses import dataclass, field
from typing import Any, Literal

from services.routing import access, disposition_queries, queries, stage_queries
from services.routing.errors import (
    ActionIllegal,
    ActionNotYours,
    CaseChanged,
    CaseLeased,
    CaseNotFound,
)
from services.routing.operations.casebook import CaseBook
from services.routing.stage_errors import StageDecides
from services.routing.states import (
    BEGIN_WAITING,
    NEVER_OF_APPLICATIONS,
    STAGE_DECIDES,
    Action,
    State,
    is_legal,
    next_state,
)
from services.routing.tables import Case, CaseFact
from shared.auth import Principal
from shared.columns import row_of
from shared.masking import mask_long_numbers
from shared.unit_of_work import UnitOfWork

#: A case that becomes anything else has left the stage that it was in.
_IN_STAGE = (State.ASSIGNED, State.IN_PROGRESS, State.WAITING_CITIZEN)

By = Literal["rule", "desk", "officer", "citizen", "sla"]


@dataclass(frozen=True, slots=True)
class Acting:
    """Who acts on which case; `etags` are the versions of it that they have seen, if they say."""

    caller: Principal
    complaint_id: str
    etags: frozenset[str] | None = None

    @property
    def officer_id(self) -> str:
        """The opaque id that stands for the caller in events."""
        return access.officer_id(self.caller)


@dataclass(frozen=True, slots=True)
class Fact:
    """What is written down of a change: who did it, in which words, and what else is to know."""

    by: By
    actor: str | None = None
    text: str | None = None
    details: dict[str, Any] = field(default_factory=dict)


def etag_of(version: int) -> str:
    """Return the strong ETag of a case's version."""
    return f'"{version}"'


def as_written(text: str) -> str:
    """Return a text of staff as it may travel and be kept: without 16-digit numbers."""
    return mask_long_numbers(text)


async def take_case(unit: UnitOfWork, acting: Acting, action: Action) -> Case:
    """Lock a case for an action of staff.

    Raises CaseNotFound (also for another OPD's), ActionNotYours, CaseChanged, CaseLeased,
    ActionIllegal.
    """
    book = unit.gathered(CaseBook, CaseBook)
    if book is not None:
        case = book.cases.get(acting.complaint_id)
    else:
        case = await queries.lock_case(unit.connection, acting.complaint_id)
    return allow_action(unit, acting, case, action)


def allow_action(unit: UnitOfWork, acting: Acting, case: Case | None, action: Action) -> Case:
    """Return a locked case that staff may do this with; raises as `take_case` does."""
    if case is None or not access.may_see(acting.caller, case.opd):
        raise CaseNotFound
    if not access.may_do(acting.caller, case.opd, action):
        raise ActionNotYours(action)
    check_version(acting, case)
    _check_lease(unit, acting, case)
    if case.service is not None:
        _check_stage(case, action)
    if not is_legal(State(case.state), action):
        raise ActionIllegal(State(case.state), action)
    return case


def _check_stage(case: Case, action: Action) -> None:
    """Refuse what the stages of an application decide instead."""
    if action in NEVER_OF_APPLICATIONS or (case.stage is not None and action in STAGE_DECIDES):
        raise StageDecides(action, case.stage_title)


def check_version(acting: Acting, case: Case) -> None:
    """Raise CaseChanged where the caller saw another version of the case."""
    if acting.etags is not None and etag_of(case.version) not in acting.etags:
        raise CaseChanged(case.version)


def _check_lease(unit: UnitOfWork, acting: Acting, case: Case) -> None:
    """Refuse what a colleague at the triage desk has in hand just now."""
    leased = case.lease_until is not None and case.lease_until > unit.now
    if leased and case.state == State.TRIAGE and case.lease_by != acting.officer_id:
        raise CaseLeased


async def change_case(
    unit: UnitOfWork, case: Case, action: Action, fact: Fact, **changes: Any
) -> Case:
    """Move a locked case along the table, with further changes, and write the fact down.

    Raises IllegalAction where the table has nothing: ask `is_legal` first.
    """
    before = State(case.state)
    was = State(case.state_before_merge) if case.state_before_merge else None
    after = next_state(before, action, was)
    if after != before:
        changes["state_since"] = unit.now
        changes |= {"lease_by": None, "lease_until": None}
    if changes.get("opd", case.opd) != case.opd:
        # A colleague of the OPD that had it; the next one's may claim it anew.
        changes["handler_id"] = None
    if case.stage is not None and after not in _IN_STAGE:
        changes |= {"stage": None, "stage_title": None, "stage_since": None}
        await stage_queries.leave_visit(unit.connection, case.complaint_id, unit.now)
        await disposition_queries.cancel_dispositions(unit.connection, case.complaint_id)
    if action in BEGIN_WAITING:
        changes["waits"] = case.waits + 1
    if after != State.WAITING_CITIZEN:
        changes["request_id"] = None
    return await write_fact(unit, case, str(action), fact, state=str(after), **changes)


async def write_fact(unit: UnitOfWork, case: Case, action: str, fact: Fact, **changes: Any) -> Case:
    """Store changes of a locked case as its next version, with its fact."""
    version = case.version + 1
    row = row_of(
        CaseFact,
        {
            "complaint_id": case.complaint_id,
            "version": version,
            "happened_at": unit.now,
            "action": action,
            "by": fact.by,
            "actor": fact.actor,
            "from_state": case.state,
            "to_state": changes.get("state", case.state),
            "opd": changes.get("opd", case.opd),
            "text": fact.text,
            "details": fact.details,
        },
    )
    changes |= {"version": version, "updated_at": unit.now}
    book = unit.gathered(CaseBook, CaseBook)
    if book is not None:
        return book.change(case, changes, row)
    return await queries.update_case(unit.connection, case, changes, row)
