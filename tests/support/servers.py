"""The real servers of a test run: one Postgres and one Kafka, shared by all of its processes.

Addresses in the environment (`TANGGAP_TEST_POSTGRES_URL` is not offered: tests create and drop
databases) are used instead where they are given: `TANGGAP_TEST_KAFKA` as `host:port`.
"""

import asyncio
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

from services.deployment import database_name
from shared.contracts.topics import ServiceName
from shared.embedded.lockfile import FileLock
from shared.embedded.postgres import EmbeddedPostgres
from shared.migrating import migrate

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

    async def fresh(self, service: ServiceName) -> str:
        """Return the URL of a new database at the service's newest revision."""
        return await asyncio.to_thread(self._fresh, service)

    async def empty(self) -> str:
        """Return the URL of a new, empty database."""
        name = f"t_{uuid4().hex}"
        await asyncio.to_thread(self.server.create_database, name)
        return self.server.url(name)

    def _fresh(self, service: ServiceName) -> str:
        template = f"template_{database_name(service)}"
        marker = self._root / f"{template}.ready"
        with FileLock(self._root / f"{template}.lock"):
            if not marker.exists():
                self.server.create_database(template)
                asyncio.run(migrate(service, self.server.url(template)))
                marker.touch()
        name = f"t_{uuid4().hex}"
        with FileLock(self._root / f"{template}.lock"):
            self.server.clone_database(template, name)
        return self.server.url(name, template)


def kafka_in_environment() -> str | None:
    """Return the address of a broker to use instead of one of our own."""
    return os.environ.get("TANGGAP_TEST_KAFKA")
