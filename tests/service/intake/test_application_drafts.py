"""Drafts: kept sealed for who has the secret, submitted once, and over after 30 days."""

import asyncio
from datetime import timedelta
from typing import Any

from services.intake.operations.application_drafts import KEPT, forget_drafts
from shared.clock import ManualClock
from shared.ids import new_id
from shared.unit_of_work import UnitsOfWork
from tests.service.intake.applying import CODE, MOHON, NAME, SERVICES, ask_for
from tests.service.intake.driver import Driver

DRAFTS = f"{SERVICES}/{CODE}/drafts"


async def _save(offices: Driver, key: str | None = None, **answers: Any) -> Any:
    headers = {"Idempotency-Key": key} if key else {}
    return await offices.client.post(DRAFTS, json={"answers": answers}, headers=headers)


async def _saved(offices: Driver, **answers: Any) -> tuple[str, dict[str, str]]:
    answer = await _save(offices, **answers)
    assert answer.status_code == 201, answer.text
    said = answer.json()
    return f"{DRAFTS}/{said['draft_id']}", {"X-Draft-Secret": said["secret"]}


async def test_a_draft_is_kept_partly_and_sealed(offices: Driver) -> None:
    url, secret = await _saved(offices, nama=NAME, bersih="ya")
    seen = (await offices.client.get(url, headers=secret)).json()
    assert seen["answers"] == {"nama": NAME, "bersih": "ya"}
    assert (seen["problems"], seen["score"]["points"]) == ([], 75)
    rows = await offices.rows("SELECT content FROM application_draft")
    assert all(NAME.encode() not in bytes(row["content"]) for row in rows)
    changed = await offices.client.put(url, json={"answers": {"jenis": "warung"}}, headers=secret)
    assert changed.json()["answers"] == {"jenis": "warung"}
    bad = await offices.client.put(url, json={"answers": {"jenis": "lain"}}, headers=secret)
    assert bad.status_code == 422
    assert (await offices.client.get(url, headers=secret)).json()["answers"] == {"jenis": "warung"}


async def test_what_cannot_be_is_refused_and_nothing_is_kept(offices: Driver) -> None:
    count = "SELECT count(*) AS n FROM application_draft"
    before = await offices.rows(count)
    for wrong in ({"jenis": "lain"}, {"tidak_ada": 1}, {"karyawan": -1}, {"saksi": [{"x": 1}]}):
        assert (await _save(offices, **wrong)).status_code == 422
    missing = await offices.client.post(f"{SERVICES}/tidak-ada/drafts", json={"answers": {}})
    assert missing.status_code == 404
    assert await offices.rows(count) == before


async def test_the_same_draft_sent_twice_is_one(offices: Driver) -> None:
    both = await asyncio.gather(*(_save(offices, "draf-dua-kali", nama=NAME) for _ in range(2)))
    assert both[0].json() == both[1].json()
    assert (await _save(offices, "draf-dua-kali", nama="Lain")).status_code == 422


async def test_nobody_reads_or_changes_another_persons_draft(offices: Driver) -> None:
    url, secret = await _saved(offices, **MOHON)
    _, other = await _saved(offices, nama="Orang Lain")
    body: dict[str, Any] = {"answers": {}}
    for headers in ({}, other, {"X-Draft-Secret": "SALAH"}):
        answers = [
            await offices.client.get(url, headers=headers),
            await offices.client.put(url, json=body, headers=headers),
            await offices.client.delete(url, headers=headers),
            await offices.client.post(f"{url}/submit", json={"opd": "DPMPTSP"}, headers=headers),
        ]
        assert {each.status_code for each in answers} == {404}
    assert (await offices.client.get(url, headers=secret)).status_code == 200
    strange = await offices.client.get(url.replace(CODE, "rtlh"), headers=secret)
    assert strange.status_code == 404
    assert (await offices.client.get(f"{DRAFTS}/{new_id()}", headers=secret)).status_code == 404
    assert (await offices.client.delete(url, headers=secret)).json()["deleted"] is True
    assert (await offices.client.get(url, headers=secret)).status_code == 404


async def test_a_draft_is_submitted_once_and_is_gone(offices: Driver) -> None:
    url, secret = await _saved(offices, **MOHON)
    form = {"opd": "DPMPTSP"}
    keyed = {**secret, "Idempotency-Key": "ajukan-draf-1"}
    both = await asyncio.gather(
        *(offices.client.post(f"{url}/submit", json=form, headers=keyed) for _ in range(2))
    )
    assert [each.status_code for each in both] == [201, 201], both[1].text
    assert both[0].json() == both[1].json()
    assert both[0].json()["number"].endswith("/DPMPTSP/2026")
    assert (await offices.client.get(url, headers=secret)).status_code == 404
    # Who has not the draft's secret learns nothing of what became of it.
    stolen = await offices.client.post(
        f"{url}/submit", json=form, headers={"Idempotency-Key": "ajukan-draf-1"}
    )
    assert stolen.status_code == 404
    unkeyed = await offices.client.post(f"{url}/submit", json=form, headers=secret)
    assert unkeyed.status_code == 404


async def test_a_refused_submission_leaves_the_draft(offices: Driver) -> None:
    url, secret = await _saved(offices, **{**MOHON, "jenis": "bengkel"})
    refused = await offices.client.post(f"{url}/submit", json={"opd": "DPMPTSP"}, headers=secret)
    assert {each["field"] for each in refused.json()["errors"]} == {"/answers/bahan"}
    assert (await offices.client.post(f"{url}/submit", json={}, headers=secret)).status_code == 422
    assert (await offices.client.get(url, headers=secret)).status_code == 200


async def test_a_replayed_application_is_answered_as_it_was(offices: Driver) -> None:
    first = await ask_for(offices, key="jawab-sama-1", bersih="tidak")
    again = await ask_for(offices, key="jawab-sama-1", bersih="tidak")
    assert first.json() == again.json()
    assert first.json()["eligible"] is False


async def test_a_draft_is_over_after_thirty_days(offices: Driver) -> None:
    old, secret = await _saved(offices, nama=NAME)
    changed, other = await _saved(offices, nama=NAME)
    clock = ManualClock(offices.now + KEPT + timedelta(seconds=1))
    await offices.rows(
        """UPDATE application_draft SET expires_at = :later
        WHERE draft_id = CAST(:id AS uuid) RETURNING 1""",
        later=clock.now() + timedelta(days=1),
        id=changed.rpartition("/")[2],
    )
    units = offices.doors.units
    later = UnitsOfWork(units.database, clock)
    await forget_drafts(later)
    assert (await offices.client.get(old, headers=secret)).status_code == 404
    assert (await offices.client.get(changed, headers=other)).status_code == 200
