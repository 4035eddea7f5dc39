"""The embedded system as processes that die, on a bus with faults, under a clock that is moved."""

import asyncio
import random
from collections.abc import Coroutine, Mapping
from datetime import timedelta
from pathlib import Path
from time import monotonic
from typing import Any

from services.all_in_one import settings_of
from shared.auth import Role
from shared.clock import ManualClock
from shared.contracts.topics import TOPICS, ServiceName
from shared.database import Database
from shared.local_issuer import LocalIssuer
from shared.settings import CoreSettings, ServiceSettings
from shared.transport.in_process import InProcessTransport
from tests.chaos.checker import check
from tests.chaos.evidence import DELIVERING, Sample, backlog
from tests.chaos.faulty_bus import FaultyBus
from tests.chaos.gathering import read_samples
from tests.chaos.processes import Process
from tests.chaos.verdict import Verdict
from tests.chaos.wire import read_bus
from tests.load.client import Answer, Unreachable
from tests.load.log import LoadLog
from tests.load.traffic import Citizens, Officers, Sender, demo_texts
from tests.support.servers import Databases
from tests.support.system import START

OPDS = ("PUPR", "DLH", "DISHUB", "DINSOS")
_REST_SECONDS = 20.0


class World:
    """Intake, routing and sla, whom everything may happen to; open it before use."""

    def __init__(self, chance: random.Random) -> None:
        self.chance = chance
        self.clock = ManualClock(START)
        self.log = LoadLog()
        sender = Sender(self, self.log, self.clock)
        self.citizens = Citizens(sender, demo_texts(), chance, longest_patience=0)
        self.officers = Officers(self, sender, self.staff, OPDS, chance, self.citizens.hear)
        self._latest = START
        self._processes: dict[ServiceName, Process] = {}

    async def open(self, databases: Databases, home: Path) -> None:
        """Make databases, load the profile and start every process."""
        self._core = CoreSettings(home=home, gauge_seconds=0.1, relay_poll_seconds=0.05)
        self._issuer = LocalIssuer(
            home, issuer=self._core.oidc_issuer, audience=self._core.oidc_audience
        )
        self._settings: dict[ServiceName, ServiceSettings] = {}
        for name in DELIVERING:
            more = {"scan_seconds": 0.05} if name == "sla" else {}
            url = await databases.fresh(name, with_profile=True)
            self._settings[name] = settings_of(name, core=self._core, database_url=url, **more)
        self._databases = {
            name: Database(each.database_url, pool_size=2) for name, each in self._settings.items()
        }
        self._bus_database = Database(await databases.bus())
        partitions = {topic.name: topic.partitions for topic in TOPICS}
        self.bus = FaultyBus(InProcessTransport(self._bus_database, partitions), self.chance)
        await self.bus.start()
        for name in DELIVERING:
            await self.revive(name)

    async def close(self) -> None:
        """End everything."""
        for process in self._processes.values():
            await process.kill()
        await self.bus.stop()
        for database in (*self._databases.values(), self._bus_database):
            await database.close()

    def process(self, name: ServiceName) -> Process:
        """Return the present life of a service."""
        return self._processes[name]

    def database(self, name: str) -> Database:
        """Return a service's database, to look into."""
        return next(each for key, each in self._databases.items() if key == name)

    def down(self) -> list[ServiceName]:
        """Return the services that do not live."""
        return [name for name, process in self._processes.items() if process.dead.is_set()]

    async def revive(self, name: ServiceName) -> None:
        """Start a service that is down; what is left of its last life is ended first."""
        last = self._processes.get(name)
        if last is not None:
            if not last.dead.is_set():
                return
            await last.kill()
        process = Process(name, self._settings[name], self.bus, self.clock)
        self._processes[name] = process
        await process.start()

    def move_clock(self, by: timedelta) -> None:
        """Set the clock of every service forwards or back."""
        self.clock.advance(by)
        self._latest = max(self._latest, self.clock.now())

    async def ask(
        self,
        method: str,
        path: str,
        content: bytes = b"",
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Send a request to the service that the path names."""
        for name in DELIVERING:
            if path.startswith(f"/{name}/"):
                kinds = {"content-type": "application/json"} if content else {}
                process = self._processes[name]
                return await process.ask(method, path, content, {**kinds, **(headers or {})})
        raise Unreachable(path)

    def staff(self, *roles: Role, opd: str | None = None, subject: str = "s") -> dict[str, str]:
        """Return the headers that a member of staff sends now."""
        token = self._issuer.token(self.clock, roles, subject=subject, opd=opd)
        return {"Authorization": f"Bearer {token}"}

    async def release(self, name: ServiceName) -> None:
        """Let what was held back arrive."""
        if self.bus.held[name]:
            await self._as_part_of(name, self.bus.release(name))

    async def hand_over_again(self, name: ServiceName, count: int) -> None:
        """Let earlier messages arrive once more."""
        await self._as_part_of(name, self.bus.hand_over_again(name, count))

    async def judge(self) -> list[Verdict]:
        """Heal everything, wait for rest, and ask the checker."""
        self.bus.heal()
        await self._rest()
        # Gauges are read anew only once the clock has moved on.
        self.move_clock(timedelta(seconds=1))
        await self._rest()
        metrics = {name: await self._scrape(name) for name in DELIVERING}
        return await check(
            self._databases,
            self.clock,
            self.log.records,
            wire=await read_bus(self._bus_database),
            metrics=metrics,
            latest=self._latest,
        )

    async def _scrape(self, name: ServiceName) -> list[Sample]:
        answer = await self.ask("GET", f"/{name}/metrics")
        return read_samples(answer.body.decode())

    async def _rest(self) -> None:
        began = monotonic()
        while True:
            for name in DELIVERING:
                self._processes[name].armed = None
                await self.revive(name)
                await self.release(name)
            waiting = await backlog(self._databases, self.clock.now())
            if not waiting and not any(self.bus.held.values()):
                return
            if monotonic() - began > _REST_SECONDS:
                raise TimeoutError(f"The system did not come to rest: {waiting}")
            await asyncio.sleep(0.02)

    async def _as_part_of(self, name: ServiceName, work: Coroutine[Any, Any, None]) -> None:
        """Carry something out within a process; its failure, or death, is the bus's to mend."""
        process = self._processes[name]
        if process.dead.is_set():
            work.close()
            return
        done = process.run(work)
        death = asyncio.create_task(process.dead.wait())
        await asyncio.wait([done, death], return_when=asyncio.FIRST_COMPLETED)
        death.cancel()
        if done.done() and not done.cancelled():
            done.exception()
