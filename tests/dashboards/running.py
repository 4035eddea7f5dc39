"""The running system and a real Prometheus that scrapes it, each a process of its own."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from time import monotonic, time
from typing import Any

import httpx
import yaml

from shared.auth import Role
from shared.clock import SteeredClock
from shared.contracts.topics import SERVICES
from shared.embedded.lifeline import Lifeline
from shared.embedded.ports import HOST, free_port
from shared.local_issuer import LocalIssuer
from shared.settings import CoreSettings
from tests.dashboards.expressions import PROMETHEUS, RULES
from tests.dashboards.programs import program
from tests.support.servers import PROFILE

#: One server under two names: two instances, as two replicas on one database would be.
INSTANCES = (HOST, "localhost")
_START_SECONDS = 120
_STOP_SECONDS = 30

Series = list[dict[str, Any]]


class NotReady(RuntimeError):
    """A process ended, or did not answer in time; the message holds the end of its log."""


@dataclass(frozen=True, slots=True)
class RunningSystem:
    """The embedded default, as `tanggap serve all` runs it."""

    port: int
    clock: SteeredClock
    issuer: LocalIssuer
    client: httpx.AsyncClient
    process: asyncio.subprocess.Process

    async def stop(self) -> None:
        """End the system now, and not when its block ends."""
        await _end(self.process)

    async def ask(
        self,
        path: str,
        body: dict[str, Any] | None = None,
        role: Role | None = None,
        opd: str | None = None,
    ) -> dict[str, Any]:
        """Send a request, a POST where there is a body; raises httpx.HTTPStatusError if refused."""
        headers = {}
        if role is not None:
            token = self.issuer.token(self.clock, [role], subject="staff-1", opd=opd)
            headers["Authorization"] = f"Bearer {token}"
        if body is None:
            answer = await self.client.get(path, headers=headers)
        else:
            answer = await self.client.post(path, json=body, headers=headers)
        answer.raise_for_status()
        answered: dict[str, Any] = answer.json()
        return answered

    async def expositions(self) -> dict[str, bytes]:
        """Return what each service exposes for Prometheus now."""
        return {name: (await self.client.get(f"/{name}/metrics")).content for name in SERVICES}


class RunningPrometheus:
    """Asks a Prometheus."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        """Take a client whose base is the server's address."""
        self.client = client

    async def instant(self, expression: str, at: float | None = None) -> Series:
        """Evaluate an expression now, or at a Unix time; raises ValueError where it cannot be."""
        found = await self._ask("query", query=expression, time=at or time())
        if found["resultType"] == "scalar":
            return [{"metric": {}, "value": found["result"]}]
        series: Series = found["result"]
        return series

    async def over_time(self, expression: str, seconds: int) -> Series:
        """Evaluate an expression at each second of the last so many."""
        now = time()
        found = await self._ask(
            "query_range", query=expression, start=now - seconds, end=now, step=1
        )
        series: Series = found["result"]
        return series

    async def alerts(self) -> dict[str, dict[str, Any]]:
        """Return the state of each alert rule by name."""
        groups = (await self._ask("rules"))["groups"]
        return {rule["name"]: rule for group in groups for rule in group["rules"]}

    async def _ask(self, what: str, **parameters: Any) -> dict[str, Any]:
        answer = (await self.client.get(f"/api/v1/{what}", params=parameters)).json()
        if answer["status"] != "success":
            raise ValueError(answer["error"])
        data: dict[str, Any] = answer["data"]
        return data


@asynccontextmanager
async def running_system(home: Path) -> AsyncIterator[RunningSystem]:
    """Run the whole system on a port of its own, with data and keys below `home`."""
    port = free_port()
    clock_file = home / "clock.json"
    kept = {name: value for name, value in os.environ.items() if not name.startswith("TANGGAP_")}
    settings = {
        "TANGGAP_HOME": str(home),
        "TANGGAP_PORT": str(port),
        "TANGGAP_CLOCK_FILE": str(clock_file),
        "TANGGAP_LOG_LEVEL": "WARNING",
        "TANGGAP_GAUGE_SECONDS": "0.5",
    }
    command = [sys.executable, "-m", "services.cli", "serve", "all", "--profile", str(PROFILE)]
    base = f"http://{HOST}:{port}"
    async with (
        httpx.AsyncClient(base_url=base, timeout=10) as client,
        _process(command, home / "system.log", {**kept, **settings}, client, "/readyz") as process,
    ):
        clock = SteeredClock(clock_file)
        core = CoreSettings(home=home)
        issuer = LocalIssuer(home, issuer=core.oidc_issuer, audience=core.oidc_audience)
        yield RunningSystem(port, clock, issuer, client, process)


@asynccontextmanager
async def running_prometheus(home: Path, scraped_port: int) -> AsyncIterator[RunningPrometheus]:
    """Run Prometheus on the committed configuration, adapted to one port and to short times."""
    config = yaml.safe_load((PROMETHEUS / "prometheus.yml").read_text())
    config["global"] = {"scrape_interval": "1s", "evaluation_interval": "1s"}
    config["rule_files"] = [str(RULES / Path(name).name) for name in config["rule_files"]]
    for job in config["scrape_configs"]:
        for targets in job["static_configs"]:
            targets["targets"] = [f"{name}:{scraped_port}" for name in INSTANCES]
    (home / "prometheus.yml").write_text(yaml.safe_dump(config))
    port = free_port()
    command = [
        str(program("prometheus")),
        f"--config.file={home / 'prometheus.yml'}",
        f"--storage.tsdb.path={home / 'data'}",
        f"--web.listen-address={HOST}:{port}",
        "--log.level=warn",
    ]
    async with (
        httpx.AsyncClient(base_url=f"http://{HOST}:{port}", timeout=30) as client,
        _process(command, home / "prometheus.log", os.environ, client, "/-/ready"),
    ):
        yield RunningPrometheus(client)


@asynccontextmanager
async def _process(
    command: list[str],
    log: Path,
    environment: Mapping[str, str],
    client: httpx.AsyncClient,
    ready_path: str,
) -> AsyncIterator[asyncio.subprocess.Process]:
    """Run a program until the block ends; its block begins when `ready_path` answers 200."""
    lifeline = Lifeline(grace_seconds=_STOP_SECONDS)
    with log.open("wb") as output:
        process = await asyncio.create_subprocess_exec(
            *command, stdout=output, stderr=output, env=dict(environment)
        )
    lifeline.guard(process.pid)
    try:
        await _until_ready(process, log, client, ready_path)
        yield process
    finally:
        await _end(process)
        lifeline.close()


async def _end(process: asyncio.subprocess.Process) -> None:
    with suppress(ProcessLookupError):
        process.terminate()
    try:
        await asyncio.wait_for(process.wait(), _STOP_SECONDS)
    except TimeoutError:
        process.kill()
        await process.wait()


async def _until_ready(
    process: asyncio.subprocess.Process, log: Path, client: httpx.AsyncClient, path: str
) -> None:
    async def ready() -> bool:
        if process.returncode is not None:
            raise NotReady(f"{log.name}: ended with {process.returncode}\n{_tail(log)}")
        try:
            return (await client.get(path)).status_code == 200
        except httpx.TransportError:
            return False

    if not await wait_until(ready, _START_SECONDS):
        raise NotReady(f"{log.name}: not ready after {_START_SECONDS} s\n{_tail(log)}")


async def wait_until(true: Callable[[], Any], seconds: float) -> bool:
    """Ask again and again, for at most so many seconds; tells whether it became true."""
    deadline = monotonic() + seconds
    while not await true():
        if monotonic() > deadline:
            return False
        await asyncio.sleep(0.2)
    return True


def _tail(log: Path) -> str:
    return log.read_text(errors="replace")[-3000:]
