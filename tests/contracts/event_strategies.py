"""Hypothesis strategies that build any event, field by field, from the class's own types."""

import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta, timezone
from types import NoneType, UnionType
from typing import Annotated, Any, Final, Literal, NewType, Union, get_args, get_origin

from hypothesis import strategies as st
from pydantic import AwareDatetime, BaseModel
from pydantic.fields import FieldInfo

from shared.contracts.envelope import Envelope, source_of
from shared.contracts.event import Event
from shared.contracts.topics import EVENT_CLASSES
from shared.ids import UUID_PATTERN, EventId

UUIDS: Final = st.uuids().map(str)
# No NUL, which the wire refuses.
_CHARACTERS: Final = st.characters(codec="utf-8", exclude_characters="\x00")
_ZONES: Final = st.sampled_from([UTC, timezone(timedelta(hours=7)), timezone(timedelta(hours=-9))])
TIMES: Final = st.datetimes(
    min_value=datetime.fromisoformat("1970-01-02"),
    max_value=datetime.fromisoformat("9000-01-01"),
    timezones=_ZONES,
)
_PRINTABLE: Final = st.from_regex(re.compile(r"[\x20-\x7e]{1,40}"), fullmatch=True)


def events() -> st.SearchStrategy[Event]:
    """Any event of any class."""
    return st.sampled_from(EVENT_CLASSES).flatmap(event_of)


def event_of(event_class: type[Event]) -> st.SearchStrategy[Event]:
    """Any event of one class."""
    return _model(event_class)


def envelopes() -> st.SearchStrategy[Envelope]:
    """Any event in any envelope that may be sent."""
    return events().flatmap(
        lambda event: st.builds(
            Envelope,
            event_id=UUIDS.map(EventId),
            event=st.just(event),
            aggregate_version=st.integers(1, 10**9 - 1),
            source=st.just(source_of(type(event))),
            time=TIMES,
            correlation_id=_PRINTABLE,
            causation_id=st.none() | _PRINTABLE,
            traceparent=st.none() | st.just(f"00-{'a' * 32}-{'b' * 16}-01"),
        )
    )


def _model(model: type[BaseModel]) -> st.SearchStrategy[Any]:
    required: dict[str, st.SearchStrategy[Any]] = {}
    optional: dict[str, st.SearchStrategy[Any]] = {}
    for name, field in model.model_fields.items():
        group = required if field.is_required() else optional
        group[name] = _typed(field.annotation, field.metadata)
    return st.fixed_dictionaries(required, optional=optional).map(lambda given: model(**given))


def _typed(annotation: Any, metadata: Iterable[Any] = ()) -> st.SearchStrategy[Any]:
    """Any value of a field's type, within the limits that the metadata set."""
    if isinstance(annotation, NewType):
        return _typed(annotation.__supertype__, metadata)
    if get_origin(annotation) is not None:
        return _generic(get_origin(annotation), get_args(annotation))
    if annotation is AwareDatetime:
        return TIMES
    if annotation is NoneType:
        return st.none()
    if issubclass(annotation, BaseModel):
        return _model(annotation)
    return _scalar(annotation, _limits(metadata))


def _generic(origin: Any, arguments: tuple[Any, ...]) -> st.SearchStrategy[Any]:
    if origin is Annotated:
        return _typed(arguments[0], arguments[1:])
    if origin is Literal:
        return st.sampled_from(arguments)
    if origin is tuple:
        return st.lists(_typed(arguments[0]), max_size=3).map(tuple)
    if origin is dict:
        return st.dictionaries(_typed(arguments[0]), _typed(arguments[1]), max_size=3)
    if origin in {Union, UnionType}:
        return st.one_of([_typed(argument) for argument in arguments])
    raise NotImplementedError(f"no strategy for {origin}")


def _scalar(kind: type, limits: dict[str, Any]) -> st.SearchStrategy[Any]:
    if kind is bool:
        return st.booleans()
    if kind is int:
        return st.integers(limits.get("ge"), limits.get("le"))
    if kind is float:
        return st.floats(limits.get("ge"), limits.get("le"), allow_nan=False, allow_infinity=False)
    if kind is str and limits.get("pattern") == UUID_PATTERN:
        return UUIDS
    if kind is str and "pattern" not in limits:
        longest = min(limits.get("max_length", 40), 40)
        return st.text(_CHARACTERS, min_size=limits.get("min_length", 0), max_size=longest)
    raise NotImplementedError(f"no strategy for {kind} within {limits}")


def _limits(metadata: Iterable[Any]) -> dict[str, Any]:
    limits: dict[str, Any] = {}
    for item in metadata:
        if isinstance(item, FieldInfo):
            limits |= _limits(item.metadata)
        for name in ("ge", "le", "min_length", "max_length", "pattern"):
            value = getattr(item, name, None)
            if value is not None:
                limits[name] = value
    return limits
