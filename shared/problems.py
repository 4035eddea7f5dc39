"""Every error of the HTTP doors as RFC 9457 problem+json, 404, 405, 422 and 500 included."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException

from shared.correlation import current_correlation
from shared.database import is_transient
from shared.errors import (
    Conflict,
    Forbidden,
    Invalid,
    NotFound,
    PreconditionFailed,
    Problem,
    TooManyRequests,
    TooSlow,
    Unauthenticated,
    Unavailable,
    UnsupportedMedia,
)
from shared.telemetry import current_trace_id

log = structlog.get_logger(__name__)

TYPE_PREFIX = "urn:tanggap:problem:"
MEDIA_TYPE = "application/problem+json"

PROBLEM_TITLES = {
    400: ("bad-request", "Permintaan tidak dapat dibaca"),
    404: ("not-found", "Tidak ditemukan"),
    405: ("method-not-allowed", "Metode tidak didukung"),
    413: ("too-large", "Permintaan terlalu besar"),
}

# What Starlette and FastAPI say themselves, in words that tell a citizen's client what to do.
_FRAMEWORK_DETAILS = {
    "Not Found": "Periksa alamat yang dipanggil; daftarnya ada di dokumentasi layanan.",
    "Method Not Allowed": "Gunakan metode yang disebut pada header Allow.",
    "There was an error parsing the body": "Isi harus berupa JSON dalam UTF-8.",
}

_DOCUMENTED: tuple[type[Problem], ...] = (
    Unauthenticated,
    Forbidden,
    NotFound,
    Conflict,
    TooSlow,
    UnsupportedMedia,
    PreconditionFailed,
    Invalid,
    TooManyRequests,
    Unavailable,
)
_DESCRIPTIONS = {
    **{status: title for status, (_, title) in PROBLEM_TITLES.items()},
    **{problem.status: problem.title for problem in _DOCUMENTED},
}
_REFERENCE = "#/components/schemas/{model}"


class FieldError(BaseModel):
    """What is wrong with one field; `field` is a JSON Pointer or a parameter's name."""

    field: str
    message: str


class ProblemDocument(BaseModel):
    """RFC 9457 problem details."""

    type: str = Field(examples=["urn:tanggap:problem:not-found"])
    title: str = Field(examples=["Tidak ditemukan"])
    status: int = Field(examples=[404])
    detail: str | None = Field(None, examples=["Periksa kembali kode laporan Anda."])
    errors: list[FieldError] = Field(default_factory=list)
    trace_id: str = Field(examples=["0199e4c7-7d51-7c51-8f3f-6d0a4d5f8a11"])


def problem_responses(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Document which problems a route may answer with, for its `responses=`.

    The schema is named and not given as a `model`, which FastAPI would document as plain JSON;
    `describe_problems` puts it into the document.
    """
    schema = {"$ref": _REFERENCE.format(model=ProblemDocument.__name__)}
    return {
        status: {"description": _DESCRIPTIONS[status], "content": {MEDIA_TYPE: {"schema": schema}}}
        for status in statuses
    }


def describe_problems(document: dict[str, Any]) -> None:
    """Put the schemas that `problem_responses` names into an OpenAPI document."""
    schema = ProblemDocument.model_json_schema(ref_template=_REFERENCE)
    schemas = document.setdefault("components", {}).setdefault("schemas", {})
    schemas |= {**schema.pop("$defs"), ProblemDocument.__name__: schema}
    document["components"]["schemas"] = dict(sorted(schemas.items()))


def problem_response(
    status: int,
    slug: str,
    title: str,
    detail: str | None = None,
    *,
    errors: Sequence[Mapping[str, object]] = (),
    headers: Mapping[str, str] | None = None,
    extensions: Mapping[str, object] | None = None,
) -> JSONResponse:
    """Build the answer."""
    body: dict[str, object] = {
        "type": TYPE_PREFIX + slug,
        "title": title,
        "status": status,
        "trace_id": current_trace_id() or current_correlation().correlation_id,
        **(extensions or {}),
    }
    if detail is not None:
        body["detail"] = detail
    if errors:
        body["errors"] = list(errors)
    return JSONResponse(body, status, dict(headers or {}), media_type=MEDIA_TYPE)


def install_problem_handlers(app: FastAPI) -> None:
    """Let every refusal of this app be a problem; RequestScope answers what nobody foresaw."""
    for kind in _REFUSALS:
        app.add_exception_handler(kind, _on_refusal)


def refusal_response(error: Exception) -> JSONResponse:
    """Answer what a door refuses with; raises whatever is no refusal."""
    for kind, answer in _REFUSALS.items():
        if isinstance(error, kind):
            return answer(error)
    raise error


def failure_response(error: Exception) -> JSONResponse:
    """Answer what nobody foresaw: 503 with Retry-After where it may pass, else 500."""
    if is_transient(error):
        log.warning("dependency_unavailable", error=repr(error)[:300])
        return problem_response(
            503,
            "unavailable",
            "Layanan sedang terganggu",
            "Coba kirim lagi beberapa detik lagi; laporan Anda belum tersimpan.",
            headers={"Retry-After": "2"},
        )
    log.error("request_failed", exc_info=error)
    return problem_response(
        500,
        "internal",
        "Terjadi kesalahan pada sistem",
        "Kesalahan sudah dicatat. Coba lagi, dan sebutkan trace_id bila berulang.",
    )


async def _on_refusal(_request: Request, error: Exception) -> JSONResponse:
    return refusal_response(error)


def _answer_problem(error: Problem) -> JSONResponse:
    return problem_response(
        error.status,
        error.slug,
        error.title,
        error.detail,
        errors=error.errors,
        headers=error.headers,
        extensions=error.extensions,
    )


def _answer_validation_error(error: RequestValidationError) -> JSONResponse:
    found = error.errors()
    unreadable = any(item["type"] == "json_invalid" for item in found)
    errors = [
        {
            "field": _pointer(item["loc"]),
            # Our own sentences come with pydantic's words before them.
            "message": printable(str(item["msg"]).removeprefix("Value error, ")),
        }
        for item in found[:50]
    ]
    if unreadable:
        return problem_response(400, *PROBLEM_TITLES[400], "Isi harus berupa JSON.", errors=errors)
    return problem_response(
        422, "invalid", "Isian belum benar", "Perbaiki isian yang disebut.", errors=errors
    )


def _answer_http_exception(error: HTTPException) -> JSONResponse:
    slug, title = PROBLEM_TITLES.get(error.status_code, ("http", "Permintaan ditolak"))
    said = printable(str(error.detail))
    detail = _FRAMEWORK_DETAILS.get(said, said)
    return problem_response(error.status_code, slug, title, detail, headers=error.headers)


_REFUSALS: dict[type[Exception], Callable[[Any], JSONResponse]] = {
    Problem: _answer_problem,
    RequestValidationError: _answer_validation_error,
    HTTPException: _answer_http_exception,
}


def _pointer(loc: Sequence[int | str]) -> str:
    """Name a field: `/location/lat` in a body, the bare name elsewhere."""
    where, *path = loc
    steps = [printable(str(step))[:100] for step in path]
    return "/" + "/".join(steps) if where == "body" else "/".join(steps)


def printable(text: str) -> str:
    """Replace what UTF-8 cannot carry (lone surrogates), so that the answer can be written."""
    return text.encode("utf-8", "replace").decode()
