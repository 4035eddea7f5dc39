"""Hides what names a person in free text: NIK and other long numbers, phones, e-mail addresses.

Patterns find what a citizen typed; `known_values` finds what the reporter's own fields say. Names
of third persons inside free text are beyond detection.
"""

import re
from collections.abc import Iterable

_EMAIL = re.compile(r"[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63})+")
# 16 digits (NIK, family card, bank card), however they are spaced.
_SIXTEEN = re.compile(r"(?<!\d)\d(?:[ .\-]?\d){15,18}(?!\d)")
# 08…, 62…, +62… with 8 to 13 further digits, and land lines (0xx) with a separator or none.
_PHONE = re.compile(r"(?<![\d.,])(?:\+?62|0)[ .\-]?\(?\d{2,3}\)?(?:[ .\-]?\d{2,4}){2,4}(?!\d)")


def mask_identifiers(text: str) -> str:
    """Replace e-mails, 16-digit numbers and phone numbers by a mark in brackets."""
    text = _EMAIL.sub("[email]", text)
    text = _SIXTEEN.sub("[nik]", text)
    return _PHONE.sub("[telepon]", text)


def mask_long_numbers(text: str) -> str:
    """Replace 16-digit numbers alone: staff's answers travel as written, less these."""
    return _SIXTEEN.sub("[nik]", text)


def mask_person(text: str, known_values: Iterable[str]) -> str:
    """Mask identifiers and every value of the reporter's own fields, whatever their case.

    A name is masked as a whole and by each of its words of four letters or more.
    """
    # Longest first: the whole name before its words, so that no part is left standing.
    for value in sorted(_forms(known_values), key=len, reverse=True):
        text = re.sub(rf"(?<!\w){re.escape(value)}(?!\w)", "[nama]", text, flags=re.IGNORECASE)
    return mask_identifiers(text)


def _forms(values: Iterable[str]) -> set[str]:
    forms: set[str] = set()
    for value in values:
        whole = value.strip()
        if len(whole) < 3:
            continue
        forms.add(whole)
        if not any(c.isdigit() or c == "@" for c in whole):
            forms.update(word for word in whole.split() if len(word) >= 4)
    return forms
