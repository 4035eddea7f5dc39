"""The doors: who may look at which clocks, and what bad questions are answered."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest

from shared.auth import Role
from shared.cursor import write_cursor
from shared.ids import new_id
from tests.service.sla.driver import Case, Sla
from tests.support.system import System

SEE_ALL = (Role.TRIAGE, Role.SEKDA, Role.LEADER, Role.AUDITOR, Role.ADMIN)
SEE_OWN = (Role.OFFICER, Role.HEAD)
SEE_NOTHING = tuple(role for role in Role if role not in {*SEE_ALL, *SEE_OWN})

# The same in every process of a run: the id is part of the tests' names.
UNKNOWN_CLOCK = "019b76da-a800-7000-8000-00000000dead"


async def get(system: System, path: str, headers: Mapping[str, str]) -> Any:
    """Ask sla."""
    return await system.client.get(f"/sla/v1{path}", headers=headers)


def of_case(case: Case) -> str:
    """Return the path of a case's clocks."""
    return f"/cases/{case.complaint_id}/clocks"


class TestOneCase:
    async def test_it_shows_every_clock_with_time_left_and_who_was_told(
        self, system: System, desk: Sla
    ) -> None:
        case = desk.case()
        await desk.hear(case.submitted(), case.assigned(hours=0.25))
        await system.advance(hours=1.75)
        answer = await get(system, of_case(case), system.staff(Role.OFFICER, opd="PUPR"))
        assert answer.status_code == 200
        clocks = {clock["stage"]: clock for clock in answer.json()["clocks"]}
        assert set(clocks) == {"verification", "first_response", "follow_up", "resolution"}
        verification, first = clocks["verification"], clocks["first_response"]
        assert verification["outcome"] == "met"
        assert verification["remaining_seconds"] is None
        assert verification["elapsed_seconds"] == 900
        # The tests share a clock, so that the hour may be one of work or not.
        assert 0 <= verification["working_seconds"] <= 900
        assert first["state"] == "running"
        assert first["remaining_seconds"] == 900
        assert first["overdue"] is False
        assert [(e["level"], e["to_role"]) for e in first["escalations"]] == [(0, "officer")]
        assert first["due_at"].endswith("Z")
        assert clocks["follow_up"]["opd"] == "PUPR"
        assert clocks["follow_up"]["policy"] == "tindak-lanjut-24-jam"

    async def test_a_paused_clock_shows_what_is_left_of_it(self, system: System, desk: Sla) -> None:
        case = desk.case()
        await desk.hear(case.submitted(), case.assigned(), case.asked(hours=1))
        await system.advance(hours=5)
        answer = await get(system, of_case(case), system.staff(Role.AUDITOR))
        clocks = [c for c in answer.json()["clocks"] if c["state"] == "paused"]
        paused, resolution = sorted(clocks, key=lambda clock: str(clock["stage"]))
        assert resolution["stage"] == "resolution"
        assert paused["remaining_seconds"] == 23 * 3600
        assert paused["overdue"] is False
        assert paused["resumes_at"] is not None

    async def test_a_case_that_only_routing_spoke_of_has_no_clocks_yet(
        self, system: System, desk: Sla
    ) -> None:
        case = desk.case()
        await desk.hear(case.assigned())
        answer = await get(system, of_case(case), system.staff(Role.HEAD, opd="PUPR"))
        assert answer.json() == {"complaint_id": case.complaint_id, "clocks": []}

    @pytest.mark.parametrize("role", SEE_ALL)
    async def test_who_watches_over_all_sees_any_case(
        self, system: System, desk: Sla, role: Role
    ) -> None:
        case = desk.case()
        await desk.hear(case.submitted())
        assert (await get(system, of_case(case), system.staff(role))).status_code == 200

    @pytest.mark.parametrize("role", SEE_OWN)
    async def test_an_opd_sees_cases_that_it_has_or_had_and_no_others(
        self, system: System, desk: Sla, role: Role
    ) -> None:
        case = desk.case()
        await desk.hear(case.submitted(), case.assigned("PUPR"), case.assigned("DLH"))
        expected = {"PUPR": 200, "DLH": 200, "DISHUB": 404, None: 404}
        for opd, status in expected.items():
            answer = await get(system, of_case(case), system.staff(role, opd=opd))
            assert answer.status_code == status, opd
        unknown = await get(system, f"/cases/{new_id()}/clocks", system.staff(role, opd="PUPR"))
        foreign = await get(system, of_case(case), system.staff(role, opd="DISHUB"))
        without_trace = [{**a.json(), "trace_id": ""} for a in (unknown, foreign)]
        assert without_trace[0] == without_trace[1]

    @pytest.mark.parametrize("role", SEE_NOTHING)
    async def test_every_other_role_is_refused(self, system: System, desk: Sla, role: Role) -> None:
        case = desk.case()
        await desk.hear(case.submitted(), case.assigned())
        headers = system.staff(role, opd="PUPR")
        assert (await get(system, of_case(case), headers)).status_code == 403
        assert (await get(system, "/clocks", headers)).status_code == 403

    async def test_without_a_valid_token_nothing_is_shown(self, system: System) -> None:
        expired = system.issuer.token(
            system.clock, [Role.ADMIN], subject="x", lifetime=timedelta(hours=-1)
        )
        for headers in ({}, {"Authorization": "Bearer x"}, {"Authorization": f"Bearer {expired}"}):
            for path in ("/clocks", f"/cases/{new_id()}/clocks"):
                answer = await get(system, path, headers)
                assert answer.status_code == 401
                assert answer.headers["content-type"] == "application/problem+json"

    @pytest.mark.parametrize("complaint_id", ["x", "0" * 36, "%00", "a" * 5000, "%F0%9F%98%80"])
    async def test_what_is_no_id_is_refused(self, system: System, complaint_id: str) -> None:
        answer = await get(system, f"/cases/{complaint_id}/clocks", system.staff(Role.ADMIN))
        assert answer.status_code == 422
        assert answer.headers["content-type"] == "application/problem+json"

    async def test_an_unknown_case_is_not_found(self, system: System) -> None:
        answer = await get(system, f"/cases/{new_id()}/clocks", system.staff(Role.ADMIN))
        assert answer.status_code == 404
        assert answer.json()["type"] == "urn:tanggap:problem:case-not-found"

    async def test_nothing_can_be_changed_here(self, system: System) -> None:
        path = f"/sla/v1/cases/{new_id()}/clocks"
        answer = await system.client.delete(path, headers=system.staff(Role.ADMIN))
        assert answer.status_code == 405


class TestTheList:
    @pytest.fixture(autouse=True)
    async def _empty(self, desk: Sla) -> None:
        """Let each test count what it made itself."""
        await desk.rows("WITH gone AS (DELETE FROM escalation RETURNING 1) SELECT 1")
        await desk.rows("WITH gone AS (DELETE FROM clock RETURNING 1) SELECT 1")

    async def _listed(self, system: System, query: str, headers: Mapping[str, str]) -> list[Any]:
        answer = await get(system, f"/clocks{query}", headers)
        assert answer.status_code == 200, answer.text
        clocks: list[Any] = answer.json()["clocks"]
        return clocks

    async def test_each_state_lists_its_own(self, system: System, desk: Sla) -> None:
        late, paused = desk.case(), desk.case()
        await desk.hear(late.submitted(), late.assigned())
        await desk.hear(paused.submitted(), paused.assigned(), paused.asked())
        await system.advance(hours=3)
        headers = system.staff(Role.LEADER)
        found = {
            state: {
                (c["complaint_id"], c["stage"])
                for c in await self._listed(system, f"?state={state}", headers)
            }
            for state in ("running", "paused", "overdue", "stopped")
        }
        assert found["overdue"] == {(late.complaint_id, "first_response")}
        assert found["paused"] == {
            (paused.complaint_id, "follow_up"),
            (paused.complaint_id, "resolution"),
        }
        assert found["running"] == {
            (late.complaint_id, "first_response"),
            (late.complaint_id, "follow_up"),
            (late.complaint_id, "resolution"),
            (paused.complaint_id, "closing"),
        }
        assert (paused.complaint_id, "first_response") in found["stopped"]
        overdue = await self._listed(system, "?state=overdue", headers)
        assert overdue[0]["remaining_seconds"] == -3600
        assert [e["to_role"] for e in overdue[0]["escalations"]] == ["officer", "head"]

    async def test_stage_and_opd_narrow_it(self, system: System, desk: Sla) -> None:
        one, other, nobodys = desk.case(), desk.case(), desk.case()
        await desk.hear(one.submitted(), one.assigned("PUPR"))
        await desk.hear(other.submitted(), other.assigned("DLH"), nobodys.submitted())
        headers = system.staff(Role.TRIAGE)
        found = await self._listed(system, "?stage=follow_up&opd=DLH", headers)
        assert [(c["complaint_id"], c["stage"]) for c in found] == [
            (other.complaint_id, "follow_up")
        ]

    @pytest.mark.parametrize("role", SEE_OWN)
    async def test_an_opd_lists_its_own_alone(self, system: System, desk: Sla, role: Role) -> None:
        one, other = desk.case(), desk.case()
        await desk.hear(one.submitted(), one.assigned("PUPR"))
        await desk.hear(other.submitted(), other.assigned("DLH"))
        headers = system.staff(role, opd="PUPR")
        for query in ("", "?opd=PUPR"):
            found = await self._listed(system, query, headers)
            assert {c["complaint_id"] for c in found} == {one.complaint_id}
        for foreign in ("DLH", "TIDAKADA"):
            answer = await get(system, f"/clocks?opd={foreign}", headers)
            assert answer.json()["type"] == "urn:tanggap:problem:opd-not-yours"
            assert answer.status_code == 403
        assert (await get(system, "/clocks", system.staff(role))).status_code == 403

    async def test_pages_show_each_clock_once_the_one_due_first_at_the_head(
        self, system: System, desk: Sla
    ) -> None:
        cases = [desk.case() for _ in range(7)]
        await desk.hear(*(c.submitted(hours=i % 3) for i, c in enumerate(cases)))
        path, seen = "/sla/v1/clocks?limit=4", []
        while path:
            answer = await system.client.get(path, headers=system.staff(Role.ADMIN))
            page = answer.json()
            seen += [(c["due_at"], c["id"]) for c in page["clocks"]]
            link = answer.headers.get("link")
            path = link[1 : link.index(">")] if link else ""
            assert bool(link) == (page["next"] is not None)
        assert len(seen) == len(set(seen)) == 14
        assert seen == sorted(seen)

    @pytest.mark.parametrize(
        "query",
        [
            "state=late",
            "stage=coffee",
            "stage=%00",
            "opd=TIDAKADA",
            "opd=%00",
            "opd=%ED%A0%80",
            "limit=0",
            "limit=1000",
            "limit=x",
            "cursor=x",
            "cursor=%00",
            "cursor=" + "A" * 400,
            "cursor=" + write_cursor(1, "no-uuid"),
            "cursor=" + write_cursor(10**30, UNKNOWN_CLOCK),
            "cursor=" + write_cursor(-(10**17), UNKNOWN_CLOCK),
            "cursor=" + write_cursor("1", UNKNOWN_CLOCK),
        ],
    )
    async def test_bad_questions_are_refused(self, system: System, query: str) -> None:
        answer = await get(system, f"/clocks?{query}", system.staff(Role.ADMIN))
        assert answer.status_code == 422, answer.text
        assert answer.headers["content-type"] == "application/problem+json"
