"""The plans of the catalogue's statements: an index for each, and never the whole table."""

import json
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from sqlalchemy import event, text

from services.marketplace import catalogue_queries, profile
from services.marketplace.rules.listing import Order, Wanted
from shared.database import Database
from tests.load.stock_catalogue import stock_catalogue
from tests.support.servers import PROFILE, Databases

ROWS = 6_000
FEW, MANY = "dawet", "keripik"
LAT, LON = -7.6, 111.5


@pytest.fixture(scope="module")
async def catalogue(databases: Databases) -> AsyncIterator[Database]:
    """Fill a catalogue with invented products."""
    database = Database(await databases.fresh("marketplace"))
    await stock_catalogue(database, profile.read(PROFILE), ROWS)
    yield database
    await database.close()


async def plan_of(database: Database, wanted: Wanted, order: Order) -> dict[str, Any]:
    """Search, and explain the statement that found what is shown."""
    said: list[tuple[str, Any]] = []

    def note(_c: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        said.append((statement, parameters))

    engine = database.engine.sync_engine
    event.listen(engine, "before_cursor_execute", note)
    try:
        async with database.transaction() as connection:
            found = await catalogue_queries.search(connection, wanted, order, None, 21)
    finally:
        event.remove(engine, "before_cursor_execute", note)
    assert found.rows
    settings = [statement for statement, _ in said if statement.startswith("SET LOCAL")]
    statement, parameters = said[-1]
    async with database.engine.connect() as connection:
        for each in settings:
            await connection.execute(text(each))
        asked = await connection.exec_driver_sql(
            f"EXPLAIN (ANALYZE, FORMAT JSON) {statement}", parameters
        )
        plan = asked.scalar_one()
    found_plan: dict[str, Any] = (json.loads(plan) if isinstance(plan, str) else plan)[0]["Plan"]
    return found_plan


def nodes_of(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield every node of a plan."""
    yield plan
    for child in plan.get("Plans", []):
        yield from nodes_of(child)


@pytest.mark.parametrize(
    ("wanted", "order", "index"),
    [
        (Wanted(text=FEW), "relevance", "listing_words"),
        (Wanted(text=FEW), "cheapest", "listing_words"),
        (Wanted(text=FEW, lat=LAT, lon=LON), "nearest", "listing_words"),
        (Wanted(text=FEW, category="makanan"), "newest", "listing_words"),
        (Wanted(village="99.71.05.1004"), "newest", "listing_words"),
        (Wanted(text=MANY), "relevance", "listing_newest"),
        (Wanted(text=MANY), "cheapest", "listing_price"),
        (Wanted(text=MANY), "dearest", "listing_price"),
        (Wanted(text=MANY, lat=LAT, lon=LON), "nearest", "listing_place"),
        (Wanted(), "newest", "listing_newest"),
        (Wanted(lat=LAT, lon=LON), "nearest", "listing_place"),
    ],
    ids=lambda each: each if isinstance(each, str) else " ".join([each.text, *each.facts()]),
)
async def test_each_search_goes_by_the_index_of_its_order(
    catalogue: Database,
    monkeypatch: pytest.MonkeyPatch,
    wanted: Wanted,
    order: Order,
    index: str,
) -> None:
    monkeypatch.setattr(catalogue_queries, "MANY", 600)
    plan = await plan_of(catalogue, wanted, order)
    nodes = list(nodes_of(plan))
    assert "Seq Scan" not in {node["Node Type"] for node in nodes}, plan
    assert index in {node.get("Index Name") for node in nodes}, plan


@pytest.mark.parametrize("order", ["relevance", "newest", "cheapest", "nearest"])
async def test_what_many_have_is_found_without_reading_them_all(
    catalogue: Database, monkeypatch: pytest.MonkeyPatch, order: Order
) -> None:
    monkeypatch.setattr(catalogue_queries, "MANY", 600)
    plan = await plan_of(catalogue, Wanted(text=MANY, lat=LAT, lon=LON), order)
    read = sum(
        node["Actual Rows"] + node.get("Rows Removed by Filter", 0)
        for node in nodes_of(plan)
        if node["Node Type"] == "Index Scan"
    )
    assert 0 < read < ROWS / 4


async def test_a_word_spelled_wrong_is_found_by_the_index_of_words(catalogue: Database) -> None:
    async with catalogue.transaction() as connection:
        assert await catalogue_queries.find_known(connection, [MANY, "kripikk"]) == {MANY}
        assert await catalogue_queries.find_alike(connection, ["keripikk"]) == {"keripikk": MANY}
        await connection.execute(text("SET LOCAL enable_seqscan = off"))
        asked = await connection.execute(
            text("EXPLAIN (FORMAT JSON) SELECT 1 FROM catalogue_word WHERE word % 'keripikk'")
        )
        plan = asked.scalar_one()
    read = (json.loads(plan) if isinstance(plan, str) else plan)[0]["Plan"]
    assert "catalogue_word_alike" in {node.get("Index Name") for node in nodes_of(read)}
