"""Measures submissions on one core, beside a bare handler with two plain inserts."""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from time import monotonic, perf_counter
from urllib.parse import urlsplit

from sqlalchemy import text

from shared.database import Database
from shared.embedded.ports import HOST, free_port
from shared.settings import CoreSettings
from tests.load.cores import cpu_seconds, started_on
from tests.load.figures import Figure
from tests.load.plan import Answer, Plan, Run, Side, alternate, processor_note
from tests.load.reference.submit import TABLES
from tests.load.rig import Rig
from tests.load.submissions import Submissions
from tests.load.wire import BadAnswer, Clients, Connection, Load
from tests.support.stack import running_stack

CLIENTS = 32
GOAL = 0.5
_DATABASE = "bench_submit"
_START_SECONDS = 30


class LoadFailed(RuntimeError):
    """The load met errors: a rate among errors says nothing."""


async def measure_submit(rig: Rig, plan: Plan) -> list[Figure]:
    """POST a complaint: full checks, identity sealed, idempotency row and outbox row."""
    async with AsyncExitStack() as stack:
        with started_on(rig.cores.server):
            system = await stack.enter_async_context(running_stack(rig.root, names=("intake",)))
            port, pid = await stack.enter_async_context(_running_reference(rig))
        requests = Submissions()
        our_port = urlsplit(system.base["intake"]).port or 0
        ours = Side(_load(our_port, system.supervisor.pids()["intake"], requests, stack))
        reference = Side(_load(port, pid, requests, stack))
        await alternate(plan, "submit", reference, ours)
    return [
        Figure(
            "submit",
            "submit",
            "requests/s",
            tuple(ours.rates),
            tuple(reference.rates),
            goal=GOAL,
            goal_is_ratio=True,
            note=f"{CLIENTS} clients; " + processor_note(ours, reference),
        )
    ]


def check_load(load: Load) -> None:
    """Raise LoadFailed if any request went wrong."""
    if load.errors:
        raise LoadFailed(f"{load.errors} errors, {dict(load.statuses)}: {load.first_error}")


async def wait_ready(port: int, path: str, seconds: float = _START_SECONDS) -> None:
    """Wait until a server answers 200; raises TimeoutError."""
    request = f"GET {path} HTTP/1.1\r\nHost: {HOST}\r\n\r\n".encode()
    connection = Connection(HOST, port)
    deadline = monotonic() + seconds
    try:
        while monotonic() < deadline:
            try:
                if (await connection.ask(request)).status == 200:
                    return
            except (OSError, TimeoutError, BadAnswer):
                pass
            await asyncio.sleep(0.02)
    finally:
        connection.close()
    raise TimeoutError(f"nothing ready at {path}")


def _load(port: int, pid: int, requests: Submissions, stack: AsyncExitStack) -> Run:
    clients = Clients(HOST, port, requests.next_request, CLIENTS)
    stack.callback(clients.close)

    async def run(seconds: float) -> Answer:
        before, started = cpu_seconds(pid), perf_counter()
        load = await clients.run(seconds)
        elapsed = perf_counter() - started
        check_load(load)
        return {
            "count": len(load.seconds),
            "seconds": elapsed,
            "processor_seconds": cpu_seconds(pid) - before,
        }

    return run


@asynccontextmanager
async def _running_reference(rig: Rig) -> AsyncIterator[tuple[int, int]]:
    """Serve the reference; yields its port and its process id."""
    await asyncio.to_thread(rig.postgres.create_database, _DATABASE)
    database = Database(rig.postgres.url(_DATABASE))
    async with database.transaction() as connection:
        for statement in TABLES:
            await connection.execute(text(statement))
    await database.close()
    port = free_port()
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.load.reference.submit",
        str(port),
        rig.postgres.dsn(_DATABASE),
        str(CoreSettings().database_pool),
    )
    try:
        await wait_ready(port, "/intake/readyz")
        yield port, process.pid
    finally:
        process.terminate()
        await process.wait()
