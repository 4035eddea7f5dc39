"""Open311's attributes as answers of a service's form: each type written as one text. Pure.

What cannot be read stays as it was written, so that the form's own check says what is wrong.
"""

import json
import math
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from shared.catalogue.fields import AnyField

Attributes = Mapping[str, Sequence[str]]

#: By which attribute the OPD is chosen where several offer a service.
OPD: Final = "opd"
YES, NO = "ya", "tidak"
_YES: Final = frozenset({YES, "true", "1", "yes"})
_NO: Final = frozenset({NO, "false", "0", "no"})
_NUMBER: Final = re.compile(r"-?[0-9]{1,15}(\.[0-9]{1,15})?")
#: How types are written that Open311 has no datatype for.
HOW_WRITTEN: Final[Mapping[str, str]] = {
    "file": "Token unggahan dari /intake/v1/attachments; beberapa dengan koma di antaranya.",
    "location": "lintang,bujur atau lintang,bujur,alamat; misalnya -7.62874,111.53067.",
    "group": "Daftar objek JSON, misalnya [{...}]; isian tiap objek: ",
    "date": "Tanggal seperti 2026-03-09.",
    "appointment": "Kode sesi seperti 2026-03-13T09:00.",
    "nik": "16 angka.",
    "phone": "Nomor telepon, misalnya 081234567890.",
}


def answers_of(
    fields: Sequence[AnyField], attributes: Attributes, standard: Mapping[str, Any]
) -> dict[str, Any]:
    """Return the answers that attributes give, those to unknown fields too.

    `standard` are what Open311's own parameters say of name, phone, email and place; they count
    where the field that asks for them was not answered.
    """
    known = {field.code: field for field in fields}
    answers: dict[str, Any] = {}
    for code, values in attributes.items():
        given = [value.strip() for value in values if value.strip()]
        if given:
            field = known.get(code)
            answers[code] = given[-1] if field is None else _READ[field.type](given)
    place_is_open = standard.get("place") is not None
    for field in fields:
        if field.code in answers:
            continue
        identity = getattr(field, "identity", None)
        if identity is not None and standard.get(identity):
            answers[field.code] = standard[identity]
        elif field.type == "location" and place_is_open:
            answers[field.code], place_is_open = standard["place"], False
    return answers


def _text(given: Sequence[str]) -> Any:
    return given[-1]


def _number(given: Sequence[str]) -> Any:
    written = given[-1]
    if not _NUMBER.fullmatch(written):
        return written
    return float(written) if "." in written else int(written)


def _date(given: Sequence[str]) -> Any:
    # A datetime of the standard; the day is what counts.
    return given[-1][:10] if "T" in given[-1] else given[-1]


def _several(given: Sequence[str]) -> Any:
    return [part.strip() for value in given for part in value.split(",") if part.strip()]


def _yes_no(given: Sequence[str]) -> Any:
    written = given[-1].lower()
    return True if written in _YES else False if written in _NO else given[-1]


def _location(given: Sequence[str]) -> Any:
    lat, lon, address = (part.strip() for part in (given[-1] + ",,").split(",", 2))
    try:
        place: dict[str, Any] = {"lat": float(lat), "lon": float(lon)}
    except ValueError:
        return given[-1]
    if not all(map(math.isfinite, place.values())):
        return given[-1]
    address = address.strip(", ")
    return {**place, "address": address} if address else place


def _group(given: Sequence[str]) -> Any:
    try:
        return json.loads(given[-1])
    except (ValueError, RecursionError):
        return given[-1]


_READ: Final[Mapping[str, Callable[[Sequence[str]], Any]]] = {
    "text": _text,
    "number": _number,
    "date": _date,
    "choice": _text,
    "many": _several,
    "yes_no": _yes_no,
    "file": _several,
    "location": _location,
    "nik": _text,
    "phone": _text,
    "appointment": _text,
    "group": _group,
}
