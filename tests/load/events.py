"""Invented events of the sizes that really travel, each complaint with several versions."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import count, islice

from shared.contracts.envelope import Envelope, encode, source_of
from shared.contracts.event import Event
from shared.contracts.examples import EXAMPLES
from shared.contracts.intake import CitizenMessageReceived, ComplaintSubmitted
from shared.ids import ComplaintId, EventId, new_id
from shared.transport.message import Message

TOPIC = "intake.complaint.v1"
#: Apart, so that what the relay sends is not what the inbox reads.
RELAY_TOPIC = "bench.relay.v1"
#: Complaints whose events are interleaved: each one's second event comes this much later.
INTERLEAVED = 500
_CLASSES: tuple[type[Event], ...] = (ComplaintSubmitted, CitizenMessageReceived)
_START = datetime(2026, 3, 9, 2, 0, tzinfo=UTC)


def make_messages(number: int) -> list[Message]:
    """Return so many messages of new complaints: one submitted, then one message to each."""
    return list(islice(_messages(), number))


def _messages() -> Iterator[Message]:
    for block in count():
        complaints = [ComplaintId(new_id()) for _ in range(INTERLEAVED)]
        at = _START + timedelta(seconds=block)
        for version, event_class in enumerate(_CLASSES, 1):
            for complaint in complaints:
                yield _message(event_class, complaint, version, at)


def _message(
    event_class: type[Event], complaint: ComplaintId, version: int, at: datetime
) -> Message:
    example = EXAMPLES[event_class]
    return encode(
        Envelope(
            event_id=EventId(new_id()),
            event=example.model_copy(update={"complaint_id": complaint, "occurred_at": at}),
            aggregate_version=version,
            source=source_of(event_class),
            time=at,
            correlation_id=new_id(),
        )
    )
