"""The public catalogue at its full size: search over a hundred thousand products, the card."""

import asyncio
import os
from statistics import quantiles
from time import perf_counter
from types import MappingProxyType, SimpleNamespace
from typing import Any, cast
from zoneinfo import ZoneInfo

from services.marketplace import profile
from services.marketplace.context import MarketplaceContext
from services.marketplace.drawing import Card, draw_card
from services.marketplace.operations.browsing import find_products
from services.marketplace.rules.listing import Order, Wanted
from shared.clock import SystemClock
from shared.database import Database
from shared.migrating import migrate
from tests.load.figures import Figure
from tests.load.plan import Plan
from tests.load.rig import Rig
from tests.load.stock_catalogue import stock_catalogue
from tests.support.files import encoded, picture
from tests.support.servers import PROFILE

PRODUCTS = 100_000
SEARCHES = 300
_QUICK_SHARE = 10
_CARDS = 10
#: Another number of products than that of the goal, to try the bench small.
_COUNT_VARIABLE = "TANGGAP_BENCH_PRODUCTS"
_SIMILAR_EVERY = 10


async def measure_marketplace(rig: Rig, plan: Plan) -> list[Figure]:
    """Fill a catalogue, and measure what buyers wait for; a quick plan takes a tenth of it."""
    share = 1 if plan.seconds >= Plan().seconds else _QUICK_SHARE
    count = int(os.environ.get(_COUNT_VARIABLE, PRODUCTS // share))
    await asyncio.to_thread(rig.postgres.create_database, "bench_marketplace")
    url = rig.superuser_url("bench_marketplace")
    await migrate("marketplace", url)
    database = Database(url)
    try:
        return await _measure(database, plan, count)
    finally:
        await database.close()


async def _measure(database: Database, plan: Plan, count: int) -> list[Figure]:
    known = profile.read(PROFILE)
    # Searches look at nothing but the profile.
    context = cast(
        MarketplaceContext,
        SimpleNamespace(
            profile=known,
            categories={each.code: each for each in known.categories},
            villages={each.code: each for each in known.place.villages},
            zone=ZoneInfo(known.place.zone),
            public_url="https://lapak.contoh.example",
        ),
    )
    rows = await stock_catalogue(database, known, count, plan.say)
    note = f"{count:,} products; first 20, one or two words drawn by frequency"
    figures = []
    for key, order, more in (
        ("search", "relevance", {}),
        ("cheapest", "cheapest", {"category": "makanan"}),
        ("nearest", "nearest", {"lat": -7.6, "lon": 111.5}),
    ):
        rounds = []
        for _ in range(plan.rounds):
            words = rows.terms(2 * SEARCHES)
            rounds.append(
                await _p95(database, context, words, cast(Order, order), MappingProxyType(more))
            )
            plan.say(f"marketplace {key}: p95 {rounds[-1]:.1f} ms")
        figures.append(
            Figure(
                f"marketplace-{key}",
                f"marketplace: {key}, p95",
                "ms",
                tuple(rounds),
                goal=50,
                better="less",
                note=note,
            )
        )
    figures.append(_card_figure(plan))
    return figures


async def _p95(
    database: Database, context: MarketplaceContext, words: list[str], order: Order, more: Any
) -> float:
    texts = [*words[: SEARCHES // 2], *map(" ".join, zip(words[::2], words[1::2], strict=True))]
    times = []
    now = SystemClock().now()
    for number, each in enumerate(texts[:SEARCHES]):
        # Every tenth is spelled wrong, as people do.
        typed = each[:-1] + "x" if number % _SIMILAR_EVERY == 0 and not more else each
        began = perf_counter()
        async with database.transaction() as connection:
            wanted = Wanted(text=typed, **more)
            await find_products(connection, context, wanted, order, None, 20, now)
        times.append((perf_counter() - began) * 1000)
    return quantiles(times, n=20)[-1]


def _card_figure(plan: Plan) -> Figure:
    photo = encoded(picture(1600, 1200), "JPEG", quality=88)
    card = Card(
        name="Keripik singkong pedas manis khas Contoh Raya 250 g",
        price="Rp15.000",
        unit="bungkus",
        trader="Keripik Bu Contoh",
        place="Mekarwangi",
        lapak="Lapak Kota Contoh Raya",
        link="https://lapak.contoh.example/marketplace/produk/019b76da-a800-7000-8000-00000000d003",
    )
    rounds = []
    for _ in range(plan.rounds):
        began = perf_counter()
        for _ in range(_CARDS):
            draw_card(card, photo)
        rounds.append((perf_counter() - began) * 1000 / _CARDS)
    return Figure(
        "marketplace-card",
        "marketplace: drawing a share picture",
        "ms",
        tuple(rounds),
        better="less",
        note="once per product and change; then it is kept",
    )
