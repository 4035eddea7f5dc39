"""The inbox lists: newest first, page by page, each case once."""

from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from sqlalchemy import text

from services.routing.metrics import GAUGES
from services.routing.queries import PageStart, Wanted, select_cases
from services.routing.states import State
from shared.auth import Role
from shared.cursor import write_cursor
from tests.service.routing.driver import DISHUB_TEXT, UNPLACED_TEXT, Driver
from tests.support.system import START

CASES = "/routing/v1/cases"


async def pages(routing: Driver, headers: dict[str, str], url: str) -> list[list[dict[str, Any]]]:
    """Follow `Link: rel=next` to the end."""
    found = []
    while url:
        answer = await routing.system.client.get(url, headers=headers)
        assert answer.status_code == 200, answer.text
        found.append(answer.json()["items"])
        url = answer.links.get("next", {}).get("url", "")
        assert bool(url) == (answer.json()["next"] is not None)
    return found


async def many(routing: Driver, count: int, words: str = DISHUB_TEXT) -> list[str]:
    """Submit complaints, three to each second, and return their ids."""
    events = [
        routing.submitted(words, submitted_at=routing.now + timedelta(seconds=n // 3))
        for n in range(count)
    ]
    await routing.tell(*events)
    return [str(event.complaint_id) for event in events]


async def test_pages_hold_each_case_once_newest_first(alone: Driver) -> None:
    ids = await many(alone, 25)
    found = await pages(alone, alone.officer(), f"{CASES}?limit=4")
    assert [len(page) for page in found] == [4, 4, 4, 4, 4, 4, 1]
    rows = [row for page in found for row in page]
    assert sorted(row["complaint_id"] for row in rows) == sorted(ids)
    keys = [(row["submitted_at"], row["complaint_id"]) for row in rows]
    assert keys == sorted(keys, reverse=True)


async def test_case_that_comes_while_paging_moves_no_page(alone: Driver) -> None:
    await many(alone, 6)
    first = await alone.system.client.get(f"{CASES}?limit=3", headers=alone.officer())
    alone.later(hours=1)
    await many(alone, 3)
    second = await alone.system.client.get(first.links["next"]["url"], headers=alone.officer())
    seen = {row["complaint_id"] for row in first.json()["items"]}
    assert seen.isdisjoint(row["complaint_id"] for row in second.json()["items"])
    assert second.json()["next"] is None


async def test_filters_narrow_the_list_and_stay_in_the_link(alone: Driver) -> None:
    await many(alone, 4)
    waiting = await many(alone, 3, UNPLACED_TEXT)
    desk = alone.desk()
    triage = await pages(alone, desk, f"{CASES}?status=triage&limit=2")
    assert {row["complaint_id"] for page in triage for row in page} == set(waiting)
    both = await alone.system.client.get(
        f"{CASES}?opd=DISHUB&status=assigned&limit=1", headers=desk
    )
    query = parse_qs(urlsplit(both.links["next"]["url"]).query)
    assert (query["opd"], query["status"], query["limit"]) == (["DISHUB"], ["assigned"], ["1"])
    everything = await pages(alone, desk, CASES)
    assert len(everything[0]) == 7


async def test_list_shows_an_excerpt_and_never_more(alone: Driver) -> None:
    await alone.open(f"{DISHUB_TEXT} {'sangat gelap ' * 200}")
    (row,) = (await pages(alone, alone.officer(), CASES))[0]
    assert len(row["excerpt"]) == 240
    assert "text" not in row


@pytest.mark.parametrize(
    "query",
    [
        "limit=0",
        "limit=101",
        "limit=x",
        "status=unknown",
        "opd=TIDAK-ADA",
        "opd=%00",
        "opd=",
        "cursor=",
        "cursor=!!!",
        "cursor=%00",
        "cursor=" + write_cursor("2026", "x"),
        "cursor=" + write_cursor(10**30, "019b76da-a800-7000-8000-00000000c001"),
        "cursor=" + write_cursor(-(10**18), "019b76da-a800-7000-8000-00000000c001"),
        "cursor=" + write_cursor(5, "bukan uuid"),
        "cursor=" + write_cursor(5, "019b76da-a800-7000-8000-00000000c001\n"),
    ],
)
async def test_unusable_queries_are_refused(routing: Driver, query: str) -> None:
    headers = routing.system.staff(Role.ADMIN)
    answer = await routing.system.client.get(f"{CASES}?{query}", headers=headers)
    assert answer.status_code == 422, answer.text


_FILL = """
INSERT INTO cases SELECT filled.*
FROM cases c, generate_series(1, 9000) n, LATERAL jsonb_populate_record(c, jsonb_build_object(
    'complaint_id', gen_random_uuid(), 'submitted_at', c.submitted_at + n * interval '1 second',
    'opd', 'OPD-' || n % 12,
    'state', CASE WHEN n % 101 = 0 THEN 'assigned' WHEN n % 7 = 0 THEN 'resolved' ELSE 'closed' END
)) filled
"""


async def plan(routing: Driver, sql: str) -> str:
    """Return how Postgres reads an answer; `sql` may use `:now`."""
    rows = await routing.system.rows("routing", f"EXPLAIN {sql}", now=routing.now)
    return "\n".join(row["QUERY PLAN"] for row in rows)


def written_out(routing: Driver, **filters: Any) -> str:
    """Return the SQL of a list's second page with its values in it."""
    start = PageStart(START + timedelta(days=1), "019b76da-a800-7000-8000-00000000c001")
    statement = select_cases(Wanted(**filters), start=start, limit=51)
    engine = routing.system.service("routing").database.engine.sync_engine
    return str(statement.compile(engine, compile_kwargs={"literal_binds": True}))


async def test_lists_and_gauges_read_only_what_they_show(alone: Driver) -> None:
    await alone.open()
    database = alone.system.service("routing").database
    async with database.transaction() as connection:
        await connection.execute(text(_FILL))
    async with database.engine.connect() as connection:
        await connection.execution_options(isolation_level="AUTOCOMMIT")
        await connection.execute(text("VACUUM ANALYZE cases"))
    for filters, index in (
        ({}, "cases_newest"),
        ({"opd": "OPD-2"}, "cases_by_opd"),
        ({"state": State.ASSIGNED}, "cases_by_state"),
        ({"opd": "OPD-2", "state": State.RESOLVED}, "cases_by_opd_state"),
    ):
        found = await plan(alone, written_out(alone, **filters))
        # Few enough rows may be gathered and sorted; what matters is that no others are read.
        assert f"using {index} " in found or f"Scan on {index} " in found, found
        assert "Seq Scan" not in found
    for gauge in GAUGES:
        assert "Seq Scan" not in await plan(alone, gauge.sql), gauge.name
