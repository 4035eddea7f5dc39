"""How an event travels: the Kafka binding of CloudEvents 1.0 in binary mode.

Headers say what the event is, the value is the payload as JSON, the key is the complaint's id.
What one end would refuse to read, the other refuses to write.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from pydantic import ValidationError

from shared.contracts.event import Event
from shared.contracts.topics import class_of, event_type, topic_of
from shared.errors import PermanentError
from shared.ids import UUID_PATTERN, EventId
from shared.transport.message import Message

#: Kafka's own default limit is 1 MiB for a whole batch.
MAX_VALUE_BYTES: Final = 512 * 1024
MAX_HEADER_CHARS: Final = 256

_UUID: Final = re.compile(UUID_PATTERN)
#: Fits 32 bits, as it is stored; no signs or leading zeros, so that a version has one form.
VERSION_PATTERN: Final = r"^[1-9][0-9]{0,8}$"
_VERSION: Final = re.compile(VERSION_PATTERN)
_TYPE: Final = re.compile(r"tanggap\.[a-z]+\.([A-Za-z]+)\.v([1-9][0-9]{0,5})")
_TRACEPARENT: Final = re.compile(r"[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}")
# An odd number of backslashes: an even one is text that happens to read so.
_NUL: Final = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")
_PRINTABLE: Final = re.compile(rf"[\x20-\x7e]{{1,{MAX_HEADER_CHARS}}}")


class UndecodableMessage(PermanentError):
    """A message that this code cannot read, however often it is tried; `reason` says why.

    The reason quotes no part of the payload, so that it may be logged.
    """

    def __init__(self, reason: str) -> None:
        """Say in one sentence what is wrong with the message."""
        super().__init__(reason)
        self.reason = reason


class UnsendableEvent(ValueError):
    """An event that no consumer could read; refused before it is stored."""


@dataclass(frozen=True, slots=True)
class Envelope:
    """An event with what is known about it.

    `aggregate_version` counts from 1 per publisher and complaint. `correlation_id` names the story
    that the event belongs to, `causation_id` the event that caused it.
    """

    event_id: EventId
    event: Event
    aggregate_version: int
    source: str
    time: datetime
    correlation_id: str
    causation_id: str | None = None
    traceparent: str | None = None


def source_of(event_class: type[Event]) -> str:
    """Return the CloudEvents source, `/tanggap/<publisher>`; KeyError if in no topic."""
    return f"/tanggap/{topic_of(event_class).publisher}"


def encode_payload(event: Event) -> str:
    """Write an event's payload as JSON, absent fields left out.

    Raises UnsendableEvent where `decode` would refuse it: over-long, or with a NUL character.
    """
    payload = event.model_dump_json(exclude_none=True)
    try:
        _check_value(payload.encode())
    except UndecodableMessage as error:
        raise UnsendableEvent(error.reason) from error
    return payload


def write_headers(
    *,
    event_id: str,
    type_name: str,
    source: str,
    time: datetime,
    correlation_id: str,
    aggregate_version: int,
    causation_id: str | None = None,
    traceparent: str | None = None,
) -> dict[str, str]:
    """Return the headers of a message, unchecked; `type_name` is the CloudEvents type.

    For those who keep the parts of an event apart, as the outbox does. Raises UnsendableEvent for
    a time without a zone.
    """
    headers = {
        "ce_specversion": "1.0",
        "ce_id": event_id,
        "ce_type": type_name,
        "ce_source": source,
        "ce_time": _write_time(time),
        "content-type": "application/json",
        "correlation_id": correlation_id,
        "aggregate_version": str(aggregate_version),
    }
    if causation_id is not None:
        headers["causation_id"] = causation_id
    if traceparent is not None:
        headers["traceparent"] = traceparent
    return headers


def encode(envelope: Envelope) -> Message:
    """Write an envelope as a message for its class's topic.

    Raises UnsendableEvent where `decode` would refuse the message, KeyError for a class without a
    topic.
    """
    event = envelope.event
    headers = write_headers(
        event_id=envelope.event_id,
        type_name=event_type(type(event)),
        source=envelope.source,
        time=envelope.time,
        correlation_id=envelope.correlation_id,
        aggregate_version=envelope.aggregate_version,
        causation_id=envelope.causation_id,
        traceparent=envelope.traceparent,
    )
    try:
        _check_headers(headers)
    except UndecodableMessage as error:
        raise UnsendableEvent(error.reason) from error
    value = encode_payload(event).encode()
    return Message(topic_of(type(event)).name, event.complaint_id, value, headers)


def decode(message: Message) -> Envelope:
    """Read a message; raises UndecodableMessage, and nothing else, for whatever is wrong with it.

    Fields and headers that are not known are ignored.
    """
    headers = message.headers
    _check_headers(headers)
    event_class = _find_class(headers["ce_type"])
    _check_value(message.value)
    event = _read_payload(event_class, message.value)
    if message.key != event.complaint_id:
        raise UndecodableMessage("the message's key is not the payload's complaint_id")
    return Envelope(
        event_id=EventId(headers["ce_id"]),
        event=event,
        aggregate_version=int(headers["aggregate_version"]),
        source=headers["ce_source"],
        time=_read_time(headers["ce_time"]),
        correlation_id=headers["correlation_id"],
        causation_id=headers.get("causation_id"),
        traceparent=headers.get("traceparent"),
    )


# What a header must look like in full; those marked False may be absent.
_HEADERS: Final[tuple[tuple[str, re.Pattern[str], bool], ...]] = (
    ("ce_specversion", re.compile(r"1\.0"), True),
    ("ce_id", _UUID, True),
    ("ce_type", _PRINTABLE, True),
    ("ce_source", _PRINTABLE, True),
    ("ce_time", _PRINTABLE, True),
    ("content-type", re.compile(r"application/json(; ?charset=utf-8)?", re.IGNORECASE), True),
    ("aggregate_version", _VERSION, True),
    ("correlation_id", _PRINTABLE, True),
    ("causation_id", _PRINTABLE, False),
    ("traceparent", _TRACEPARENT, False),
)


def _check_headers(headers: Mapping[str, str]) -> None:
    for name, pattern, required in _HEADERS:
        text = headers.get(name)
        if text is None:
            if required:
                raise UndecodableMessage(f"the header {name} is missing")
        elif pattern.fullmatch(text) is None:
            raise UndecodableMessage(f"the header {name} is not valid: {text[:60]!r}")


def _find_class(name: str) -> type[Event]:
    event_class = class_of(name)
    if event_class is not None:
        return event_class
    match = _TYPE.fullmatch(name)
    if match and class_of(f"{name.rpartition('.')[0]}.v1") is not None:
        raise UndecodableMessage(
            f"{match[1]} has version {match[2]}, and this code reads version 1 only"
        )
    raise UndecodableMessage(f"no event class is known for the type {name[:100]!r}")


def _check_value(value: bytes) -> None:
    if len(value) > MAX_VALUE_BYTES:
        raise UndecodableMessage(f"the payload has {len(value)} bytes of at most {MAX_VALUE_BYTES}")
    # Postgres stores no NUL in text. The first search is cheap and nearly always the only one.
    if b"\\u0000" in value and _NUL.search(value):
        raise UndecodableMessage("the payload holds a NUL character")


def _read_payload(event_class: type[Event], value: bytes) -> Event:
    try:
        return event_class.model_validate_json(value, strict=True)
    except ValidationError as error:
        details = error.errors(include_url=False, include_context=False, include_input=False)
        said = "; ".join(
            f"{'.'.join(str(step) for step in item['loc'][:3]) or 'payload'}: {item['msg']}"
            for item in details[:3]
        )
        raise UndecodableMessage(
            f"the payload is no {event_class.__name__}: {said[:500]}"
        ) from None


def _write_time(time: datetime) -> str:
    if time.tzinfo is None:
        raise UnsendableEvent("the time has no zone")
    try:
        return time.astimezone(UTC).isoformat().replace("+00:00", "Z")
    except OverflowError as error:
        raise UnsendableEvent("the time is outside the calendar") from error


def _read_time(text: str) -> datetime:
    try:
        time = datetime.fromisoformat(text)
        if time.tzinfo is None:
            raise UndecodableMessage("the header ce_time has no zone")
        return time.astimezone(UTC)
    except (ValueError, OverflowError):
        raise UndecodableMessage("the header ce_time is no RFC 3339 time") from None
