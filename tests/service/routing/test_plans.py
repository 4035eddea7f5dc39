"""How Postgres reads what officers and the desk wait for: only what is shown, never all cases.

Each query runs as the program writes it; the driver's own statement is then explained.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event, text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.routing import handling_queries, queries, referral_queries
from services.routing.queries import Wanted
from services.routing.states import State
from tests.service.routing.driver import UNPLACED_TEXT, Driver

# What a city has: nearly all cases are over, a few wait for the desk, a few are worked on.
_FILL = (
    """
    INSERT INTO cases SELECT filled.*
    FROM cases c, generate_series(1, 9000) n, LATERAL jsonb_populate_record(c, jsonb_build_object(
        'complaint_id', gen_random_uuid(), 'submitted_at', c.submitted_at + n * interval '1 second',
        'opd', 'OPD-' || n % 12, 'topic', 'topic-' || n % 40,
        'handler_id', CASE WHEN n % 11 = 0 THEN 'petugas-' || n % 30 END,
        'resolved_at', c.submitted_at + n * interval '2 seconds',
        'state', CASE WHEN n % 301 = 0 THEN 'triage' WHEN n % 101 = 0 THEN 'assigned'
                      WHEN n % 7 = 0 THEN 'resolved' ELSE 'closed' END
    )) filled
    """,
    """
    INSERT INTO case_history SELECT filled.*
    FROM case_history h, cases c, LATERAL jsonb_populate_record(h, jsonb_build_object(
        'complaint_id', c.complaint_id, 'version', 1)) filled
    WHERE h.complaint_id <> c.complaint_id
    """,
)
_LARGE = {"cases", "case_history"}

Query = Callable[[AsyncConnection, Driver, str], Awaitable[Any]]


async def _lease(connection: AsyncConnection, routing: Driver, _case: str) -> Any:
    until = routing.now + timedelta(minutes=10)
    return await handling_queries.lease_cases(connection, "meja-1", routing.now, until, 5)


#: By what is waited for: the query, and the indexes of which one must be used.
HOT: dict[str, tuple[Query, str]] = {
    "the desk's queue": (lambda c, _, __: handling_queries.list_queue(c, 50), "cases_in_triage"),
    "how many wait": (
        lambda c, r, _: handling_queries.count_queue(c, "meja-1", r.now),
        "cases_in_triage",
    ),
    "a lease": (_lease, "cases_in_triage"),
    "an OPD's inbox": (
        lambda c, _, __: queries.list_cases(
            c, Wanted(opd="OPD-2", state=State.ASSIGNED), start=None, limit=51
        ),
        "cases_by_opd_state cases_open",
    ),
    "what a colleague has in hand": (
        lambda c, _, __: queries.list_cases(c, Wanted(handler="petugas-3"), start=None, limit=51),
        "cases_by_handler",
    ),
    "the counts of an inbox": (
        lambda c, _, __: handling_queries.count_inbox(c, "OPD-2", "petugas-3"),
        "cases_open",
    ),
    "one case": (lambda c, _, case: queries.find_case(c, case), "cases_pkey"),
    "a case to change": (lambda c, _, case: queries.lock_case(c, case), "cases_pkey"),
    "its history": (lambda c, _, case: queries.list_facts(c, case), "case_history_pkey"),
    "its members": (lambda c, _, case: queries.list_members(c, case), "cases_merged"),
    "who leads it": (lambda c, _, case: queries.find_leader_id(c, case), "cases_pkey"),
    "similar resolved cases": (
        lambda c, _, case: referral_queries.list_resolved(c, "topic-3", case, 300),
        "cases_resolved_of_topic",
    ),
}


async def test_no_hot_query_reads_all_cases(alone: Driver) -> None:
    case = await alone.open(UNPLACED_TEXT)
    database = alone.system.service("routing").database
    async with database.transaction() as connection:
        for statement in _FILL:
            await connection.execute(text(statement))
    async with database.engine.connect() as connection:
        await connection.execution_options(isolation_level="AUTOCOMMIT")
        await connection.execute(text("VACUUM ANALYZE cases, case_history"))
    for name, (query, index) in HOT.items():
        async with database.engine.connect() as connection:
            plans = await _plans(connection, alone, case, query)
            await connection.invalidate()
        used = {found for plan in plans for found in _values(plan, "Index Name")}
        assert used & set(index.split()), f"{name}: {json.dumps(plans, indent=1)}"
        assert not _LARGE & set(_read_whole(plans)), f"{name}: {json.dumps(plans, indent=1)}"


async def _plans(connection: AsyncConnection, routing: Driver, case: str, query: Query) -> Any:
    """Run a query and return the plan of each statement that it sent."""
    raw = await connection.get_raw_connection()
    driver: Any = raw.driver_connection
    sent: list[tuple[str, Any]] = []

    def note(conn: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        if conn is connection.sync_connection:
            sent.append((statement, parameters))

    # SQLAlchemy's statements are prepared, of which the driver's own logger does not tell.
    engine = connection.engine.sync_engine
    event.listen(engine, "before_cursor_execute", note)
    try:
        with driver.query_logger(lambda logged: sent.append((logged.query, logged.args))):
            await query(connection, routing, case)
            # The driver tells of a statement in the next turn of the loop.
            await asyncio.sleep(0)
    finally:
        event.remove(engine, "before_cursor_execute", note)
    sent = [each for each in sent if "cases" in each[0] or "case_" in each[0]]
    assert sent
    # SQLAlchemy reads JSON by itself, and so may the driver's `explain`; afterwards nobody may use
    # the connection any more.
    await driver.reset_type_codec("json", schema="pg_catalog")
    plans = []
    for statement, parameters in sent:
        prepared = await driver.prepare(statement)
        plans.append(await prepared.explain(*parameters))
    return plans


def _values(plan: Any, key: str) -> list[Any]:
    """Return every value of a key, however deep in the plan it stands."""
    if isinstance(plan, list):
        return [found for each in plan for found in _values(each, key)]
    if not isinstance(plan, dict):
        return []
    own = [plan[key]] if key in plan else []
    return own + [found for each in plan.values() for found in _values(each, key)]


def _read_whole(plan: Any) -> list[str]:
    if isinstance(plan, list):
        return [found for each in plan for found in _read_whole(each)]
    if not isinstance(plan, dict):
        return []
    own = [plan["Relation Name"]] if plan.get("Node Type") == "Seq Scan" else []
    return own + [found for each in plan.values() for found in _read_whole(each)]


@pytest.mark.parametrize("plan", [[{"Plan": {"Node Type": "Seq Scan", "Relation Name": "cases"}}]])
def test_reading_of_plans_finds_what_is_read_whole(plan: Any) -> None:
    assert _read_whole(plan) == ["cases"]
    assert _values(plan, "Relation Name") == ["cases"]
