"""What partners hand on goes the whole way and back, and an emergency faster than all else."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path

import pytest
from standardwebhooks.webhooks import Webhook

from shared.auth import Role
from tests.support.partners import ENVIRONMENT, KEYS, Partner
from tests.support.platforms import running_platforms
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


async def test_sp4n_is_told_of_each_step_once_in_order_and_signed(
    databases: Databases, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with running_platforms() as platforms:
        for name, value in ENVIRONMENT.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setenv("TANGGAP_INTAKE_PARTNER_SP4N_URL", platforms.url("webhook"))
        monkeypatch.setenv("TANGGAP_SEND_POLL_SECONDS", "0.05")
        async with running_system(databases, tmp_path) as system:
            sp4n = Partner("sp4n", system.client, system.clock)
            said = await sp4n.report(
                {"external_id": "9000001", "text": "Lampu jalan di depan SD padam tiga malam."}
            )
            await system.settle()
            case = f"/routing/v1/cases/{said['complaint_id']}"
            officer = system.staff(Role.OFFICER, opd="DISHUB")
            for step, body in (
                ("respond", {"text": "Kami periksa."}),
                ("respond", {"text": "Masih kami periksa."}),
                ("resolve", {"text": "Sudah menyala."}),
            ):
                answer = await system.client.post(f"{case}/{step}", json=body, headers=officer)
                assert answer.status_code == 200, answer.text
                await system.settle()
            code = said["tracking_code"]
            seen = (await system.client.get(f"/intake/v1/complaints/{code}")).json()
            assert seen["status"] == "resolved"
            while len(platforms.calls) < 3:  # noqa: ASYNC110 - nothing tells of a call
                await asyncio.sleep(0.05)
            await asyncio.sleep(0.3)

    told = [call.json for call in platforms.calls]
    assert [each["status"] for each in told] == [
        "Terdisposisi",
        "Ditindaklanjuti",
        "Ditindaklanjuti",
    ]
    assert [each["state"] for each in told] == ["assigned", "in_progress", "resolved"]
    assert {each["external_id"] for each in told} == {"9000001"}
    assert told[2]["text"] == "Sudah menyala."
    assert len({call.headers["webhook-id"] for call in platforms.calls}) == 3
    for call in platforms.calls:
        # What the partner computes itself, at the hour that the system's clock showed.
        sent_at = datetime.fromtimestamp(int(call.headers["webhook-timestamp"]), UTC)
        expected = Webhook(KEYS["sp4n"]).sign(
            call.headers["webhook-id"], sent_at, call.body.decode()
        )
        assert call.headers["webhook-signature"] == expected
