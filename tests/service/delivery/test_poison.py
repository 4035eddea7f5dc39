"""What fails for good, or cannot be read: one dead letter, and everybody else flows."""

import dataclasses
from typing import Any

from sqlalchemy import text

from shared.contracts.event import Event
from shared.contracts.intake import ComplaintWithdrawn
from shared.inbox import Inbox
from shared.transport.message import ReceivedMessage
from tests.support.delivery import Consumer, Publisher, changed, new_complaint, withdrawn


async def test_poison_becomes_a_dead_letter_and_everybody_else_flows(
    publisher: Publisher, consumer: Consumer
) -> None:
    bad, good = new_complaint(), new_complaint()
    consumer.poison = {"bad 2"}
    messages = await publisher.publish(
        withdrawn(bad, "bad 1"),
        withdrawn(good, "good 1"),
        withdrawn(bad, "bad 2"),
        withdrawn(good, "good 2"),
        withdrawn(bad, "bad 3"),
        withdrawn(good, "good 3"),
    )
    await consumer.inbox.handle(messages)
    assert await consumer.effects(good) == ["good 1", "good 2", "good 3"]
    assert await consumer.effects(bad) == ["bad 1"]
    (letter,) = await consumer.dead()
    assert (
        letter["event_id"] == messages[2].headers["ce_id"]
        or str(letter["event_id"]) == messages[2].headers["ce_id"]
    )
    assert letter["value"] == messages[2].value
    assert letter["headers"] == dict(messages[2].headers)
    assert "cannot handle bad 2" in letter["reason"]
    assert [row["aggregate_version"] for row in await consumer.parked()] == [3]
    # What comes later of that complaint is parked too, and still nobody else waits.
    more = await publisher.publish(withdrawn(bad, "bad 4"), withdrawn(good, "good 4"))
    await consumer.inbox.handle(more)
    assert await consumer.effects(good) == ["good 1", "good 2", "good 3", "good 4"]
    assert [row["aggregate_version"] for row in await consumer.parked()] == [3, 4]
    assert consumer.outcomes["dead"] == 1


async def test_poison_that_was_parked_does_not_cost_the_event_that_releases_it(
    publisher: Publisher, consumer: Consumer
) -> None:
    complaint = new_complaint()
    consumer.poison = {"2"}
    one, two, three = await publisher.publish(
        *(withdrawn(complaint, str(number)) for number in range(1, 4))
    )
    await consumer.inbox.handle([two, three])
    await consumer.inbox.handle([one])
    assert await consumer.effects() == ["1"]
    (letter,) = await consumer.dead()
    assert letter["aggregate_version"] == 2
    assert [row["aggregate_version"] for row in await consumer.parked()] == [3]


async def test_dead_letter_delivered_again_stays_one_until_it_succeeds(
    publisher: Publisher, consumer: Consumer
) -> None:
    complaint = new_complaint()
    consumer.poison = {"1"}
    messages = await publisher.publish(withdrawn(complaint, "1"), withdrawn(complaint, "2"))
    for _ in range(3):
        await consumer.inbox.handle(messages)
    assert len(await consumer.dead()) == 1
    assert consumer.outcomes["dead"] == 1
    consumer.poison = set()
    await consumer.inbox.handle(messages)
    assert await consumer.effects() == ["1", "2"]
    assert await consumer.dead() == []
    assert await consumer.parked() == []


async def test_failed_batch_leaves_no_effect_twice(
    publisher: Publisher, consumer: Consumer
) -> None:
    consumer.poison = {"poison"}
    healthy = [withdrawn(new_complaint(), str(number)) for number in range(10)]
    messages = await publisher.publish(*healthy, withdrawn(new_complaint(), "poison"))
    await consumer.inbox.handle(messages)
    assert sorted(await consumer.effects(), key=int) == [str(number) for number in range(10)]


async def test_undecodable_message_is_one_dead_letter_however_often_it_comes(
    publisher: Publisher, consumer: Consumer
) -> None:
    (good,) = await publisher.publish(withdrawn(new_complaint(), "good"))
    garbage = [
        ReceivedMessage("intake.complaint.v1", "\ufffd\ufffd", b"\xff\xfe\x00", {}, 2, 7),
        ReceivedMessage("intake.complaint.v1", "", b"", {"ce_id": "\x00 \ufffd"}, 2, 8),
        changed(good, ce_type="tanggap.intake.ComplaintWithdrawn.v9"),
        dataclasses.replace(good, topic="sla.clock.v1"),
    ]
    for offset in range(3):
        again = [dataclasses.replace(each, offset=each.offset + offset) for each in garbage]
        await consumer.inbox.handle([*again, good])
    assert len(await consumer.dead()) == len(garbage)
    assert consumer.outcomes["dead"] == len(garbage)
    assert await consumer.effects() == ["good"]
    kept = {bytes(row["value"]) for row in await consumer.dead()}
    assert b"\xff\xfe\x00" in kept


async def test_event_of_newer_code_keeps_its_place_in_the_stream(
    publisher: Publisher, consumer: Consumer
) -> None:
    complaint = new_complaint()
    one, two = await publisher.publish(withdrawn(complaint, "1"), withdrawn(complaint, "2"))
    await consumer.inbox.handle([changed(one, ce_type="tanggap.intake.SomethingNew.v1"), two])
    (letter,) = await consumer.dead()
    assert (letter["publisher"], letter["aggregateid"]) == ("intake", complaint)
    assert letter["aggregate_version"] == 1
    assert [row["aggregate_version"] for row in await consumer.parked()] == [2]


async def test_forged_event_under_a_used_id_does_not_stop_the_partition(
    publisher: Publisher, consumer: Consumer
) -> None:
    complaint = new_complaint()
    one, two = await publisher.publish(withdrawn(complaint, "1"), withdrawn(complaint, "2"))
    (other,) = await publisher.publish(withdrawn(new_complaint(), "other"))
    forged = changed(two, ce_id=one.headers["ce_id"])
    await consumer.inbox.handle([one, forged, other])
    assert sorted(await consumer.effects()) == ["1", "other"]
    assert "claimed before" in (await consumer.dead())[0]["reason"]


async def test_error_of_the_handler_is_kept_without_what_names_a_person(
    publisher: Publisher, consumer: Consumer
) -> None:
    hostile = "telepon 081234567890 NIK 3174012345678901 budi@contoh.go.id"
    consumer.poison = {hostile}
    await consumer.inbox.handle(await publisher.publish(withdrawn(new_complaint(), hostile)))
    reason = (await consumer.dead())[0]["reason"]
    assert "ValueError" in reason
    assert not any(part in reason for part in ("081234567890", "3174012345678901", "budi@"))


async def test_error_that_no_text_can_hold_is_kept_nevertheless(
    publisher: Publisher, consumer: Consumer
) -> None:
    async def fail(_unit: Any, _event: Event) -> None:
        raise ValueError("\ud800 \x00 odd")

    inbox = Inbox(consumer.units, consumer.name, {ComplaintWithdrawn: fail})
    await inbox.handle(await publisher.publish(withdrawn(new_complaint())))
    assert "odd" in (await consumer.dead())[0]["reason"]


async def test_value_that_postgres_refuses_is_poison_and_not_weather(
    publisher: Publisher, consumer: Consumer
) -> None:
    async def too_large(unit: Any, _event: Event) -> None:
        await unit.connection.execute(
            text("INSERT INTO owner (complaint, n) VALUES ('x', CAST(:n AS int))"), {"n": 2**40}
        )

    inbox = Inbox(consumer.units, consumer.name, {ComplaintWithdrawn: too_large})
    await inbox.handle(await publisher.publish(withdrawn(new_complaint())))
    assert len(await consumer.dead()) == 1
