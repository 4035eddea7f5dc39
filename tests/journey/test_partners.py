"""What partners hand on goes the whole way, and an emergency faster than all else."""

from pathlib import Path

import pytest

from tests.support.partners import ENVIRONMENT, Partner
from tests.support.servers import Databases
from tests.support.system import running_system

pytestmark = pytest.mark.xdist_group("journey")


async def test_a_fire_is_with_the_fire_brigade_at_once_and_has_minutes(
    databases: Databases, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    async with running_system(databases, tmp_path) as system:
        call112 = Partner("call112", system.client, system.clock)
        said = await call112.report(
            {
                "external_id": "112-1",
                "call_type": "real",
                "category": "Kebakaran",
                # The words alone would be a matter of trees.
                "text": "Pohon tumbang menimpa kabel, lalu terbakar.",
                "called_at": system.clock.now().isoformat(),
            }
        )
        await system.settle()
        seen = (await system.client.get(f"/intake/v1/complaints/{said['tracking_code']}")).json()
        assert (seen["status"], seen["opd"]) == ("assigned", "DAMKAR")
        (case,) = await system.rows("routing", "SELECT * FROM cases")
        assert (case["priority"], case["topic"]) == ("emergency", "kebakaran")
        clocks = await system.rows(
            "sla", "SELECT stage, extract(epoch FROM due_at - started_at) AS seconds FROM clock"
        )
        limits = {clock["stage"]: int(clock["seconds"]) for clock in clocks}
        assert limits["first_response"] == 600
        assert limits["follow_up"] == 3600

        await system.advance(minutes=11)
        escalated = await system.rows("sla", "SELECT to_role, opd FROM escalation ORDER BY level")
        assert [row["to_role"] for row in escalated] == ["officer", "head"]
