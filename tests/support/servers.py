"""The real servers of a test run: one Postgres and one Kafka, shared by all of its processes.

Addresses in the environment (`TANGGAP_TEST_POSTGRES_URL` is not offered: tests create and drop
databases) are used instead where they are given: `TANGGAP_TEST_KAFKA` as `host:port`.
"""

import asyncio
import os
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

from services.all_in_one import settings_of
from services.deployment import database_name, load_profile
from shared.contracts.topics import TOPICS, ServiceName
from shared.database import Database
from shared.embedded.lockfile import FileLock
from shared.embedded.postgres import EmbeddedPostgres
from shared.migrating import migrate
from shared.transport.in_process import InProcessTransport

PROFILE = Path(__file__).parents[2] / "deploy" / "profiles" / "contoh"


@contextmanager
def running_postgres(root: Path) -> Iterator[EmbeddedPostgres]:
    """Start, or join, the run's Postgres below `root`."""
    # A test's database is thrown away, so that a lost one costs nothing: fsync stays on only
    # where a test kills the server, which starts one of its own.
    server = EmbeddedPostgres(
        root / "postgres",
        settings={"fsync": "off", "full_page_writes": "off", "max_connections": "400"},
    )
    server.start()
    try:
        yield server
    finally:
        server.stop()


class Databases:
    """Makes a fresh, migrated database for a test in a few hundredths of a second."""

    def __init__(self, server: EmbeddedPostgres, root: Path) -> None:
        self.server = server
        self._root = root

    async def fresh(self, service: ServiceName, *, with_profile: bool = False) -> str:
        """Return the URL of a new database at the service's newest revision.

        `with_profile` is one that the profile contoh was loaded into.
        """
        return await asyncio.to_thread(self._fresh, service, with_profile)

    async def bus(self) -> str:
        """Return the URL of a new database with the tables of the in-process bus."""
        return await asyncio.to_thread(self._clone, "template_bus", _make_bus)

    async def empty(self) -> str:
        """Return the URL of a new, empty database."""
        name = f"t_{uuid4().hex}"
        await asyncio.to_thread(self.server.create_database, name)
        return self.server.url(name)

    def _fresh(self, service: ServiceName, with_profile: bool) -> str:
        async def make(url: str) -> None:
            await migrate(service, url)
            if with_profile:
                await load_profile(PROFILE, {service: settings_of(service, database_url=url)})

        kind = "contoh" if with_profile else "bare"
        return self._clone(f"template_{database_name(service)}_{kind}", make)

    def _clone(self, template: str, make: Callable[[str], Coroutine[Any, Any, None]]) -> str:
        """Return the URL of a copy of a template, which the first to want it makes."""
        marker = self._root / f"{template}.ready"
        name = f"t_{uuid4().hex}"
        with FileLock(self._root / f"{template}.lock"):
            if not marker.exists():
                self.server.create_database(template)
                asyncio.run(make(self.server.url(template)))
                marker.touch()
            self.server.clone_database(template, name)
        return self.server.url(name, template)


async def _make_bus(url: str) -> None:
    database = Database(url)
    bus = InProcessTransport(database, {topic.name: topic.partitions for topic in TOPICS})
    await bus.start()
    await bus.stop()
    await database.close()


def kafka_in_environment() -> str | None:
    """Return the address of a broker to use instead of one of our own."""
    return os.environ.get("TANGGAP_TEST_KAFKA")
