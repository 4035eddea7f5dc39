"""Who may do what: every route, every role, one's own case and another OPD's; deny by default."""

import re
from dataclasses import dataclass
from typing import Any

import pytest

from services.routing.states import STAFF_ACTIONS, Action
from shared.auth import Role
from tests.service.routing.driver import BODIES, Driver

SEES_ALL = {Role.TRIAGE, Role.ADMIN, Role.LEADER, Role.SEKDA, Role.AUDITOR}
OF_AN_OPD = {Role.OFFICER, Role.HEAD}
DESK = {Role.TRIAGE, Role.ADMIN}
MAY: dict[Action, set[Role]] = {
    Action.ASSIGN: DESK,
    Action.RETURN: OF_AN_OPD,
    Action.RESPOND: OF_AN_OPD,
    Action.PROGRESS: OF_AN_OPD,
    Action.REQUEST_INFORMATION: OF_AN_OPD,
    Action.RESOLVE: OF_AN_OPD,
    Action.REJECT: DESK | OF_AN_OPD,
    Action.CLOSE: DESK,
    Action.RECONSIDER: DESK,
    Action.REOPEN: DESK,
    Action.MERGE: DESK | OF_AN_OPD,
    Action.UNMERGE: DESK | OF_AN_OPD,
    Action.SPLIT: DESK | {Role.HEAD},
}
STATE_FOR = {
    Action.CLOSE: "resolved",
    Action.RECONSIDER: "rejected",
    Action.REOPEN: "closed",
    Action.UNMERGE: "merged",
}


@dataclass(frozen=True)
class Attempt:
    """A role tries an action with a case of DISHUB; `opd` is the caller's own."""

    role: Role
    action: Action
    opd: str

    @property
    def expected(self) -> int:
        """The status that the design asks for."""
        if self.role not in MAY[self.action]:
            return 403
        return 404 if self.role in OF_AN_OPD and self.opd != "DISHUB" else 200


ATTEMPTS = [
    Attempt(role, action, opd)
    for action in STAFF_ACTIONS
    for role in Role
    for opd in ("DISHUB", "PUPR")
]


@pytest.mark.parametrize("action", STAFF_ACTIONS, ids=str)
async def test_every_role_with_its_own_and_with_a_foreign_case(
    routing: Driver, action: Action
) -> None:
    state = STATE_FOR.get(action, "assigned")
    complaint_id = await routing.case_in(state)
    for attempt in (each for each in ATTEMPTS if each.action == action):
        before = (await routing.case(complaint_id))["version"]
        headers = routing.system.staff(attempt.role, opd=attempt.opd)
        answer = await routing.act(complaint_id, action, headers)
        assert answer.status_code == attempt.expected, (attempt, answer.text)
        allowed = attempt.expected == 200
        assert (await routing.case(complaint_id))["version"] == before + allowed
        if allowed:
            complaint_id = await routing.case_in(state)


@pytest.mark.parametrize("role", Role, ids=str)
async def test_every_role_reads_what_is_its_own(routing: Driver, role: Role) -> None:
    complaint_id = await routing.open()
    in_triage = await routing.case_in("triage")
    for opd in ("DISHUB", "PUPR"):
        headers = routing.system.staff(role, opd=opd)
        looked = await routing.look(complaint_id, headers)
        at_desk = await routing.look(in_triage, headers)
        listed = await routing.system.client.get("/routing/v1/cases", headers=headers)
        of_dishub = await routing.system.client.get("/routing/v1/cases?opd=DISHUB", headers=headers)
        statuses = [each.status_code for each in (looked, at_desk, listed, of_dishub)]
        if role in SEES_ALL:
            assert statuses == [200, 200, 200, 200]
        elif role in OF_AN_OPD and opd == "DISHUB":
            assert statuses == [200, 404, 200, 200]
        elif role in OF_AN_OPD:
            assert statuses == [404, 404, 200, 403]
            assert complaint_id not in listed.text
        else:
            assert statuses == [403, 403, 403, 403]


# The same in every process of a run: the id is part of the tests' names.
UNKNOWN_CASE = "019b76da-a800-7000-8000-00000000dead"
WORKERS = DESK | OF_AN_OPD
READERS = SEES_ALL | OF_AN_OPD


@dataclass(frozen=True)
class Route:
    """A route of the work itself: who may come in, and whether only to a case of their own OPD."""

    method: str
    path: str
    roles: set[Role]
    body: dict[str, Any] | None = None
    of_a_case: bool = True


FILING = {
    "client_id": "tablet-1",
    "complaint_id": UNKNOWN_CASE,
    "stage": "survei",
    "decision": "layak",
    "filled_at": "2026-03-09T09:00:00+07:00",
}
GIVEN = {"to_officer": "petugas-2", "instruction": "Tindak lanjuti"}
WORK_ROUTES = [
    Route("GET", "/inbox", READERS, of_a_case=False),
    Route("GET", "/contributions", READERS, of_a_case=False),
    Route("GET", "/triage/queue", DESK, of_a_case=False),
    Route("POST", "/triage/leases", DESK, {"count": 1}, of_a_case=False),
    Route("DELETE", "/triage/leases/{complaint_id}", DESK, of_a_case=False),
    Route(
        "POST",
        "/triage/decisions",
        DESK,
        {"decisions": [{"complaint_id": UNKNOWN_CASE, "proposal": 1}]},
        of_a_case=False,
    ),
    Route("POST", "/classify", READERS, {"text": "lampu padam"}, of_a_case=False),
    Route("POST", "/what-if", DESK, {"rules": [], "cases": 1}, of_a_case=False),
    Route("POST", "/cases/{complaint_id}/claim", OF_AN_OPD, {}),
    Route("POST", "/cases/{complaint_id}/hand-over", OF_AN_OPD, {"to": "petugas-9"}),
    Route("POST", "/cases/{complaint_id}/notes", WORKERS, {"text": "Sudah dicek."}),
    Route("GET", "/cases/{complaint_id}/notes", WORKERS),
    Route(
        "POST",
        "/cases/{complaint_id}/contributions",
        WORKERS,
        {"opd": "DLH", "text": "Mohon bantuan."},
    ),
    Route("GET", "/cases/{complaint_id}/guide", READERS),
    Route("POST", "/cases/{complaint_id}/referrals", OF_AN_OPD, {"body": "PLN", "text": "Tolong."}),
    Route("GET", "/referrals", READERS, of_a_case=False),
    Route("GET", "/flags", DESK | {Role.AUDITOR}, of_a_case=False),
    Route(
        "POST",
        "/flags/{flag_id}/judge",
        DESK | {Role.AUDITOR},
        {"verdict": "Sama."},
        of_a_case=False,
    ),
    Route(
        "POST",
        "/cases/{complaint_id}/referrals/{referral_id}/answer",
        OF_AN_OPD,
        {"text": "Lusa diperbaiki."},
    ),
    # Nobody else's practice is there to be found.
    Route(
        "POST",
        "/practice/cases/{case_id}/{action}",
        OF_AN_OPD,
        {"text": "Halo."},
        of_a_case=False,
    ),
    Route("POST", "/practice/cases", OF_AN_OPD, {"count": 1}, of_a_case=False),
    Route("GET", "/practice/cases", OF_AN_OPD, of_a_case=False),
    # The cases here are complaints, which have no stages.
    Route("GET", "/cases/{complaint_id}/stage", READERS),
    Route("POST", "/cases/{complaint_id}/decide", OF_AN_OPD, {"decision": "lengkap"}),
    Route("GET", "/stages/decisions", OF_AN_OPD, of_a_case=False),
    Route("POST", "/stages/decisions", OF_AN_OPD, {"decisions": [FILING]}, of_a_case=False),
    Route("GET", "/dispositions", READERS, of_a_case=False),
    Route("GET", "/cases/{complaint_id}/dispositions", READERS),
    Route("POST", "/cases/{complaint_id}/dispositions", OF_AN_OPD, GIVEN),
    Route("POST", "/cases/{complaint_id}/dispositions/{part}/pass-on", OF_AN_OPD, GIVEN),
    Route("POST", "/cases/{complaint_id}/dispositions/{part}/answer", OF_AN_OPD, {"text": "Beres"}),
    # Only who was asked may answer; for everybody else there is no such part.
    Route("POST", "/cases/{complaint_id}/contributions/{part}/done", OF_AN_OPD, {"text": "Beres."}),
    Route(
        "POST", "/cases/{complaint_id}/contributions/{part}/return", OF_AN_OPD, {"reason": "Bukan."}
    ),
]
ROUTES = [
    ("GET", "/routing/v1/cases"),
    ("GET", f"/routing/v1/cases/{UNKNOWN_CASE}"),
    *(("POST", f"/routing/v1/cases/{UNKNOWN_CASE}/{action}") for action in STAFF_ACTIONS),
    *((each.method, f"/routing/v1{each.path}") for each in WORK_ROUTES),
]


def _of_something_else(route: Route) -> bool:
    """Tell whether the route asks for a thing of another kind, of which there is none here."""
    names = ("{part}", "{case_id}", "{flag_id}", "}/stage", "}/decide")
    return route.body is GIVEN or any(name in route.path for name in names)


def _filled(path: str, complaint_id: str) -> str:
    names = {"complaint_id": complaint_id, "part": "1", "action": "respond"}
    return re.sub(r"{(\w+)}", lambda found: names.get(found[1], UNKNOWN_CASE), path)


@pytest.mark.parametrize("route", WORK_ROUTES, ids=lambda route: f"{route.method} {route.path}")
async def test_every_role_at_every_door_of_the_work(routing: Driver, route: Route) -> None:
    for role in Role:
        for opd in ("DISHUB", "PUPR"):
            complaint_id = await routing.open()
            before = await routing.case(complaint_id)
            answer = await routing.system.client.request(
                route.method,
                f"/routing/v1{_filled(route.path, complaint_id)}",
                json=route.body,
                headers=routing.system.staff(role, opd=opd),
            )
            foreign = role in OF_AN_OPD and opd != "DISHUB"
            if role not in route.roles:
                assert answer.status_code == 403, (role, opd, answer.text)
            elif _of_something_else(route) or (route.of_a_case and foreign):
                assert answer.status_code == 404, (role, opd, answer.text)
            else:
                assert answer.status_code < 500, answer.text
                assert answer.status_code not in {401, 403, 404}, (role, opd, answer.text)
            if answer.status_code in {403, 404}:
                assert await routing.case(complaint_id) == before


@pytest.mark.parametrize(("method", "path"), ROUTES)
async def test_without_a_valid_token_nothing_opens(routing: Driver, method: str, path: str) -> None:
    body = BODIES.get(path.rsplit("/", 1)[-1], {}) if method == "POST" else None
    path = _filled(path, UNKNOWN_CASE)
    expired = routing.system.issuer.token(routing.system.clock, [Role.ADMIN], subject="lama")
    routing.later(hours=13)
    fresh = routing.system.token(Role.ADMIN)
    forged = fresh[:-4] + ("AAAA" if not fresh.endswith("AAAA") else "BBBB")
    for headers in (
        {},
        {"Authorization": "Bearer bukan-token"},
        {"Authorization": f"Bearer {expired}"},
        {"Authorization": f"Bearer {forged}"},
        {"Authorization": f"Basic {fresh}"},
    ):
        answer = await routing.system.client.request(method, path, json=body, headers=headers)
        assert answer.status_code == 401, headers
        assert answer.headers["www-authenticate"] == "Bearer"


def test_every_route_is_among_those_tried(routing: Driver) -> None:
    paths = routing.system.app.apps["routing"].openapi()["paths"]
    documented = {
        (method.upper(), path)
        for path, methods in paths.items()
        for method in methods
        if path.startswith("/routing/v1/")
    }
    tried = {(method, path.replace(UNKNOWN_CASE, "{complaint_id}")) for method, path in ROUTES}
    assert documented == tried


async def test_officer_without_an_opd_sees_nothing(routing: Driver) -> None:
    complaint_id = await routing.open()
    headers = routing.system.staff(Role.OFFICER)
    listed = await routing.system.client.get("/routing/v1/cases", headers=headers)
    assert listed.status_code == 403
    assert listed.json()["type"].endswith("opd-missing")
    assert (await routing.look(complaint_id, headers)).status_code == 404
    assert (await routing.act(complaint_id, "respond", headers)).status_code == 404


async def test_desk_that_is_an_officer_too_acts_for_its_own_opd_alone(routing: Driver) -> None:
    complaint_id = await routing.open()
    both = routing.system.staff(Role.TRIAGE, Role.OFFICER, opd="PUPR")
    answer = await routing.act(complaint_id, "respond", both)
    assert answer.status_code == 403
    assert answer.json()["type"].endswith("action-not-yours")
    assert (await routing.act(complaint_id, "assign", both)).status_code == 200
    assert (await routing.act(complaint_id, "respond", both)).status_code == 200


@pytest.mark.parametrize("subject", ["budi@contoh.example", "x" * 300, "Ani Wijaya"])
async def test_subject_that_tells_who_it_is_never_leaves(routing: Driver, subject: str) -> None:
    complaint_id = await routing.open()
    headers = routing.officer(subject=subject)
    assert (await routing.act(complaint_id, "respond", headers)).status_code == 200
    event = (await routing.published(complaint_id))[-1]
    assert subject not in event.model_dump_json()
    assert subject not in str(await routing.facts(complaint_id))
