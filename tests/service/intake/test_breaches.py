"""The register of breaches: three times 24 hours to tell people and authority."""

import asyncio
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest

from shared.auth import Role
from tests.service.intake.driver import Driver

BREACHES = "/intake/v1/staff/breaches"


def _form(intake: Driver, **values: Any) -> dict[str, Any]:
    return {
        "what": ["nama", "nomor telepon"],
        "people": 12,
        "how": "Daftar pelapor terkirim kepada 081234567890.",
        "remedy": "Akses dicabut.",
        "discovered_at": intake.now.isoformat(),
        **values,
    }


async def _post(
    intake: Driver, form: dict[str, Any], path: str = "", key: str | None = None
) -> httpx.Response:
    headers = intake.system.staff(Role.AUDITOR, subject="auditor-1")
    if key:
        headers["Idempotency-Key"] = key
    return await intake.client.post(f"{BREACHES}{path}", json=form, headers=headers)


async def test_a_breach_has_72_hours_and_is_done_when_both_were_told(alone: Driver) -> None:
    recorded = await _post(alone, _form(alone))
    breach = recorded.json()
    assert recorded.status_code == 201
    assert datetime.fromisoformat(breach["notify_by"]) == alone.now + timedelta(hours=72)
    assert "081234567890" not in recorded.text
    path = f"/{breach['breach_id']}/told"
    told_at = alone.now.isoformat()
    first = await _post(alone, {"whom": "authority", "told_at": told_at}, path)
    assert first.status_code == 200
    again = await _post(alone, {"whom": "authority", "told_at": told_at}, path)
    assert again.status_code == 409
    assert again.json()["legal"] == ["subjects"]
    await _post(alone, {"whom": "subjects", "told_at": told_at, "remedy": "Selesai."}, path)
    listed = await alone.client.get(BREACHES, headers=alone.system.staff(Role.ADMIN))
    (shown,) = listed.json()["breaches"]
    assert shown["remedy"] == "Selesai."
    assert shown["subjects_told_at"] == shown["authority_told_at"]
    actions = [row["action"] for row in await alone.rows("SELECT action FROM audit_entry")]
    assert actions == ["breach_recorded", "breach_told", "breach_told"]


async def test_what_is_near_or_late_is_seen(alone: Driver) -> None:
    breach = (await _post(alone, _form(alone))).json()

    async def gauges() -> tuple[str, str]:
        await asyncio.sleep(0.15)
        told = (await alone.client.get("/intake/metrics")).text.splitlines()
        soon, late = (
            next(line.split()[-1] for line in told if line.startswith(f"intake_breaches_{name}{{"))
            for name in ("due_soon", "overdue")
        )
        return soon, late

    assert await gauges() == ("0.0", "0.0")
    alone.system.clock.advance(timedelta(hours=50))
    assert await gauges() == ("1.0", "0.0")
    alone.system.clock.advance(timedelta(hours=23))
    assert await gauges() == ("0.0", "1.0")
    listed = await alone.client.get(BREACHES, headers=alone.system.staff(Role.ADMIN))
    assert listed.json()["breaches"][0]["overdue"] is True
    for whom in ("subjects", "authority"):
        form = {"whom": whom, "told_at": alone.now.isoformat()}
        await _post(alone, form, f"/{breach['breach_id']}/told")
    assert await gauges() == ("0.0", "0.0")


async def test_the_same_breach_sent_twice_is_one(alone: Driver) -> None:
    form = _form(alone)
    first = await _post(alone, form, key="pelanggaran-1")
    again = await _post(alone, form, key="pelanggaran-1")
    assert first.json() == again.json()
    assert len(await alone.rows("SELECT * FROM breach")) == 1


@pytest.mark.parametrize(
    "wrong",
    [
        {"what": []},
        {"people": -1},
        {"people": "12"},
        {"how": ""},
        {"discovered_at": "2999-01-01T00:00:00Z"},
        {"discovered_at": "kemarin"},
        {"extra": 1},
    ],
)
async def test_a_bad_entry_is_refused(intake: Driver, wrong: dict[str, Any]) -> None:
    assert (await _post(intake, _form(intake, **wrong))).status_code == 422


async def test_nobody_was_told_before_it_was_discovered_or_tomorrow(intake: Driver) -> None:
    breach = (await _post(intake, _form(intake))).json()
    path = f"/{breach['breach_id']}/told"
    for hours in (-1, 1):
        at = (intake.now + timedelta(hours=hours)).isoformat()
        answer = await _post(intake, {"whom": "subjects", "told_at": at}, path)
        assert answer.status_code == 422
    nothing = "/019b76da-a800-7000-8000-00000000dead/told"
    form = {"whom": "subjects", "told_at": intake.now.isoformat()}
    assert (await _post(intake, form, nothing)).status_code == 404


async def test_the_notice_is_for_everybody(intake: Driver) -> None:
    notice = await intake.client.get("/intake/v1/privacy-notice")
    assert notice.status_code == 200
    assert notice.json()["version"] == "2026-01"
    assert "UU 27/2022" in notice.json()["text"]
