"""Follow-up plans: opened once for what is weak, written by whom the unit is, judged by figures."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import httpx
import pytest

from services.survey.operations.planning import open_plans_of_closed
from shared.auth import Role
from shared.ids import new_id
from tests.service.survey.answering import DISPLEASED, PLEASED, close_period, count_answers
from tests.support.servers import Databases
from tests.support.system import System, running_system

PLAN = {
    "cause": "Pemohon datang dua kali karena syarat tidak tertulis.",
    "action": "Memasang daftar syarat di loket.",
    "owner": "Kepala Bidang Pelayanan",
    "due_on": "2026-04-30",
}
EVIDENCE = {"text": "Daftar syarat terpasang di keempat loket."}
NOTE = {"note": "Pemeriksaan menunjukkan belum selesai."}


class Plans:
    """Opens and works on plans."""

    def __init__(self, system: System) -> None:
        self.system = system

    @property
    def manager(self) -> dict[str, str]:
        """Return the headers of a survey's manager; made anew, for the clock may have moved."""
        return self.system.staff(Role.SURVEY_MANAGER)

    def head(self, opd: str) -> dict[str, str]:
        """Return the headers of an OPD's head."""
        return self.system.staff(Role.HEAD, opd=opd, subject=f"head-{opd}")

    async def open(self, period: str) -> list[dict[str, Any]]:
        """Open the plans of a period."""
        answer = await self.system.client.post(
            "/survey/v1/plans/openings", json={"period": period}, headers=self.manager
        )
        assert answer.status_code == 200, answer.text
        opened: list[dict[str, Any]] = answer.json()["opened"]
        return opened

    async def act(
        self, plan: dict[str, Any], action: str, body: object = None, **kept: Any
    ) -> httpx.Response:
        """Do something with a plan, by default as its OPD's head."""
        headers = kept.get("headers", self.head(plan["opd"])) | kept.get("more", {})
        path = f"/survey/v1/plans/{plan['plan_id']}/{action}"
        return await self.system.client.post(path, json=body, headers=headers)

    async def get(self, plan: dict[str, Any], headers: dict[str, str]) -> httpx.Response:
        """Show a plan."""
        return await self.system.client.get(f"/survey/v1/plans/{plan['plan_id']}", headers=headers)


@pytest.fixture(scope="module")
async def plans(
    databases: Databases, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Plans]:
    """Run survey for this module; each test has periods of its own."""
    home = tmp_path_factory.mktemp("plans")
    async with running_system(databases, home, services=["survey"]) as system:
        yield Plans(system)


async def weak_plan(plans: Plans, period: str, unit: str = "dukcapil") -> dict[str, Any]:
    """Open the plan of one weak element."""
    await count_answers(plans.system, unit, period, {"U3": DISPLEASED})
    [plan] = await plans.open(period)
    return plan


async def finish(plans: Plans, plan: dict[str, Any]) -> None:
    """Let a plan go, so that it stands in no other test's way."""
    answer = await plans.act(plan, "cancel", NOTE, headers=plans.manager)
    assert answer.status_code in {200, 409}


async def test_each_weak_element_gets_one_plan_however_often_it_is_asked_for(plans: Plans) -> None:
    plan = await weak_plan(plans, "2025-01")
    assert (plan["unit"], plan["element"], plan["state"]) == ("dukcapil", "U3", "open")
    assert plan["reasons"] == ["below_target", "lowest"]
    assert plan["value"] == 50
    assert "di bawah target 76,61" in plan["reason_text"]
    assert await plans.open("2025-01") == []
    await finish(plans, plan)
    assert await plans.open("2025-01") == []


async def test_two_openings_at_once_open_one(plans: Plans) -> None:
    await count_answers(plans.system, "pbb", "2025-02", {"U1": DISPLEASED})
    opened = await asyncio.gather(*(plans.open("2025-02") for _ in range(4)))
    [plan] = [plan for each in opened for plan in each]
    await finish(plans, plan)


async def test_an_element_that_is_worked_on_gets_no_second_plan(plans: Plans) -> None:
    plan = await weak_plan(plans, "2024-01")
    await count_answers(plans.system, "dukcapil", "2024-02", {"U3": DISPLEASED})
    assert await plans.open("2024-02") == []
    await finish(plans, plan)
    [again] = await plans.open("2024-02")
    assert again["period"] == "2024-02"
    await finish(plans, again)


async def test_closed_periods_get_theirs_without_being_asked(plans: Plans) -> None:
    await count_answers(plans.system, "rsud", "2025-11", {"U8": DISPLEASED})
    await close_period(plans.system, "2025-11")
    service = plans.system.service("survey")
    context = plans.system.app.apps["survey"].state.context
    for _ in range(2):
        await open_plans_of_closed(service.units, context)
    rows = await plans.system.rows(
        "survey", "SELECT plan_id, opd, element FROM follow_up_plan WHERE period = '2025-11'"
    )
    [plan] = [{**row, "plan_id": str(row["plan_id"])} for row in rows]
    assert (plan["opd"], plan["element"]) == ("RSUD", "U8")
    await finish(plans, plan)


async def test_to_close_a_period_opens_its_plans(plans: Plans) -> None:
    await count_answers(plans.system, "puskesmas-tirtajaya", "2023-05", {"U2": DISPLEASED})
    for _ in range(2):
        closed = await plans.system.client.post(
            "/survey/v1/periods/2023-05/close", headers=plans.manager
        )
        assert closed.status_code == 200, closed.text
    listed = await plans.system.client.get("/survey/v1/plans?period=2023-05", headers=plans.manager)
    [plan] = listed.json()["items"]
    assert (plan["unit"], plan["element"]) == ("puskesmas-tirtajaya", "U2")
    await finish(plans, plan)


@pytest.mark.parametrize(
    ("period", "status"),
    [("2026-03", 409), ("2026-04", 409), ("2026-Q1", 422), ("2026-13", 422), ("0000", 422)],
)
async def test_only_a_period_that_is_over_opens_plans(
    plans: Plans, period: str, status: int
) -> None:
    answer = await plans.system.client.post(
        "/survey/v1/plans/openings", json={"period": period}, headers=plans.manager
    )
    assert answer.status_code == status, answer.text


async def test_from_the_cause_to_the_effect(plans: Plans) -> None:
    plan = await weak_plan(plans, "2025-09")
    early = await plans.act(plan, "complete")
    assert early.status_code == 409
    assert "menunggu rencana" in early.json()["detail"]
    written = (await plans.act(plan, "plan", PLAN)).json()
    assert (written["state"], written["owner"]) == ("planned", "Kepala Bidang Pelayanan")
    assert (await plans.act(plan, "start")).json()["state"] == "running"
    bare = await plans.act(plan, "complete")
    assert (bare.status_code, bare.json()["title"]) == (409, "Rencana belum dapat diselesaikan")
    await plans.act(plan, "evidence", EVIDENCE)
    done = (await plans.act(plan, "complete")).json()
    assert (done["state"], done["actions"]) == ("done", ["evidence", "reopen"])
    assert [step["action"] for step in done["steps"]] == [
        "open", "plan", "start", "evidence", "complete",
    ]  # fmt: skip

    await count_answers(plans.system, "dukcapil", "2025-10", {"U3": (4, 4, 2, 0)})
    await count_answers(plans.system, "dukcapil", "2025-12", {"U3": PLEASED})
    shown = (await plans.get(plan, plans.manager)).json()
    effects = {each["period"]: each for each in shown["effects"]}
    assert effects["2025-10"]["verdict"] == "too_few"
    assert effects["2025-10"]["difference"] is None
    assert effects["2025-12"]["verdict"] == "better"
    assert effects["2025-12"]["low"] > 0
    assert effects["2025-12"]["sentence"].startswith("Desember 2025: Waktu")
    assert "Perbaikan terlihat jelas" in effects["2025-12"]["sentence"]
    reopened = await plans.act(plan, "reopen", NOTE)
    assert reopened.json()["state"] == "running"
    await finish(plans, plan)


async def test_another_opds_plan_is_not_there(plans: Plans) -> None:
    plan = await weak_plan(plans, "2025-03")
    stranger = plans.head("RSUD")
    assert (await plans.get(plan, stranger)).status_code == 404
    assert (await plans.act(plan, "plan", PLAN, headers=stranger)).status_code == 404
    listed = await plans.system.client.get("/survey/v1/plans", headers=stranger)
    assert plan["plan_id"] not in {each["plan_id"] for each in listed.json()["items"]}
    page = await plans.system.client.get("/survey/v1/plans/page", headers=stranger)
    assert plan["unit_name"] not in page.text
    await finish(plans, plan)


async def test_who_may_only_read(plans: Plans) -> None:
    plan = await weak_plan(plans, "2025-04")
    officer = plans.system.staff(Role.OFFICER, opd=plan["opd"])
    for headers in (officer, *map(plans.system.staff, (Role.LEADER, Role.AUDITOR, Role.SEKDA))):
        assert (await plans.get(plan, headers)).status_code == 200
        assert (await plans.act(plan, "plan", PLAN, headers=headers)).status_code == 403
    for headers in (plans.system.staff(Role.PANEL), plans.system.staff(Role.TRIAGE)):
        assert (await plans.get(plan, headers)).status_code == 403
    assert (await plans.act(plan, "plan", PLAN, headers=plans.manager)).status_code == 403
    assert (await plans.act(plan, "cancel", NOTE)).status_code == 403
    homeless = plans.system.staff(Role.HEAD)
    assert (await plans.get(plan, homeless)).status_code == 404
    await finish(plans, plan)


async def test_of_two_who_saw_the_same_version_one_is_told(plans: Plans) -> None:
    plan = await weak_plan(plans, "2025-05")
    tag = (await plans.get(plan, plans.manager)).headers["ETag"]
    answers = await asyncio.gather(
        *(plans.act(plan, "plan", PLAN, more={"If-Match": tag}) for _ in range(2))
    )
    assert sorted(answer.status_code for answer in answers) == [200, 412]
    refused = next(answer for answer in answers if answer.status_code == 412)
    assert refused.headers["ETag"] == '"2"'
    await finish(plans, plan)


async def test_the_same_request_twice_is_one_step(plans: Plans) -> None:
    plan = await weak_plan(plans, "2025-06")
    more = {"Idempotency-Key": new_id()}
    first, second = [await plans.act(plan, "plan", PLAN, more=more) for _ in range(2)]
    assert first.json() == second.json()
    assert first.json()["version"] == 2
    await finish(plans, plan)


async def test_what_is_late_is_listed(plans: Plans) -> None:
    plan = await weak_plan(plans, "2025-07")
    body = {**PLAN, "due_on": "2026-03-09"}
    assert (await plans.act(plan, "plan", body)).status_code == 200

    async def late() -> set[str]:
        answer = await plans.system.client.get(
            "/survey/v1/plans?overdue=true&limit=100", headers=plans.manager
        )
        assert all(each["overdue"] for each in answer.json()["items"])
        return {each["plan_id"] for each in answer.json()["items"]}

    assert plan["plan_id"] not in await late()
    plans.system.clock.advance(timedelta(days=1))
    assert plan["plan_id"] in await late()
    past = await plans.act(plan, "plan", body)
    assert (past.status_code, past.json()["title"]) == (422, "Batas waktu sudah lewat")
    plans.system.clock.advance(timedelta(days=-1))
    await finish(plans, plan)


async def test_lists_are_read_page_by_page(plans: Plans) -> None:
    await count_answers(plans.system, "air-minum", "2025-08", others=DISPLEASED)
    opened = await plans.open("2025-08")
    assert len(opened) == 9
    found: list[str] = []
    target: str | None = "/survey/v1/plans?unit=air-minum&limit=4"
    while target is not None:
        answer = await plans.system.client.get(target, headers=plans.head("PDAM"))
        found += [each["plan_id"] for each in answer.json()["items"]]
        link = answer.headers.get("Link")
        target = link.partition(">")[0].removeprefix("<") if link else None
    assert sorted(found) == sorted(each["plan_id"] for each in opened)
    assert found == sorted(found, reverse=True)


async def test_the_page_says_what_is_late_and_escapes_what_was_written(plans: Plans) -> None:
    plan = await weak_plan(plans, "2024-06", unit="kecamatan-mekarsari")
    await plans.act(plan, "plan", {**PLAN, "cause": "Syarat <b>tidak</b> tertulis."})
    page = await plans.system.client.get(
        "/survey/v1/plans/page?unit=kecamatan-mekarsari", headers=plans.manager
    )
    assert page.status_code == 200
    assert "Syarat &lt;b&gt;tidak&lt;/b&gt; tertulis." in page.text
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]
    await finish(plans, plan)
