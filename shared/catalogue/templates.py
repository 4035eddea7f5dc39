"""Fills places such as `{nama}` of a text with what was answered, as a reader expects it. Pure."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from typing import Any, Final

from shared.catalogue.fields import AnyField
from shared.indonesian import write_day, write_number, write_rupiah

_PLACE: Final = re.compile(r"\{([a-z][a-z0-9_]*)\}")
#: What every template may name beside fields, scores and parameters.
GENERAL: Final = frozenset({"code", "title", "opd", "pemda", "stage", "number", "date", "session"})


def places_in(template: str) -> frozenset[str]:
    """Return the names of the places in a template; raises ValueError for a lone brace."""
    rest = _PLACE.sub("", template)
    if "{" in rest or "}" in rest:
        raise ValueError("a place is written {name}")
    return frozenset(match[1] for match in _PLACE.finditer(template))


def fill(template: str, written: Mapping[str, str]) -> str:
    """Fill a template; what nothing is known of becomes a hyphen."""
    return _PLACE.sub(lambda match: written.get(match[1], "-"), template)


def written_answers(fields: Iterable[AnyField], answers: Mapping[str, Any]) -> dict[str, str]:
    """Return each answer as people read it: labels, days, amounts."""
    return {
        field.code: write_answer(field, answers[field.code])
        for field in fields
        if answers.get(field.code) is not None
    }


def write_answer(field: AnyField, answer: Any) -> str:
    """Write one checked answer, or one that an event had."""
    write = _WRITTEN.get(field.type)
    return str(answer) if write is None else write(field, answer)


def _number(field: Any, answer: float) -> str:
    if field.unit == "Rp":
        return write_rupiah(round(answer))
    written = write_number(answer)
    return f"{written} {field.unit}" if field.unit else written


def _date(_field: Any, answer: str) -> str:
    return write_day(date.fromisoformat(answer))


def _choice(field: Any, answer: str) -> str:
    return _labels(field).get(answer, answer)


def _many(field: Any, answer: Sequence[str]) -> str:
    return ", ".join(_choice(field, each) for each in answer)


def _yes_no(_field: Any, answer: bool) -> str:
    return "ya" if answer else "tidak"


def _file(_field: Any, answer: Sequence[str]) -> str:
    return f"{len(answer)} berkas"


def _location(_field: Any, answer: Mapping[str, Any]) -> str:
    place = f"{answer['lat']:.5f}, {answer['lon']:.5f}"
    return f"{answer['address']} ({place})" if answer.get("address") else place


def _group(field: Any, answer: Sequence[Any]) -> str:
    # An event has a text for each row.
    rows = (
        each if isinstance(each, str) else ", ".join(written_answers(field.fields, each).values())
        for each in answer
    )
    return "; ".join(rows)


def _appointment(field: Any, answer: str) -> str:
    return f"{_date(field, answer[:10])} pukul {answer[11:].replace(':', '.')}"


def _labels(field: Any) -> dict[str, str]:
    return {option.value: option.label for option in field.options}


_WRITTEN: Final[Mapping[str, Callable[[Any, Any], str]]] = {
    "number": _number,
    "date": _date,
    "choice": _choice,
    "many": _many,
    "yes_no": _yes_no,
    "file": _file,
    "location": _location,
    "group": _group,
    "appointment": _appointment,
}
