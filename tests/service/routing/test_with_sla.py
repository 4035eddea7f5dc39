"""Routing and sla together: which waits end in silence, over the real bus."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from shared.contracts.routing import CaseClosed
from tests.service.routing.driver import Driver
from tests.support.servers import Databases
from tests.support.system import running_system


@pytest.fixture
async def both(databases: Databases, tmp_path: Path) -> AsyncIterator[Driver]:
    """Run routing and sla."""
    async with running_system(databases, tmp_path, services=["routing", "sla"]) as system:
        yield Driver(system)


async def test_each_wait_of_a_case_is_a_full_one(both: Driver) -> None:
    complaint_id = await both.open()
    await both.system.settle()
    request_id = await both.ask(complaint_id)
    await both.system.settle()
    await both.system.advance(days=6)
    await both.tell(both.message(complaint_id, request_id))
    await both.act(complaint_id, "resolve", both.officer())
    await both.system.settle()
    await both.system.advance(days=6)
    assert (await both.case(complaint_id))["state"] == "resolved"
    await both.tell(both.feedback(complaint_id, satisfied=False))
    await both.act(complaint_id, "resolve", both.officer())
    await both.system.settle()
    await both.system.advance(days=6)
    assert (await both.case(complaint_id))["state"] == "resolved"
    await both.system.advance(days=30)
    assert (await both.case(complaint_id))["state"] == "closed"
    closed = [e for e in await both.published(complaint_id) if isinstance(e, CaseClosed)]
    assert [event.reason for event in closed] == ["silence"]


async def test_a_reconsidered_case_has_a_running_clock_again(both: Driver) -> None:
    complaint_id = await both.open()
    await both.act(complaint_id, "reject", both.officer())
    await both.system.settle()
    running = "SELECT stage, epoch FROM clock WHERE complaint_id = :id AND state = 'running'"
    assert await both.system.rows("sla", running, id=complaint_id) == []
    await both.act(complaint_id, "reconsider", both.desk())
    await both.act(complaint_id, "assign", both.desk())
    await both.system.settle()
    rows = await both.system.rows("sla", running, id=complaint_id)
    assert {"stage": "follow_up", "epoch": 1} in rows
    assert {row["epoch"] for row in rows} == {1}
