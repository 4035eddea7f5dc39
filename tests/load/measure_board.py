"""The board over a million cases: how soon it is answered, and how soon listeners hear of a change.

One real process of sla (`tanggap serve sla`) on a real Postgres and Kafka. While everybody listens,
complaints come one by one, and a leader asks for the board again and again.
"""

import asyncio
import re
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from statistics import quantiles
from time import monotonic, perf_counter

from sqlalchemy import text

from services.deployment import database_name, load_profile, settle_settings
from shared.auth import Role
from shared.clock import SystemClock
from shared.database import Database
from shared.embedded.ports import HOST, free_port
from shared.local_issuer import LocalIssuer
from shared.migrating import migrate
from shared.settings import CoreSettings
from shared.transport.kafka_topics import create_topics
from tests.load.board_rows import fill_board
from tests.load.client import Door
from tests.load.cores import started_on
from tests.load.figures import Figure
from tests.load.measure_submit import wait_ready
from tests.load.plan import Plan
from tests.load.rig import Rig
from tests.support.servers import PROFILE
from tests.support.waiting import until

READ_GOAL_MS = 50.0
#: A board is read once a second: who listens hears of a change after one at the latest, and a bit.
DELIVERY_GOAL_MS = 1_500.0
_READS = 400
_APART_SECONDS = 0.05
_CHANGES = 15
_CHANGE_SECONDS = 1.3
_LONGEST_WAIT = 60.0
_OPEN_CASES = re.compile(rb'"open":\{"cases":(\d+)')
_NEW_CASE = text(
    """
    INSERT INTO case_record (complaint_id, submitted_at, channel, opd)
    VALUES (gen_random_uuid(), :now, 'web', 'OPD-1')
    """
)


class BoardFailed(RuntimeError):
    """A listener heard nothing, or the board was refused: then a speed says nothing."""


async def measure_board(rig: Rig, plan: Plan) -> list[Figure]:
    """Fill, let everybody listen, and measure both ways to the board."""
    async with _prepared(rig, plan) as bench:
        listeners = [_Listener() for _ in range(plan.listeners)]
        listening = [asyncio.create_task(each.run(bench.port, bench.token)) for each in listeners]
        try:
            await until(lambda: all(each.heard for each in listeners), _LONGEST_WAIT)
            plan.say(f"board: {len(listeners)} listen")
            reads, delays = await asyncio.gather(bench.read(), bench.change(listeners))
            reading = await bench.reading_ms()
        finally:
            for task in listening:
                task.cancel()
            await asyncio.gather(*listening, return_exceptions=True)
    stored = f"{plan.cases:,} cases, {len(listeners)} listeners"
    return [
        Figure(
            "board-read",
            "board: GET, p95",
            "ms",
            (_p95(reads),),
            goal=READ_GOAL_MS,
            better="less",
            note=f"{stored}; one reading of the database takes {reading:.0f} ms",
        ),
        Figure(
            "board-delivery",
            "board: change → listeners, p95",
            "ms",
            (_p95(delays),),
            goal=DELIVERY_GOAL_MS,
            better="less",
            note=f"{stored}; from the commit of each of {_CHANGES} changes to every listener",
        ),
    ]


class _Listener:
    """One who follows the stream, and when it heard of how many open cases."""

    def __init__(self) -> None:
        self.heard: list[tuple[int, float]] = []

    async def run(self, port: int, token: str) -> None:
        reader, writer = await asyncio.open_connection(HOST, port)
        try:
            request = (
                f"GET /sla/v1/board/stream HTTP/1.1\r\nHost: {HOST}\r\n"
                f"Authorization: Bearer {token}\r\n\r\n"
            )
            writer.write(request.encode())
            await writer.drain()
            kept = b""
            while received := await reader.read(65_536):
                kept += received
                for found in _OPEN_CASES.finditer(kept):
                    self.heard.append((int(found[1]), perf_counter()))
                # The number may have come in two pieces.
                kept = kept[-64:] if not _OPEN_CASES.search(kept[-64:]) else b""
        finally:
            writer.close()
            with suppress(ConnectionError):
                await writer.wait_closed()

    def heard_at(self, cases: int) -> float | None:
        """Return when it first heard of so many open cases or more."""
        return next((at for count, at in self.heard if count >= cases), None)


class _BoardBench:
    def __init__(self, database: Database, plan: Plan, port: int, token: str) -> None:
        self._database = database
        self._plan = plan
        self._door = Door(f"http://{HOST}:{port}")
        self.port = port
        self.token = token

    async def read(self) -> list[float]:
        """Ask for the board again and again; returns the seconds that each answer took."""
        times = []
        headers = {"Authorization": f"Bearer {self.token}"}
        for _ in range(_READS):
            began = perf_counter()
            answer = await self._door.ask("GET", "/sla/v1/board", headers=headers)
            times.append(perf_counter() - began)
            if answer.status != 200:
                raise BoardFailed(f"the board was answered with {answer.status}")
            await asyncio.sleep(_APART_SECONDS)
        self._plan.say(f"board: asked {len(times)} times")
        return times

    async def change(self, listeners: list[_Listener]) -> list[float]:
        """Let complaints come; returns after how many seconds each listener heard of each."""
        delays = []
        for _ in range(_CHANGES):
            cases = max(count for each in listeners for count, _ in each.heard[-1:]) + 1
            async with self._database.transaction() as connection:
                await connection.execute(_NEW_CASE, {"now": SystemClock().now()})
            committed = perf_counter()
            deadline = monotonic() + _LONGEST_WAIT
            while any(each.heard_at(cases) is None for each in listeners):
                if monotonic() > deadline:
                    raise BoardFailed("a listener has not heard of a change")
                await asyncio.sleep(0.02)
            delays += [(each.heard_at(cases) or 0.0) - committed for each in listeners]
            await asyncio.sleep(_CHANGE_SECONDS - 1)
        return delays

    async def reading_ms(self) -> float:
        """Return what one reading of the database took on average, in ms."""
        exposed = (await self._door.ask("GET", "/sla/metrics")).body.decode()
        values = dict(
            line.rsplit(" ", 1)
            for line in exposed.splitlines()
            if line.startswith(("sla_board_reading_seconds_sum", "sla_board_reading_seconds_count"))
        )
        total = float(values["sla_board_reading_seconds_sum"])
        return 1e3 * total / float(values["sla_board_reading_seconds_count"])


def _p95(seconds: list[float]) -> float:
    return quantiles(seconds, n=20)[-1] * 1e3


@asynccontextmanager
async def _prepared(rig: Rig, plan: Plan) -> AsyncIterator[_BoardBench]:
    """Fill sla's database, and run one process on it."""
    name = database_name("sla")
    await asyncio.to_thread(rig.postgres.create_database, name)
    core = CoreSettings(home=rig.root, kafka_bootstrap=rig.kafka.bootstrap)
    core, settings = settle_settings(core, ["sla"], rig.postgres)
    await create_topics(rig.kafka.bootstrap, 1)
    await migrate("sla", settings["sla"].database_url)
    await load_profile(PROFILE, settings)
    database = Database(rig.superuser_url(name))
    clock = SystemClock()
    issuer = LocalIssuer(rig.root, issuer=core.oidc_issuer, audience=core.oidc_audience)
    port = free_port()
    process: asyncio.subprocess.Process | None = None
    try:
        # Started on no cases: what sla does for new calendars is not what is measured here.
        process = await _serve(rig, settings["sla"].database_url, port)
        await _fill(database, plan)
        yield _BoardBench(database, plan, port, issuer.token(clock, [Role.LEADER], subject="bench"))
    finally:
        if process is not None:
            with suppress(ProcessLookupError):
                process.terminate()
            await process.wait()
        await database.close()


async def _fill(database: Database, plan: Plan) -> None:
    async with database.transaction() as connection:
        # What refers to what is right by the way it is made; to look it up took longer than that.
        await connection.execute(text("SET LOCAL session_replication_role = replica"))
        await connection.execute(text("SET LOCAL statement_timeout = 0"))
        await fill_board(connection, plan.cases, SystemClock().now())
    async with database.engine.connect() as connection:
        plain = await connection.execution_options(isolation_level="AUTOCOMMIT")
        for table in ("case_record", "clock", "escalation", "case_facts"):
            await plain.execute(text(f"VACUUM ANALYZE {table}"))
        await plain.execute(text("CHECKPOINT"))
    plan.say(f"board: {plan.cases:,} cases stored")


async def _serve(rig: Rig, url: str, port: int) -> asyncio.subprocess.Process:
    environment = {
        "PATH": sys.exec_prefix,
        "TANGGAP_HOST": HOST,
        "TANGGAP_PORT": str(port),
        "TANGGAP_HOME": str(rig.root),
        "TANGGAP_LOG_LEVEL": "WARNING",
        "TANGGAP_KAFKA_BOOTSTRAP": rig.kafka.bootstrap,
        "TANGGAP_SLA_DATABASE_URL": url,
    }
    with started_on(rig.cores.server):
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "services.cli", "serve", "sla", env=environment
        )
    await wait_ready(port, "/sla/readyz", 60)
    return process
