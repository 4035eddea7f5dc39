"""The relay: everything committed reaches the wire, in order, though the wire fails."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

from sqlalchemy import text

from shared import relay as relay_module
from shared.relay import Relay
from tests.support.delivery import Publisher, new_complaint, withdrawn
from tests.support.waiting import until


@asynccontextmanager
async def running(relay: Relay) -> AsyncIterator[None]:
    task = asyncio.create_task(relay.run())
    try:
        yield
    finally:
        relay.stop()
        await asyncio.wait_for(task, 30)


async def commit(publisher: Publisher, complaint: str, *reasons: str) -> None:
    async with publisher.units.begin() as unit:
        unit.publish(*(withdrawn(complaint, reason) for reason in reasons))  # type: ignore[arg-type]


def sent(publisher: Publisher) -> list[int]:
    return [int(message.headers["aggregate_version"]) for message in publisher.wire.sent]


async def unpublished(publisher: Publisher) -> int:
    async with publisher.database.transaction() as connection:
        found = await connection.execute(
            text("SELECT count(*) FROM outbox WHERE published_at IS NULL")
        )
        return int(found.scalar_one())


async def test_publishes_in_order_and_marks_what_was_acknowledged(publisher: Publisher) -> None:
    complaint = new_complaint()
    counted: list[int] = []
    relay = publisher.new_relay(batch_size=7, observe=counted.append)
    for start in range(0, 50, 5):
        await commit(publisher, complaint, *(str(n) for n in range(start, start + 5)))
    async with running(relay):
        await until(lambda: sum(counted) == 50)
    assert sent(publisher) == list(range(1, 51))
    assert await unpublished(publisher) == 0


async def test_nudge_is_heard_at_once(publisher: Publisher) -> None:
    relay = Relay(publisher.database, publisher.wire, publisher.clock, poll_seconds=30)
    async with running(relay):
        await asyncio.sleep(0.2)
        await commit(publisher, new_complaint(), "a")
        relay.nudge()
        await until(lambda: publisher.wire.sent, 15)


async def test_wire_that_fails_costs_nothing_but_time(publisher: Publisher) -> None:
    complaint = new_complaint()
    await commit(publisher, complaint, *(str(number) for number in range(10)))
    publisher.wire.failures = 3
    relay = publisher.new_relay(batch_size=4)
    async with running(relay):
        await until(lambda: set(sent(publisher)) == set(range(1, 11)))
        deadline = 600
        while await unpublished(publisher) and deadline:
            deadline -= 1
            await asyncio.sleep(0.05)
    assert await unpublished(publisher) == 0


async def test_commits_do_not_hurry_a_relay_whose_wire_is_down(publisher: Publisher) -> None:
    publisher.wire.failures = 1_000
    relay = publisher.new_relay()
    await commit(publisher, new_complaint(), "a")
    async with running(relay):
        for _ in range(100):
            relay.nudge()
            await asyncio.sleep(0.005)
    # 20, 40, 80, 160 … ms between the attempts, whatever the number of commits; also where a busy
    # machine makes half a minute of it.
    assert publisher.wire.attempts < 20


async def test_transaction_that_commits_late_is_not_skipped(publisher: Publisher) -> None:
    early, late = new_complaint(), new_complaint()
    relay = publisher.new_relay()
    async with running(relay):
        async with publisher.units.begin() as unit:
            unit.publish(withdrawn(late, "drew the lower number"))
            await unit.flush()
            await commit(publisher, early, "committed first")
            await until(lambda: len(publisher.wire.sent) == 1)
            await asyncio.sleep(0.1)
        await until(lambda: len(publisher.wire.sent) == 2)
    assert [message.key for message in publisher.wire.sent] == [early, late]


async def test_of_two_relays_one_publishes_and_the_other_takes_over(publisher: Publisher) -> None:
    complaint = new_complaint()
    first, second = publisher.new_relay(), publisher.new_relay()
    published = {"first": 0, "second": 0}

    def count(name: str, relay: Relay) -> None:
        relay._observe = lambda n: published.__setitem__(name, published[name] + n)  # noqa: SLF001

    count("first", first)
    count("second", second)
    async with running(second):
        async with running(first):
            for number in range(20):
                await commit(publisher, complaint, str(number))
                await asyncio.sleep(0.01)
            await until(lambda: sum(published.values()) == 20)
        # Each was sent once: there was only one relay at work.
        assert sent(publisher) == list(range(1, 21))
        assert min(published.values()) == 0
        await commit(publisher, complaint, "after one stopped")
        await until(lambda: sum(published.values()) == 21)
    assert sent(publisher) == list(range(1, 22))


async def test_relay_that_dies_before_it_marks_sends_again(publisher: Publisher) -> None:
    complaint = new_complaint()
    await commit(publisher, complaint, "a")
    async with publisher.database.engine.connect() as connection:
        batch = await publisher.relay._read(connection, [])  # noqa: SLF001
    assert batch is not None
    await publisher.wire.publish(batch.messages)
    # kill -9 here: acknowledged, and not marked.
    assert await publisher.new_relay().publish_once() == 1
    first, second = publisher.wire.sent
    assert first == second


async def test_published_rows_are_forgotten_after_a_week(publisher: Publisher) -> None:
    await commit(publisher, new_complaint(), "old")
    await publisher.relay.publish_once()
    publisher.clock.advance(timedelta(days=6))
    await commit(publisher, new_complaint(), "young")
    relay = publisher.new_relay()
    async with running(relay):
        await until(lambda: len(publisher.wire.sent) == 2)
        publisher.clock.advance(timedelta(days=1, minutes=1))

        async def rows() -> int:
            async with publisher.database.transaction() as connection:
                return int(
                    (await connection.execute(text("SELECT count(*) FROM outbox"))).scalar_one()
                )

        for _ in range(1_000):
            relay.nudge()
            if await rows() == 1:
                break
            await asyncio.sleep(0.02)
        assert await rows() == 1


async def test_what_waits_is_found_without_reading_what_was_published(publisher: Publisher) -> None:
    """Once Postgres knows that nearly nothing waits, it looked through all blocks for it."""
    async with publisher.database.transaction() as connection:
        await connection.execute(
            text(
                """INSERT INTO outbox (id, topic, aggregatetype, aggregateid, type, payload,
                aggregate_version, time, correlation_id, published_at)
                SELECT gen_random_uuid(), 'intake.complaint.v1', 'intake', CAST(n AS text), 'x',
                '{}', 1, now(), 'x', now() FROM generate_series(1, 3000) n"""
            )
        )
        await connection.execute(text("ANALYZE outbox"))
    await commit(publisher, new_complaint(), "a", "b")
    mark = text(f"EXPLAIN {relay_module._MARK.text}")  # noqa: SLF001 - the statement itself
    read = text(f"EXPLAIN {relay_module._READ.text}")  # noqa: SLF001
    async with publisher.database.transaction() as connection:
        plans = [
            "\n".join((await connection.execute(statement, values)).scalars())
            for statement, values in (
                (mark, {"seqs": "{3001,3002}", "now": publisher.clock.now()}),
                (read, {"in_flight": "{}", "limit": 400}),
            )
        ]
        by_age = "EXPLAIN DELETE FROM outbox WHERE published_at < now() - interval '7 days'"
        await connection.execute(text("SET LOCAL enable_seqscan = off"))
        forget = "\n".join((await connection.execute(text(by_age))).scalars())
    for plan in plans:
        assert "outbox_unpublished" in plan
        assert "outbox_published_at" not in plan
        assert "Seq Scan" not in plan
    assert "outbox_published_at" in forget
