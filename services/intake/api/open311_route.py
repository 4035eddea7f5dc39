"""Routes that refuse as Open311 says: a list of errors in the caller's format, 403, 404 or 400."""

from collections.abc import Callable, Coroutine, Sequence
from typing import Any, Final

from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from pydantic import BaseModel
from starlette.exceptions import HTTPException

from services.intake.open311_schemas import Open311Error
from services.intake.rules.open311 import MEDIA_TYPES, Format, ParameterWrong, render
from shared.errors import Problem
from shared.problems import printable

_STATUSES: Final = {401: 403, 403: 403, 404: 404, 413: 413, 429: 429}
_BAD_REQUEST: Final = 400
_UNKNOWN_FORMAT: Final = "Format ini tidak dilayani; gunakan .xml atau .json."


class Open311Route(APIRoute):
    """Turns every refusal into Open311's own form; what nobody foresaw stays what it is."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return what serves a request."""
        handle = super().get_route_handler()

        async def answer(request: Request) -> Response:
            form = _format_of(request)
            try:
                return await handle(request)
            except Problem as problem:
                return _refusal(form, problem.status, _said(problem), problem.headers)
            except ParameterWrong as wrong:
                return _refusal(form, _BAD_REQUEST, [str(wrong)])
            except RequestValidationError:
                # Only the format is declared more narrowly than text: no such resource.
                return _refusal(form, 404, [_UNKNOWN_FORMAT])
            except HTTPException as error:
                return _refusal(form, error.status_code, [str(error.detail)])

        return answer


def answer(form: Format, wrapper: str, content: Any) -> Response:
    """Write models, or a list of them, as the caller asked."""
    return Response(
        render(wrapper, _plain(content), form),
        media_type=MEDIA_TYPES[form],
        headers={"Cache-Control": "no-store"},
    )


def _refusal(
    form: Format, status: int, said: Sequence[str], headers: dict[str, str] | None = None
) -> Response:
    code = _STATUSES.get(status, _BAD_REQUEST)
    errors = [Open311Error(code=code, description=printable(each)) for each in said]
    return Response(
        render("errors", _plain(errors), form), code, headers, media_type=MEDIA_TYPES[form]
    )


def _said(problem: Problem) -> list[str]:
    named = [f"{each['field']}: {each['message']}" for each in problem.errors]
    return named or [problem.detail]


def _format_of(request: Request) -> Format:
    return "json" if request.url.path.endswith(".json") else "xml"


def _plain(content: Any) -> Any:
    if isinstance(content, BaseModel):
        return content.model_dump(mode="json")
    return [each.model_dump(mode="json") for each in content]
