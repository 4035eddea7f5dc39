"""What leads a buyer elsewhere: links, addresses and numbers have no place in a product's words.

A number is shown where its trader agreed to it, and nowhere else; so nobody is led past what is
looked at, and no erased number stays behind in a text.
"""

import re
import unicodedata
from typing import Final, Literal

Elsewhere = Literal["link", "email", "phone", "handle"]

_LINK: Final = re.compile(
    r"(?:https?|ftp)\s*:|www\s*\.|\bwa\s*\.\s*me\b|\bt\s*\.\s*me\b|\bbit\s*\.\s*ly\b"
    r"|[\w-]{2,}\s?\.\s?(?:com|net|org|id|co|me|ly|info|biz|shop|store|site|online|xyz|link|app|gl)"
    r"(?![a-z])",
    re.IGNORECASE,
)
_EMAIL: Final = re.compile(r"[^\s@]+\s?@\s?[\w-]+\s?\.\s?\w")
_HANDLE: Final = re.compile(r"(?<![\w])@[\w.]{3,}")
# Digits with at most two signs between them: no weight, size or price is so long.
_DIGITS: Final = re.compile(r"\+?\d(?:[ .\-()/]{0,2}\d){8,}")
_RANGE: Final = re.compile(r"\d{1,3}(?:\.\d{3})+\s?-\s?\d{1,3}(?:\.\d{3})+")
_RUPIAH: Final = re.compile(r"\d{1,3}(?:\.\d{3})+(?!\d)")


def leads_elsewhere(text: str) -> Elsewhere | None:
    """Return what kind of address a text holds, or None.

    Full-width letters and the like are read as what they look like.
    """
    plain = unicodedata.normalize("NFKC", text)
    if _EMAIL.search(plain):
        return "email"
    if _LINK.search(plain):
        return "link"
    if _HANDLE.search(plain):
        return "handle"
    if any(_is_phone(match[0]) for match in _DIGITS.finditer(plain)):
        return "phone"
    return None


def _is_phone(digits: str) -> bool:
    """Tell whether this is a number to call, and no sum or range of sums."""
    written = digits.strip()
    return not (_RUPIAH.fullmatch(written) or _RANGE.fullmatch(written))
