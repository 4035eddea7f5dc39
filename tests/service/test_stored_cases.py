"""The bench's stored cases are whole: all services have the same ones, and none is ever due."""

from collections import Counter
from pathlib import Path
from typing import Any

from shared.auth import Role
from shared.contracts.topics import ServiceName
from shared.embedded.postgres import SUPERUSER
from tests.load.plan import Plan
from tests.load.stored_cases import store_cases
from tests.support.servers import Databases
from tests.support.system import System, running_system

SERVICES: tuple[ServiceName, ...] = ("intake", "routing", "sla")
STORED = 60
OPD = "DISPUSIP"


async def _live(system: System, number: int) -> str:
    """Let a case live from its first word to its closing."""
    body = {"text": f"Taman baca di gang {number} tidak pernah buka.", "channel": "web"}
    answer = await system.client.post("/intake/v1/complaints", json=body)
    assert answer.status_code == 201, answer.text
    await system.settle()
    complaint_id: str = answer.json()["complaint_id"]
    await _act(system, complaint_id, "assign", Role.TRIAGE, {"opd": OPD, "reason": "Urusannya."})
    await _act(system, complaint_id, "respond", Role.OFFICER, {"text": "Kami periksa hari ini."})
    await _act(system, complaint_id, "resolve", Role.OFFICER, {"text": "Sudah dibuka lagi."})
    await _act(system, complaint_id, "close", Role.TRIAGE, {})
    return complaint_id


async def _act(
    system: System, complaint_id: str, action: str, role: Role, body: dict[str, Any]
) -> None:
    headers = system.staff(role, opd=OPD if role is Role.OFFICER else None)
    path = f"/routing/v1/cases/{complaint_id}/{action}"
    answer = await system.client.post(path, json=body, headers=headers)
    assert answer.status_code in (200, 409), answer.text
    # The rules may have given it to this OPD already, and nothing else may be refused.
    assert answer.status_code == 200 or action == "assign", answer.text


async def _ids(system: System, service: ServiceName, table: str) -> Counter[str]:
    rows = await system.rows(service, f"SELECT complaint_id::text AS id FROM {table}")  # noqa: S608
    return Counter(row["id"] for row in rows)


async def test_every_service_has_the_same_stored_cases(
    databases: Databases, tmp_path: Path
) -> None:
    async with running_system(databases, tmp_path, services=SERVICES) as system:
        lived = {await _live(system, number) for number in range(3)}
        await system.settle()
        names = {name: system.service(name).database.engine.url.database for name in SERVICES}
        urls = {name: databases.server.dsn(str(names[name]), SUPERUSER) for name in SERVICES}
        await store_cases(urls, STORED, system.clock.now(), Plan())

        cases = await _ids(system, "routing", "cases")
        assert len(cases) == STORED + len(lived)
        assert await _ids(system, "intake", "complaint") == cases
        assert await _ids(system, "sla", "case_facts") == cases
        # Each copy has as many facts, entries and clocks as what it was copied from.
        tables: tuple[tuple[ServiceName, str], ...] = (
            ("routing", "case_history"),
            ("intake", "timeline_entry"),
            ("intake", "deadline"),
            ("sla", "clock"),
            ("sla", "case_record"),
            ("sla", "case_code"),
        )
        for service, table in tables:
            counts = await _ids(system, service, table)
            assert set(counts) == set(cases), table
            assert set(counts.values()) <= {counts[each] for each in lived}, table
        assert await system.rows("sla", "SELECT 1 FROM clock WHERE next_fire_at IS NOT NULL") == []
        (bank,) = await system.rows("intake", "SELECT count(*) AS n FROM bank_entry")
        assert bank["n"] >= STORED

        # What comes after them is worked on as ever.
        await _live(system, 9)
        await system.settle()
        open_ones = "SELECT 1 FROM complaint WHERE state <> 'closed'"
        assert await system.rows("intake", open_ones) == []
