"""A route without FastAPI's resolving of parameters and checking of answers, for the hot path.

Its function is declared as any other, so that OpenAPI tells the truth; but it must take exactly
`request`, `form` (the body's model), `key` (Idempotency-Key) and `device` (X-Device-Id), and return
a Response.
"""

import json
import re
from collections.abc import Callable, Coroutine
from typing import Any, Final

from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from pydantic import BaseModel, ValidationError
from starlette.types import ASGIApp, Receive, Scope, Send

from services.intake.api.admission import DEVICE_HEADER, read_device
from shared.idempotency import KEY_HEADER, KEY_PATTERN, LONGEST_KEY, SHORTEST_KEY
from shared.problems import refusal_response

_KEY: Final = re.compile(KEY_PATTERN)
Details = list[dict[str, Any]]


class LeanRoute(APIRoute):
    """Reads the body once, from its bytes straight into the model."""

    def as_app(self) -> ASGIApp:
        """Return an app of this route alone: no router looks for it, no middleware guards it.

        Refusals are answered here as everywhere; what nobody foresaw is for RequestScope.
        """
        handle = self.get_route_handler()

        async def serve(scope: Scope, receive: Receive, send: Send) -> None:
            scope["route"] = self
            try:
                response = await handle(Request(scope, receive, send))
            except Exception as error:  # noqa: BLE001 - raised again if it is no refusal
                response = refusal_response(error)
            await response(scope, receive, send)

        return serve

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return what serves a request."""
        endpoint = self.endpoint
        if self.body_field is None:
            raise TypeError(f"{self.name} has no body")
        model: type[BaseModel] = self.body_field.field_info.annotation  # type: ignore[assignment]

        async def handle(request: Request) -> Response:
            form = read_form(model, await request.body())
            response: Response = await endpoint(
                request=request,
                form=form,
                key=read_key(request.headers.get(KEY_HEADER)),
                device=read_device(request.headers.get(DEVICE_HEADER)),
            )
            return response

        return handle


def read_form(model: type[BaseModel], body: bytes) -> BaseModel:
    """Read a body; raises RequestValidationError as FastAPI itself would."""
    try:
        return model.model_validate_json(body, strict=True)
    except ValidationError as error:
        details = error.errors(include_url=False, include_context=False, include_input=False)
        if details[0]["type"] == "json_invalid":
            details = _second_look(model, body) or details
        raise RequestValidationError(
            [{**detail, "loc": ("body", *detail["loc"])} for detail in details]
        ) from None


def read_key(given: str | None) -> str | None:
    """Check an Idempotency-Key; raises RequestValidationError."""
    if given is None or (
        SHORTEST_KEY <= len(given) <= LONGEST_KEY and _KEY.fullmatch(given) is not None
    ):
        return given
    message = f"{SHORTEST_KEY} sampai {LONGEST_KEY} huruf, angka atau tanda ASCII tanpa spasi"
    raise RequestValidationError(
        [{"type": "value_error", "loc": ("header", KEY_HEADER), "msg": message}]
    )


def _second_look(model: type[BaseModel], body: bytes) -> Any:
    """Tell which field holds a lone surrogate: JSON allows what UTF-8 cannot carry.

    Returns nothing for what is no JSON at all.
    """
    try:
        model.model_validate(json.loads(body))
    except ValidationError as error:
        return error.errors(include_url=False, include_context=False, include_input=False)
    except (ValueError, RecursionError):
        return None
    return None
