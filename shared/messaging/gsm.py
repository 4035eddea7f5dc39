"""The alphabet of SMS (3GPP TS 23.038): what a text costs in septets, and how it is divided."""

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

#: What one SMS holds, in septets; in UCS-2 characters it is 70.
ONE_MESSAGE: Final = 160
_ONE_UNICODE: Final = 70
# With the header that joins the parts.
_PART: Final = 153
_PART_UNICODE: Final = 67
_MOST_PARTS: Final = 10

_BASIC: Final = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
# Each of these is written as an escape and a character.
_EXTENDED: Final = frozenset("^{}\\[~]|€\f")
_PLAINER: Final = str.maketrans(
    {
        "\u2018": "'",
        "\u2019": "'",
        "\u201c": '"',
        "\u201d": '"',
        "\u2010": "-",
        "\u2011": "-",
        "\u2013": "-",
        "\u2014": "-",
        "\u2022": "-",
        "\u2026": "...",
        "\u00a0": " ",
        "\t": " ",
        "`": "'",
    }
)


@dataclass(frozen=True, slots=True)
class Part:
    """One SMS of a text: the text, and the user data header in hex where there are several."""

    text: str
    header: str | None


def septets(text: str) -> int | None:
    """Return how many septets a text takes; None where the alphabet cannot write it."""
    total = 0
    for character in text:
        if character in _BASIC:
            total += 1
        elif character in _EXTENDED:
            total += 2
        else:
            return None
    return total


def to_gsm(text: str) -> str:
    """Write a text in the alphabet: plain quotes and dashes, no accents, no pictures."""
    return "".join(filter(None, map(_write, text.translate(_PLAINER)))).strip()


def fits_one(text: str) -> bool:
    """Tell whether a text is one SMS in the GSM alphabet."""
    size = septets(text)
    return size is not None and size <= ONE_MESSAGE


def divide(text: str, reference: int) -> list[Part]:
    """Divide a text into at most ten SMS; `reference`, 0 to 255, joins those of one text.

    What is longer is cut.
    """
    unicode = septets(text) is None
    whole, size = (_ONE_UNICODE, _PART_UNICODE) if unicode else (ONE_MESSAGE, _PART)
    if sum(_cost(character, unicode) for character in text) <= whole:
        return [Part(text, None)]
    texts = list(_chunks(text, size, unicode))[:_MOST_PARTS]
    return [
        Part(each, f"050003{reference % 256:02X}{len(texts):02X}{number:02X}")
        for number, each in enumerate(texts, 1)
    ]


def _write(character: str) -> str:
    if character in _BASIC or character in _EXTENDED:
        return character
    return "".join(
        each for each in unicodedata.normalize("NFKD", character) if each in _BASIC | _EXTENDED
    )


def _chunks(text: str, size: int, unicode: bool) -> Iterator[str]:
    start, used = 0, 0
    for place, character in enumerate(text):
        cost = _cost(character, unicode)
        if used + cost > size:
            yield text[start:place]
            start, used = place, 0
        used += cost
    yield text[start:]


def _cost(character: str, unicode: bool) -> int:
    if unicode:
        # What lies outside the basic plane takes a pair of surrogates.
        return 2 if ord(character) > 0xFFFF else 1
    return 2 if character in _EXTENDED else 1
