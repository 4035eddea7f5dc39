"""I4 and I5: what was published is on the topics and was taken in, in versions without a gap."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Sequence
from datetime import timedelta

from shared.contracts.topics import TOPICS, ServiceName
from tests.chaos.evidence import Delivery, Evidence, Sent
from tests.chaos.verdict import Notes, name_some
from tests.load.log import Record

# Published outbox rows are kept for seven days of the system's clock; a day less leaves room for
# rows that were published while the clock had been set back.
_OUTBOX_KEPT = timedelta(days=6)


def delivered_all(evidence: Evidence, _log: Sequence[Record]) -> Notes:
    """I4: published outbox = topic = each consumer's inbox, dead letters and parked together."""
    notes = Notes()
    for name, delivery in evidence.delivery.items():
        _tables_in_order(name, delivery, notes)
    for topic in TOPICS:
        kept = {
            row.event_id
            for row in evidence.delivery[topic.publisher].outbox
            if row.topic == topic.name and row.published
        }
        sent = kept
        if evidence.wire is not None:
            sent = {message.event_id for message in evidence.wire[topic.name]}
            recent = {
                message.event_id
                for message in evidence.wire[topic.name]
                if message.time > evidence.latest - _OUTBOX_KEPT
            }
            _expect_within(notes, kept, sent, f"published by {topic.publisher}", "on the topic")
            _expect_within(notes, recent, kept, f"on {topic.name}", "in the outbox as published")
        for consumer in topic.consumers:
            taken = evidence.delivery[consumer]
            known = taken.inbox.keys() | taken.dead.keys() | taken.parked.keys()
            _expect_within(notes, sent, known, f"on {topic.name}", f"taken in by {consumer}")
    return notes


def _tables_in_order(name: ServiceName, delivery: Delivery, notes: Notes) -> None:
    waiting = sum(not row.published for row in delivery.outbox)
    notes.expect(waiting == 0, f"{waiting} events wait in the outbox of {name}")
    for table, rows in _claims(delivery):
        doubled = [event_id for event_id, number in rows.items() if number > 1]
        notes.expect(not doubled, f"{table} of {name} has more than once: {name_some(doubled)}")
    # What waits behind a dead letter is held back; with none dead, nothing has a reason to wait.
    stuck = delivery.parked if not delivery.dead else ()
    notes.expect(not stuck, f"parked in {name} for no reason: {name_some(list(stuck))}")


def _claims(delivery: Delivery) -> Iterator[tuple[str, Counter[str]]]:
    yield "inbox", delivery.inbox
    yield "parked", delivery.parked
    yield "dead_letter", delivery.dead


def _expect_within(
    notes: Notes, these: Collection[str], those: Collection[str], one: str, other: str
) -> None:
    missing = set(these) - set(those)
    notes.looked_at += len(these)
    if missing:
        notes.findings.append(
            f"{len(missing)} events are {one} and not {other}: {name_some(missing)}"
        )


def versions_without_gap(evidence: Evidence, _log: Sequence[Record]) -> Notes:
    """I5: per publisher and complaint, versions count 1, 2, 3 … and end where the outbox stands."""
    notes = Notes()
    for name, delivery in evidence.delivery.items():
        ids = _ids_by_version(evidence, name, delivery)
        for complaint_id, last in delivery.versions.items():
            versions = sorted(ids.get(complaint_id, {}))
            # Without the topics, what the outbox has let go since is not known.
            first = 1 if evidence.wire is not None or not versions else versions[0]
            notes.expect(
                versions == list(range(first, last + 1)),
                f"{name} of {complaint_id}: versions {versions} of {last}",
            )
        rows = Counter((row.complaint_id, row.version) for row in delivery.outbox)
        for complaint_id, by_version in ids.items():
            for version, given in by_version.items():
                notes.expect(
                    len(given) == 1 and rows[complaint_id, version] <= 1,
                    f"{name} of {complaint_id}: version {version} was given out more than once",
                )
    return notes


def _ids_by_version(
    evidence: Evidence, name: ServiceName, delivery: Delivery
) -> dict[str, dict[int, set[str]]]:
    """Return the event ids of each version of each complaint, from outbox and topics together."""
    found: dict[str, dict[int, set[str]]] = defaultdict(lambda: defaultdict(set))
    events: list[Sent] = list(delivery.outbox)
    for topic in TOPICS:
        if topic.publisher == name and evidence.wire is not None:
            events += evidence.wire[topic.name]
    for event in events:
        found[event.complaint_id][event.version].add(event.event_id)
    return found
