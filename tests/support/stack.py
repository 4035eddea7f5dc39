"""Five real processes on a real Kafka and a real Postgres of their own, for tests that break them.

Unlike the run's shared servers these flush to disk as in production, since a fault takes them down.
"""

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from time import monotonic

from services.deployment import (
    NICENESS,
    create_databases,
    load_profile,
    migrate_all,
    settle_settings,
)
from shared.auth import Role
from shared.clock import SystemClock
from shared.contracts.topics import SERVICES, ServiceName
from shared.embedded.kafka import EmbeddedKafka
from shared.embedded.ports import free_port
from shared.embedded.postgres import EmbeddedPostgres
from shared.embedded.supervisor import OnExit, Supervisor
from shared.local_issuer import LocalIssuer
from shared.settings import CoreSettings
from shared.transport.kafka_topics import create_topics
from tests.load.client import Door, Unanswered, Unreachable
from tests.support.servers import PROFILE

#: The name under which each service is a static member of its group.
STACK_INSTANCE = "1"


@dataclass
class Stack:
    """A running stack: its servers to break, its doors, and its databases to look into."""

    home: Path
    kafka: EmbeddedKafka
    postgres: EmbeddedPostgres
    supervisor: Supervisor
    base: Mapping[ServiceName, str]
    databases: Mapping[ServiceName, str]
    issuer: LocalIssuer

    def staff(
        self, *roles: Role, opd: str | None = None, subject: str = "staff-1"
    ) -> dict[str, str]:
        """Return the headers that a member of staff sends."""
        token = self.issuer.token(SystemClock(), roles, subject=subject, opd=opd)
        return {"Authorization": f"Bearer {token}"}

    async def wait_ready(
        self, names: Iterable[ServiceName] = SERVICES, seconds: float = 60
    ) -> None:
        """Wait until these services say that they are ready; raises TimeoutError naming one."""
        deadline = monotonic() + seconds
        for name in names:
            await self._wait_ready(name, deadline)

    async def _wait_ready(self, name: ServiceName, deadline: float) -> None:
        door = Door(self.base[name], timeout_seconds=5)
        said = "nothing"
        try:
            while monotonic() < deadline:
                try:
                    answer = await door.ask("GET", f"/{name}/readyz")
                except (Unreachable, Unanswered) as error:
                    said = str(error)
                else:
                    if answer.status == 200:
                        return
                    said = answer.body.decode(errors="replace")
                await asyncio.sleep(0.1)
        finally:
            await door.close()
        log = self.home / "logs" / f"{name}.log"
        tail = log.read_text(errors="replace")[-3000:] if log.exists() else ""
        raise TimeoutError(f"{name} is not ready: {said}\n{tail}")


@asynccontextmanager
async def running_stack(
    home: Path,
    *,
    names: Iterable[ServiceName] = SERVICES,
    profile: Path = PROFILE,
    gauge_seconds: float = 0.1,
) -> AsyncIterator[Stack]:
    """Start Kafka, Postgres and the services below `home`, with everything prepared.

    Gauges are read often, for tests compare them with the database right after it was read.
    """
    names = tuple(names)
    kafka = EmbeddedKafka(home / "kafka")
    postgres = EmbeddedPostgres(home / "postgres")
    quiet = await asyncio.to_thread(Path(os.devnull).open, "w", encoding="utf-8")
    supervisor = Supervisor(restart_delay_seconds=0.2, log_dir=home / "logs", output=quiet)
    try:
        await asyncio.gather(asyncio.to_thread(kafka.start), asyncio.to_thread(postgres.start))
        await asyncio.to_thread(create_databases, postgres, names)
        core = CoreSettings(home=home, kafka_bootstrap=kafka.bootstrap)
        core, settings = settle_settings(core, names, postgres)
        await create_topics(kafka.bootstrap, 1)
        await migrate_all(settings)
        await load_profile(profile, settings)
        # Made here, before five processes would make it at once.
        issuer = LocalIssuer(home, issuer=core.oidc_issuer, audience=core.oidc_audience)
        base: dict[ServiceName, str] = {}
        for name in names:
            port = free_port()
            base[name] = f"http://127.0.0.1:{port}"
            await supervisor.start(
                name,
                [sys.executable, "-m", "services.cli", "serve", name],
                _environment(core, name, port, settings[name].database_url, gauge_seconds),
                OnExit.RESTART,
                niceness=NICENESS.get(name, 0),
            )
        urls = {name: each.database_url for name, each in settings.items()}
        stack = Stack(home, kafka, postgres, supervisor, base, urls, issuer)
        await stack.wait_ready(names)
        yield stack
    finally:
        await supervisor.stop()
        await asyncio.gather(asyncio.to_thread(kafka.stop), asyncio.to_thread(postgres.stop))
        quiet.close()


def _environment(
    core: CoreSettings, name: ServiceName, port: int, database_url: str, gauge_seconds: float
) -> dict[str, str]:
    return {
        "TANGGAP_HOST": "127.0.0.1",
        "TANGGAP_PORT": str(port),
        "TANGGAP_HOME": str(core.home.absolute()),
        "TANGGAP_KAFKA_BOOTSTRAP": core.kafka_bootstrap or "",
        "TANGGAP_LOG_LEVEL": "INFO",
        "TANGGAP_LOG_OUTPUT": "json",
        "TANGGAP_GAUGE_SECONDS": str(gauge_seconds),
        # A restarted process takes its place in the group again at once: without a name the group
        # waits until the killed member's session has run out, which is 30 s.
        "TANGGAP_INSTANCE": STACK_INSTANCE,
        f"TANGGAP_{name.upper()}_DATABASE_URL": database_url,
    }
