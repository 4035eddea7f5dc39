"""The inbox: one effect per event, in order per complaint, and no event costs another its own."""

import asyncio
import random
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from shared.contracts.event import Event
from shared.contracts.intake import ComplaintWithdrawn
from shared.contracts.sla import ClockPaused
from shared.delivery_plan import as_delivery
from shared.inbox import Handler, Inbox
from tests.support.delivery import (
    Consumer,
    Publisher,
    changed,
    feedback,
    new_complaint,
    paused,
    withdrawn,
)


async def test_second_delivery_changes_nothing(publisher: Publisher, consumer: Consumer) -> None:
    messages = await publisher.publish(*(withdrawn(new_complaint(), str(n)) for n in range(5)))
    await consumer.inbox.handle(messages)
    await consumer.inbox.handle(messages)
    for message in messages:
        await consumer.inbox.handle([message])
    assert sorted(await consumer.effects()) == ["0", "1", "2", "3", "4"]
    assert consumer.outcomes["handled"] == 5
    assert consumer.outcomes["stale"] == 10


async def test_same_message_twice_in_one_batch_takes_effect_once(
    publisher: Publisher, consumer: Consumer
) -> None:
    (message,) = await publisher.publish(withdrawn(new_complaint(), "a"))
    await consumer.inbox.handle([message, message, message])
    assert await consumer.effects() == ["a"]
    assert await consumer.dead() == []


async def test_two_instances_at_once_make_one_effect(
    publisher: Publisher, consumer: Consumer
) -> None:
    messages = await publisher.publish(*(withdrawn(new_complaint(), str(n)) for n in range(20)))
    other = Inbox(consumer.units, consumer.name, consumer.handlers)
    await asyncio.gather(
        consumer.inbox.handle(messages),
        other.handle(messages),
        *(other.handle([message]) for message in messages),
    )
    assert sorted(await consumer.effects(), key=int) == [str(n) for n in range(20)]
    assert await consumer.dead() == []


async def test_consumers_on_one_database_do_not_take_each_others_events(
    publisher: Publisher, consumer: Consumer
) -> None:
    messages = await publisher.publish(withdrawn(new_complaint(), "a"))
    other = Inbox(consumer.units, "another", consumer.handlers)
    await consumer.inbox.handle(messages)
    await other.handle(messages)
    assert await consumer.effects() == ["a", "a"]


async def test_event_of_no_interest_passes_and_those_after_it_follow(
    publisher: Publisher, consumer: Consumer
) -> None:
    complaint = new_complaint()
    messages = await publisher.publish(feedback(complaint, "unheard"), withdrawn(complaint, "b"))
    only: dict[type[Event], Handler] = {ComplaintWithdrawn: consumer.handlers[ComplaintWithdrawn]}
    await Inbox(consumer.units, consumer.name, only).handle(messages)
    assert await consumer.effects() == ["b"]


async def test_gap_is_parked_and_released_in_order(
    publisher: Publisher, consumer: Consumer
) -> None:
    complaint = new_complaint()
    one, two, three, four = await publisher.publish(
        *(withdrawn(complaint, str(number)) for number in range(1, 5))
    )
    await consumer.inbox.handle([three])
    await consumer.inbox.handle([four, two])
    assert await consumer.effects() == []
    assert [row["aggregate_version"] for row in await consumer.parked()] == [2, 3, 4]
    await consumer.inbox.handle([two])
    assert len(await consumer.parked()) == 3
    await consumer.inbox.handle([one])
    assert await consumer.effects() == ["1", "2", "3", "4"]
    assert await consumer.parked() == []


async def test_any_order_with_doubles_ends_alike(publisher: Publisher, consumer: Consumer) -> None:
    complaints = [new_complaint() for _ in range(4)]
    messages = await publisher.publish(
        *(withdrawn(complaint, str(n)) for n in range(1, 9) for complaint in complaints)
    )
    rng = random.Random(7)  # noqa: S311 - an order, not a secret
    shuffled = messages * 2
    rng.shuffle(shuffled)
    for start in range(0, len(shuffled), 5):
        await consumer.inbox.handle(shuffled[start : start + 5])
    for complaint in complaints:
        assert await consumer.effects(complaint) == [str(n) for n in range(1, 9)]
    assert await consumer.parked() == []
    assert await consumer.dead() == []


async def test_versions_count_apart_for_each_publisher(
    publisher: Publisher, consumer: Consumer
) -> None:
    complaint = new_complaint()
    (of_intake,) = await publisher.publish(withdrawn(complaint, "intake"))
    (second,) = await publisher.publish(paused(complaint, "sla"))
    of_sla = changed(second, aggregate_version="1")
    await consumer.inbox.handle([of_sla])
    await consumer.inbox.handle([of_intake])
    assert await consumer.effects() == ["sla", "intake"]


async def test_transient_error_raises_and_nothing_is_lost_or_doubled(
    publisher: Publisher, consumer: Consumer
) -> None:
    failures = 3

    async def flaky(unit: Any, event: Event) -> None:
        nonlocal failures
        await consumer.handlers[ClockPaused](unit, event)
        if failures:
            failures -= 1
            raise ConnectionResetError("the database went away")

    inbox = Inbox(consumer.units, consumer.name, {ComplaintWithdrawn: flaky})
    messages = await publisher.publish(*(withdrawn(new_complaint(), str(n)) for n in range(3)))
    for _ in range(3):
        with pytest.raises(ConnectionResetError):
            await inbox.handle(messages)
        assert await consumer.effects() == []
    await inbox.handle(messages)
    assert sorted(await consumer.effects()) == ["0", "1", "2"]
    assert await consumer.dead() == []


async def test_crash_between_effect_and_offset_changes_nothing(
    publisher: Publisher, consumer: Consumer
) -> None:
    complaint = new_complaint()
    one, two, three = await publisher.publish(
        *(withdrawn(complaint, str(number)) for number in range(1, 4))
    )
    await consumer.inbox.handle([one, two])
    # kill -9 before the offset was committed: a new process is handed the same and more.
    reborn = Consumer(consumer.database)
    await reborn.inbox.handle([one, two, three])
    assert await consumer.effects() == ["1", "2", "3"]


async def test_crash_between_an_effect_and_what_it_releases_is_made_good(
    publisher: Publisher, consumer: Consumer
) -> None:
    complaint = new_complaint()
    one, two, three = await publisher.publish(
        *(withdrawn(complaint, str(number)) for number in range(1, 4))
    )
    await consumer.inbox.handle([three, two])
    # The transaction of the first alone, as a batch that falls back has it, and then kill -9.
    await consumer.inbox._step(as_delivery(one).stream, as_delivery(one))  # noqa: SLF001
    assert await consumer.effects() == ["1"]
    await Consumer(consumer.database).inbox.handle([one])
    assert await consumer.effects() == ["1", "2", "3"]


async def test_batches_that_touch_the_same_rows_in_other_orders_do_not_deadlock(
    publisher: Publisher, consumer: Consumer
) -> None:
    complaints = [new_complaint() for _ in range(12)]
    async with consumer.database.transaction() as connection:
        await connection.execute(
            text("INSERT INTO owner SELECT unnest(CAST(:ids AS text[])), 0"), {"ids": complaints}
        )
    of_intake = await publisher.publish(*(withdrawn(each) for each in complaints))
    of_sla = await publisher.publish(*(paused(each) for each in reversed(complaints)))
    of_sla = [changed(message, aggregate_version="1") for message in of_sla]
    deadlocks = 0

    async def lock_row(unit: Any, event: Event) -> None:
        nonlocal deadlocks
        try:
            await unit.connection.execute(
                text("UPDATE owner SET n = n + 1 WHERE complaint = :id"),
                {"id": event.complaint_id},
            )
        except DBAPIError:
            deadlocks += 1
            raise
        await asyncio.sleep(0.005)

    inbox = Inbox(
        consumer.units, consumer.name, {ComplaintWithdrawn: lock_row, ClockPaused: lock_row}
    )
    await asyncio.gather(inbox.handle(of_intake), inbox.handle(of_sla))
    assert deadlocks == 0
    assert {row["n"] for row in await consumer.rows("SELECT n FROM owner")} == {2}


async def test_inbox_leaves_connections_for_others(
    publisher: Publisher, consumer: Consumer
) -> None:
    inside = most = 0

    async def slow(_unit: Any, _event: Event) -> None:
        nonlocal inside, most
        inside += 1
        most = max(most, inside)
        await asyncio.sleep(0.02)
        inside -= 1

    inbox = Inbox(consumer.units, consumer.name, {ComplaintWithdrawn: slow}, writers=3)
    messages = await publisher.publish(*(withdrawn(new_complaint()) for _ in range(64)))
    await asyncio.gather(*(inbox.handle([message]) for message in messages))
    assert most == 3


async def test_effect_and_its_own_events_commit_together(
    publisher: Publisher, consumer: Consumer
) -> None:
    complaint = new_complaint()

    async def answer(unit: Any, event: Event) -> None:
        unit.publish(paused(event.complaint_id, "answer"))

    inbox = Inbox(consumer.units, consumer.name, {ComplaintWithdrawn: answer})
    messages = await publisher.publish(withdrawn(complaint))
    await inbox.handle(messages)
    await inbox.handle(messages)
    (row,) = await consumer.rows("SELECT * FROM outbox")
    assert row["causation_id"] == messages[0].headers["ce_id"]
    assert row["correlation_id"] == messages[0].headers["correlation_id"]
