"""Hides what names a person in free text: NIK and other long numbers, phones, e-mail addresses.

Patterns find what a citizen typed; `known_values` finds what the reporter's own fields say. Names
of third persons inside free text are beyond detection. Rather too much is masked than too little,
and every pattern takes linear time.
"""

import re
import unicodedata
from collections.abc import Collection, Iterable, Iterator
from typing import Final

_Words = tuple[str, ...]

_EMAIL_MARK: Final = "[email]"
_NIK_MARK: Final = "[nik]"
_PHONE_MARK: Final = "[telepon]"
_NAME_MARK: Final = "[nama]"

# The part before the @ is matched once, from its beginning (possessive): no run is read twice. What
# repeats a group at a pattern's end never gives anything back, and need not be possessive: that is
# wrong before Python 3.11.5, where such a group keeps the beginning of a repetition that failed.
_EMAIL: Final = re.compile(r"(?<![\w.+%-])[\w.+%-]++@[\w-]++(?:\.[\w-]++)*")
# All that is written as one number: groups of digits with up to three separators between them.
_NUMBER: Final = re.compile(r"\+?\(?\d++(?:[ .\-/()_\t\u2010-\u2015]{1,3}\+?\(?\d++)*")
_UUID: Final = re.compile(
    r"((?<![\w-])[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}(?![\w-]))"
)
_GROUP: Final = re.compile(r"\d+")
_DATE: Final = re.compile(
    r"(?:\d{1,2}[./-]\d{1,2}[./-](?:19|20)\d\d|(?:19|20)\d\d[./-]\d{1,2}[./-]\d{1,2})(?!\d)"
)
_AMOUNT: Final = re.compile(r"[1-9]\d{0,2}(?:\.\d{3})+")
# A NIK or card number in an officer's answer. Not `_NUMBER`: an answer may list two phone numbers,
# which the citizen is to call.
_SIXTEEN: Final = re.compile(r"\d{16,}+|(?<!\d[ .\-])(?<![\d+])[1-9](?:[ .\-]?\d){15,}")
_NO_NAME: Final = re.compile(r"[\d@]")
_NO_NUMBER: Final = re.compile(r"[^\W\d_]|@")
_LONG_WORD: Final = re.compile(r"\w{4,}")
# Characters without a width could hide a number from the patterns.
_INVISIBLE: Final = re.compile("[\u00ad\u200b\u200e\u200f\u202a-\u202e\u2060-\u2064\ufeff]")

_NIK_DIGITS: Final = 16
_PHONE_DIGITS: Final = 9
_SHORTEST_VALUE: Final = 2
_SHORTEST_NUMBER: Final = 6
_PHONE_END: Final = 8


def mask_identifiers(text: str) -> str:
    """Replace e-mails, 16-digit numbers and phone numbers by a mark in brackets.

    UUIDs stay, however their digits look: logs are full of them, and useless without.
    """
    parts = _UUID.split(_mask_emails(_plain(text)))
    parts[::2] = [_mask_numbers(part, ()) for part in parts[::2]]
    return "".join(parts)


def mask_long_numbers(text: str) -> str:
    """Replace numbers of 16 digits and more: staff's answers travel as written, less these."""
    return _SIXTEEN.sub(_NIK_MARK, text)


def mask_person(text: str, known_values: Iterable[str]) -> str:
    """Mask identifiers and every value of the reporter's own fields, whatever their case.

    A name is masked as a whole and by each of its words of four letters or more, a number however
    it is spaced.
    """
    return PersonMask(known_values).mask(text)


class PersonMask:
    """`mask_person` for several texts of one reporter: the values are taken apart once."""

    def __init__(self, known_values: Iterable[str]) -> None:
        """Take every value of the reporter's own fields."""
        values = {_plain(value) for value in known_values}
        forms = {form for value in values for form in _forms(value)}
        self._forms = [(form, tuple(word.casefold() for word in form)) for form in forms]
        self._numbers = {number for value in values if (number := _digits_to_find(value))}

    def mask(self, text: str) -> str:
        """Return the text without what names its writer."""
        text = _mask_emails(_plain(text))
        folded = text.casefold()
        # Most forms are not in the text, and looking is far cheaper than making a pattern.
        present = [form for form in self._forms if all(map(folded.__contains__, form[1]))]
        if present:
            text = _pattern_of(present).sub(_NAME_MARK, text)
        return self._mask_scattered(_mask_numbers(text, self._numbers))

    def _mask_scattered(self, text: str) -> str:
        """Mask the reporter's own numbers where lines or unusual signs part their digits."""
        digits = "".join(_GROUP.findall(text))
        for number in self._numbers:
            if number in digits:
                mark = _NIK_MARK if len(number) == _NIK_DIGITS else _PHONE_MARK
                text = re.sub(r"[\W_]{0,5}".join(number), mark, text)
        return text


def _plain(text: str) -> str:
    """Write letters, digits and signs in their plain form, without what cannot be seen."""
    if text.isascii():
        return text
    text = unicodedata.normalize("NFKC", _INVISIBLE.sub("", text))
    return re.sub(r"\d", lambda digit: str(unicodedata.decimal(digit[0])), text)


def _mask_emails(text: str) -> str:
    return _EMAIL.sub(_EMAIL_MARK, text) if "@" in text else text


def _forms(value: str) -> Iterator[_Words]:
    """Yield what to look for, as words: the whole value, and the longer words of a name."""
    if len(value.replace(" ", "")) < _SHORTEST_VALUE:
        return
    words = tuple(value.split())
    yield words
    if not _NO_NAME.search(value):
        # As people write it in a hashtag.
        yield ("".join(words),)
        for word in _LONG_WORD.findall(value):
            yield (word,)


def _pattern_of(forms: Iterable[tuple[_Words, _Words]]) -> re.Pattern[str]:
    """One pattern for all forms, the longest first: the whole name before its words."""
    longest_first = sorted(forms, key=lambda form: sum(map(len, form[0])), reverse=True)
    # Folded as well: a few capitals have no small letter of their own (STRASSE for Straße).
    either = "|".join(
        r"\s+".join(map(re.escape, words)) for form in longest_first for words in form
    )
    return re.compile(rf"(?<![^\W_])(?:{either})(?![^\W_])", re.IGNORECASE)


def _digits_to_find(value: str) -> str:
    """Return the digits of a phone number or NIK as every spelling of it has them, or nothing."""
    digits = "".join(_GROUP.findall(value))
    if len(digits) < _SHORTEST_NUMBER or _NO_NUMBER.search(value):
        return ""
    # The end of a phone number is the same with the country's code, with a 0, and without both.
    return digits[-_PHONE_END:] if len(digits) < _NIK_DIGITS else digits


def _mask_numbers(text: str, known: Collection[str]) -> str:
    return _NUMBER.sub(lambda match: _mask_number(match[0], known), text)


def _mask_number(number: str, known: Collection[str]) -> str:
    """Mask one written number from where a person's begins; dates and amounts stay."""
    groups = list(_GROUP.finditer(number))
    digits = "".join(group[0] for group in groups)
    if any(value in digits for value in known):
        return _PHONE_MARK if len(digits) < _NIK_DIGITS else _NIK_MARK
    left = len(digits)
    if left < _PHONE_DIGITS or _AMOUNT.fullmatch(number):
        return number
    skip_until = -1
    for group in groups:
        start = group.start()
        date = _DATE.match(number, start)
        if date:
            skip_until = date.end()
        if start >= skip_until:
            mark = _mark_of(number, group, left)
            if mark:
                return number[:start].rstrip("+(") + mark
        left -= len(group[0])
    return number


def _mark_of(number: str, group: re.Match[str], left: int) -> str | None:
    """Say what begins with this group of digits, when `left` digits follow from here on."""
    if len(group[0]) >= _NIK_DIGITS:
        return _NIK_MARK
    international = number[: group.start()].rstrip("(").endswith("+")
    if international or group[0].startswith(("0", "62", "8")):
        return _PHONE_MARK if left >= _PHONE_DIGITS else None
    return _NIK_MARK if left >= _NIK_DIGITS else None
