"""Tracking codes: ten characters that a citizen can read out, the last one a check character."""

from collections.abc import Callable
from typing import Final

#: Digits and capitals of which none looks or sounds like another. Their number is a prime, on which
#: the check rests.
ALPHABET: Final = "23456789ACDEHJKMNPRTWXY"
LENGTH: Final = 10

#: Returns a random integer from 0 up to, but without, the given one; `secrets.randbelow`.
RandomBelow = Callable[[int], int]

_PRIME: Final = len(ALPHABET)
_VALUES: Final = {character: value for value, character in enumerate(ALPHABET)}
_CODES: Final = _PRIME ** (LENGTH - 1)
_IGNORED: Final = str.maketrans("", "", " -\t\n\r.\u00a0\u2010\u2011\u2012\u2013")


def draw_code(random_below: RandomBelow) -> str:
    """Draw one of 1.8 million million codes; that it is new is for the database to say."""
    number = random_below(_CODES)
    values = []
    for _ in range(LENGTH - 1):
        number, value = divmod(number, _PRIME)
        values.append(value)
    return "".join(ALPHABET[value] for value in [*values, _check_value(values)])


def read_code(written: str) -> str | None:
    """Return the code as it is stored, whatever its case, spaces and dashes; None if mistyped.

    The weights differ from one place to the next and none is zero modulo the prime, so that every
    single wrong character and every swap of neighbours is found (as in ISBN-10).
    """
    if len(written) > 4 * LENGTH:
        return None
    code = written.translate(_IGNORED).upper()
    if len(code) != LENGTH or any(character not in _VALUES for character in code):
        return None
    values = [_VALUES[character] for character in code]
    return code if values[-1] == _check_value(values[:-1]) else None


def _check_value(values: list[int]) -> int:
    weighted = sum((LENGTH - place) * value for place, value in enumerate(values))
    return -weighted % _PRIME
