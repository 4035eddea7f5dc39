"""What outbox and inbox build on: the same behaviour on every bus."""

import asyncio
from os import urandom
from time import monotonic

import pytest

from shared.contracts.envelope import MAX_VALUE_BYTES
from shared.transport.message import Message
from shared.transport.port import Subscription
from tests.conformance.buses import PARTITIONS, Bus, Recorder, numbered
from tests.support.waiting import until

# By trial: neither crc32 nor murmur2 puts these two into one of three partitions.
A_KEY, ANOTHER_KEY = "a", "b"


def is_idle(subscription: Subscription) -> bool:
    """Tell whether nothing is left to handle."""
    health = subscription.health()
    return health.lag == 0 and health.paused == 0


async def test_messages_of_a_key_arrive_in_the_order_they_were_published(bus: Bus) -> None:
    transport = await bus.process()
    recorder = Recorder()
    subscription = await transport.subscribe("group", [bus.topic], recorder)
    keys = [f"key-{number}" for number in range(7)]
    for round_ in range(5):
        await transport.publish(
            [m for n in range(20) for k in keys for m in numbered(bus.topic, k, round_ * 20 + n)]
        )
    await recorder.wait_for(700)
    expected = [str(number).encode() for number in range(100)]
    assert all(recorder.values(key) == expected for key in keys)
    assert len({m.partition for m in recorder.messages}) > 1
    await subscription.stop()


async def test_batch_is_of_one_partition_and_its_offsets_follow_each_other(bus: Bus) -> None:
    transport = await bus.process()
    recorder = Recorder()
    subscription = await transport.subscribe("group", [bus.topic, bus.other_topic], recorder)
    for topic in (bus.topic, bus.other_topic):
        await transport.publish([m for k in "abcdefgh" for m in numbered(topic, k, *range(30))])
    await recorder.wait_for(480)
    for batch in recorder.batches:
        assert len({(m.topic, m.partition) for m in batch}) == 1
        assert [m.offset for m in batch] == list(range(batch[0].offset, batch[-1].offset + 1))
        assert len(batch) <= 200
    await subscription.stop()


async def test_bytes_and_headers_arrive_unchanged(bus: Bus) -> None:
    transport = await bus.process()
    recorder = Recorder()
    subscription = await transport.subscribe("group", [bus.topic], recorder)
    sent = Message(
        bus.topic,
        "kunci-é-😀",
        bytes(range(256)) * 3,
        {"ce_id": "1", "content-type": "application/json", "empty": "", "unicode": "Jalan é 😀"},
    )
    await transport.publish([sent])
    (received,) = await recorder.wait_for(1)
    assert (received.topic, received.key, received.value) == (sent.topic, sent.key, sent.value)
    assert dict(received.headers) == dict(sent.headers)
    await subscription.stop()


async def test_largest_messages_of_the_contract_get_through_among_small_ones(bus: Bus) -> None:
    transport = await bus.process()
    recorder = Recorder()
    subscription = await transport.subscribe("group", [bus.topic], recorder)
    # What does not compress, so that it is as long on the wire.
    large = [Message(bus.topic, "a", urandom(MAX_VALUE_BYTES), {"n": "x"}) for _ in range(3)]
    small = numbered(bus.topic, "a", *range(10))
    await transport.publish([*small[:5], *large, *small[5:]])
    await recorder.wait_for(13)
    assert recorder.values() == [m.value for m in [*small[:5], *large, *small[5:]]]
    await subscription.stop()


async def test_every_group_gets_every_message(bus: Bus) -> None:
    transport = await bus.process()
    recorders = [Recorder() for _ in range(3)]
    subscriptions = [
        await transport.subscribe(f"group-{number}", [bus.topic], recorder)
        for number, recorder in enumerate(recorders)
    ]
    await transport.publish(numbered(bus.topic, "a", 1, 2) + numbered(bus.topic, "b", 3))
    for recorder in recorders:
        await recorder.wait_for(3)
        assert sorted(recorder.values()) == [b"1", b"2", b"3"]
    for subscription in subscriptions:
        await subscription.stop()


async def test_new_group_begins_with_the_first_message(bus: Bus) -> None:
    transport = await bus.process()
    await transport.publish(numbered(bus.topic, "a", 1, 2))
    recorder = Recorder()
    subscription = await transport.subscribe("late", [bus.topic], recorder)
    await recorder.wait_for(2)
    assert recorder.values() == [b"1", b"2"]
    await subscription.stop()


async def test_group_reads_only_the_topics_that_it_asked_for(bus: Bus) -> None:
    transport = await bus.process()
    recorder = Recorder()
    subscription = await transport.subscribe("group", [bus.other_topic], recorder)
    await transport.publish(numbered(bus.topic, "a", 1) + numbered(bus.other_topic, "a", 2))
    await recorder.wait_for(1)
    assert recorder.values() == [b"2"]
    await subscription.stop()


async def test_group_goes_on_where_it_stopped_after_a_restart(bus: Bus) -> None:
    transport = await bus.process()
    before = Recorder()
    subscription = await transport.subscribe("group", [bus.topic], before)
    await transport.publish(numbered(bus.topic, "a", 1, 2, 3))
    await before.wait_for(3)
    await subscription.stop()
    await transport.publish(numbered(bus.topic, "a", 4))

    transport = await bus.process()
    after = Recorder()
    subscription = await transport.subscribe("group", [bus.topic], after)
    await transport.publish(numbered(bus.topic, "a", 5))
    await after.wait_for(2)
    assert before.values() == [b"1", b"2", b"3"]
    assert after.values() == [b"4", b"5"]
    await subscription.stop()


async def test_failed_batch_comes_again_until_it_is_handled(bus: Bus) -> None:
    transport = await bus.process()
    recorder = Recorder()
    recorder.refusals["a"] = 3
    began = monotonic()
    subscription = await transport.subscribe("group", [bus.topic], recorder)
    await transport.publish(numbered(bus.topic, "a", 1, 2))
    await recorder.wait_for(2)
    assert recorder.values() == [b"1", b"2"]
    assert [batch[0].value for batch in recorder.refused] == [b"1", b"1", b"1"]
    # Three pauses of at least half of 0.1, 0.2 and 0.4 s lie between.
    assert monotonic() - began > 0.35
    await until(lambda: is_idle(subscription))
    assert subscription.health().alive
    await subscription.stop()


async def test_other_partitions_flow_while_one_fails(bus: Bus) -> None:
    failing, healthy = A_KEY, ANOTHER_KEY
    transport = await bus.process()
    recorder = Recorder()
    recorder.refusals[failing] = 1_000
    subscription = await transport.subscribe("group", [bus.topic], recorder)
    await transport.publish(
        numbered(bus.topic, failing, 1) + numbered(bus.topic, healthy, *range(10))
    )
    await recorder.wait_for(10)
    await until(lambda: recorder.refused and subscription.health().paused)
    await transport.publish(numbered(bus.topic, healthy, 10))
    await recorder.wait_for(11)
    assert recorder.values(failing) == []
    # The offset of what was taken in last is committed a moment after it.
    await until(lambda: subscription.health().lag == 1)
    health = subscription.health()
    assert (health.paused, health.alive) == (1, True)
    recorder.refusals[failing] = 0
    await recorder.wait_for(12)
    assert recorder.values(failing) == [b"1"]
    await until(lambda: is_idle(subscription))
    await subscription.stop()


async def test_slow_handler_of_one_partition_does_not_hold_up_the_others(bus: Bus) -> None:
    slow, quick = A_KEY, ANOTHER_KEY
    transport = await bus.process()
    recorder = Recorder()
    recorder.held_key, recorder.hold = slow, asyncio.Event()
    subscription = await transport.subscribe("group", [bus.topic], recorder)
    await transport.publish(numbered(bus.topic, slow, 1))
    for number in range(5):
        await transport.publish(numbered(bus.topic, quick, number))
        await recorder.wait_for(number + 1)
    assert recorder.values(slow) == []
    recorder.hold.set()
    await recorder.wait_for(6)
    await subscription.stop()


async def test_stop_lets_the_batch_in_hand_end_and_leaves_the_rest(bus: Bus) -> None:
    transport = await bus.process()
    recorder = Recorder()
    recorder.held_key, recorder.hold = "a", asyncio.Event()
    subscription = await transport.subscribe("group", [bus.topic], recorder)
    await transport.publish(numbered(bus.topic, "a", 1))
    await until(lambda: recorder.holding)
    await transport.publish(numbered(bus.topic, "a", 2))
    stopping = asyncio.create_task(subscription.stop())
    await asyncio.sleep(0.3)
    assert not stopping.done()
    recorder.hold.set()
    await asyncio.wait_for(stopping, 30)
    assert recorder.values() == [b"1"]

    again = Recorder()
    transport = await bus.process()
    subscription = await transport.subscribe("group", [bus.topic], again)
    await again.wait_for(1)
    assert again.values() == [b"2"]
    await subscription.stop()


async def test_stop_does_not_wait_for_a_batch_that_keeps_failing(bus: Bus) -> None:
    transport = await bus.process()
    recorder = Recorder()
    recorder.refusals["a"] = 1_000
    subscription = await transport.subscribe("group", [bus.topic], recorder)
    await transport.publish(numbered(bus.topic, "a", 1))
    await until(lambda: len(recorder.refused) >= 4)
    # The batch would fail for many minutes more.
    async with asyncio.timeout(30):
        await subscription.stop()

    again = Recorder()
    transport = await bus.process()
    subscription = await transport.subscribe("group", [bus.topic], again)
    await again.wait_for(1)
    assert again.values() == [b"1"]
    await subscription.stop()


async def test_publishing_raises_soon_while_the_bus_is_away(bus: Bus) -> None:
    transport = bus.unreachable()
    for _ in range(2):
        async with asyncio.timeout(30):
            with pytest.raises(Exception, match=r"."):
                await transport.publish(numbered(bus.topic, "a", 1))
    await transport.stop()


async def test_publishing_nothing_is_nothing(bus: Bus) -> None:
    transport = await bus.process()
    await transport.publish([])


async def test_garbage_reaches_the_handler_and_the_subscription_lives_on(bus: Bus) -> None:
    transport = await bus.process()
    recorder = Recorder()
    subscription = await transport.subscribe("group", [bus.topic], recorder)
    garbage: list[tuple[bytes | None, bytes | None, list[tuple[str, bytes]]]] = [
        (None, b"", []),
        (b"tombstone", None, []),
        (b"\xff\xfe\x00", b"\xff\xfe not UTF-8 \x00", [("ce_id", b"\xc3\x28")]),
        (b"", b"", [("ce_type", b""), ("ce_type", b"twice")]),
        (b"key", b"{" * 100_000, [("aggregate_version", b"-1")]),
    ]
    for key, value, headers in garbage:
        await bus.put_raw(key, value, headers)
    await recorder.wait_for(len(garbage))
    assert max(recorder.values(), key=len) == b"{" * 100_000
    assert b"\xff\xfe not UTF-8 \x00" in recorder.values()
    await transport.publish(numbered(bus.topic, "a", 1))
    await recorder.wait_for(len(garbage) + 1)
    assert recorder.values("a") == [b"1"]
    assert subscription.health().alive
    await subscription.stop()


async def test_publishers_at_once_lose_nothing(bus: Bus) -> None:
    transport = await bus.process()
    recorder = Recorder()
    subscription = await transport.subscribe("group", [bus.topic], recorder)
    await asyncio.gather(
        *(transport.publish(numbered(bus.topic, f"key-{n}", *range(10))) for n in range(20))
    )
    await recorder.wait_for(200)
    ten = [str(number).encode() for number in range(10)]
    assert all(recorder.values(f"key-{n}") == ten for n in range(20))
    assert {m.partition for m in recorder.messages} <= set(range(PARTITIONS))
    await subscription.stop()
