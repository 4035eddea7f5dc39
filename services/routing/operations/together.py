"""What staff do at one time is stored together: a dozen actions cost little more than one.

Each action is decided by itself, on its own locked case, and hears of its own refusal. What does
not fit in (a second action on the same case, a key that was used before, proof that must be looked
at) is done alone, in a transaction of its own.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextvars import Context
from dataclasses import dataclass
from typing import Any, Final

from pydantic import BaseModel
from pydantic_core import to_json

from services.routing import access, queries
from services.routing.context import RoutingContext
from services.routing.operations import desk, officers
from services.routing.operations.casebook import CaseBook
from services.routing.operations.changing import Acting
from services.routing.states import Action, State, legal_actions, legal_of_application
from services.routing.tables import Case
from services.routing.views import view_done
from shared.auth import Principal
from shared.errors import Problem
from shared.idempotency import Answered, find_known, keep_answers
from shared.unit_of_work import UnitOfWork

Work = Callable[[UnitOfWork, RoutingContext, Acting, Any], Awaitable[Case]]
Answer = dict[str, Any]
#: The answer, or the refusal; None where it must be done alone.
Outcome = Answer | Problem | None

#: These take one case, change it and tell of it, and ask the database nothing else.
_SIMPLE: Final[frozenset[Work]] = frozenset(
    {
        desk.assign_case,
        desk.reject_case,
        desk.close_case,
        desk.reopen_case,
        officers.return_case,
        officers.respond_to_citizen,
        officers.report_progress,
        officers.request_information,
        officers.resolve_case,
    }
)


@dataclass(frozen=True, slots=True)
class Deed:
    """An action that waits to be stored: who does what to which case, and whose story it is.

    `scope` and `key` are those of its Idempotency-Key, `request` is its body as it was read.
    """

    acting: Acting
    operation: Work
    wish: BaseModel
    scope: str
    key: str | None
    request: bytes
    story: Context

    @property
    def known_as(self) -> tuple[str, str] | None:
        """Return scope and key, where the client gave one."""
        return None if self.key is None else (self.scope, self.key)


def may_share(operation: Work, wish: BaseModel) -> bool:
    """Tell whether an action can be stored together with others."""
    return operation in _SIMPLE and not getattr(wish, "evidence", ())


def answer_of(caller: Principal, case: Case) -> Answer:
    """Return what an action is answered, with what this caller may do next."""
    return view_done(case, legal_for(caller, case))


def legal_for(caller: Principal, case: Case) -> list[Action]:
    """Return what the caller may do with a case now."""
    state = State(case.state)
    if case.service is None:
        return access.actions_of(caller, case.opd, legal_actions(state))
    legal = legal_of_application(state, in_stage=case.stage is not None)
    return access.actions_of(caller, case.opd, legal)


async def act_together(
    unit: UnitOfWork, context: RoutingContext, deeds: Sequence[Deed]
) -> list[Outcome]:
    """Let each deed take effect for which nothing speaks; returns what became of each."""
    book = CaseBook(
        await queries.lock_cases(unit.connection, [deed.acting.complaint_id for deed in deeds])
    )
    unit.gather(CaseBook, lambda: book)
    first = {deed.acting.complaint_id: deed for deed in reversed(deeds)}
    tried = {
        id(deed): await _try(unit, context, deed)
        for deed in deeds
        if first[deed.acting.complaint_id] is deed
        and not _is_application(book.cases.get(deed.acting.complaint_id))
    }
    answered = {key: found for key, found in tried.items() if not isinstance(found, Problem)}
    kept = await keep_answers(unit, list(_kept(deeds, answered)))
    refused = [deed for deed in deeds if isinstance(tried.get(id(deed)), Problem)]
    known = await find_known(unit, {deed.known_as for deed in refused if deed.known_as})

    def outcome(deed: Deed) -> Outcome:
        found = tried.get(id(deed))
        if isinstance(found, Problem):
            return None if deed.known_as in known else found
        if found is None:
            return None
        part, answer = found
        if deed.known_as is not None and deed.known_as not in kept:
            book.forget(deed.acting.complaint_id)
            return None
        unit.adopt(part)
        return answer

    return [outcome(deed) for deed in deeds]


def _is_application(case: Case | None) -> bool:
    """Tell whether an action concerns an application: its visits of stages are stored at once."""
    return case is not None and case.service is not None


async def _try(
    unit: UnitOfWork, context: RoutingContext, deed: Deed
) -> tuple[UnitOfWork, Answer] | Problem:
    """Decide one deed: nothing of it is written yet, and its events are in a part of the unit."""
    part = unit.part()

    async def work() -> Case:
        return await deed.operation(part, context, deed.acting, deed.wish)

    try:
        # In a task, for its events belong to the story and the trace of its own request.
        case = await asyncio.create_task(work(), context=deed.story)
    except Problem as problem:
        return problem
    return part, answer_of(deed.acting.caller, case)


def _kept(
    deeds: Sequence[Deed], answered: dict[int, tuple[UnitOfWork, Answer]]
) -> Sequence[Answered]:
    return [
        Answered(deed.scope, deed.key, deed.request, to_json(answered[id(deed)][1]).decode())
        for deed in deeds
        if deed.key is not None and id(deed) in answered
    ]
