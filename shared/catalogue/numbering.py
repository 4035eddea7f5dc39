"""Writes numbers of a series: `{seq:03}/{opd}/{roman_month}/{year}` becomes 007/DLH/III/2026. Pure.

Which number comes next is the database's business (`services.intake`): it is drawn in the
transaction that uses it, so that none is lost and none comes twice.
"""

import re
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Final

from shared.catalogue.fields import AnyField

ROMAN: Final = ("I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X", "XI", "XII")
_PLACE: Final = re.compile(r"\{([a-z][a-z0-9_]*)(?::0([1-9]))?\}")
KNOWN: Final = frozenset({"seq", "opd", "month", "roman_month", "year"})


class PatternInvalid(ValueError):
    """A pattern cannot be used; the text says why."""


def places_in(pattern: str) -> frozenset[str]:
    """Return the names of the places in a pattern; raises PatternInvalid."""
    rest = _PLACE.sub("", pattern)
    if "{" in rest or "}" in rest:
        raise PatternInvalid("a place is written {name}, or {seq:04} for four digits")
    found = [match[1] for match in _PLACE.finditer(pattern)]
    if found.count("seq") != 1:
        raise PatternInvalid("{seq} must be there, once")
    if "year" not in found:
        raise PatternInvalid("{year} must be there: the numbers begin anew each year")
    if any(match[2] and match[1] != "seq" for match in _PLACE.finditer(pattern)):
        raise PatternInvalid("only {seq} has a number of digits")
    return frozenset(found)


def short_answers(fields: Iterable[AnyField], answers: Mapping[str, object]) -> dict[str, str]:
    """Return the answers of choices as numbers write them: the code of a classification, say."""
    return {
        field.code: option.short or option.value
        for field in fields
        if field.type == "choice"
        for option in field.options
        if option.value == answers.get(field.code)
    }


def write_number(
    pattern: str, seq: int, day: date, opd: str, answers: Mapping[str, object] | None = None
) -> str:
    """Write the number `seq` of a series, drawn on a day in the Pemda's zone."""
    known: dict[str, object] = {
        **(answers or {}),
        "opd": opd,
        "month": f"{day.month:02}",
        "roman_month": ROMAN[day.month - 1],
        "year": day.year,
    }

    def place(match: re.Match[str]) -> str:
        if match[1] == "seq":
            return f"{seq:0{match[2] or 1}}"
        return str(known.get(match[1], "-"))

    return _PLACE.sub(place, pattern)
