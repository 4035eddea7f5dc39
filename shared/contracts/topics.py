"""The table of topics: who publishes which events where, who reads them, for how long they stay.

Topic creation, subscriptions, the wire format and the AsyncAPI document are all made from it.
"""

from dataclasses import dataclass
from typing import Final, Literal, get_args

from shared.contracts.event import Event
from shared.contracts.intake import (
    CitizenMessageReceived,
    ComplaintAmended,
    ComplaintImported,
    ComplaintSubmitted,
    ComplaintWithdrawn,
    EvidenceAdded,
    FeedbackGiven,
    ReporterJoined,
)
from shared.contracts.routing import (
    CaseAssigned,
    CaseClosed,
    CaseMerged,
    CaseReferred,
    CaseRejected,
    CaseReopened,
    CaseResolved,
    CaseReturned,
    CaseSplit,
    CaseTriaged,
    CaseUnmerged,
    ContributionDone,
    ContributionRequested,
    InformationReceived,
    InformationRequested,
    ReferralAnswered,
    ResponseGiven,
    StageEntered,
)
from shared.contracts.sla import (
    CaseEscalated,
    ClockPaused,
    ClockRescheduled,
    ClockResumed,
    ClockStarted,
    ClockStopped,
    DeadlineMissed,
    DeadlineNear,
)

ServiceName = Literal["intake", "routing", "sla", "survey", "marketplace"]
SERVICES: Final[tuple[ServiceName, ...]] = get_args(ServiceName)

CONTRACT_VERSION: Final = 1


@dataclass(frozen=True, slots=True)
class Topic:
    """One topic. `key` is the payload's field that orders its messages."""

    name: str
    classes: tuple[type[Event], ...]
    publisher: ServiceName
    consumers: tuple[ServiceName, ...]
    key: str = "complaint_id"
    partitions: int = 6
    # Longer than the 7 days that published outbox rows are kept; inbox rows outlive it in turn.
    retention_days: int = 14


TOPICS: Final[tuple[Topic, ...]] = (
    Topic(
        name="intake.complaint.v1",
        classes=(
            ComplaintSubmitted,
            ComplaintAmended,
            CitizenMessageReceived,
            ComplaintWithdrawn,
            FeedbackGiven,
            ReporterJoined,
            EvidenceAdded,
        ),
        publisher="intake",
        consumers=("routing", "sla"),
    ),
    Topic(
        # Apart from the live topic, so that no citizen waits behind an import of old complaints.
        name="intake.archive.v1",
        classes=(ComplaintImported,),
        publisher="intake",
        consumers=("routing",),
    ),
    Topic(
        name="routing.case.v1",
        classes=(
            CaseTriaged,
            CaseAssigned,
            CaseReturned,
            ContributionRequested,
            ContributionDone,
            ResponseGiven,
            InformationRequested,
            InformationReceived,
            CaseReferred,
            ReferralAnswered,
            CaseResolved,
            CaseRejected,
            CaseReopened,
            CaseMerged,
            CaseUnmerged,
            CaseSplit,
            CaseClosed,
            StageEntered,
        ),
        publisher="routing",
        consumers=("intake", "sla"),
    ),
    Topic(
        name="sla.clock.v1",
        classes=(
            ClockStarted,
            ClockResumed,
            ClockRescheduled,
            ClockPaused,
            DeadlineNear,
            DeadlineMissed,
            ClockStopped,
            CaseEscalated,
        ),
        publisher="sla",
        consumers=("intake", "routing"),
    ),
)

_TOPIC_OF: Final = {cls: topic for topic in TOPICS for cls in topic.classes}
_TYPE_OF: Final = {
    cls: f"tanggap.{topic.publisher}.{cls.__name__}.v{CONTRACT_VERSION}"
    for cls, topic in _TOPIC_OF.items()
}
_CLASS_OF: Final = {name: cls for cls, name in _TYPE_OF.items()}

EVENT_CLASSES: Final[tuple[type[Event], ...]] = tuple(_TOPIC_OF)


def topic_of(event_class: type[Event]) -> Topic:
    """Return the topic on which events of this class travel; KeyError if it has none."""
    return _TOPIC_OF[event_class]


def event_type(event_class: type[Event]) -> str:
    """Return the CloudEvents type, `tanggap.<publisher>.<Class>.v1`; KeyError if in no topic."""
    return _TYPE_OF[event_class]


def class_of(event_type: str) -> type[Event] | None:
    """Return the event class of a CloudEvents type, or None if this code knows no such class."""
    return _CLASS_OF.get(event_type)


def topics_consumed_by(service: ServiceName) -> tuple[Topic, ...]:
    """Return the topics that a service subscribes to, in the table's order; may be empty."""
    return tuple(topic for topic in TOPICS if service in topic.consumers)
