"""Renders the texts of the profile, in a sandbox, and fits them into one SMS where need be."""

from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from shared.messaging.gsm import ONE_MESSAGE, septets, to_gsm

if TYPE_CHECKING:
    from jinja2 import Template

#: What a text may name; `text` is what an officer wrote, `sentence` where a complaint stands.
VARIABLES: Final = frozenset({"code", "link", "opd", "opd_code", "pemda", "sentence", "text"})
_ELLIPSIS: Final = "..."
_MOST_CHOICE: Final = 80


class WordingInvalid(ValueError):
    """A text of the profile is no template, or names what there is not; says what."""


def render(source: str, values: Mapping[str, str]) -> str:
    """Fill a text in; what it names and `values` lack stays empty."""
    filled: str = _compiled(source).render({**dict.fromkeys(VARIABLES, ""), **values})
    return filled.strip()


def render_sms(source: str, values: Mapping[str, str]) -> str:
    """Fill a text in so that it is one SMS: `text` is cut first, and the whole only then."""
    plain = {name: to_gsm(value) for name, value in values.items()}
    words = plain.get("text", "")
    kept = len(words)
    while True:
        shown = words if kept == len(words) else words[:kept].rstrip() + _ELLIPSIS
        filled = to_gsm(render(source, {**plain, "text": shown}))
        excess = (septets(filled) or 0) - ONE_MESSAGE
        if excess <= 0:
            return filled
        if kept == 0:
            return _cut(filled)
        # A character is at least one septet; for the ellipsis there must be room the first time.
        kept = max(kept - max(excess // 2, 1), 0)


def shorten(words: str, most: int) -> str:
    """Cut words to at most so many characters, with an ellipsis where something is missing."""
    return words if len(words) <= most else f"{words[: most - 1]}…"


def number_line(number: int, words: str, opd_name: str | None) -> str:
    """Return one line of a choice: its number, what it is about, and who works on it."""
    opd = f" ({opd_name})" if opd_name else ""
    return f"{number}. {shorten(' '.join(words.split()), _MOST_CHOICE)}{opd}"


def named_in(source: str) -> frozenset[str]:
    """Return the variables that a text names; raises WordingInvalid."""
    from jinja2 import TemplateError, meta  # noqa: PLC0415 - takes time to load

    try:
        found = frozenset(meta.find_undeclared_variables(_environment().parse(source)))
    except TemplateError as error:
        raise WordingInvalid(str(error)) from None
    unknown = sorted(found - VARIABLES)
    if unknown:
        raise WordingInvalid(f"there is no '{unknown[0]}'; there is {', '.join(sorted(VARIABLES))}")
    try:
        render(source, {})
    except Exception as error:  # noqa: BLE001 - whatever a text does, a citizen must not wait for it
        raise WordingInvalid(str(error)) from None
    return found


def _cut(text: str) -> str:
    while (septets(text) or 0) > ONE_MESSAGE:
        text = text[:-1]
    return text.rstrip()


@lru_cache(maxsize=1)
def _environment() -> Any:
    # Loaded with the first text: a service that sends nothing needs none of it.
    from jinja2 import StrictUndefined  # noqa: PLC0415 - see above
    from jinja2.sandbox import ImmutableSandboxedEnvironment  # noqa: PLC0415 - see above

    # The texts are read in chats, letters and SMS, never as HTML.
    return ImmutableSandboxedEnvironment(undefined=StrictUndefined, autoescape=False)


@lru_cache(maxsize=512)
def _compiled(source: str) -> "Template":
    template: Template = _environment().from_string(source)
    return template
