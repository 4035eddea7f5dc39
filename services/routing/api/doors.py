"""What routing's routes have in common: who acts on which case, under which conditions."""

from contextvars import copy_context
from dataclasses import dataclass
from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, Header, Request, Response
from pydantic import BaseModel

from services.routing.access import READERS, ROLES
from services.routing.context import RoutingContext
from services.routing.operations.changing import Acting, etag_of
from services.routing.operations.together import (
    Answer,
    Deed,
    Outcome,
    Work,
    answer_of,
    may_share,
)
from services.routing.schemas import ActionDone
from services.routing.states import Action
from shared.auth import Principal, Role, require
from shared.database import sqlstate
from shared.errors import Problem
from shared.group_commit import GroupWriter
from shared.idempotency import IdempotencyKey, once
from shared.problems import problem_responses
from shared.service import Service
from shared.unit_of_work import UnitOfWork

ACTION_PROBLEMS = problem_responses(400, 401, 403, 404, 409, 412, 413, 422, 503)

_DEADLOCK = "40P01"

Reader = Annotated[Principal, Depends(require(*READERS))]

LONGEST_IF_MATCH = 200
IfMatch = Annotated[
    str | None,
    Header(
        alias="If-Match",
        max_length=LONGEST_IF_MATCH,
        description="The ETag of the case as the caller saw it; else 412 if it has changed.",
        examples=['"3"'],
    ),
]


@dataclass(frozen=True, slots=True)
class Door:
    """What all actions have in common: who acts on which case, and how often it was sent."""

    request: Request
    response: Response
    acting: Acting
    key: str | None

    async def do(self, operation: Work, body: BaseModel) -> ActionDone:
        """Let the operation take effect, once per Idempotency-Key; its commit comes first."""
        answer = await act(self.request, self.acting, self.key, operation, body)
        done = ActionDone.model_validate(answer)
        self.response.headers["ETag"] = etag_of(done.version)
        return done


async def act(
    request: Request, acting: Acting, key: str | None, operation: Work, body: BaseModel
) -> Answer:
    """Let an operation take effect, once per Idempotency-Key; returns the answer after the commit.

    Together with others that come at the same time, where it may be.
    """
    scope = f"{acting.caller.subject} {request.url.path}"
    content = body.model_dump_json().encode()
    if may_share(operation, body):
        deed = Deed(acting, operation, body, scope, key, content, copy_context())
        outcome = await _do_together(request, deed)
        if isinstance(outcome, Problem):
            raise outcome
        if outcome is not None:
            return outcome
    context = context_of(request)

    async def work(unit: UnitOfWork) -> Answer:
        return answer_of(acting.caller, await operation(unit, context, acting, body))

    return await once(service_of(request).units, scope, key, content, work)


async def _do_together(request: Request, deed: Deed) -> Outcome:
    deeds: GroupWriter[Deed, Outcome] = request.app.state.deeds
    try:
        return await deeds.submit(deed)
    except Exception as error:
        # A group holds several cases, and who takes them in another order may wait for it.
        if sqlstate(error) != _DEADLOCK:
            raise
        return None


def door_to(action: Action) -> Any:
    """Return the dependency that opens the door to an action of the table of states."""
    return door_for(*ROLES[action])


def door_for(*roles: Role) -> Any:
    """Return the dependency that opens the door to work on a case for these roles."""

    async def open_door(
        request: Request,
        response: Response,
        complaint_id: UUID,
        caller: Annotated[Principal, Depends(require(*roles))],
        key: IdempotencyKey = None,
        if_match: IfMatch = None,
    ) -> Door:
        acting = Acting(caller, str(complaint_id), read_etags(if_match))
        return Door(request, response, acting, key)

    return Depends(open_door)


def service_of(request: Request) -> Service:
    """Return the running service."""
    service: Service = request.app.state.service
    return service


def context_of(request: Request) -> RoutingContext:
    """Return what the service was given at start."""
    context: RoutingContext = request.app.state.context
    return context


def read_etags(if_match: str | None) -> frozenset[str] | None:
    """Return the ETags that the case may have, None for any; a weak one never matches."""
    if if_match is None or if_match.strip() == "*":
        return None
    return frozenset(tag.strip() for tag in if_match.split(","))
