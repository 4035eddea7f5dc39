"""The outbox: events are in the transaction they tell of, numbered per complaint without a gap."""

import asyncio

import pytest
from sqlalchemy import text

from shared.contracts.envelope import UnsendableEvent, decode
from shared.correlation import correlated
from shared.unit_of_work import UnitsOfWork
from tests.support.delivery import Publisher, feedback, new_complaint, withdrawn


async def versions(publisher: Publisher, complaint: str) -> list[int]:
    async with publisher.database.transaction() as connection:
        rows = await connection.execute(
            text("SELECT aggregate_version FROM outbox WHERE aggregateid = :id ORDER BY seq"),
            {"id": complaint},
        )
        return list(rows.scalars())


async def test_events_of_a_complaint_are_numbered_in_the_order_they_happened(
    publisher: Publisher,
) -> None:
    one, two = new_complaint(), new_complaint()
    messages = await publisher.publish(
        withdrawn(one, "a"), withdrawn(two, "b"), feedback(one, "c"), withdrawn(one, "d")
    )
    messages += await publisher.publish(feedback(one, "e"))
    told = [(decode(m).event.complaint_id, decode(m).aggregate_version) for m in messages]
    assert told == [(one, 1), (two, 1), (one, 2), (one, 3), (one, 4)]


async def test_nothing_is_published_when_the_transaction_fails(publisher: Publisher) -> None:
    complaint = new_complaint()
    with pytest.raises(RuntimeError, match="changed its mind"):
        await publish_and_fail(publisher, complaint)
    assert await publisher.relay.publish_once() == 0
    (message,) = await publisher.publish(withdrawn(complaint))
    # The version that was drawn went back too.
    assert message.headers["aggregate_version"] == "1"


async def publish_and_fail(publisher: Publisher, complaint: str) -> None:
    async with publisher.units.begin() as unit:
        unit.publish(withdrawn(new_complaint()))
        await unit.flush()
        raise RuntimeError("changed its mind")


async def test_event_that_no_consumer_could_read_fails_its_transaction(
    publisher: Publisher,
) -> None:
    with pytest.raises(UnsendableEvent):
        await publisher.publish(withdrawn(new_complaint(), "nul \x00"))
    assert await publisher.relay.publish_once() == 0


async def test_transactions_at_once_draw_versions_one_after_the_other(
    publisher: Publisher,
) -> None:
    complaint = new_complaint()

    async def one_transaction(number: int) -> None:
        async with publisher.units.begin() as unit:
            unit.publish(withdrawn(complaint, f"{number}a"), feedback(complaint, f"{number}b"))

    await asyncio.gather(*(one_transaction(number) for number in range(10)))
    assert await versions(publisher, complaint) == list(range(1, 21))


async def test_transactions_over_the_same_complaints_do_not_deadlock(
    publisher: Publisher,
) -> None:
    complaints = [new_complaint() for _ in range(20)]

    async def one_transaction(*, backwards: bool) -> None:
        async with publisher.units.begin() as unit:
            order = reversed(complaints) if backwards else complaints
            unit.publish(*(withdrawn(complaint) for complaint in order))

    await asyncio.gather(*(one_transaction(backwards=bool(n % 2)) for n in range(10)))
    for complaint in complaints:
        assert await versions(publisher, complaint) == list(range(1, 11))


async def test_event_carries_its_story_and_its_cause(publisher: Publisher) -> None:
    with correlated("permintaan-1", "0199e4c7-7d51-7c51-8f3f-6d0a4d5f8a11"):
        (message,) = await publisher.publish(withdrawn(new_complaint()))
    envelope = decode(message)
    assert envelope.correlation_id == "permintaan-1"
    assert envelope.causation_id == "0199e4c7-7d51-7c51-8f3f-6d0a4d5f8a11"
    assert envelope.source == "/tanggap/intake"
    assert envelope.time == publisher.clock.now()


async def test_wakes_the_relay_only_after_a_commit_that_left_events(publisher: Publisher) -> None:
    nudges: list[str] = []
    units = UnitsOfWork(publisher.database, publisher.clock, lambda: nudges.append("nudge"))
    async with units.begin():
        pass
    assert nudges == []
    async with units.begin() as unit:
        unit.publish(withdrawn(new_complaint()))
        await unit.flush()
        assert nudges == []
    assert nudges == ["nudge"]
