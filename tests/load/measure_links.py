"""Short links on one core: redirects a second, and every click counted after a kill -9."""

import asyncio
import signal
from contextlib import AsyncExitStack, suppress
from itertools import count
from typing import Final
from urllib.parse import urlsplit

from sqlalchemy import text

from shared.database import Database
from shared.embedded.ports import HOST
from tests.load.cores import cpu_seconds, started_on
from tests.load.figures import Figure
from tests.load.measure_submit import LoadFailed
from tests.load.plan import Plan
from tests.load.rig import Rig
from tests.load.wire import Clients, Load
from tests.support.stack import running_stack

CLIENTS: Final = 32
LINKS: Final = 200
GOAL: Final = 2_000
_AGENT: Final = "Mozilla/5.0 (Linux; Android 14) Chrome/140 Mobile"
_FILL: Final = text(
    """
    WITH trader AS (
        INSERT INTO trader (trader_id, state, state_since, version, key_id, name, size, size_basis,
            village, consent_version, consented_at, registered_at, public_phone)
        VALUES (gen_random_uuid(), 'active', now(), 1, 'bench', 'Usaha Contoh', 'mikro', 'capital',
            '99.71.01.1001', '2026-01', now(), now(), '+628000000001')
        RETURNING trader_id),
    product AS (
        INSERT INTO product (product_id, trader_id, state, version, latest_revision,
            approved_revision, stock, created_at, updated_at, approved_at)
        SELECT gen_random_uuid(), trader_id, 'approved', 1, 1, 1, 'available', now(), now(), now()
        FROM trader RETURNING product_id, trader_id),
    listing AS (
        INSERT INTO listing (product_id, trader_id, trader_name, revision, name, price, unit,
            category, village, size, stock, listed_at, words)
        SELECT product_id, trader_id, 'Usaha Contoh', 1, 'Keripik contoh', 15000, 'bungkus',
            'makanan', '99.71.01.1001', 'mikro', 'available', now(), ''::tsvector
        FROM product RETURNING product_id)
    INSERT INTO short_link (code, product_id, account_id, slot_at, made_at)
    SELECT 'bench' || n, product_id, 'bench', now(), now()
    FROM product, generate_series(1, :links) n
    """
)
_COUNTED: Final = text("SELECT coalesce(sum(clicks), 0) FROM click_count WHERE kind = 'person'")


async def measure_links(rig: Rig, plan: Plan) -> list[Figure]:
    """Follow links, and at the end kill -9 the process under load: what was answered is counted."""
    answered, rates, processor = 0, [], []
    numbers = count()
    async with AsyncExitStack() as stack:
        with started_on(rig.cores.server):
            system = await stack.enter_async_context(
                running_stack(rig.root / "links", names=("marketplace",))
            )
        database = Database(system.databases["marketplace"])
        stack.push_async_callback(database.close)
        async with database.transaction() as connection:
            await connection.execute(_FILL, {"links": LINKS})
        port = urlsplit(system.base["marketplace"]).port or 0

        def next_request() -> bytes:
            path = f"/marketplace/l/bench{1 + next(numbers) % LINKS}"
            return f"GET {path} HTTP/1.1\r\nHost: {HOST}\r\nUser-Agent: {_AGENT}\r\n\r\n".encode()

        clients = Clients(HOST, port, next_request, CLIENTS)
        stack.callback(clients.close)
        pid = system.supervisor.pids()["marketplace"]
        await clients.run(plan.warm_up_seconds)
        answered = await _counted(database)
        for _ in range(plan.rounds):
            before = cpu_seconds(pid)
            load = await clients.run(plan.seconds)
            followed = _followed(load)
            answered += followed
            rates.append(followed / load.elapsed)
            processor.append((cpu_seconds(pid) - before) / followed * 1e6)
            plan.say(f"links: {rates[-1]:,.0f} a second")
        running = asyncio.create_task(clients.run(plan.seconds))
        await asyncio.sleep(plan.seconds / 2)
        system.supervisor.kill("marketplace", signal.SIGKILL)
        with suppress(OSError):
            answered += (await running).statuses[302]
        counted = await _counted(database)
    if not answered <= counted <= answered + CLIENTS:
        raise LoadFailed(f"{answered} clicks were answered, and {counted} are counted")
    note = (
        f"{CLIENTS} clients; each click committed before its answer, all counted after kill -9; "
        f"processor {sum(processor) / len(processor):,.0f} µs each"
    )
    return [
        Figure("links", "short links followed", "redirects/s", tuple(rates), goal=GOAL, note=note)
    ]


def _followed(load: Load) -> int:
    """Return how many were led on; raises LoadFailed where any was not."""
    if set(load.statuses) != {302}:
        raise LoadFailed(f"{dict(load.statuses)}: {load.first_error}")
    return load.statuses[302]


async def _counted(database: Database) -> int:
    async with database.transaction() as connection:
        return int((await connection.execute(_COUNTED)).scalar_one())
