"""The bus of the embedded default: a partitioned log in Postgres, read by the same process.

It is a product, not a stand-in: messages are on stable storage before `publish` returns, groups
commit offsets after the effect, and a batch that fails is handed over again with back-off, as on
Kafka. Only one process may use a log at a time; an advisory lock holds it to that.
"""

import asyncio
import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from time import monotonic
from zlib import crc32

import structlog
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.database import Database
from shared.transport.backoff import backoff_seconds
from shared.transport.message import Message, ReceivedMessage
from shared.transport.port import BatchHandler, SubscriptionHealth

log = structlog.get_logger(__name__)

Partition = tuple[str, int]

_LOCK_KEY = 0x74627573  # "tbus"
_SCHEMA = (
    """
    CREATE TABLE IF NOT EXISTS bus_message (
        topic text NOT NULL, "partition" int NOT NULL, "offset" bigint NOT NULL,
        key text NOT NULL, headers json NOT NULL, value bytea NOT NULL,
        appended_at timestamptz NOT NULL DEFAULT clock_timestamp(),
        PRIMARY KEY (topic, "partition", "offset"))
    """,
    "CREATE INDEX IF NOT EXISTS bus_message_age ON bus_message USING brin (appended_at)",
    """
    CREATE TABLE IF NOT EXISTS bus_offset (
        consumer_group text NOT NULL, topic text NOT NULL, "partition" int NOT NULL,
        "offset" bigint NOT NULL, PRIMARY KEY (consumer_group, topic, "partition"))
    """,
)
_APPEND = text(
    """
    INSERT INTO bus_message (topic, "partition", "offset", key, headers, value)
    SELECT * FROM unnest(CAST(:topics AS text[]), CAST(:partitions AS int[]),
                         CAST(:offsets AS bigint[]), CAST(:keys AS text[]),
                         CAST(:headers AS json[]), CAST(:values AS bytea[]))
    """
)
_TRY_LOCK = text("SELECT pg_try_advisory_lock(:key)")
# A partition whose messages are all forgotten goes on where its groups stand.
_ENDS = text(
    """
    SELECT topic, "partition", max(ends) AS ends FROM (
        SELECT topic, "partition", "offset" + 1 AS ends FROM bus_message
        UNION ALL SELECT topic, "partition", "offset" FROM bus_offset
    ) known GROUP BY 1, 2
    """
)
_OFFSETS = text('SELECT topic, "partition", "offset" FROM bus_offset WHERE consumer_group = :group')
_FETCH = text(
    """
    SELECT "offset", key, headers, value FROM bus_message
    WHERE topic = :topic AND "partition" = :partition AND "offset" >= :offset
    ORDER BY "offset" LIMIT :limit
    """
)
_COMMIT = text(
    """
    INSERT INTO bus_offset (consumer_group, topic, "partition", "offset")
    VALUES (:group, :topic, :partition, :offset)
    ON CONFLICT (consumer_group, topic, "partition") DO UPDATE SET "offset" = EXCLUDED."offset"
    """
)
_FORGET = text(
    "DELETE FROM bus_message WHERE appended_at < clock_timestamp() - make_interval(days => :days)"
)
_FORGET_SECONDS = 3600.0


class LogInUse(RuntimeError):
    """Another process has this log open."""


class InProcessTransport:
    """A Transport whose publishers and subscribers live in this process."""

    def __init__(
        self,
        database: Database,
        partitions: Mapping[str, int],
        *,
        batch_size: int = 200,
        retention_days: int = 14,
        lock_wait_seconds: float = 3.0,
    ) -> None:
        """`partitions` names every topic and how many partitions it has.

        `lock_wait_seconds` is how long `start` waits for a process that is just ending.
        """
        self._database = database
        self._partitions = partitions
        self._batch_size = batch_size
        self._retention_days = retention_days
        self._lock_wait = lock_wait_seconds
        self._ends: dict[Partition, int] = {}
        self._ends_certain = True
        self._appending = asyncio.Lock()
        self._starting = asyncio.Lock()
        self._users = 0
        self._lock_connection: AsyncConnection | None = None
        self._forgetting: asyncio.Task[None] | None = None
        self._subscriptions: list[InProcessSubscription] = []

    async def start(self) -> None:
        """Open the log; raises LogInUse when another process has it."""
        async with self._starting:
            if self._users == 0:
                await self._open()
                self._forgetting = asyncio.create_task(self._forget_old())
            self._users += 1

    async def stop(self) -> None:
        """Close the log when the last user stops it."""
        async with self._starting:
            if self._users == 0:
                return
            self._users -= 1
            if self._users:
                return
            if self._forgetting is not None:
                self._forgetting.cancel()
            await self._unlock()

    async def publish(self, messages: Sequence[Message]) -> None:
        """Append messages in order; returns after the commit."""
        if not messages:
            return
        async with self._appending:
            if not self._ends_certain:
                await self._reopen()
            ends = self._ends.copy()
            places = [self._place(message, ends) for message in messages]
            self._ends_certain = False
            await self._append(messages, places)
            self._ends = ends
            self._ends_certain = True
        self._wake({m.topic for m in messages})

    async def subscribe(
        self,
        group: str,
        topics: Sequence[str],
        handle: BatchHandler,
        *,
        gather_seconds: float = 0.0,
    ) -> "InProcessSubscription":
        """Hand messages to `handle`, one task per partition, from the group's last offset.

        Nothing gathers: partitions are read one by one here, and one process has time enough.
        """
        del gather_seconds
        async with self._database.transaction() as connection:
            rows = (await connection.execute(_OFFSETS, {"group": group})).all()
        offsets = {(row.topic, row.partition): row.offset for row in rows}
        subscription = InProcessSubscription(
            self,
            group,
            {(t, p): offsets.get((t, p), 0) for t in topics for p in range(self._partitions[t])},
            handle,
        )
        self._subscriptions.append(subscription)
        subscription.start()
        return subscription

    def end_of(self, partition: Partition) -> int:
        """Return the offset that the next message of a partition will have."""
        return self._ends.get(partition, 0)

    async def fetch(self, partition: Partition, offset: int) -> list[ReceivedMessage]:
        """Read the next messages of a partition, at most one batch."""
        topic, number = partition
        async with self._database.transaction() as connection:
            rows = await connection.execute(
                _FETCH,
                {
                    "topic": topic,
                    "partition": number,
                    "offset": offset,
                    "limit": self._batch_size,
                },
            )
            return [
                ReceivedMessage(topic, r.key, bytes(r.value), r.headers, number, r.offset)
                for r in rows
            ]

    async def commit(self, group: str, partition: Partition, offset: int) -> None:
        """Remember how far a group has come."""
        topic, number = partition
        async with self._database.transaction() as connection:
            await connection.execute(
                _COMMIT,
                {"group": group, "topic": topic, "partition": number, "offset": offset},
            )

    def forget(self, subscription: "InProcessSubscription") -> None:
        """Wake a stopped subscription no more."""
        if subscription in self._subscriptions:
            self._subscriptions.remove(subscription)

    async def _append(self, messages: Sequence[Message], places: Sequence[tuple[int, int]]) -> None:
        async with self._database.transaction() as connection:
            await connection.execute(
                _APPEND,
                {
                    "topics": [m.topic for m in messages],
                    "partitions": [partition for partition, _ in places],
                    "offsets": [offset for _, offset in places],
                    "keys": [m.key for m in messages],
                    "headers": [json.dumps(dict(m.headers)) for m in messages],
                    "values": [m.value for m in messages],
                },
            )

    def _wake(self, topics: set[str]) -> None:
        for subscription in self._subscriptions:
            subscription.wake(topics)

    async def _open(self) -> None:
        connection = await self._database.autocommit.connect()
        try:
            await self._prepare(connection)
        except BaseException:
            await connection.invalidate()
            await connection.close()
            raise
        self._lock_connection = connection
        self._ends_certain = True

    async def _reopen(self) -> None:
        """Read the ends of the log again.

        An append that failed may still have been committed (the connection was lost while it
        answered), and the lock may have gone with the server's session.
        """
        await self._unlock()
        await self._open()
        self._wake({topic for topic, _ in self._ends})

    async def _unlock(self) -> None:
        connection, self._lock_connection = self._lock_connection, None
        if connection is not None:
            # The lock belongs to the server's session: it must end, not go back to the pool.
            await connection.invalidate()
            await connection.close()

    async def _forget_old(self) -> None:
        while True:
            await asyncio.sleep(_FORGET_SECONDS)
            try:
                async with self._database.transaction() as connection:
                    await connection.execute(_FORGET, {"days": self._retention_days})
            except Exception as error:  # noqa: BLE001 - it is tried again in an hour
                log.warning("old_messages_not_forgotten", error=repr(error))

    async def _prepare(self, connection: AsyncConnection) -> None:
        deadline = monotonic() + self._lock_wait
        while not (await connection.execute(_TRY_LOCK, {"key": _LOCK_KEY})).scalar_one():
            if monotonic() > deadline:
                raise LogInUse("Another process uses this log; stop it, or use Kafka for several.")
            await asyncio.sleep(0.1)
        for statement in _SCHEMA:
            await connection.execute(text(statement))
        await connection.execute(_FORGET, {"days": self._retention_days})
        for row in await connection.execute(_ENDS):
            self._ends[row.topic, row.partition] = row.ends

    def _place(self, message: Message, ends: dict[Partition, int]) -> tuple[int, int]:
        number = crc32(message.key.encode()) % self._partitions[message.topic]
        offset = ends.get((message.topic, number), 0)
        ends[message.topic, number] = offset + 1
        return number, offset


class InProcessSubscription:
    """One group's tasks, one for each partition of its topics."""

    def __init__(
        self,
        transport: InProcessTransport,
        group: str,
        offsets: dict[Partition, int],
        handle: BatchHandler,
    ) -> None:
        """`offsets` says where each partition goes on."""
        self._transport = transport
        self._group = group
        self._offsets = offsets
        self._handle = handle
        self._awake = {partition: asyncio.Event() for partition in offsets}
        self._paused: set[Partition] = set()
        self._tasks: list[asyncio.Task[None]] = []
        self._stopping = asyncio.Event()

    def start(self) -> None:
        """Begin to read."""
        self._tasks = [asyncio.create_task(self._read(p)) for p in self._offsets]

    async def stop(self) -> None:
        """Stop after the batches that are being handled now."""
        self._stopping.set()
        self._transport.forget(self)
        for event in self._awake.values():
            event.set()
        if not self._tasks:
            return
        _, late = await asyncio.wait(self._tasks, timeout=10)
        for task in late:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    def wake(self, topics: set[str]) -> None:
        """Say that these topics have new messages."""
        for partition, event in self._awake.items():
            if partition[0] in topics:
                event.set()

    def health(self) -> SubscriptionHealth:
        """Tell how far behind the group is, and whether its tasks run."""
        lag = sum(self._transport.end_of(p) - offset for p, offset in self._offsets.items())
        alive = not any(task.done() for task in self._tasks)
        return SubscriptionHealth(lag=lag, paused=len(self._paused), alive=alive)

    async def _read(self, partition: Partition) -> None:
        failures = 0
        while not self._stopping.is_set():
            self._awake[partition].clear()
            if self._offsets[partition] >= self._transport.end_of(partition):
                await self._awake[partition].wait()
                continue
            try:
                await self._handle_batch(partition)
            except Exception as error:  # noqa: BLE001 - handed over again, whatever it was
                failures += 1
                self._paused.add(partition)
                pause = backoff_seconds(failures)
                log.warning(
                    "batch_will_be_retried",
                    group=self._group,
                    partition=partition,
                    error=repr(error),
                    pause=round(pause, 2),
                )
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._stopping.wait(), pause)
            else:
                failures = 0
                self._paused.discard(partition)

    async def _handle_batch(self, partition: Partition) -> None:
        # Taken before the fetch: what is appended meanwhile is not what the fetch left out.
        end = self._transport.end_of(partition)
        messages = await self._transport.fetch(partition, self._offsets[partition])
        # Nothing there means that the messages grew too old before this group came to them.
        after = messages[-1].offset + 1 if messages else end
        if messages:
            await self._handle(messages)
        await self._transport.commit(self._group, partition, after)
        self._offsets[partition] = after
