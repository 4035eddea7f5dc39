"""The real servers of a bench run, and the processes that are measured on a core of their own."""

import asyncio
import json
import sys
from collections.abc import Mapping
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import TopicAlreadyExistsError
from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, text

from shared.contracts.topics import TOPICS
from shared.database import Database
from shared.delivery_schema import create_delivery_tables
from shared.embedded.kafka import EmbeddedKafka
from shared.embedded.postgres import EmbeddedPostgres
from tests.load.cores import Cores, started_on

_ANSWER_SECONDS = 90
# A worker's answer is one line, and stays far below this.
_LONGEST_ANSWER = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Rig:
    """Postgres and Kafka below `root`, running on the cores that are not the server's."""

    root: Path
    cores: Cores
    postgres: EmbeddedPostgres
    kafka: EmbeddedKafka

    def superuser_url(self, database: str) -> str:
        """Return the URL by which benches truncate and checkpoint between rounds."""
        return self.postgres.url(database, "postgres")


def start_rig(stack: ExitStack, root: Path, cores: Cores) -> Rig:
    """Start both servers; they stop when `stack` closes.

    Postgres keeps its default fsync and synchronous_commit (on), and notes commit times, by which
    the end-to-end figure is taken.
    """
    with started_on(cores.others):
        postgres = stack.enter_context(
            EmbeddedPostgres(root / "postgres", settings={"track_commit_timestamp": "on"})
        )
        kafka = stack.enter_context(EmbeddedKafka(root / "kafka"))
    return Rig(root, cores, postgres, kafka)


async def make_delivery_database(rig: Rig, name: str, *further_sql: str) -> str:
    """Create a database with outbox and inbox tables and whatever else; returns its URL."""
    await asyncio.to_thread(rig.postgres.create_database, name)
    url = rig.superuser_url(name)
    database = Database(url)
    try:
        async with database.transaction() as connection:
            await connection.run_sync(_create_delivery_tables)
            for statement in further_sql:
                await connection.execute(text(statement))
    finally:
        await database.close()
    return url


def _create_delivery_tables(connection: Connection) -> None:
    with Operations.context(MigrationContext.configure(connection)):
        create_delivery_tables()


async def create_topics_named(rig: Rig, *names: str) -> None:
    """Create topics with the partitions of the product's own; they may be there already."""
    admin = AIOKafkaAdminClient(bootstrap_servers=rig.kafka.bootstrap)
    await admin.start()
    try:
        for name in names:
            with suppress(TopicAlreadyExistsError):
                await admin.create_topics([NewTopic(name, TOPICS[0].partitions, 1)])
    finally:
        await admin.close()


class Worker:
    """A process of `tests.load.worker` on the server's core, asked line by line."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    @classmethod
    async def start(
        cls,
        rig: Rig,
        name: str,
        config: Mapping[str, Any],
        cores: frozenset[int] | None = None,
    ) -> Self:
        """Start the named work, on the server's core if no others are named."""
        with started_on(rig.cores.server if cores is None else cores):
            process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "tests.load.worker",
                name,
                json.dumps(config),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                limit=_LONGEST_ANSWER,
            )
        return cls(process)

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    async def ask(
        self, do: str, *, patience_seconds: float = _ANSWER_SECONDS, **values: Any
    ) -> dict[str, Any]:
        """Let the worker do something; raises RuntimeError with what it said when it failed."""
        if self._process.stdin is None or self._process.stdout is None:
            raise RuntimeError("the worker has no pipes")
        self._process.stdin.write(json.dumps({"do": do, **values}).encode() + b"\n")
        await self._process.stdin.drain()
        async with asyncio.timeout(patience_seconds):
            line = await self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"the worker ended while it did {do!r}")
        answer: dict[str, Any] = json.loads(line)
        if "error" in answer:
            raise RuntimeError(f"{do}: {answer['error']}")
        return answer

    async def stop(self) -> None:
        """Close its input, which ends it; kill it when that does not."""
        if self._process.stdin is not None:
            self._process.stdin.close()
        with suppress(TimeoutError):
            async with asyncio.timeout(15):
                await self._process.wait()
                return
        self._process.kill()
        await self._process.wait()
