"""Decides what happens with the messages of one batch: now, later, or never. Pure; no I/O."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from uuid import NAMESPACE_URL, uuid5

from shared.contracts.envelope import VERSION_PATTERN, Envelope, UndecodableMessage, decode
from shared.contracts.topics import TOPICS, topic_of
from shared.ids import UUID_PATTERN, EventId
from shared.transport.message import ReceivedMessage

#: The publisher and the complaint within which versions count.
Stream = tuple[str, str]


_PUBLISHERS = {topic.name: topic.publisher for topic in TOPICS}
_UUID = re.compile(UUID_PATTERN)
_VERSION = re.compile(VERSION_PATTERN)


@dataclass(frozen=True, slots=True)
class Identity:
    """Which event a message is, and its place in its stream as far as that is known."""

    event_id: str
    publisher: str | None = None
    complaint_id: str | None = None
    version: int | None = None


@dataclass(frozen=True, slots=True)
class Delivery:
    """A message and what it says."""

    message: ReceivedMessage
    envelope: Envelope
    publisher: str

    @property
    def stream(self) -> Stream:
        """The publisher and complaint within which versions count."""
        return (self.publisher, self.envelope.event.complaint_id)

    @property
    def event_id(self) -> EventId:
        """The event's id."""
        return self.envelope.event_id

    @property
    def version(self) -> int:
        """The event's place in its stream, from 1."""
        return self.envelope.aggregate_version

    @property
    def identity(self) -> Identity:
        """What it is kept under where it has to wait."""
        return Identity(self.event_id, *self.stream, self.version)


@dataclass(slots=True)
class Plan:
    """What shall happen with the deliveries of one batch.

    `ready` take effect in this order; `to_park` have to be stored; `expired` are parked already
    and are too late; `versions` are the streams' new ones; `stale` deliveries change nothing.
    """

    ready: list[Delivery] = field(default_factory=list)
    to_park: list[Delivery] = field(default_factory=list)
    expired: list[Delivery] = field(default_factory=list)
    versions: dict[Stream, int] = field(default_factory=dict)
    stale: int = 0


def as_delivery(message: ReceivedMessage) -> Delivery:
    """Decode a message; raises UndecodableMessage."""
    envelope = decode(message)
    topic = topic_of(type(envelope.event))
    if topic.name != message.topic:
        raise UndecodableMessage(f"{type(envelope.event).__name__} belongs on {topic.name}")
    return Delivery(message, envelope, topic.publisher)


def claimed_identity(message: ReceivedMessage) -> Identity:
    """Name an undecodable message: by what it is, so that it is the same one when it comes again.

    Its stream and version are kept as far as its headers say them, so that an operator may pass
    over it.
    """
    digest = sha256(message.value)
    headers = (part for pair in sorted(message.headers.items()) for part in pair)
    for part in (message.topic, message.key, *headers):
        encoded = part.encode(errors="replace")
        digest.update(len(encoded).to_bytes(8, "big") + encoded)
    event_id = EventId(str(uuid5(NAMESPACE_URL, digest.hexdigest())))
    publisher = _PUBLISHERS.get(message.topic)
    version = message.headers.get("aggregate_version", "")
    if publisher is None or not (_UUID.fullmatch(message.key) and _VERSION.fullmatch(version)):
        return Identity(event_id)
    return Identity(event_id, publisher, message.key, int(version))


def make_plan(
    deliveries: Sequence[Delivery],
    waiting: Iterable[Delivery],
    versions: Mapping[Stream, int],
    most: int | None = None,
) -> Plan:
    """Sort what came and what waited, given the versions that took effect so far.

    The streams go in the order of their complaints: effects lock the complaints' rows, and two
    batches that lock the same rows in the same order cannot deadlock. At most `most` are ready.
    """
    plan = Plan()
    streams = _by_stream(plan, deliveries, waiting)
    for stream in sorted(streams, key=lambda stream: (stream[1], stream[0])):
        seen = versions.get(stream, 0)
        for version, (delivery, is_parked) in sorted(streams[stream].items()):
            if version <= seen:
                _drop(plan, delivery, is_parked=is_parked)
            elif version == seen + 1 and (most is None or len(plan.ready) < most):
                plan.ready.append(delivery)
                plan.versions[stream] = seen = version
            elif not is_parked:
                plan.to_park.append(delivery)
    return plan


def _by_stream(
    plan: Plan, deliveries: Sequence[Delivery], waiting: Iterable[Delivery]
) -> dict[Stream, dict[int, tuple[Delivery, bool]]]:
    """Put each version of each stream in its place, with whether it was parked before."""
    streams: dict[Stream, dict[int, tuple[Delivery, bool]]] = {}
    for parked in waiting:
        streams.setdefault(parked.stream, {})[parked.version] = (parked, True)
    for arrived in deliveries:
        # The same event twice, or once more than the one that waits, is one too many.
        of_stream = streams.setdefault(arrived.stream, {})
        if of_stream.setdefault(arrived.version, (arrived, False))[0] is not arrived:
            plan.stale += 1
    return streams


def _drop(plan: Plan, delivery: Delivery, *, is_parked: bool) -> None:
    if is_parked:
        plan.expired.append(delivery)
    else:
        plan.stale += 1
