"""Routing and sla together: which waits end in silence, over the real bus."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from shared.contracts.routing import CaseClosed
from tests.service.routing.applications import apply, decide, officer
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


async def test_stages_of_an_application_have_clocks_that_stop_with_each_decision(
    both: Driver,
) -> None:
    case = await apply(both)
    await both.system.settle()
    clocks = "SELECT stage, epoch, state, outcome FROM clock WHERE complaint_id = :id"
    rows = await both.system.rows("sla", f"{clocks} AND state = 'running'", id=case)
    assert {row["stage"] for row in rows} == {"first_response", "rtlh.administrasi"}
    await decide(both, case, "perbaikan", text="Foto kurang jelas.")
    await both.system.settle()
    rows = await both.system.rows("sla", f"{clocks} AND state = 'paused'", id=case)
    assert [row["stage"] for row in rows] == ["rtlh.administrasi"]
    await both.tell(both.amended(case, answers={"eligible": True}))
    await both.system.settle()
    await both.system.advance(days=30)
    late = await both.get("cases", officer(both), late=True)
    assert case in {each["complaint_id"] for each in late.json()["items"]}
    await decide(both, case, "tolak", reason="tidak-memenuhi")
    await both.system.settle()
    rows = await both.system.rows("sla", clocks, id=case)
    by_stage = {row["stage"]: (row["state"], row["outcome"]) for row in rows}
    assert by_stage["rtlh.administrasi"] == ("stopped", "missed")
    assert {state for state, _ in by_stage.values()} == {"stopped"}
    await both.act(case, "reconsider", both.desk())
    await both.act(case, "assign", both.desk(), {"opd": "DISPERKIM", "reason": "Bukti baru."})
    await both.system.settle()
    rows = await both.system.rows("sla", f"{clocks} AND state = 'running'", id=case)
    assert {(row["stage"], row["epoch"]) for row in rows} == {("rtlh.administrasi", 1)}


async def test_disposition_has_a_clock_until_it_is_answered(both: Driver) -> None:
    case = await apply(both, version=2)
    given = await both.post(
        f"cases/{case}/dispositions",
        officer(both),
        {"to_position": "Sekretaris", "instruction": "Tindak lanjuti", "due_on": "2026-03-10"},
    )
    part = given.json()["part"]
    await both.system.settle()
    clock = "SELECT due_at, state, outcome FROM clock WHERE complaint_id = :id AND part = :part"
    [row] = await both.system.rows("sla", clock, id=case, part=part)
    assert (row["due_at"].isoformat(), row["state"]) == (
        datetime.fromisoformat(given.json()["due_at"]).astimezone(UTC).isoformat(),
        "running",
    )
    await both.system.advance(days=2)
    late = "SELECT 1 FROM late_clock WHERE complaint_id = :id AND part = :part"
    assert await both.system.rows("routing", late, id=case, part=part)
    answered = {"text": "Sudah dibalas."}
    await both.post(f"cases/{case}/dispositions/{part}/answer", officer(both), answered)
    await both.system.settle()
    [row] = await both.system.rows("sla", clock, id=case, part=part)
    assert (row["state"], row["outcome"]) == ("stopped", "missed")
    assert not await both.system.rows("routing", late, id=case, part=part)
