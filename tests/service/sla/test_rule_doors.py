"""The doors of rules: explanations, standstills, extensions, and which policies are applied."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from services.sla import queries
from services.sla.calendars import read_calendar
from services.sla.operations.adjusting import wait_for_end
from services.sla.operations.waking import wake_overdue
from services.sla.queries import KeptCase, KeptClock
from services.sla.rules import clock_id_of, derive_clocks
from shared.auth import Role
from shared.contracts.routing import CaseReferred, ReferralAnswered
from shared.contracts.sla import ClockPaused, ClockRescheduled, ClockResumed
from shared.ids import new_id
from tests.service.sla.driver import Case, Sla
from tests.support.system import System

FLOOD = {"reason": "Banjir menutup jalan ke lokasi."}


async def post(
    system: System, path: str, headers: Mapping[str, str], body: Any = None, key: str | None = None
) -> Any:
    """Ask sla to do something."""
    sent = {**headers, **({"Idempotency-Key": key} if key else {})}
    return await system.client.post(f"/sla/v1{path}", headers=sent, json=body)


async def get(system: System, path: str, headers: Mapping[str, str]) -> Any:
    """Ask sla."""
    return await system.client.get(f"/sla/v1{path}", headers=headers)


def officer(system: System, opd: str = "PUPR") -> dict[str, str]:
    return system.staff(Role.OFFICER, opd=opd, subject=f"petugas-{opd}")


def head(system: System, opd: str = "PUPR", subject: str = "kepala-1") -> dict[str, str]:
    return system.staff(Role.HEAD, opd=opd, subject=subject)


async def assigned(desk: Sla, opd: str = "PUPR", **fields: Any) -> Case:
    """Return a case that an OPD works on."""
    case = desk.case()
    await desk.hear(case.submitted(**fields), case.assigned(opd))
    return case


async def resolution(desk: Sla, case: Case) -> dict[str, Any]:
    return (await desk.clocks(case))["resolution", 0]


async def told_of_resolution(desk: Sla, case: Case, *classes: type[Any]) -> list[Any]:
    return [event for event in await desk.told(case, *classes) if event.stage == "resolution"]


class TestForceMajeure:
    async def test_the_head_approves_and_the_resolution_stands_still_until_it_ends(
        self, system: System, desk: Sla
    ) -> None:
        case = await assigned(desk)
        path = f"/cases/{case.complaint_id}/pauses"
        due_at = (await resolution(desk, case))["due_at"]
        asked = await post(system, path, officer(system), FLOOD)
        assert asked.status_code == 201, asked.text
        assert (await resolution(desk, case))["state"] == "running"
        pause_id = asked.json()["pause_id"]
        decided = await post(system, f"{path}/{pause_id}/decision", head(system), {"approve": True})
        assert decided.json()["state"] == "running", decided.text
        clocks = await desk.clocks(case)
        assert clocks["resolution", 0]["state"] == "paused"
        # Only the resolution stands still.
        assert clocks["first_response", 0]["state"] == clocks["follow_up", 0]["state"] == "running"
        [paused] = await told_of_resolution(desk, case, ClockPaused)
        assert "kahar" in paused.reason
        # Longer than any row of free days, and shorter than the policy's limit. What was published
        # so long ago is forgotten.
        await system.advance(days=12)
        ended = await post(system, f"{path}/{pause_id}/end", officer(system))
        assert ended.json()["state"] == "ended"
        after = await resolution(desk, case)
        assert after["state"] == "running"
        assert after["due_at"] > due_at
        [resumed] = await told_of_resolution(desk, case, ClockResumed)
        assert resumed.due_at == after["due_at"]
        listed = await get(system, path, officer(system))
        assert [each["state"] for each in listed.json()["items"]] == ["ended"]

    async def test_it_ends_by_itself_at_the_longest_that_the_policy_allows(
        self, system: System, desk: Sla
    ) -> None:
        case = await assigned(desk)
        path = f"/cases/{case.complaint_id}/pauses"
        pause_id = (await post(system, path, officer(system), FLOOD)).json()["pause_id"]
        await post(system, f"{path}/{pause_id}/decision", head(system), {"approve": True})
        began = desk.clock.now()
        resumes_at = (await resolution(desk, case))["resumes_at"]
        assert resumes_at == began + timedelta(days=14)
        await system.advance(days=20)
        async with desk.units.begin() as unit:
            await wake_overdue(unit, desk.context)
        assert (await resolution(desk, case))["state"] == "running"
        [resumed] = await told_of_resolution(desk, case, ClockResumed)
        assert resumed.occurred_at == resumes_at

    async def test_who_asked_may_not_approve_and_an_officer_may_not_either(
        self, system: System, desk: Sla
    ) -> None:
        case = await assigned(desk)
        path = f"/cases/{case.complaint_id}/pauses"
        asked = await post(system, path, head(system), FLOOD)
        decision = f"{path}/{asked.json()['pause_id']}/decision"
        assert (await post(system, decision, head(system), {"approve": True})).status_code == 403
        assert (await post(system, decision, officer(system), {"approve": True})).status_code == 403
        other = head(system, subject="kepala-2")
        refused = await post(system, decision, other, {"approve": False, "note": "Jalan terbuka."})
        assert refused.json()["state"] == "refused"
        assert (await post(system, decision, other, {"approve": True})).status_code == 409
        assert (await resolution(desk, case))["state"] == "running"

    async def test_one_request_at_a_time_and_the_same_one_twice_is_one(
        self, system: System, desk: Sla
    ) -> None:
        case = await assigned(desk)
        path = f"/cases/{case.complaint_id}/pauses"
        key = new_id()
        first = await post(system, path, officer(system), FLOOD, key)
        again = await post(system, path, officer(system), FLOOD, key)
        assert again.json() == first.json()
        assert (await post(system, path, officer(system), FLOOD)).status_code == 409

    async def test_another_opds_case_is_not_there_and_one_given_away_is_refused(
        self, system: System, desk: Sla
    ) -> None:
        case = await assigned(desk)
        path = f"/cases/{case.complaint_id}/pauses"
        assert (await post(system, path, officer(system, "DLH"), FLOOD)).status_code == 404
        await desk.hear(case.assigned("DLH", hours=0.1))
        assert (await post(system, path, officer(system), FLOOD)).status_code == 403
        unknown = f"/cases/{new_id()}/pauses"
        assert (await post(system, unknown, officer(system), FLOOD)).status_code == 404
        assert (
            await post(system, path, officer(system, "DLH"), {"reason": "x"})
        ).status_code == 422

    async def test_a_resolved_case_has_nothing_to_stand_still(
        self, system: System, desk: Sla
    ) -> None:
        case = await assigned(desk)
        await desk.hear(case.resolved(hours=1))
        path = f"/cases/{case.complaint_id}/pauses"
        assert (await post(system, path, officer(system), FLOOD)).status_code == 409

    async def test_the_policy_says_how_often(self, system: System, desk: Sla) -> None:
        case = await assigned(desk)
        path = f"/cases/{case.complaint_id}/pauses"
        states = []
        for _ in range(3):
            pause_id = (await post(system, path, officer(system), FLOOD)).json()["pause_id"]
            decided = await post(
                system, f"{path}/{pause_id}/decision", head(system), {"approve": True}
            )
            states.append(decided.status_code)
            await post(system, f"{path}/{pause_id}/end", officer(system))
            await system.advance(minutes=5)
        assert states == [200, 200, 409]


class TestReferrals:
    async def test_a_body_outside_holds_the_resolution_until_it_answers(self, sla: Sla) -> None:
        case = sla.case()
        await sla.hear(case.submitted(), case.assigned())
        referral = new_id()
        about = {"complaint_id": case.complaint_id, "referral_id": referral, "body": "PLN"}
        at = sla.clock.now()
        await sla.hear(CaseReferred(**about, occurred_at=at + timedelta(hours=1)))
        clocks = await sla.clocks(case)
        assert clocks["resolution", 0]["state"] == "paused"
        assert clocks["follow_up", 0]["state"] == "running"
        await sla.hear(ReferralAnswered(**about, occurred_at=at + timedelta(days=3)))
        assert (await sla.clocks(case))["resolution", 0]["state"] == "running"
        paused, resumed = await told_of_resolution(sla, case, ClockPaused, ClockResumed)
        assert (resumed.occurred_at - paused.occurred_at) == timedelta(days=2, hours=23)


class TestExtension:
    async def test_a_formal_request_for_information_is_extended_once_by_seven_working_days(
        self, system: System, desk: Sla
    ) -> None:
        case = await assigned(desk, "KOMINFO", classification="public_information_request")
        before = await resolution(desk, case)
        assert before["policy"] == "informasi-publik-10-hari-kerja"
        path = f"/cases/{case.complaint_id}/extensions"
        body = {"reason": "Dokumen masih dihimpun dari tiga unit."}
        made = await post(system, path, officer(system, "KOMINFO"), body, "perpanjangan-1")
        assert made.status_code == 201, made.text
        after = await resolution(desk, case)
        assert after["due_at"] > before["due_at"]
        [event] = await told_of_resolution(desk, case, ClockRescheduled)
        assert event.due_at == after["due_at"]
        assert (await post(system, path, officer(system, "KOMINFO"), body)).status_code == 409
        same = await post(system, path, officer(system, "KOMINFO"), body, "perpanjangan-1")
        assert same.json() == made.json()

    async def test_a_policy_without_one_and_a_time_that_is_over_are_refused(
        self, system: System, desk: Sla
    ) -> None:
        case = await assigned(desk)
        body = {"reason": "Dokumen masih dihimpun dari tiga unit."}
        path = f"/cases/{case.complaint_id}/extensions"
        assert (await post(system, path, officer(system), body)).status_code == 409
        late = await assigned(desk, "KOMINFO", classification="public_information_request")
        await system.advance(days=60)
        path = f"/cases/{late.complaint_id}/extensions"
        assert (await post(system, path, officer(system, "KOMINFO"), body)).status_code == 409


class TestExplanation:
    async def test_it_tells_every_step_and_comes_to_the_stored_instant(
        self, system: System, desk: Sla
    ) -> None:
        case = await assigned(desk)
        await desk.hear(
            case.asked(hours=1), case.informed(hours=30), case.assigned("DLH", hours=31)
        )
        await system.advance(hours=40)
        stored = await desk.clocks(case)
        answer = await get(
            system, f"/cases/{case.complaint_id}/explanation", officer(system, "DLH")
        )
        assert answer.status_code == 200, answer.text
        told = {clock["stage"]: clock for clock in answer.json()["clocks"]}
        for (stage, epoch), row in stored.items():
            if epoch == 0:
                assert datetime.fromisoformat(told[stage]["due_at"]) == row["due_at"]
                assert told[stage]["state"] == row["state"]
        found = told["resolution"]
        assert found["policy"]["regulation"].startswith("SP4N-LAPOR")
        assert found["policy"]["days"] == 14
        assert found["calendar"]["id"] == "kantor-5-hari"
        # The tests of a module share a clock, so that the days are what the calendar says.
        names = {day["name"] for day in found["calendar"]["free_days"]}
        assert names == _free_days(desk, stored["resolution", 0])
        kinds = [step["kind"] for step in found["steps"]]
        assert [kind for kind in kinds if kind != "held"] == ["started", "paused", "resumed"]
        assert kinds.count("held") == 2
        assert set(found["held_seconds"]) == {"PUPR", "DLH"}
        text = " ".join(found["sentences"])
        for words in ("14 hari kerja", *names, "WIB", "Ada pada DLH", "dari pelapor"):
            assert words in text

    async def test_one_clock_can_be_asked_for(self, system: System, desk: Sla) -> None:
        case = await assigned(desk)
        clock_id = (await resolution(desk, case))["clock_id"]
        path = f"/cases/{case.complaint_id}/explanation?clock_id={clock_id}"
        [found] = (await get(system, path, officer(system))).json()["clocks"]
        assert (found["clock_id"], found["stage"]) == (str(clock_id), "resolution")

    async def test_another_opds_case_is_not_explained(self, system: System, desk: Sla) -> None:
        case = await assigned(desk)
        path = f"/cases/{case.complaint_id}/explanation"
        assert (await get(system, path, officer(system, "DLH"))).status_code == 404
        assert (await get(system, path, system.staff(Role.OPERATOR))).status_code == 403


class TestPolicies:
    @pytest.mark.parametrize("path", ["/policies/preview", "/policies/apply"])
    async def test_only_an_admin_may(self, system: System, desk: Sla, path: str) -> None:
        del desk
        for role in (Role.LEADER, Role.SEKDA, Role.TRIAGE, Role.AUDITOR):
            answer = await post(system, path, system.staff(role), {"reason": "Karena sudah perlu."})
            assert answer.status_code == 403

    async def test_clocks_of_before_are_shown_and_moved_with_a_reason(
        self, system: System, desk: Sla
    ) -> None:
        case = await assigned(desk)
        await _go_by_another_policy(desk, case)
        admin = system.staff(Role.ADMIN, subject="admin-1")
        shown = await post(system, "/policies/preview", admin, {"samples": 200})
        assert shown.status_code == 200, shown.text
        counts = {
            (each["stage"], each["old_policy"]): each["earlier"] for each in shown.json()["counts"]
        }
        assert counts["follow_up", "tindak-lanjut-lama"] == 1
        assert (await desk.clocks(case))["follow_up", 0]["policy"] == "tindak-lanjut-lama"
        body = {"reason": "Perwal baru berlaku juga bagi laporan berjalan."}
        asked = await post(system, "/policies/apply", admin, body, new_id())
        assert asked.status_code == 202, asked.text
        place = asked.headers["Location"].removeprefix("/sla/v1")
        service = system.service("sla")
        row = await wait_for_end(service.units, asked.json()["adjustment_id"])
        assert row.moved == 1
        report = (await get(system, place, admin)).json()
        assert report["by_stage"] == {"follow_up": 1}
        assert report["asked_by"] == "admin-1"
        clock = (await desk.clocks(case))["follow_up", 0]
        assert clock["policy"] == "tindak-lanjut-24-jam"
        [event] = await desk.told(case, ClockRescheduled)
        assert (event.due_at, event.reason) == (clock["due_at"], body["reason"])
        # And the explanation tells of it.
        path = f"/cases/{case.complaint_id}/explanation"
        clocks = (await get(system, path, admin)).json()["clocks"]
        [told] = [each for each in clocks if each["stage"] == "follow_up"]
        assert "adjusted" in [step["kind"] for step in told["steps"]]
        assert (await get(system, f"/policies/adjustments/{new_id()}", admin)).status_code == 404


def _free_days(desk: Sla, clock: dict[str, Any]) -> set[str]:
    """Return the names of the free days from a clock's start to its deadline."""
    policies = desk.context.policies
    office = read_calendar(policies.versions["kantor-5-hari"].model_dump_json())
    return {name for _, name in office.free_days_between(clock["started_at"], clock["due_at"])}


async def _go_by_another_policy(desk: Sla, case: Case) -> None:
    """Let a follow-up run by a policy that the profile has no longer: two days instead of one."""
    async with desk.units.begin() as unit:
        [found] = (await queries.lock_cases(unit.connection, [case.complaint_id])).values()
        clocks = {
            key: KeptClock(
                replace(kept.terms, policy="tindak-lanjut-lama", seconds=172_800, version="lama"),
                kept.opd,
                kept.told,
            )
            if key.stage == "follow_up"
            else kept
            for key, kept in found.clocks.items()
        }
        changed = KeptCase(found.facts, clocks)
        await queries.update_cases(unit.connection, {case.complaint_id: changed})
        plans = derive_clocks(found.facts, desk.context.policies, changed.terms, unit.now)
        rows = {clock_id_of(case.complaint_id, p.key): (case.complaint_id, p) for p in plans}
        await queries.save_clocks(unit.connection, rows, "lama")
