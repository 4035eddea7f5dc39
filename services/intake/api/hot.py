"""The doors that are reached without FastAPI's search for a route: reporting and searching.

The door to the bank's search knows what an orderly request looks like, and no more: whatever is out
of order is handed to the ordinary door, which says what is wrong with it. So both refuse alike.
"""

import inspect
from collections.abc import Mapping
from typing import Any, Final, get_type_hints
from urllib.parse import parse_qsl

from fastapi import Request, Response
from fastapi.routing import APIRoute
from pydantic import BaseModel, ConfigDict, ValidationError, create_model
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Receive, Scope, Send

from services.intake.api import bank, submitting
from services.intake.api.doors import doors_of
from shared.auth import admit, read_bearer
from shared.errors import Problem
from shared.http import ORDINARY
from shared.problems import refusal_response

#: What FastAPI finds by itself, and no query has.
_FOUND: Final = frozenset({"caller", "doors", "chosen"})


def _parameters_of(function: Any) -> dict[str, Any]:
    """Return the query's parameters of a route or a dependency, as pydantic declares fields."""
    hints = get_type_hints(function, include_extras=True)
    return {
        name: (hints[name], parameter.default)
        for name, parameter in inspect.signature(function).parameters.items()
        if name not in _FOUND
    }


_FILTERS: Final = _parameters_of(bank.read_filters)
_PAGE: Final = _parameters_of(bank.search_bank)
_Query: Final[type[BaseModel]] = create_model(
    "_Query", __config__=ConfigDict(extra="forbid"), **_FILTERS, **_PAGE
)
_SEARCH: Final = next(
    route
    for route in bank.router.routes
    if isinstance(route, APIRoute) and route.endpoint is bank.search_bank
)


async def _serve_search(scope: Scope, receive: Receive, send: Send) -> None:
    request = Request(scope, receive, send)
    token = read_bearer(request.headers)
    query = read_query(scope["query_string"])
    if query is None or token is None:
        await scope[ORDINARY](scope, receive, send)
        return
    scope["route"] = _SEARCH
    try:
        response = await answer_search(request, token, query)
    except (Problem, HTTPException) as error:
        response = refusal_response(error)
    await response(scope, receive, send)


def read_query(written: bytes) -> BaseModel | None:
    """Read the query of an orderly search; None for any other."""
    pairs = parse_qsl(written.decode("latin-1"), keep_blank_values=True)
    given = dict(pairs)
    if len(given) != len(pairs):
        return None
    try:
        return _Query.model_validate(given)
    except ValidationError:
        return None


async def answer_search(request: Request, token: str, query: BaseModel) -> Response:
    """Answer an orderly search; raises Problem and HTTPException as the ordinary door."""
    caller = await admit(request, token, bank.READERS)
    chosen = await bank.read_filters(caller, **{name: getattr(query, name) for name in _FILTERS})
    page = await bank.search_bank(
        doors_of(request), chosen, **{name: getattr(query, name) for name in _PAGE}
    )
    return Response(page.__pydantic_serializer__.to_json(page), media_type="application/json")


_HOT: Final[Mapping[tuple[str, str], ASGIApp]] = {
    **submitting.HOT,
    ("GET", _SEARCH.path): _serve_search,
}


def hot_door(method: str, path: str) -> ASGIApp | None:
    """Return the door that is reached without routing, if it is one."""
    return _HOT.get((method, path))
