"""The buses under test: how each is made, and how garbage is put on it past our own publisher."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol
from uuid import uuid4

from aiokafka import AIOKafkaProducer
from aiokafka.admin import NewTopic
from sqlalchemy import text

from shared.database import Database
from shared.transport.in_process import InProcessTransport
from shared.transport.kafka import KafkaTransport
from shared.transport.kafka_topics import ready_admin
from shared.transport.message import Message, ReceivedMessage
from shared.transport.port import Transport
from tests.support.waiting import until

PARTITIONS = 3
RawHeaders = Sequence[tuple[str, bytes]]


class Bus(Protocol):
    """One kind of bus, with two topics that no other test uses."""

    topic: str
    other_topic: str

    async def process(self) -> Transport:
        """Return what a process that has just started would use."""
        ...

    def unreachable(self) -> Transport:
        """Return a transport whose bus is away."""
        ...

    async def put_raw(self, key: bytes | None, value: bytes | None, headers: RawHeaders) -> None:
        """Put on the topic what no publisher of ours would."""
        ...

    async def close(self) -> None:
        """Stop every process that was made."""
        ...


@dataclass
class InProcessBus:
    """The log in Postgres."""

    url: str
    topic: str = "first.v1"
    other_topic: str = "second.v1"
    _opened: list[tuple[InProcessTransport, Database]] = field(default_factory=list)

    @classmethod
    async def create(cls, url: str) -> "InProcessBus":
        """Take away what an earlier test left."""
        database = Database(url)
        async with database.transaction() as connection:
            await connection.execute(text("DROP TABLE IF EXISTS bus_message, bus_offset"))
        await database.close()
        return cls(url)

    async def process(self) -> Transport:
        await self.close()  # Only one process may have the log: the one before has ended.
        database = Database(self.url)
        transport = InProcessTransport(
            database, {self.topic: PARTITIONS, self.other_topic: PARTITIONS}
        )
        self._opened.append((transport, database))
        await transport.start()
        return transport

    def unreachable(self) -> Transport:
        nowhere = Database("postgresql+asyncpg://nobody@127.0.0.1:1/nothing")
        return InProcessTransport(nowhere, {self.topic: PARTITIONS})

    async def put_raw(self, key: bytes | None, value: bytes | None, headers: RawHeaders) -> None:
        # Postgres holds keys and headers as text: the value alone can be garbage here.
        transport, _ = self._opened[-1]
        written = {name: given.decode(errors="replace") for name, given in headers}
        written_key = (key or b"").decode(errors="replace").replace("\x00", "")
        message = Message(self.topic, written_key, value or b"", written)
        await transport.publish([message])

    async def close(self) -> None:
        while self._opened:
            transport, database = self._opened.pop()
            await transport.stop()
            await database.close()

    async def stored(self) -> int:
        """Count the messages in the log."""
        _, database = self._opened[-1]
        async with database.transaction() as connection:
            found = await connection.execute(text("SELECT count(*) FROM bus_message"))
            return int(found.scalar_one())


@dataclass
class KafkaBus:
    """A real broker."""

    bootstrap: str
    topic: str
    other_topic: str
    _opened: list[Transport] = field(default_factory=list)

    @classmethod
    async def create(cls, bootstrap: str) -> "KafkaBus":
        """Make two topics."""
        name = uuid4().hex
        bus = cls(bootstrap, f"first.{name}", f"second.{name}")
        async with ready_admin(bootstrap) as admin:
            await admin.create_topics(
                [NewTopic(topic, PARTITIONS, 1) for topic in (bus.topic, bus.other_topic)]
            )
        return bus

    async def process(self) -> Transport:
        transport = KafkaTransport(self.bootstrap, client_id="test", send_timeout_seconds=5)
        self._opened.append(transport)
        await transport.start()
        return transport

    def unreachable(self) -> Transport:
        return KafkaTransport("127.0.0.1:1", client_id="test", send_timeout_seconds=2)

    async def put_raw(self, key: bytes | None, value: bytes | None, headers: RawHeaders) -> None:
        producer = AIOKafkaProducer(bootstrap_servers=self.bootstrap)
        await producer.start()
        try:
            await producer.send_and_wait(self.topic, value, key=key, headers=list(headers))
        finally:
            await producer.stop()

    async def close(self) -> None:
        for transport in self._opened:
            await transport.stop()


class Recorder:
    """A handler that keeps what it is given, and may be told to fail."""

    def __init__(self) -> None:
        self.batches: list[list[ReceivedMessage]] = []
        self.refused: list[list[ReceivedMessage]] = []
        self.refusals: dict[str, int] = {}
        self.hold: asyncio.Event | None = None
        self.held_key: str | None = None
        self.holding = 0

    async def __call__(self, messages: Sequence[ReceivedMessage]) -> None:
        for message in messages:
            if self.hold is not None and message.key == self.held_key:
                self.holding += 1
                await self.hold.wait()
            if self.refusals.get(message.key, 0) > 0:
                self.refusals[message.key] -= 1
                self.refused.append(list(messages))
                raise RuntimeError("refused for this test")
        self.batches.append(list(messages))

    @property
    def messages(self) -> list[ReceivedMessage]:
        """Everything taken in, in order."""
        return [message for batch in self.batches for message in batch]

    def values(self, key: str | None = None) -> list[bytes]:
        """What came, of one key or of all."""
        return [m.value for m in self.messages if key is None or m.key == key]

    async def wait_for(self, count: int, seconds: float = 30) -> list[ReceivedMessage]:
        """Wait until at least so many messages came."""
        await until(lambda: len(self.messages) >= count, seconds)
        return self.messages


def numbered(topic: str, key: str, *numbers: int) -> list[Message]:
    """Make messages of one key whose values are numbers."""
    return [Message(topic, key, str(number).encode(), {"n": str(number)}) for number in numbers]
