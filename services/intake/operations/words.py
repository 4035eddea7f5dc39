"""What is published of a complaint's words."""

from collections.abc import Iterable, Mapping
from typing import Final

from shared.masking import PersonMask

_NUL: Final = "\0"
# What the contract allows; masks may be longer than what they hide.
_MOST_MASKED: Final = {"title": 500, "text": 32_000, "address": 500}


def mask_words(words: Mapping[str, str | None], known: Iterable[str]) -> dict[str, str | None]:
    """Mask title, text and address in one pass, less identifiers and the known values.

    NUL parts them, which no form can hold and no pattern spans.
    """
    joined = _NUL.join(value or "" for value in words.values())
    masked = PersonMask(known).mask(joined).split(_NUL)
    return {
        field: value[: _MOST_MASKED[field]] or None
        for field, value in zip(words, masked, strict=True)
    }
