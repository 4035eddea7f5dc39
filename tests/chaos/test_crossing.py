"""News that cross on their way: a withdrawal, and what an officer does before it arrives."""

import json
from typing import Any

import pytest

from shared.auth import Role
from tests.chaos.checker import broken
from tests.chaos.evidence import rows_of
from tests.chaos.stage import Stage
from tests.chaos.world import World

pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")

_ACTIONS: dict[str, dict[str, str]] = {
    "reject": {"reason_code": "unclear", "text": "Mohon diperjelas."},
    "resolve": {"text": "Sudah dikerjakan."},
}


async def _post(world: World, path: str, body: dict[str, Any], headers: dict[str, str]) -> Any:
    answer = await world.ask("POST", path, json.dumps(body).encode(), headers)
    assert answer.status in {200, 201}, answer.body
    return answer.json()


async def _cross(world: World, action: str) -> None:
    lodged = await _post(world, "/intake/v1/complaints", {"text": "Jalan berlubang"}, {})
    case = f"/routing/v1/cases/{lodged['complaint_id']}"
    assert not broken(await world.judge())
    desk = world.staff(Role.TRIAGE)
    await _post(world, f"{case}/assign", {"opd": "DLH", "reason": "Urusannya."}, desk)
    assert not broken(await world.judge())
    # Intake hears late of what the officer does, and routing late of what the citizen does.
    world.bus.order("intake", lose=5)
    officer = world.staff(Role.OFFICER, opd="DLH")
    await _post(world, f"{case}/{action}", _ACTIONS[action], officer)
    withdraw = f"/intake/v1/complaints/{lodged['tracking_code']}/withdraw"
    secret = {"X-Tracking-Secret": lodged["secret"]}
    await _post(world, withdraw, {"reason": "Sudah beres."}, secret)
    assert not broken(await world.judge())
    for name, table in (("intake", "complaint"), ("routing", "cases")):
        (row,) = await rows_of(world.database(name), f"SELECT state FROM {table}")  # noqa: S608
        assert row.state == "withdrawn"
    running = "SELECT 1 FROM clock WHERE state = 'running'"
    assert not await rows_of(world.database("sla"), running)


@pytest.mark.parametrize("action", _ACTIONS)
def test_a_withdrawal_is_final_for_all_however_the_news_cross(stage: Stage, action: str) -> None:
    stage.run(_cross(stage.world(1), action))
