"""What an operator may do with dead letters."""

import pytest
import structlog.testing
from sqlalchemy import text

from shared.replay import (
    EarlierEventWaits,
    NoSuchDeadLetter,
    list_dead,
    list_parked,
    replay_dead,
    skip_dead,
)
from shared.transport.message import ReceivedMessage
from tests.support.delivery import Consumer, Publisher, new_complaint, withdrawn


async def bury(publisher: Publisher, consumer: Consumer) -> tuple[str, list[str]]:
    """Have version 2 of 4 fail; return the complaint and the ids of its events."""
    complaint = new_complaint()
    consumer.poison = {"2"}
    messages = await publisher.publish(*(withdrawn(complaint, str(n)) for n in range(1, 5)))
    await consumer.inbox.handle(messages)
    return complaint, [message.headers["ce_id"] for message in messages]


async def test_lists_what_is_dead_and_what_waits(publisher: Publisher, consumer: Consumer) -> None:
    complaint, ids = await bury(publisher, consumer)
    (letter,) = await list_dead(consumer.units, consumer.name)
    assert letter.event_id == ids[1]
    assert letter.stream == ("intake", complaint)
    assert letter.version == 2
    assert "cannot handle 2" in letter.reason
    waiting = await list_parked(consumer.units, consumer.name)
    assert [held.version for held in waiting] == [3, 4]
    assert await list_dead(consumer.units, "somebody else") == []


async def test_replay_after_the_fault_is_mended_releases_what_waited(
    publisher: Publisher, consumer: Consumer
) -> None:
    _, ids = await bury(publisher, consumer)
    consumer.poison = set()
    replayed = await replay_dead(consumer.units, consumer.name, consumer.handlers)
    assert replayed.settled == (ids[1],)
    assert await consumer.effects() == ["1", "2", "3", "4"]
    assert await consumer.dead() == []
    assert await consumer.parked() == []
    claimed = await consumer.rows("SELECT event_id FROM inbox")
    assert sorted(str(row["event_id"]) for row in claimed) == sorted(ids)


async def test_replay_before_the_fault_is_mended_leaves_all_as_it_was(
    publisher: Publisher, consumer: Consumer
) -> None:
    _, ids = await bury(publisher, consumer)
    replayed = await replay_dead(consumer.units, consumer.name, consumer.handlers, ids[1])
    assert replayed.settled == ()
    assert replayed.still_dead == (ids[1],)
    assert await consumer.effects() == ["1"]
    assert len(await consumer.parked()) == 2


async def test_replay_of_one_leaves_the_others(publisher: Publisher, consumer: Consumer) -> None:
    consumer.poison = {"a", "b"}
    messages = await publisher.publish(
        withdrawn(new_complaint(), "a"), withdrawn(new_complaint(), "b")
    )
    await consumer.inbox.handle(messages)
    consumer.poison = set()
    chosen = messages[1].headers["ce_id"]
    await replay_dead(consumer.units, consumer.name, consumer.handlers, chosen)
    assert await consumer.effects() == ["b"]
    assert len(await consumer.dead()) == 1


async def test_replaying_what_is_not_dead_says_so(consumer: Consumer) -> None:
    with pytest.raises(NoSuchDeadLetter):
        await replay_dead(consumer.units, consumer.name, consumer.handlers, new_complaint())


async def test_skip_passes_over_the_letter_and_releases_what_waited(
    publisher: Publisher, consumer: Consumer
) -> None:
    complaint, ids = await bury(publisher, consumer)
    with structlog.testing.capture_logs() as lines:
        await skip_dead(
            consumer.units, consumer.name, consumer.handlers, ids[1], by="admin-1", why="rusak"
        )
    assert await consumer.effects() == ["1", "3", "4"]
    assert await consumer.dead() == []
    assert await consumer.parked() == []
    (said,) = [line for line in lines if line["event"] == "dead_letter_skipped"]
    assert said["by"] == "admin-1"
    assert said["why"] == "rusak"
    assert said["event_id"] == ids[1]
    assert said["complaint_id"] == complaint


async def test_skipped_event_that_comes_again_has_no_effect(
    publisher: Publisher, consumer: Consumer
) -> None:
    complaint = new_complaint()
    consumer.poison = {"1"}
    messages = await publisher.publish(withdrawn(complaint, "1"))
    await consumer.inbox.handle(messages)
    event_id = messages[0].headers["ce_id"]
    await skip_dead(
        consumer.units, consumer.name, consumer.handlers, event_id, by="admin-1", why="rusak"
    )
    consumer.poison = set()
    await consumer.inbox.handle(messages)
    assert await consumer.effects() == []
    assert await consumer.dead() == []


async def test_skip_is_refused_while_an_earlier_event_waits(
    publisher: Publisher, consumer: Consumer
) -> None:
    complaint = new_complaint()
    consumer.poison = {"1", "2"}
    one, two = await publisher.publish(withdrawn(complaint, "1"), withdrawn(complaint, "2"))
    await consumer.inbox.handle([one, two])
    await skip_dead(
        consumer.units, consumer.name, consumer.handlers, one.headers["ce_id"], by="a", why="b"
    )
    assert [row["aggregate_version"] for row in await consumer.dead()] == [2]
    (three, four) = await publisher.publish(withdrawn(complaint, "3"), withdrawn(complaint, "4"))
    unreadable = ReceivedMessage(
        four.topic, four.key, b"{}", dict(four.headers), four.partition, four.offset
    )
    await consumer.inbox.handle([three, unreadable])
    letters = {row["aggregate_version"]: str(row["event_id"]) for row in await consumer.dead()}
    assert set(letters) == {2, 4}
    with pytest.raises(EarlierEventWaits, match="version 2"):
        await skip_dead(
            consumer.units, consumer.name, consumer.handlers, letters[4], by="a", why="b"
        )
    for version in (2, 4):
        await skip_dead(
            consumer.units, consumer.name, consumer.handlers, letters[version], by="a", why="b"
        )
    assert await consumer.effects() == ["3"]
    assert await consumer.dead() == []


async def test_undecodable_letter_can_be_thrown_away(consumer: Consumer) -> None:
    garbage = ReceivedMessage("intake.complaint.v1", "?", b"\xff", {}, 0, 0)
    await consumer.inbox.handle([garbage])
    (letter,) = await list_dead(consumer.units, consumer.name)
    assert letter.stream is None
    replayed = await replay_dead(consumer.units, consumer.name, consumer.handlers)
    assert replayed.still_dead == (letter.event_id,)
    await skip_dead(
        consumer.units, consumer.name, consumer.handlers, letter.event_id, by="a", why="b"
    )
    assert await consumer.dead() == []


async def test_replay_of_a_letter_behind_another_parks_it(
    publisher: Publisher, consumer: Consumer
) -> None:
    complaint = new_complaint()
    consumer.poison = {"1"}
    one, two = await publisher.publish(withdrawn(complaint, "1"), withdrawn(complaint, "2"))
    unreadable = ReceivedMessage(two.topic, two.key, b"{}", dict(two.headers), 0, 1)
    await consumer.inbox.handle([one, unreadable])
    async with consumer.database.transaction() as connection:
        # Newer code, which can read the second one, comes into service.
        await connection.execute(
            text("UPDATE dead_letter SET value = :value WHERE aggregate_version = 2"),
            {"value": two.value},
        )
    replayed = await replay_dead(consumer.units, consumer.name, consumer.handlers)
    assert len(replayed.settled) == 1
    assert [row["aggregate_version"] for row in await consumer.dead()] == [1]
    assert [row["aggregate_version"] for row in await consumer.parked()] == [2]
    consumer.poison = set()
    await replay_dead(consumer.units, consumer.name, consumer.handlers)
    assert await consumer.effects() == ["1", "2"]
