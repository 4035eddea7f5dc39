"""What routing's routes have in common: who acts on which case, under which conditions."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, Header, Request, Response
from pydantic import BaseModel

from services.routing import access
from services.routing.access import READERS, ROLES
from services.routing.context import RoutingContext
from services.routing.operations.changing import Acting, etag_of
from services.routing.schemas import ActionDone
from services.routing.states import Action, State, legal_actions
from services.routing.tables import Case
from services.routing.views import view_done
from shared.auth import Principal, Role, require
from shared.idempotency import IdempotencyKey, once
from shared.problems import problem_responses
from shared.service import Service
from shared.unit_of_work import UnitOfWork

ACTION_PROBLEMS = problem_responses(400, 401, 403, 404, 409, 412, 413, 422, 503)

Reader = Annotated[Principal, Depends(require(*READERS))]

IfMatch = Annotated[
    str | None,
    Header(
        alias="If-Match",
        max_length=200,
        description="The ETag of the case as the caller saw it; else 412 if it has changed.",
        examples=['"3"'],
    ),
]


Work = Callable[[UnitOfWork, RoutingContext, Acting, Any], Awaitable[Case]]


@dataclass(frozen=True, slots=True)
class Door:
    """What all actions have in common: who acts on which case, and how often it was sent."""

    request: Request
    response: Response
    acting: Acting
    key: str | None

    async def do(self, operation: Work, body: BaseModel) -> ActionDone:
        """Let the operation take effect, once per Idempotency-Key; its commit comes first."""
        acting, context = self.acting, context_of(self.request)

        async def work(unit: UnitOfWork) -> dict[str, Any]:
            case = await operation(unit, context, acting, body)
            return view_done(case, legal_for(acting.caller, case))

        scope = f"{acting.caller.subject} {self.request.url.path}"
        request = body.model_dump_json().encode()
        answer = await once(service_of(self.request).units, scope, self.key, request, work)
        done = ActionDone.model_validate(answer)
        self.response.headers["ETag"] = etag_of(done.version)
        return done


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
        acting = Acting(caller, str(complaint_id), _etags(if_match))
        return Door(request, response, acting, key)

    return Depends(open_door)


def legal_for(caller: Principal, case: Case) -> list[Action]:
    """Return what the caller may do with a case now."""
    return access.actions_of(caller, case.opd, legal_actions(State(case.state)))


def service_of(request: Request) -> Service:
    """Return the running service."""
    service: Service = request.app.state.service
    return service


def context_of(request: Request) -> RoutingContext:
    """Return what the service was given at start."""
    context: RoutingContext = request.app.state.context
    return context


def _etags(if_match: str | None) -> frozenset[str] | None:
    """Return the ETags that the case may have, None for any; a weak one never matches."""
    if if_match is None or if_match.strip() == "*":
        return None
    return frozenset(tag.strip() for tag in if_match.split(","))
