"""A simulated national system: reports go in through the port, statuses come back, each once."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
import uvicorn

from services.cli.sp4n_bridge import Bridge, status_door
from services.cli.sp4n_simulator import SimulatedSp4n
from shared.clock import ManualClock
from shared.embedded.ports import HOST, free_port
from shared.ids import new_id
from shared.standard_webhooks import SignatureInvalid, read_keys, sign
from tests.support.partners import ENVIRONMENT, KEYS
from tests.support.servers import Databases
from tests.support.system import running_system

pytestmark = pytest.mark.xdist_group("journey")

SIGNING = read_keys(KEYS["sp4n"])
CLOCK = ManualClock(datetime(2026, 3, 9, 1, tzinfo=UTC))


async def test_reports_go_in_once_and_their_statuses_come_back(
    databases: Databases, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    port = free_port()
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("TANGGAP_INTAKE_PARTNER_SP4N_URL", f"http://{HOST}:{port}/statuses")
    monkeypatch.setenv("TANGGAP_SEND_POLL_SECONDS", "0.05")
    async with running_system(databases, tmp_path) as system:
        national = SimulatedSp4n(5)
        bridge = Bridge(national, system.client, SIGNING, system.clock)
        config = uvicorn.Config(status_door(bridge), host=HOST, port=port, log_level="warning")
        server = uvicorn.Server(config)
        serving = asyncio.create_task(server.serve())
        assert await bridge.carry_reports() == 5
        assert await bridge.carry_reports() == 0
        # As after a crash between intake's answer and the port's note of it.
        again = SimulatedSp4n(5)
        assert await Bridge(again, system.client, SIGNING, system.clock).carry_reports() == 5
        assert again.accepted == national.accepted
        await system.settle()
        stored = await system.rows("intake", "SELECT count(*) AS n FROM complaint")
        assert stored[0]["n"] == 5
        async with asyncio.timeout(20):
            while len(national.told) < 5:  # noqa: ASYNC110 - nothing tells of a call
                await asyncio.sleep(0.05)
        assert {told[0].status for told in national.told.values()} <= {
            "Terdisposisi",
            "belum terdisposisi",
            "Belum Terdisposisi",
        }
        assert national.refused == {}
        server.should_exit = True
        await serving


class _Away(httpx.AsyncBaseTransport):
    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("away", request=request)


def _answering(status: int) -> httpx.MockTransport:
    return httpx.MockTransport(lambda _request: httpx.Response(status, json={"detail": "x"}))


@pytest.mark.parametrize("transport", [_Away(), _answering(503), _answering(429)])
async def test_what_intake_cannot_take_now_stays_new(
    transport: httpx.AsyncBaseTransport,
) -> None:
    national = SimulatedSp4n(2)
    async with httpx.AsyncClient(transport=transport, base_url="http://intake") as client:
        assert await Bridge(national, client, SIGNING, CLOCK).carry_reports() == 0
    assert len(await national.list_new()) == 2


async def test_what_intake_refuses_is_told_to_the_national_system() -> None:
    national = SimulatedSp4n(1)
    async with httpx.AsyncClient(transport=_answering(422), base_url="http://intake") as client:
        assert await Bridge(national, client, SIGNING, CLOCK).carry_reports() == 0
    assert list(national.refused.values()) == ["x"]
    assert await national.list_new() == []


async def test_status_is_taken_once_and_only_with_a_signature() -> None:
    national = SimulatedSp4n(1)
    body = (
        b'{"type":"status","external_id":"9000001","tracking_code":"K7M3PXA92W","state":"assigned",'
        b'"status":"Terdisposisi","opd_name":null,"reason":null,"text":null,"happened_at":"x"}'
    )
    async with httpx.AsyncClient() as client:
        bridge = Bridge(national, client, SIGNING, CLOCK)
        now = CLOCK.now()
        headers = sign(SIGNING, new_id(), now, body)
        await bridge.receive_status(headers, body)
        await bridge.receive_status(headers, body)
        with pytest.raises(SignatureInvalid):
            await bridge.receive_status(headers, body.replace(b"9000001", b"9000002"))
    assert [told.status for told in national.told["9000001"]] == ["Terdisposisi"]
