"""Draws the form, its thanks and its refusals as plain pages: no script, nothing fetched."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

from services.survey.official import Language
from services.survey.schemas import SurveyForm
from services.survey.wording import TEXTS

if TYPE_CHECKING:
    from jinja2 import Environment

_TEMPLATES: Final = Path(__file__).parent / "templates"
#: Pages load and run nothing, and send their form nowhere else.
POLICY: Final = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; "
        "base-uri 'none'; frame-ancestors 'none'"
    ),
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}


@dataclass(frozen=True, slots=True)
class FormState:
    """What a form page shows beside its questions.

    `given` are the values filled in before, by field name; `faults` are field names with what is
    wrong; `number` makes sending the same page twice one answer.
    """

    pemda: str
    number: str
    language_links: Sequence[tuple[str, str]] = ()
    given: Mapping[str, str] = field(default_factory=dict)
    faults: Sequence[tuple[str, str]] = ()


def draw_form(form: SurveyForm, state: FormState) -> str:
    """Return the page of a form; every text in it is escaped."""
    return (
        _pages()
        .get_template("form.html")
        .render(form=form, texts=form.texts, state=state, faults=dict(state.faults))
    )


def draw_thanks(language: Language, pemda: str, results: str, back: str | None = None) -> str:
    """Return the page of thanks; a kiosk's goes `back` to its form by itself."""
    return (
        _pages()
        .get_template("thanks.html")
        .render(texts=TEXTS[language], language=language, pemda=pemda, results=results, back=back)
    )


def draw_refusal(title: str, detail: str, pemda: str, back: str | None = None) -> str:
    """Return the page that says why something is refused, and what to do."""
    return (
        _pages()
        .get_template("refusal.html")
        .render(title=title, detail=detail, pemda=pemda, back=back)
    )


def draw_poster(
    language: Language, pemda: str, unit: str, service: str | None, address: str
) -> str:
    """Return a sheet to print, whose QR code opens the form."""
    import segno  # noqa: PLC0415 - loaded where used

    # A quarter of it may be torn, dirty or painted over.
    qr = segno.make(address, error="q", micro=False)
    return (
        _pages()
        .get_template("poster.html")
        .render(
            texts=TEXTS[language],
            language=language,
            pemda=pemda,
            unit=unit,
            service=service,
            address=address.partition("://")[2],
            qr=qr.svg_inline(border=4, omitsize=True, title=address),
        )
    )


@cache
def _pages() -> "Environment":
    # Imported when the first page is drawn: a process that only takes JSON never draws one.
    from jinja2 import Environment, FileSystemLoader, StrictUndefined  # noqa: PLC0415

    return Environment(
        loader=FileSystemLoader(_TEMPLATES), autoescape=True, undefined=StrictUndefined
    )
