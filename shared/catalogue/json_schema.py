"""A form as a JSON Schema (2020-12), for front ends that draw it. Pure.

What JSON Schema cannot say is in keywords of its own: `x-when` (the condition under which a field
is asked), `x-personal`, `x-identity`, `x-unit`, `x-lines`, `x-accept`, `x-past`, `x-future`,
`x-not-before`, `x-order`. A field with `x-when` is never among `required`; `x-required` says that
it must be answered where it is asked.
"""

from collections.abc import Sequence
from typing import Any

from shared.catalogue.answers import MOST_ADDRESS, MOST_NUMBER
from shared.catalogue.definition import Form, all_fields
from shared.catalogue.fields import AnyField, identity_of

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def form_schema(form: Form, title: str) -> dict[str, Any]:
    """Return the JSON Schema of what may be filled in."""
    return {"$schema": DIALECT, "title": title, **_object(list(all_fields(form)))}


def _object(fields: Sequence[AnyField]) -> dict[str, Any]:
    schema: dict[str, Any] = {
        "type": "object",
        "properties": {
            field.code: {**_property(field), "x-order": order}
            for order, field in enumerate(fields, start=1)
        },
        "additionalProperties": False,
    }
    required = [field.code for field in fields if field.required and field.when is None]
    return {**schema, "required": required} if required else schema


def _property(field: AnyField) -> dict[str, Any]:
    schema: dict[str, Any] = {"title": field.label, **_TYPES[field.type](field)}
    if field.help:
        schema["description"] = field.help
    if field.when is not None:
        schema["x-when"] = field.when
        schema["x-required"] = field.required
    if field.is_personal:
        schema["x-personal"] = True
    identity = identity_of(field)
    if identity is not None:
        schema["x-identity"] = identity
    return schema


def _text(field: Any) -> dict[str, Any]:
    schema: dict[str, Any] = {
        "type": "string",
        "minLength": field.min_length,
        "maxLength": field.max_length,
    }
    if field.identity == "email":
        schema["format"] = "email"
    if field.pattern is not None:
        schema["pattern"] = f"^(?:{field.pattern})$"
    if field.lines > 1:
        schema["x-lines"] = field.lines
    return schema


def _number(field: Any) -> dict[str, Any]:
    schema: dict[str, Any] = {
        "type": "integer" if field.whole else "number",
        "minimum": -MOST_NUMBER if field.min is None else field.min,
        "maximum": MOST_NUMBER if field.max is None else field.max,
    }
    if field.unit is not None:
        schema["x-unit"] = field.unit
    return schema


def _date(field: Any) -> dict[str, Any]:
    schema: dict[str, Any] = {"type": "string", "format": "date"}
    for name in ("past", "future"):
        if getattr(field, name):
            schema[f"x-{name}"] = True
    if field.not_before is not None:
        schema["x-not-before"] = field.not_before.isoformat()
    return schema


def _options(field: Any) -> list[dict[str, str]]:
    return [{"const": option.value, "title": option.label} for option in field.options]


def _choice(field: Any) -> dict[str, Any]:
    return {"type": "string", "oneOf": _options(field)}


def _many(field: Any) -> dict[str, Any]:
    return {
        "type": "array",
        "items": {"type": "string", "oneOf": _options(field)},
        "uniqueItems": True,
        "minItems": _fewest(field),
        "maxItems": field.max,
    }


def _fewest(field: Any) -> int:
    """Return how many there must be: of what is required, one at least."""
    return max(field.min, 1) if field.required else int(field.min)


def _yes_no(field: Any) -> dict[str, Any]:
    return {"type": "boolean", "const": True} if field.must_be_yes else {"type": "boolean"}


def _file(field: Any) -> dict[str, Any]:
    return {
        "type": "array",
        "items": {"type": "string", "pattern": "^[A-Za-z0-9_.:-]{8,200}$"},
        "uniqueItems": True,
        "minItems": _fewest(field),
        "maxItems": field.max,
        "x-file": True,
        "x-accept": list(field.accept),
    }


def _location(_field: Any) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": {
            "lat": {"type": "number", "minimum": -90, "maximum": 90},
            "lon": {"type": "number", "minimum": -180, "maximum": 180},
            "address": {"type": "string", "maxLength": MOST_ADDRESS},
        },
        "required": ["lat", "lon"],
        "additionalProperties": False,
    }


def _nik(_field: Any) -> dict[str, Any]:
    return {"type": "string", "pattern": r"^[ .\-]*(?:[0-9][ .\-]*){16}$"}


def _phone(_field: Any) -> dict[str, Any]:
    return {"type": "string", "minLength": 3, "maxLength": 40, "format": "phone"}


def _appointment(_field: Any) -> dict[str, Any]:
    return {"type": "string", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}$"}


def _group(field: Any) -> dict[str, Any]:
    return {
        "type": "array",
        "items": _object(field.fields),
        "minItems": _fewest(field),
        "maxItems": field.max,
    }


_TYPES = {
    "text": _text,
    "number": _number,
    "date": _date,
    "choice": _choice,
    "many": _many,
    "yes_no": _yes_no,
    "file": _file,
    "location": _location,
    "nik": _nik,
    "phone": _phone,
    "appointment": _appointment,
    "group": _group,
}
