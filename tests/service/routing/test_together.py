"""What staff do at one time shares a transaction, and nobody notices anything of the others."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from time import monotonic
from typing import Any

import httpx
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.group_commit import GroupWriter
from shared.ids import new_id
from tests.service.routing.driver import Driver

_LOCK = text("SELECT 1 FROM cases WHERE complaint_id = :id FOR UPDATE")
#: What differs between two cases that went the same way.
_OWN = {"complaint_id", "tracking_code"}


def deeds_of(routing: Driver) -> GroupWriter[Any, Any]:
    """Return what stores actions together."""
    writer: GroupWriter[Any, Any] = routing.system.app.apps["routing"].state.deeds
    return writer


async def wait_for(writer: GroupWriter[Any, Any], *, waiting: int) -> None:
    """Wait until so many actions gather behind those that are being stored."""
    deadline = monotonic() + 30
    while len(writer._waiting) < waiting:  # noqa: SLF001 - nobody else needs to know
        assert monotonic() < deadline, "the actions do not come"
        await asyncio.sleep(0.005)


@asynccontextmanager
async def busy(routing: Driver) -> AsyncIterator[list[asyncio.Task[httpx.Response]]]:
    """Let both writers wait for a lock, so that all that comes meanwhile is one group."""
    held = [await routing.open() for _ in range(2)]
    async with routing.system.service("routing").database.transaction() as connection:
        for complaint_id in held:
            await connection.execute(_LOCK, {"id": complaint_id})
        tasks = []
        for complaint_id in held:
            acting = routing.act(complaint_id, "respond", routing.officer())
            tasks.append(asyncio.create_task(acting))
            await wait_for_lock(connection, len(tasks))
        yield tasks
    for answer in await asyncio.gather(*tasks):
        assert answer.status_code == 200


async def wait_for_lock(connection: AsyncConnection, count: int) -> None:
    """Wait until so many of this database's sessions wait for a lock."""
    asked = text(
        "SELECT count(*) FROM pg_stat_activity"
        " WHERE datname = current_database() AND wait_event_type = 'Lock'"
    )
    deadline = monotonic() + 30
    while (await connection.execute(asked)).scalar_one() < count:
        assert monotonic() < deadline, "nobody waits"
        await asyncio.sleep(0.005)
        # Within a transaction Postgres shows what it showed first.
        await connection.execute(text("SELECT pg_stat_clear_snapshot()"))


async def transactions(routing: Driver, complaint_ids: list[str], version: int) -> set[int]:
    """Return which transactions wrote this version of each case's history."""
    rows = await routing.system.rows(
        "routing",
        "SELECT CAST(CAST(xmin AS text) AS bigint) AS wrote FROM case_history"
        " WHERE complaint_id = ANY(CAST(:ids AS uuid[])) AND version = :version",
        ids=complaint_ids,
        version=version,
    )
    assert len(rows) == len(complaint_ids)
    return {row["wrote"] for row in rows}


async def test_actions_that_come_at_once_share_a_transaction_and_no_story(routing: Driver) -> None:
    cases = [await routing.open() for _ in range(5)]
    async with busy(routing):
        tasks = [
            asyncio.create_task(
                routing.act(each, "respond", routing.officer(), X_Request_Id=f"kisah-000{number}")
            )
            for number, each in enumerate(cases)
        ]
        await wait_for(deeds_of(routing), waiting=5)
    answers = await asyncio.gather(*tasks)
    assert [(each.status_code, each.headers["etag"]) for each in answers] == [(200, '"2"')] * 5
    assert [each.json()["complaint_id"] for each in answers] == cases
    assert len(await transactions(routing, cases, 2)) == 1
    for number, complaint_id in enumerate(cases):
        assert (await routing.case(complaint_id))["state"] == "in_progress"
        rows = await routing.system.rows(
            "routing",
            "SELECT type, correlation_id FROM outbox WHERE aggregateid = :id"
            " ORDER BY aggregate_version DESC",
            id=complaint_id,
        )
        assert rows[0]["correlation_id"] == f"kisah-000{number}"
        assert len(rows) == 2


async def test_refusals_are_those_of_one_alone(routing: Driver) -> None:
    fine, resolved, foreign = [
        await routing.open(),
        await routing.case_in("resolved"),
        await routing.open(),
    ]
    key = new_id()
    repeated = await routing.open()
    first = await routing.act(repeated, "progress", routing.officer(), Idempotency_Key=key)
    async with busy(routing):
        asked = [
            routing.act(fine, "respond", routing.officer(), Idempotency_Key=new_id()),
            routing.act(resolved, "respond", routing.officer(), Idempotency_Key=new_id()),
            routing.act(foreign, "respond", routing.officer("PUPR")),
            routing.act(new_id(), "assign", routing.desk(), Idempotency_Key=new_id()),
            routing.act(fine, "progress", routing.officer()),
            routing.act(repeated, "progress", routing.officer(), Idempotency_Key=key),
            routing.act(foreign, "respond", routing.officer(), If_Match='"7"'),
        ]
        tasks = [asyncio.create_task(each) for each in asked]
        await wait_for(deeds_of(routing), waiting=len(asked))
    answers = await asyncio.gather(*tasks)
    assert [each.status_code for each in answers] == [200, 409, 404, 404, 200, 200, 412]
    assert answers[5].json() == first.json()
    versions = {each: (await routing.case(each))["version"] for each in (fine, foreign, repeated)}
    assert versions == {fine: 3, foreign: 1, repeated: 2}
    for complaint_id, version in versions.items():
        assert len(await routing.facts(complaint_id)) == version
        assert len(await routing.published(complaint_id)) == version
    # A refusal keeps no key.
    kept = "SELECT count(*) AS n FROM idempotency WHERE scope LIKE :scope"
    for path, count in ((fine, 1), (resolved, 0)):
        scope = f"petugas-1 /routing/v1/cases/{path}/respond"
        assert (await routing.system.rows("routing", kept, scope=scope))[0]["n"] == count


async def test_same_key_twice_in_one_group_has_one_effect(routing: Driver) -> None:
    complaint_id, key = await routing.open(), new_id()
    async with busy(routing):
        tasks = [
            asyncio.create_task(
                routing.act(complaint_id, "resolve", routing.officer(), Idempotency_Key=key)
            )
            for _ in range(3)
        ]
        await wait_for(deeds_of(routing), waiting=3)
    answers = await asyncio.gather(*tasks)
    assert {(each.status_code, each.text) for each in answers} == {(200, answers[0].text)}
    assert len(await routing.published(complaint_id)) == 2


async def test_key_that_was_used_while_the_group_waited_changes_nothing(routing: Driver) -> None:
    """Of a second replica: its answer is kept between our look at the case and our own key."""
    complaint_id, key = await routing.open(), new_id()
    scope = f"petugas-1 /routing/v1/cases/{complaint_id}/respond"
    async with routing.system.service("routing").database.transaction() as connection:
        await connection.execute(
            text(
                "INSERT INTO idempotency (scope, key, body_hash, status, answer, created_at)"
                " VALUES (:scope, :key, 'x', 200, '{}', now())"
            ),
            {"scope": scope, "key": key},
        )
        task = asyncio.create_task(
            routing.act(complaint_id, "respond", routing.officer(), Idempotency_Key=key)
        )
        await wait_for_lock(connection, 1)
    assert (await task).status_code == 422
    assert (await routing.case(complaint_id))["version"] == 1
    assert len(await routing.published(complaint_id)) == 1


async def test_group_that_stands_in_anothers_way_is_done_one_by_one(routing: Driver) -> None:
    one, other = sorted([await routing.open(), await routing.open()])
    database = routing.system.service("routing").database
    async with database.transaction() as connection:
        await connection.execute(_LOCK, {"id": other})
        async with busy(routing):
            tasks = [
                asyncio.create_task(routing.act(each, "respond", routing.officer()))
                for each in (one, other)
            ]
            await wait_for(deeds_of(routing), waiting=2)
        await wait_for_lock(connection, 1)
        # The group has one and wants the other: a deadlock, of which it waited first.
        await connection.execute(_LOCK, {"id": one})
    assert [each.status_code for each in await asyncio.gather(*tasks)] == [200, 200]
    for complaint_id in (one, other):
        assert (await routing.case(complaint_id))["version"] == 2
        assert len(await routing.published(complaint_id)) == 2


@pytest.mark.parametrize(
    ("action", "state"),
    [
        ("assign", "triage"),
        ("assign", "assigned"),
        ("return", "assigned"),
        ("respond", "assigned"),
        ("progress", "in_progress"),
        ("request-information", "in_progress"),
        ("resolve", "waiting_citizen"),
        ("reject", "assigned"),
        ("close", "resolved"),
        ("reopen", "closed"),
    ],
)
async def test_together_does_what_alone_does(
    routing: Driver, monkeypatch: pytest.MonkeyPatch, action: str, state: str
) -> None:
    headers = routing.desk() if action in {"assign", "close", "reopen"} else routing.officer()
    together, alone = await routing.case_in(state), await routing.case_in(state)
    first = await routing.act(together, action, headers, Idempotency_Key=new_id())
    monkeypatch.setattr("services.routing.api.doors.may_share", lambda *_: False)
    second = await routing.act(alone, action, headers, Idempotency_Key=new_id())
    assert first.status_code == second.status_code == 200

    def plain(values: dict[str, Any]) -> dict[str, Any]:
        left_out = {*_OWN, *(name for name in values if name.endswith(("_at", "_since")))}
        known = {name: value for name, value in values.items() if name not in left_out}
        for name in ("request_id", "details"):
            if known.get(name):
                known[name] = type(known[name])
        return known

    assert plain(first.json()) == plain(second.json())
    assert plain(await routing.case(together)) == plain(await routing.case(alone))
    facts = [[plain(fact) for fact in await routing.facts(each)] for each in (together, alone)]
    assert facts[0] == facts[1]
    events = [
        [(type(event), plain(event.model_dump())) for event in await routing.published(each)]
        for each in (together, alone)
    ]
    assert events[0] == events[1]
