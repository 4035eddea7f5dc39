"""What only the log in Postgres can do to us: lost commits, two processes, old messages."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from shared.database import Database
from shared.transport.in_process import InProcessTransport, LogInUse
from tests.conformance.buses import InProcessBus, Recorder, numbered
from tests.support.waiting import until


@pytest.fixture
async def log(bus_url: str) -> AsyncIterator[InProcessBus]:
    made = await InProcessBus.create(bus_url)
    yield made
    await made.close()


async def run(url: str, sql: str) -> None:
    database = Database(url)
    async with database.transaction() as connection:
        await connection.execute(text(sql))
    await database.close()


async def test_commit_whose_answer_was_lost_does_not_stop_the_log(log: InProcessBus) -> None:
    transport = await log.process()
    recorder = Recorder()
    subscription = await transport.subscribe("group", [log.topic], recorder)
    await transport.publish(numbered(log.topic, "a", 1))
    await recorder.wait_for(1)
    # As if the next append had been committed while its connection broke: nobody was told.
    await run(
        log.url,
        'INSERT INTO bus_message (topic, "partition", "offset", key, headers, value)'
        ' SELECT topic, "partition", "offset" + 1, key, headers, \'\\x32\' FROM bus_message',
    )
    with pytest.raises(DBAPIError):
        await transport.publish(numbered(log.topic, "a", 2))
    await transport.publish(numbered(log.topic, "a", 2))
    await recorder.wait_for(3)
    # The relay cannot know that its first attempt got through; the inbox removes the double.
    assert recorder.values() == [b"1", b"2", b"2"]
    await subscription.stop()


async def test_publisher_that_was_cancelled_does_not_stop_the_log(log: InProcessBus) -> None:
    transport = await log.process()
    recorder = Recorder()
    subscription = await transport.subscribe("group", [log.topic], recorder)
    for number in range(20):
        publishing = asyncio.create_task(transport.publish(numbered(log.topic, "a", number)))
        await asyncio.sleep(0.0005 * number)
        publishing.cancel()
        await asyncio.gather(publishing, return_exceptions=True)
    await transport.publish(numbered(log.topic, "a", 99))
    await until(lambda: recorder.values()[-1:] == [b"99"])
    seen = [int(value) for value in recorder.values()]
    assert seen == sorted(set(seen))
    await subscription.stop()


async def test_second_process_is_refused_until_the_first_has_ended(log: InProcessBus) -> None:
    first = await log.process()
    database = Database(log.url)
    second = InProcessTransport(database, {log.topic: 3}, lock_wait_seconds=0.2)
    with pytest.raises(LogInUse):
        await second.start()
    await first.stop()
    await second.start()
    await second.publish(numbered(log.topic, "a", 1))
    await second.stop()
    await database.close()


async def test_services_that_share_the_log_close_it_with_the_last(log: InProcessBus) -> None:
    transport = await log.process()
    await transport.start()
    await transport.stop()
    await transport.publish(numbered(log.topic, "a", 1))
    other = Database(log.url)
    with pytest.raises(LogInUse):
        await InProcessTransport(other, {log.topic: 3}, lock_wait_seconds=0).start()
    await transport.stop()
    await transport.stop()
    late = InProcessTransport(other, {log.topic: 3}, lock_wait_seconds=3)
    await late.start()
    await late.stop()
    await other.close()


async def test_old_messages_are_forgotten_and_groups_go_on(log: InProcessBus) -> None:
    transport = await log.process()
    before = Recorder()
    subscription = await transport.subscribe("group", [log.topic], before)
    await transport.publish(numbered(log.topic, "a", 1, 2))
    await before.wait_for(2)
    await subscription.stop()
    await transport.publish(numbered(log.topic, "a", 3))
    await run(log.url, "UPDATE bus_message SET appended_at = now() - interval '15 days'")
    transport = await log.process()
    assert await log.stored() == 0
    after, new = Recorder(), Recorder()
    subscriptions = [
        await transport.subscribe("group", [log.topic], after),
        await transport.subscribe("new group", [log.topic], new),
    ]
    await transport.publish(numbered(log.topic, "a", 4))
    await after.wait_for(1)
    await new.wait_for(1)
    assert after.values() == new.values() == [b"4"]
    for each in subscriptions:
        await until(lambda each=each: each.health().lag == 0)  # type: ignore[misc]
        await each.stop()
