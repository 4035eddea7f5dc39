"""Renders the texts of the profile, in a sandbox, and fits them into one SMS where need be."""

from collections.abc import Mapping
from typing import Final

from shared.messaging.gsm import ONE_MESSAGE, septets, to_gsm
from shared.messaging.wording import WordingInvalid, fill, names_in

__all__ = ["VARIABLES", "WordingInvalid", "named_in", "render", "render_sms"]

#: What a text may name; `text` is what an officer wrote, `sentence` where a complaint stands.
VARIABLES: Final = frozenset({"code", "link", "opd", "opd_code", "pemda", "sentence", "text"})
_ELLIPSIS: Final = "..."
_MOST_CHOICE: Final = 80


def render(source: str, values: Mapping[str, str]) -> str:
    """Fill a text in; what it names and `values` lack stays empty."""
    return fill(source, values, VARIABLES)


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
    return names_in(source, VARIABLES)


def _cut(text: str) -> str:
    while (septets(text) or 0) > ONE_MESSAGE:
        text = text[:-1]
    return text.rstrip()
