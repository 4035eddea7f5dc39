"""One example of every event class, all of them invented, for one street light and its kin.

They illustrate the AsyncAPI document, and the golden files of the tests are written from them, so
each example fills every field that its class has.
"""

from typing import Final
from uuid import NAMESPACE_URL, uuid5

from shared.contracts.envelope import Envelope, source_of
from shared.contracts.event import Event
from shared.contracts.example_events.intake import INTAKE
from shared.contracts.example_events.routing import ROUTING
from shared.contracts.example_events.sla import SLA
from shared.contracts.topics import event_type
from shared.ids import EventId

EXAMPLES: Final[dict[type[Event], Event]] = {
    type(event): event for event in (*INTAKE, *ROUTING, *SLA)
}


def example_envelope(event_class: type[Event]) -> Envelope:
    """Return the class's example in an envelope that is the same every time."""
    event = EXAMPLES[event_class]
    return Envelope(
        event_id=EventId(str(uuid5(NAMESPACE_URL, event_type(event_class)))),
        event=event,
        aggregate_version=1,
        source=source_of(event_class),
        time=event.occurred_at,
        correlation_id="019b76da-a800-7000-8000-00000000f001",
        causation_id="019b76da-a800-7000-8000-00000000f002",
        traceparent="00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
    )
