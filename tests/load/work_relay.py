"""What the relay's worker does: empty a full outbox onto Kafka, or send the same bytes bare."""

import asyncio
from contextlib import AsyncExitStack
from typing import Any

from sqlalchemy import text

from shared.clock import SystemClock
from shared.contracts.envelope import decode
from shared.contracts.topics import event_type, topic_of
from shared.database import Database
from shared.relay import Relay
from shared.settings import CoreSettings
from shared.transport.kafka import KafkaTransport
from shared.transport.message import Message
from tests.load.events import RELAY_TOPIC, make_messages
from tests.load.reference.relay import Record, bare_producer, send_pipelined
from tests.load.worker import Command, Stopwatch

_KEEP = text("CREATE TABLE outbox_template (LIKE outbox)")
_COPY = text(
    """
    INSERT INTO outbox (id, topic, aggregatetype, aggregateid, type, payload, aggregate_version,
                        time, correlation_id)
    SELECT id, topic, aggregatetype, aggregateid, type, payload, aggregate_version, time,
           correlation_id
    FROM outbox_template ORDER BY seq LIMIT :count
    """
)
_COLUMNS = (
    "seq",
    "id",
    "topic",
    "aggregatetype",
    "aggregateid",
    "type",
    "payload",
    "aggregate_version",
    "time",
    "correlation_id",
)


class Work:
    """Both sides of the comparison in one process, so that they meet the same machine."""

    def __init__(self, config: dict[str, Any]) -> None:
        """`config` names `database_url` and `bootstrap`."""
        self._config = config
        self._records: list[Record] = []

    async def open(self, stack: AsyncExitStack) -> dict[str, Command]:
        """Connect to Postgres and Kafka."""
        core = CoreSettings()
        self._batch_size = core.relay_batch
        self._poll_seconds = core.relay_poll_seconds
        self._database = Database(
            self._config["database_url"],
            pool_size=core.database_pool,
            max_overflow=core.database_pool,
        )
        stack.push_async_callback(self._database.close)
        self._transport = KafkaTransport(self._config["bootstrap"], client_id="bench-relay")
        stack.push_async_callback(self._transport.stop)
        self._producer = bare_producer(self._config["bootstrap"])
        await self._producer.start()
        stack.push_async_callback(self._producer.stop)
        return {
            "prepare": self.prepare,
            "fill": self.fill,
            "ours": self.ours,
            "reference": self.reference,
        }

    async def prepare(self, count: int) -> dict[str, Any]:
        """Make the rows that every round begins with, and the same bytes for the reference."""
        messages = make_messages(count)
        self._records = [
            (RELAY_TOPIC, m.key.encode(), m.value, [(n, t.encode()) for n, t in m.headers.items()])
            for m in messages
        ]
        async with self._database.transaction() as connection:
            await connection.execute(_KEEP)
            driver = (await connection.get_raw_connection()).driver_connection
            await driver.copy_records_to_table(  # type: ignore[union-attr]
                "outbox_template",
                records=[_row(seq, message) for seq, message in enumerate(messages)],
                columns=_COLUMNS,
            )
        return {"count": count}

    async def fill(self, count: int) -> dict[str, Any]:
        """Let so many rows wait in the outbox."""
        engine = self._database.engine.execution_options(isolation_level="AUTOCOMMIT")
        async with engine.connect() as connection:
            await connection.execute(text("TRUNCATE outbox"))
            await connection.execute(_COPY, {"count": count})
            await connection.execute(text("VACUUM ANALYZE outbox"))
            await connection.execute(text("CHECKPOINT"))
        return {"count": count}

    async def ours(self, count: int) -> dict[str, Any]:
        """Let the relay publish and mark `count` rows."""
        done = asyncio.Event()
        published = 0

        def observe(number: int) -> None:
            nonlocal published
            published += number
            if published >= count:
                done.set()

        relay = Relay(
            self._database,
            self._transport,
            SystemClock(),
            batch_size=self._batch_size,
            poll_seconds=self._poll_seconds,
            observe=observe,
        )
        watch = Stopwatch()
        running = asyncio.create_task(relay.run())
        await done.wait()
        answer = watch.read(published)
        relay.stop()
        await running
        return answer

    async def reference(self, count: int) -> dict[str, Any]:
        """Send the same bytes bare."""
        records = self._records[:count]
        watch = Stopwatch()
        await send_pipelined(self._producer, records)
        return watch.read(len(records))


def _row(seq: int, message: Message) -> tuple[Any, ...]:
    envelope = decode(message)
    return (
        seq,
        envelope.event_id,
        RELAY_TOPIC,
        topic_of(type(envelope.event)).publisher,
        message.key,
        event_type(type(envelope.event)),
        message.value.decode(),
        envelope.aggregate_version,
        envelope.time,
        envelope.correlation_id,
    )
