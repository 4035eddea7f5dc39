"""What one end writes the other reads; whatever else comes is refused with a reason."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from shared.contracts.envelope import (
    MAX_VALUE_BYTES,
    Envelope,
    UndecodableMessage,
    UnsendableEvent,
    decode,
    encode,
    encode_payload,
)
from shared.contracts.event import Event
from shared.contracts.examples import EXAMPLES, example_envelope
from shared.contracts.intake import ComplaintSubmitted, ComplaintWithdrawn
from shared.contracts.sla import ClockStopped
from shared.contracts.topics import EVENT_CLASSES
from shared.errors import PermanentError
from shared.ids import ComplaintId, new_id
from shared.transport.message import Message, ReceivedMessage
from tests.contracts.event_strategies import envelopes, event_of

Break = Callable[[Message], Message]

# A busy machine is no error of the code.
unhurried = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])


def _message(event_class: type[Event] = ComplaintSubmitted) -> Message:
    return encode(example_envelope(event_class))


def _header(name: str, text: str | None) -> Break:
    def change(message: Message) -> Message:
        headers = {**message.headers, name: text}
        return replace(message, headers={k: v for k, v in headers.items() if v is not None})

    return change


def _field(name: str, value: object) -> Break:
    def change(message: Message) -> Message:
        payload = {**json.loads(message.value), name: value}
        return replace(message, value=json.dumps(payload).encode())

    return change


def _value(value: bytes) -> Break:
    return lambda message: replace(message, value=value)


def _without(name: str) -> Break:
    def change(message: Message) -> Message:
        payload = json.loads(message.value)
        del payload[name]
        return replace(message, value=json.dumps(payload).encode())

    return change


BAD: dict[str, tuple[Break, str]] = {
    "no JSON": (_value(b"selamat pagi"), "no ComplaintSubmitted: payload: Invalid JSON"),
    "empty": (_value(b""), "Invalid JSON"),
    "no UTF-8": (_value(b'{"text": "\xff"}'), "Invalid JSON"),
    "lone surrogate": (_value(b'{"text": "\\ud800"}'), "Invalid JSON"),
    "an array": (_value(b"[]"), "payload: Input should be an object"),
    "deeply nested": (_value(b'{"x":' + b"[" * 100_000), "Invalid JSON"),
    "over-long": (_value(b" " * (MAX_VALUE_BYTES + 1)), f"of at most {MAX_VALUE_BYTES}"),
    "NUL": (_field("text", "a\x00b"), "holds a NUL character"),
    "NUL after a backslash": (_field("text", "a\\\x00b"), "holds a NUL character"),
    "long text": (_field("text", "a" * 32_001), "text: String should have at most 32000"),
    "field missing": (_without("text"), "text: Field required"),
    "number as text": (_field("text", 7), "text: Input should be a valid string"),
    "text as flag": (_field("emergency", "yes"), "emergency: Input should be a valid boolean"),
    "naive time": (_field("submitted_at", "2026-01-05T01:00:00"), "should have timezone info"),
    "epoch as time": (_field("submitted_at", 1_767_574_800), "submitted_at: Input should be"),
    "time out of range": (
        _field("submitted_at", "0001-01-01T00:00:00+07:00"),
        "submitted_at: Value error, the time is outside the calendar",
    ),
    "unknown choice": (_field("classification", "gossip"), "classification: Input should be"),
    "latitude": (_field("location", {"lat": 91}), "location.lat: Input should be less"),
    "NaN": (_value(b'{"location": {"lat": NaN}}'), "ComplaintSubmitted: "),
    "complaint id": (_field("complaint_id", "42"), "complaint_id: String should match"),
    "key of another": (lambda m: replace(m, key=new_id()), "key is not the payload's complaint_id"),
    "no key": (lambda m: replace(m, key=""), "key is not the payload's complaint_id"),
    "no headers": (lambda m: replace(m, headers={}), "header ce_specversion is missing"),
    "specversion": (_header("ce_specversion", "0.3"), "ce_specversion is not valid: '0.3'"),
    "id missing": (_header("ce_id", None), "ce_id is missing"),
    "id": (_header("ce_id", "1; DROP TABLE"), "ce_id is not valid"),
    "id in capitals": (_header("ce_id", new_id().upper()), "ce_id is not valid"),
    "type missing": (_header("ce_type", None), "ce_type is missing"),
    "unknown class": (
        _header("ce_type", "tanggap.intake.ComplaintForgotten.v1"),
        "no event class is known for the type 'tanggap.intake.ComplaintForgotten.v1'",
    ),
    "later version": (
        _header("ce_type", "tanggap.intake.ComplaintSubmitted.v2"),
        "ComplaintSubmitted has version 2, and this code reads version 1 only",
    ),
    "source missing": (_header("ce_source", None), "ce_source is missing"),
    "source empty": (_header("ce_source", ""), "ce_source is not valid"),
    "time": (_header("ce_time", "kemarin"), "ce_time is no RFC 3339 time"),
    "time naive": (_header("ce_time", "2026-01-05T01:00:00"), "ce_time has no zone"),
    "time overflows": (_header("ce_time", "0001-01-01T00:00:00+07:00"), "ce_time is no RFC 3339"),
    "content type": (_header("content-type", "text/xml"), "content-type is not valid"),
    "version missing": (_header("aggregate_version", None), "aggregate_version is missing"),
    "version zero": (_header("aggregate_version", "0"), "aggregate_version is not valid"),
    "version negative": (_header("aggregate_version", "-1"), "aggregate_version is not valid"),
    "version of other digits": (_header("aggregate_version", "\u0661"), "aggregate_version is not"),
    "version beyond 32 bits": (_header("aggregate_version", "2147483648"), "is not valid"),
    "version huge": (_header("aggregate_version", "9" * 5_000), "aggregate_version is not valid"),
    "correlation missing": (_header("correlation_id", None), "correlation_id is missing"),
    "correlation long": (_header("correlation_id", "x" * 257), "correlation_id is not valid"),
    "causation with a line": (_header("causation_id", "a\nb"), "causation_id is not valid"),
    "traceparent": (_header("traceparent", "00-xyz"), "traceparent is not valid"),
}


@pytest.mark.parametrize(("change", "reason"), BAD.values(), ids=BAD.keys())
def test_bad_message_is_refused_with_its_reason(change: Break, reason: str) -> None:
    with pytest.raises(UndecodableMessage) as caught:
        decode(change(_message()))
    assert reason in caught.value.reason
    assert len(caught.value.reason) < 700


def test_refusal_is_permanent_and_quotes_no_payload() -> None:
    words = "nomor saya 0812-0000-0000"
    with pytest.raises(UndecodableMessage) as caught:
        decode(_field("classification", words)(_message()))
    assert isinstance(caught.value, PermanentError)
    assert "0812" not in str(caught.value)
    assert caught.value.__suppress_context__


def test_validation_error_quotes_no_payload() -> None:
    with pytest.raises(ValidationError) as caught:
        ComplaintWithdrawn.model_validate({"complaint_id": "nomor saya 0812-0000-0000"})
    assert "0812" not in str(caught.value)


def test_text_that_only_looks_like_an_escaped_nul_passes() -> None:
    event = ComplaintWithdrawn(
        complaint_id=ComplaintId(new_id()),
        occurred_at=datetime(2026, 1, 5, tzinfo=UTC),
        reason="C:\\u0000 dan \\\\u0000",
    )
    assert decode(encode(_in_envelope(event))).event == event


def test_content_type_may_name_its_charset() -> None:
    decode(_header("content-type", "application/json; charset=UTF-8")(_message()))


def test_received_message_is_read_like_a_sent_one() -> None:
    sent = _message()
    received = ReceivedMessage(sent.topic, sent.key, sent.value, sent.headers, 3, 17)
    assert decode(received) == example_envelope(ComplaintSubmitted)


def test_message_follows_the_kafka_binding_of_cloudevents() -> None:
    message = _message()
    assert message.topic == "intake.complaint.v1"
    assert message.key == json.loads(message.value)["complaint_id"]
    assert message.headers["ce_specversion"] == "1.0"
    assert message.headers["ce_type"] == "tanggap.intake.ComplaintSubmitted.v1"
    assert message.headers["ce_source"] == "/tanggap/intake"
    assert message.headers["ce_time"] == "2026-01-05T01:00:00Z"


def test_times_of_any_zone_are_written_in_utc() -> None:
    payload = {
        "complaint_id": new_id(),
        "occurred_at": "2026-01-05T08:00:00.250000+07:00",
        "reason": "",
    }
    event = ComplaintWithdrawn.model_validate(payload)
    assert json.loads(encode_payload(event))["occurred_at"] == "2026-01-05T01:00:00.250000Z"


def test_absent_fields_are_left_out() -> None:
    event = EXAMPLES[ComplaintSubmitted].model_copy(update={"title": None})
    assert "title" not in json.loads(encode_payload(event))


def test_event_cannot_be_changed() -> None:
    event: Any = EXAMPLES[ComplaintSubmitted]
    with pytest.raises(ValidationError):
        event.text = "lain"


def test_infinite_duration_is_refused() -> None:
    payload = EXAMPLES[ClockStopped].model_dump() | {"elapsed_seconds": float("inf")}
    with pytest.raises(ValidationError):
        ClockStopped.model_validate(payload)


UNSENDABLE: dict[str, Callable[[Envelope], Envelope]] = {
    "NUL": lambda e: replace(e, event=e.event.model_copy(update={"reason": "a\x00"})),
    "over-long": lambda e: replace(
        e, event=e.event.model_copy(update={"reason": "a" * MAX_VALUE_BYTES})
    ),
    "version zero": lambda e: replace(e, aggregate_version=0),
    "correlation": lambda e: replace(e, correlation_id="a\r\nb"),
    "naive time": lambda e: replace(e, time=datetime(2026, 1, 5)),  # noqa: DTZ001 - the point
    "no year": lambda e: replace(e, time=datetime.fromisoformat("0001-01-01T00:00:00+07:00")),
}


@pytest.mark.parametrize("change", UNSENDABLE.values(), ids=UNSENDABLE.keys())
def test_what_nobody_could_read_is_not_written(change: Callable[[Envelope], Envelope]) -> None:
    with pytest.raises(UnsendableEvent):
        encode(change(example_envelope(ComplaintWithdrawn)))


@unhurried
@given(envelopes())
def test_what_is_written_is_read_back_the_same(envelope: Envelope) -> None:
    assert decode(encode(envelope)) == envelope


@pytest.mark.parametrize("event_class", EVENT_CLASSES, ids=lambda cls: cls.__name__)
@settings(unhurried, max_examples=20)
@given(data=st.data())
def test_every_class_survives_the_wire(event_class: type[Event], data: st.DataObject) -> None:
    event = data.draw(event_of(event_class))
    assert decode(encode(_in_envelope(event))).event == event


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


@unhurried
@given(
    event_class=st.sampled_from(EVENT_CLASSES),
    key=st.text(),
    value=st.binary() | json_values.map(json.dumps).map(str.encode),
    keep=st.booleans(),
    headers=st.dictionaries(st.sampled_from(list(_message().headers)) | st.text(), st.text()),
)
def test_garbage_is_refused_and_never_breaks_the_reader(
    event_class: type[Event], key: str, value: bytes, keep: bool, headers: dict[str, str]
) -> None:
    kept = _message(event_class).headers if keep else {}
    with pytest.raises(UndecodableMessage):
        decode(Message("sla.clock.v1", key, value, {**headers, **kept}))


@unhurried
@given(data=st.data(), event_class=st.sampled_from(EVENT_CLASSES), value=json_values)
def test_any_value_in_any_field_is_read_or_refused(
    data: st.DataObject, event_class: type[Event], value: object
) -> None:
    name = data.draw(st.sampled_from(sorted(event_class.model_fields)))
    message = _field(name, value)(_message(event_class))
    try:
        envelope = decode(message)
    except UndecodableMessage:
        return
    assert decode(encode(envelope)) == envelope


def _in_envelope(event: Event) -> Envelope:
    return replace(example_envelope(type(event)), event=event)
