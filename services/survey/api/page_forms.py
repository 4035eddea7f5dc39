"""What a plain HTML form sends: read leniently, and refused as a page for whoever has a browser."""

import secrets
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import parse_qsl, urlencode

from fastapi import Request, Response
from fastapi.responses import HTMLResponse
from fastapi.routing import APIRoute

from services.survey.api.doors import Doors, doors_of
from services.survey.errors import FormUnreadable
from services.survey.form_page import POLICY, FormState, draw_form, draw_refusal
from services.survey.official import GROUPS, Language
from services.survey.rules.answers import LONGEST_COMMENT, Given
from services.survey.rules.index import ELEMENTS
from services.survey.schemas import SurveyForm
from shared.errors import Problem

_MOST_FIELDS: Final = 200
_EXTRA: Final = "x_"
_FORM_BYTES: Final = 12

FORM_BODY: Final[dict[str, Any]] = {
    "requestBody": {
        "required": True,
        "content": {
            "application/x-www-form-urlencoded": {
                "schema": {
                    "type": "object",
                    "additionalProperties": {"type": "string"},
                    "examples": [{"service": "ktp-el", "U1": "3", "U2": "4", "sex": "female"}],
                }
            }
        },
    }
}


@dataclass(frozen=True, slots=True)
class Sent:
    """The fields of a form, and the body that they came in."""

    fields: Mapping[str, str]
    body: bytes

    @property
    def language(self) -> Language:
        """The language that the form was shown in."""
        lang = self.fields.get("lang", "")
        return "en" if lang == "en" else "id"

    @property
    def number(self) -> str | None:
        """What makes sending the same page twice one answer."""
        return self.fields.get("form") or None

    @property
    def comment(self) -> str:
        """What was written beside the questions."""
        return self.fields.get("comment", "").replace("\r\n", "\n")[:LONGEST_COMMENT]

    def given(self, texts: Sequence[str]) -> Given:
        """Return the answer; `texts` are the extra questions that are answered in words."""
        extras = {
            name.removeprefix(_EXTRA): value
            for name, value in self.fields.items()
            if name.startswith(_EXTRA) and value
        }
        return Given(
            scores={code: _number(self.fields[code]) for code in ELEMENTS if self.fields.get(code)},
            groups={name: self.fields[name] for name in GROUPS if self.fields.get(name)},
            extras={code: _number(value) for code, value in extras.items() if code not in texts},
            words={
                code: value[:LONGEST_COMMENT] for code, value in extras.items() if code in texts
            },
        )


class PageRoute(APIRoute):
    """A route whose refusals are pages for browsers, and problems for all others."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return the handler."""
        handle = super().get_route_handler()

        async def handle_as_page(request: Request) -> Response:
            try:
                return await handle(request)
            except Problem as problem:
                if not wants_page(request):
                    raise
                # Where all is answered already there is no use in going back.
                again = request.method == "POST" and problem.status != 409
                back = str(request.url.path) if again else None
                pemda = doors_of(request).context.profile.pemda
                page = draw_refusal(problem.title, problem.detail, pemda, back)
                headers = {**problem.headers, **POLICY}
                return HTMLResponse(page, problem.status, headers=headers)

        return handle_as_page


def wants_page(request: Request) -> bool:
    """Tell whether a browser asks: it alone says that it wants HTML."""
    return "text/html" in request.headers.get("accept", "")


async def read_sent(request: Request) -> Sent:
    """Return the fields of a form; raises FormUnreadable."""
    body = await request.body()
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/x-www-form-urlencoded":
        raise FormUnreadable
    try:
        pairs = parse_qsl(
            body.decode(), keep_blank_values=True, max_num_fields=_MOST_FIELDS, errors="replace"
        )
    except (UnicodeDecodeError, ValueError) as error:
        raise FormUnreadable from error
    return Sent({name: value.replace("\x00", "") for name, value in pairs}, body)


def show_form(
    request: Request,
    doors: Doors,
    form: SurveyForm,
    sent: Sent | None = None,
    faults: Sequence[tuple[str, str]] = (),
) -> HTMLResponse:
    """Return the page of a form: empty, or as it was sent, with what is wrong."""
    query = dict(request.query_params)
    links = [
        (each.label, f"?{urlencode({**query, 'lang': each.value})}")
        for each in form.languages
        if each.value != form.language
    ]
    state = FormState(
        pemda=doors.context.profile.pemda,
        number=secrets.token_urlsafe(_FORM_BYTES),
        language_links=links,
        given=sent.fields if sent else {},
        faults=faults,
    )
    return HTMLResponse(draw_form(form, state), 422 if faults else 200, headers=POLICY)


def field_names(errors: Sequence[Mapping[str, object]], form: SurveyForm) -> list[tuple[str, str]]:
    """Return faults by the names of the form's fields instead of JSON Pointers."""
    names = {
        asked.field: asked.name
        for asked in (form.service, *form.elements, *form.extras, *form.respondent, form.comment)
    }
    first = form.elements[0].name
    return [(names.get(str(each["field"]), first), str(each["message"])) for each in errors]


def _number(written: str) -> int:
    """Return the number that a radio button stands for; 0, which none has, for anything else."""
    return int(written) if written.isascii() and written.isdigit() and len(written) < 3 else 0
