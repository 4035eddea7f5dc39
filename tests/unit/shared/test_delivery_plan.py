"""What becomes of a batch: every delivery has one fate, and streams advance without a gap."""

from datetime import UTC, datetime
from uuid import NAMESPACE_URL, uuid5

from hypothesis import given
from hypothesis import strategies as st

from shared.contracts.envelope import Envelope, encode
from shared.contracts.event import Event
from shared.contracts.intake import ComplaintWithdrawn
from shared.contracts.sla import ClockPaused
from shared.delivery_plan import Delivery, as_delivery, claimed_identity, make_plan
from shared.ids import ClockId, ComplaintId, EventId
from shared.transport.message import ReceivedMessage

NOW = datetime(2026, 3, 9, tzinfo=UTC)
COMPLAINTS = [ComplaintId(str(uuid5(NAMESPACE_URL, f"complaint {n}"))) for n in range(3)]


def delivery(publisher: str, complaint: ComplaintId, version: int) -> Delivery:
    event: Event
    if publisher == "intake":
        event = ComplaintWithdrawn(complaint_id=complaint, occurred_at=NOW, reason="x")
    else:
        event = ClockPaused(
            complaint_id=complaint, occurred_at=NOW, clock_id=ClockId("c"), reason="x"
        )
    event_id = EventId(str(uuid5(NAMESPACE_URL, f"{publisher} {complaint} {version}")))
    message = encode(Envelope(event_id, event, version, f"/tanggap/{publisher}", NOW, "story"))
    return as_delivery(
        ReceivedMessage(message.topic, message.key, message.value, message.headers, 0, 0)
    )


DELIVERIES = st.builds(
    delivery, st.sampled_from(["intake", "sla"]), st.sampled_from(COMPLAINTS), st.integers(1, 8)
)
STREAMS = st.tuples(
    st.sampled_from(["intake", "sla"]), st.sampled_from([str(c) for c in COMPLAINTS])
)


@given(
    arrived=st.lists(DELIVERIES, max_size=20),
    parked=st.lists(DELIVERIES, max_size=8, unique_by=lambda each: each.event_id),
    versions=st.dictionaries(STREAMS, st.integers(0, 6)),
)
def test_streams_advance_without_a_gap_and_each_delivery_has_one_fate(
    arrived: list[Delivery],
    parked: list[Delivery],
    versions: dict[tuple[str, str], int],
) -> None:
    plan = make_plan(arrived, parked, versions)
    seen = dict(versions)
    for ready in plan.ready:
        assert ready.version == seen.get(ready.stream, 0) + 1
        seen[ready.stream] = ready.version
    assert plan.versions == {stream: seen[stream] for stream in {d.stream for d in plan.ready}}
    waiting = {d.event_id for d in plan.to_park} | {d.event_id for d in parked}
    for late in plan.to_park:
        assert late.version > seen.get(late.stream, 0) + 1
    # Nothing that could take effect is left waiting.
    for each in [*arrived, *parked]:
        if each.event_id in waiting and each.version == seen.get(each.stream, 0) + 1:
            raise AssertionError("left behind")
    new = {d.event_id for d in plan.ready} - {d.event_id for d in parked}
    assert len(arrived) == len(new) + len(plan.to_park) + plan.stale
    assert all(d.version <= versions.get(d.stream, 0) for d in plan.expired)
    assert {d.event_id for d in plan.expired} <= {d.event_id for d in parked}


@given(arrived=st.lists(DELIVERIES, max_size=12), parked=st.lists(DELIVERIES, max_size=4))
def test_one_at_a_time_takes_the_first_and_keeps_the_rest(
    arrived: list[Delivery], parked: list[Delivery]
) -> None:
    plan = make_plan(arrived, parked, {}, most=1)
    assert len(plan.ready) <= 1
    kept = {d.event_id for d in [*plan.ready, *plan.to_park, *parked]}
    assert {d.event_id for d in arrived} <= kept


@given(st.permutations([delivery("intake", c, v) for c in COMPLAINTS for v in (1, 2, 3)]))
def test_complaints_are_always_locked_in_the_same_order(arrived: list[Delivery]) -> None:
    plan = make_plan(arrived, [], {})
    keys = [(d.envelope.event.complaint_id, d.version) for d in plan.ready]
    assert keys == sorted(keys)


TEXT_MAPS = st.dictionaries(st.text(max_size=8), st.text(max_size=8), max_size=4)


@given(st.text(max_size=12), st.binary(max_size=20), TEXT_MAPS, st.integers(0, 5))
def test_garbage_is_the_same_garbage_wherever_it_lies(
    key: str, value: bytes, headers: dict[str, str], offset: int
) -> None:
    here = ReceivedMessage("intake.complaint.v1", key, value, headers, 0, 0)
    there = ReceivedMessage("intake.complaint.v1", key, value, headers, 3, offset)
    assert claimed_identity(here).event_id == claimed_identity(there).event_id
    other = ReceivedMessage("intake.complaint.v1", key, value + b"!", headers, 0, 0)
    assert claimed_identity(here).event_id != claimed_identity(other).event_id
