"""The plans of the bank's hot statements: the one index, never the whole table."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import event, text

from services.intake.bank_queries import READING
from services.intake.bank_upkeep_queries import insert_imports
from services.intake.operations import counting, searching
from services.intake.rules.searching import Filters
from tests.load.bank_rows import NEWEST, BankRows
from tests.service.intake.bank import ZONE
from tests.service.intake.driver import Driver

ROWS = 12_000


@contextmanager
def statements_of(intake: Driver) -> Iterator[list[tuple[str, Any]]]:
    """Collect what the service says to Postgres."""
    engine = intake.system.service("intake").database.engine.sync_engine
    said: list[tuple[str, Any]] = []

    def note(_c: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        said.append((statement, parameters))

    event.listen(engine, "before_cursor_execute", note)
    try:
        yield said
    finally:
        event.remove(engine, "before_cursor_execute", note)


@pytest.fixture(scope="module")
async def stocked(intake: Driver) -> Driver:
    """Fill the bank with invented complaints of four years."""
    rows = list(BankRows().rows(ROWS))
    async with intake.doors.units.begin() as unit:
        for first in range(0, ROWS, 2000):
            await insert_imports(unit.connection, rows[first : first + 2000], ZONE.key)
        await unit.connection.execute(text("TRUNCATE bank_announcement"))
    intake.system.clock.set(NEWEST)
    async with intake.doors.units.database.engine.connect() as connection:
        plain = await connection.execution_options(isolation_level="AUTOCOMMIT")
        await plain.execute(text("VACUUM ANALYZE bank_entry"))
    return intake


async def plans_of(intake: Driver, filters: Filters, sort: str) -> list[dict[str, Any]]:
    """Search, and explain each statement that reads entries."""
    if sort == "newest":
        return await plans_of_newest(intake, filters)
    context, database = intake.doors.context, intake.doors.units.database
    with statements_of(intake) as said:
        async with database.transaction() as connection:
            if sort == "facets":
                await counting.count_facets(connection, context, filters, intake.now)
            else:
                await searching.search(connection, context, filters, intake.now, sort="relevance")
    plans = []
    async with database.engine.connect() as connection:
        await connection.execute(text("SET LOCAL enable_seqscan = off"))
        for statement, parameters in said:
            if "websearch_to_tsquery" not in statement:
                continue
            asked = await connection.exec_driver_sql(
                f"EXPLAIN (ANALYZE, FORMAT JSON) {statement}", parameters
            )
            plan = asked.scalar_one()
            plans.append((json.loads(plan) if isinstance(plan, str) else plan)[0]["Plan"])
    return plans


async def plans_of_newest(intake: Driver, filters: Filters) -> list[dict[str, Any]]:
    """Ask for a first page, and explain the statements that read entries."""
    said: list[tuple[str, Any]] = []
    database = intake.system.service("intake").open_database(1, READING)

    async def ask(statement: str, *values: object) -> list[Any]:
        said.append((statement, values))
        return await database.ask(statement, *values)

    wanted = searching.Wanted(filters, intake.now, None, 21)
    await searching.list_pages(ask, intake.doors.context, [wanted])
    plans = [
        await database.ask(f"EXPLAIN (ANALYZE, FORMAT JSON) {statement}", *values)
        for statement, values in said
        if "websearch_to_tsquery" in statement
    ]
    return [row[0][0]["Plan"] for (row,) in plans]


def executed(plan: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the nodes of a plan that ran."""
    return [node for node in nodes_of(plan) if node["Actual Loops"]]


def nodes_of(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield every node of a plan."""
    yield plan
    for child in plan.get("Plans", []):
        yield from nodes_of(child)


@pytest.mark.parametrize("sort", ["newest", "relevance", "facets"])
@pytest.mark.parametrize(
    "filters",
    [
        Filters(text="jalan"),
        Filters(text="jalan lampu"),
        Filters(text="tiwaraka"),
        Filters(text="jalan", opd="DLH", area="99.71.01", channel="web"),
        Filters(opd="PUPR"),
        Filters(),
    ],
    ids=lambda each: " ".join([each.text, *each.facts()]) or "everything",
)
async def test_each_statement_uses_the_index_of_words(
    stocked: Driver, filters: Filters, sort: str
) -> None:
    plans = await plans_of(stocked, replace(filters, sees_all_secrets=True), sort)
    assert plans
    for plan in plans:
        kinds = {node["Node Type"] for node in nodes_of(plan)}
        assert "Seq Scan" not in kinds, plan
        indexes = {node.get("Index Name") for node in nodes_of(plan)} - {None}
        probed = {"bank_entry_newest"} if sort == "newest" else set()
        assert indexes == {"bank_entry_words"} | probed


async def pages_of(intake: Driver, filters: Filters, pages: int = 3) -> list[list[str]]:
    """Return the ids on the first pages of a search."""
    cursor: str | None = None
    found = []
    for _ in range(pages):
        async with intake.doors.reading() as connection:
            page = await searching.search(
                connection, intake.doors.context, filters, intake.now, cursor=cursor
            )
        found.append([item.entry_id for item in page.items])
        cursor = page.next
        if cursor is None:
            break
    return found


@pytest.mark.parametrize(
    "filters",
    [
        Filters(text="jalan"),
        Filters(text="jalan -lampu"),
        Filters(text="jalan lampu"),
        Filters(text="jalan", opd="DLH", since=date(2025, 3, 1), until=date(2026, 1, 31)),
        Filters(opd="PUPR"),
        Filters(until=date(2024, 12, 31)),
        Filters(),
    ],
    ids=str,
)
async def test_what_is_frequent_is_found_among_the_newest(
    stocked: Driver, monkeypatch: pytest.MonkeyPatch, filters: Filters
) -> None:
    filters = replace(filters, sees_all_secrets=True)
    monkeypatch.setattr(searching, "PROBED", 2_000)
    probed = await pages_of(stocked, filters)
    plans = await plans_of(stocked, filters, "newest")
    monkeypatch.setattr(searching, "PROBED", 0)
    assert probed == await pages_of(stocked, filters)
    assert len(probed[0]) == 20
    if filters in {Filters(text="jalan", sees_all_secrets=True), Filters(sees_all_secrets=True)}:
        (plan,) = plans
        ran = executed(plan)
        assert {node.get("Index Name") for node in ran} - {None} == {"bank_entry_newest"}
        assert max(node["Actual Rows"] for node in ran) <= 2_000


async def test_a_frequent_word_reads_one_month(stocked: Driver) -> None:
    plans = await plans_of(stocked, Filters(text="jalan"), "newest")
    read = sum(
        node["Actual Rows"] * node["Actual Loops"]
        for plan in plans
        for node in nodes_of(plan)
        if node["Node Type"] in {"Bitmap Heap Scan", "Index Scan"}
    )
    in_month = await stocked.rows(
        "SELECT count(*) AS n FROM bank_entry WHERE submitted_at >= :since",
        since=NEWEST - timedelta(days=100),
    )
    assert 0 < read <= in_month[0]["n"]
