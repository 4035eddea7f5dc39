"""The doors that officers and the desk go through all day, without FastAPI's resolving of each.

A hot door knows what an orderly request looks like, and no more: whatever is out of order is handed
to the ordinary door, which says what is wrong with it. So both refuse alike.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from fastapi import Request, Response
from fastapi.routing import APIRoute
from pydantic import BaseModel, ValidationError
from pydantic_core import to_json
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from services.routing.access import ROLES
from services.routing.api import acting
from services.routing.api.doors import LONGEST_IF_MATCH, act, read_etags
from services.routing.operations import desk, officers
from services.routing.operations.changing import Acting, etag_of
from services.routing.operations.together import Work
from services.routing.schemas import Answer, Assignment, Resolution
from services.routing.states import Action
from shared.auth import admit, read_bearer
from shared.errors import Problem
from shared.http import ORDINARY
from shared.idempotency import KEY_HEADER, KEY_PATTERN, LONGEST_KEY, SHORTEST_KEY
from shared.ids import UUID_PATTERN
from shared.problems import refusal_response

_CASES: Final = "/routing/v1/cases/"
_ID: Final = re.compile(UUID_PATTERN)
_KEY: Final = re.compile(KEY_PATTERN)


@dataclass(frozen=True, slots=True)
class _Order:
    """An orderly request, as far as it can be told without asking who sends it."""

    wish: BaseModel
    token: str
    key: str | None
    if_match: str | None


@dataclass(frozen=True, slots=True)
class HotDoor:
    """One action's door."""

    action: Action
    operation: Work
    model: type[BaseModel]

    @property
    def route(self) -> APIRoute:
        """Return the ordinary door, by whose path requests are counted."""
        return _ROUTES[self.action]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        request = Request(scope, receive, send)
        try:
            body = await request.body()
            order = self._read(request, body)
            if order is None:
                await scope[ORDINARY](scope, _again(body), send)
                return
            scope["route"] = self.route
            response = await self._obey(request, order)
        except (Problem, HTTPException) as error:
            response = refusal_response(error)
        await response(scope, receive, send)

    def _read(self, request: Request, body: bytes) -> _Order | None:
        headers = request.headers
        token = read_bearer(headers)
        key, if_match = headers.get(KEY_HEADER), headers.get("if-match")
        if (
            headers.get("content-type") != "application/json"
            or token is None
            or not _is_key(key)
            or len(if_match or "") > LONGEST_IF_MATCH
        ):
            return None
        try:
            wish = self.model.model_validate_json(body)
        except ValidationError:
            return None
        return _Order(wish, token, key, if_match)

    async def _obey(self, request: Request, order: _Order) -> Response:
        caller = await admit(request, order.token, ROLES[self.action])
        complaint_id = request.scope["path"].removeprefix(_CASES).partition("/")[0]
        doing = Acting(caller, complaint_id, read_etags(order.if_match))
        answer = await act(request, doing, order.key, self.operation, order.wish)
        headers = {"ETag": etag_of(answer["version"])}
        return Response(to_json(answer), headers=headers, media_type="application/json")


def hot_door(method: str, path: str) -> ASGIApp | None:
    """Return the door to an action on a case that is reached without routing, if it is one."""
    if method != "POST" or not path.startswith(_CASES):
        return None
    complaint_id, _, action = path.removeprefix(_CASES).partition("/")
    door = _DOORS.get(action)
    return door if door is not None and _ID.fullmatch(complaint_id) else None


def _is_key(given: str | None) -> bool:
    return given is None or (
        SHORTEST_KEY <= len(given) <= LONGEST_KEY and _KEY.fullmatch(given) is not None
    )


def _again(body: bytes) -> Receive:
    """Let a body that was read be read once more."""
    left = [body]

    async def receive() -> Message:
        if left:
            return {"type": "http.request", "body": left.pop(), "more_body": False}
        return {"type": "http.disconnect"}

    return receive


_DOORS: Final[Mapping[str, HotDoor]] = {
    door.action.value: door
    for door in (
        HotDoor(Action.ASSIGN, desk.assign_case, Assignment),
        HotDoor(Action.RESPOND, officers.respond_to_citizen, Answer),
        HotDoor(Action.PROGRESS, officers.report_progress, Answer),
        HotDoor(Action.RESOLVE, officers.resolve_case, Resolution),
    )
}
_ROUTES: Final[Mapping[Action, APIRoute]] = {
    door.action: route
    for door in _DOORS.values()
    for route in acting.router.routes
    if isinstance(route, APIRoute) and route.path.endswith(f"/{door.action}")
}
