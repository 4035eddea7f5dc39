"""Every door of intake, every role, somebody else's object: what is not allowed is refused.

`WHO` says for each operation who may use it. One that is missing there fails, so that nobody opens
a door without saying for whom.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from shared.auth import Role
from shared.ids import new_id
from tests.service.http.documents import Operation, document_of, operations_of, resolve
from tests.service.intake.driver import REPORTER, Driver, Lodged
from tests.service.intake.events import Telling

OPD, OTHER_OPD = "DISHUB", "PUPR"
FORBIDDEN, HIDDEN = 403, 404


@dataclass(frozen=True)
class Public:
    """Anybody, without saying who they are."""


@dataclass(frozen=True)
class Reporter:
    """Whoever has the complaint's own secret, and no staff without it."""


@dataclass(frozen=True)
class Signed:
    """A partner or platform that signs; unsigned nothing is taken."""


@dataclass(frozen=True)
class Drafter:
    """Whoever has the secret of a draft that somebody has begun."""


class Staff:
    """These roles; of another OPD's complaint only those of `everywhere` may know."""

    def __init__(self, *roles: Role, everywhere: tuple[Role, ...] = ()) -> None:
        self.roles = frozenset(roles)
        self.everywhere = frozenset(everywhere)


OFFICERS = (Role.OFFICER, Role.HEAD)
IN_CHARGE = Staff(*OFFICERS, Role.TRIAGE, Role.ADMIN)
WORKERS = Staff(*OFFICERS, Role.TRIAGE)
DESK = Staff(Role.TRIAGE, Role.ADMIN)
GUARDIANS = Staff(Role.AUDITOR, Role.ADMIN)
BANK = (Role.TRIAGE, Role.SEKDA, Role.LEADER, Role.AUDITOR, Role.ADMIN)
POSTERS = Staff(Role.OPERATOR, Role.TRIAGE, Role.HEAD, Role.SEKDA, Role.LEADER, Role.ADMIN)
CALLS = (Role.OPERATOR, Role.TRIAGE, Role.ADMIN)

WHO: dict[str, Public | Reporter | Signed | Drafter | Staff] = {
    **dict.fromkeys(
        (
            "submit_complaint",
            "find_similar",
            "track_complaint",
            "upload_file",
            "read_privacy_notice",
            "list_audit_roots",
            "discover_open311",
            "list_open311_services",
            "define_open311_service",
            "submit_open311_request",
            "list_open311_requests",
            "resolve_open311_token",
            "show_open311_request",
            "read_open_data",
            "read_open_data_csv",
            "list_catalogue",
            "define_catalogue_service",
            "check_application",
            "submit_application",
            "track_application",
            "save_application_draft",
            "list_sessions",
            "confirm_document",
            "list_registers",
            "search_register",
            "draw_register",
            "intake_livez",
            "intake_readyz",
            "intake_metrics",
        ),
        Public(),
    ),
    **dict.fromkeys(
        (
            "send_message",
            "give_feedback",
            "withdraw_complaint",
            "attach_file",
            "read_file",
            "read_thumbnail",
            "prove_complaint",
            "read_my_data",
            "set_secrecy",
            "ask_for_erasure",
            "join_complaint",
            "list_similar",
            "correct_application",
            "rebook_appointment",
            "list_own_documents",
            "download_document",
        ),
        Reporter(),
    ),
    **dict.fromkeys(
        (
            "read_application_draft",
            "change_application_draft",
            "delete_application_draft",
            "submit_application_draft",
        ),
        Drafter(),
    ),
    **dict.fromkeys(
        (
            "receive_sp4n_report",
            "receive_call_report",
            "receive_sms_report",
            "check_channel_address",
            "receive_from_channel",
        ),
        Signed(),
    ),
    "read_complaint": IN_CHARGE,
    "set_secrecy_as_staff": IN_CHARGE,
    "unmask_reporter": Staff(
        *OFFICERS, Role.TRIAGE, Role.AUDITOR, Role.ADMIN, everywhere=(Role.AUDITOR, Role.ADMIN)
    ),
    "add_evidence": WORKERS,
    "read_complaint_file": IN_CHARGE,
    "read_complaint_thumbnail": IN_CHARGE,
    "mark_spam": Staff(*OFFICERS, Role.TRIAGE, Role.ADMIN, everywhere=(Role.TRIAGE, Role.ADMIN)),
    "clear_spam": Staff(Role.TRIAGE, Role.ADMIN, everywhere=(Role.TRIAGE, Role.ADMIN)),
    "open_subject_request": DESK,
    "list_subject_requests": Staff(Role.TRIAGE, Role.ADMIN, Role.AUDITOR),
    "fulfil_subject_request": DESK,
    "refuse_subject_request": DESK,
    "record_breach": GUARDIANS,
    "list_breaches": GUARDIANS,
    "note_breach_told": GUARDIANS,
    "list_blocks": DESK,
    "block_sender": DESK,
    "lift_block": DESK,
    "count_calls": Staff(*CALLS, Role.SEKDA, Role.LEADER),
    "lift_caller_block": Staff(*CALLS),
    "intake_list_held_messages": Staff(Role.ADMIN),
    "intake_decide_held_message": Staff(Role.ADMIN),
    "list_refused_messages": GUARDIANS,
    "read_refused_message": GUARDIANS,
    "dismiss_refused_message": GUARDIANS,
    "write_down_complaint": Staff(Role.OPERATOR),
    "write_down_batch": Staff(Role.OPERATOR),
    **dict.fromkeys(
        (
            "search_bank",
            "find_alike_in_bank",
            "count_bank_facets",
            "draw_bank_map",
            "tell_about_in_bank",
            "read_bank_trends",
            "read_digest",
            "print_digest",
        ),
        Staff(*BANK, *OFFICERS, everywhere=BANK),
    ),
    "submit_application_as_staff": Staff(Role.OPERATOR, *OFFICERS),
    **dict.fromkeys(
        (
            "list_applications",
            "export_applications",
            "list_visitors",
            "list_issued_documents",
            "read_document",
            "withdraw_document",
            "import_register",
            "withdraw_register_entry",
        ),
        Staff(*OFFICERS),
    ),
    **dict.fromkeys(
        ("list_staff_registers", "search_staff_register", "draw_staff_register"),
        Staff(*OFFICERS, Role.ADMIN),
    ),
    "read_application": IN_CHARGE,
    "count_posters": POSTERS,
    "print_poster": Public(),
    "export_bank": Staff(*BANK, Role.HEAD, everywhere=BANK),
}

OPERATIONS = {each.content["operationId"]: each for each in operations_of("intake")}


def _of(*kinds: type) -> list[Any]:
    return [
        pytest.param(operation, WHO[name], id=name)
        for name, operation in OPERATIONS.items()
        if isinstance(WHO.get(name), kinds)
    ]


def test_every_door_says_for_whom_it_is() -> None:
    assert sorted(OPERATIONS.keys() - WHO.keys()) == []


def test_a_door_for_staff_is_one_that_asks_for_a_token() -> None:
    for name, operation in OPERATIONS.items():
        assert operation.for_staff == isinstance(WHO[name], Staff), name


@dataclass
class Knocking:
    """Knocks at intake's doors, aiming at one complaint."""

    intake: Driver
    aim: Lodged

    async def knock(self, operation: Operation, headers: dict[str, str]) -> httpx.Response:
        """Send what the document gives as an example."""
        path = operation.path
        values = {
            "complaint_id": self.aim.complaint_id,
            "tracking_code": self.aim.code,
            "format": "json",
            "platform": "whatsapp",
            "month": "2026-01",
            "code": "sitancap",
            "service_code": "jumat-berkah",
            "session": "2026-03-13T08:00",
            "register_code": "reklame",
            "verification_code": "K7M3-PXA2-WQ4D-ZT6E",
            **_refused_of(operation),
        }
        for name in _names_in(path):
            path = path.replace(f"{{{name}}}", values.get(name, new_id()))
        sent = _example(operation)
        return await self.intake.client.request(
            operation.method.upper(), path, headers=headers, params=_asked(operation), **sent
        )


def _refused_of(operation: Operation) -> dict[str, str]:
    """Name a message as its door does: those of platforms are known by their hash."""
    return {"message_id": "ab" * 32} if "refused-messages" in operation.path else {}


def _names_in(path: str) -> Iterator[str]:
    for part in path.split("{")[1:]:
        yield part.partition("}")[0]


def _asked(operation: Operation) -> dict[str, str]:
    parameters = operation.content.get("parameters", [])
    asked = [each for each in parameters if each["in"] == "query" and each["required"]]
    return {each["name"]: "lampu" for each in asked}


def _example(operation: Operation) -> dict[str, Any]:
    content = operation.content.get("requestBody", {}).get("content", {})
    if "multipart/form-data" in content:
        return {"files": {"file": ("foto.png", b"\x89PNG\r\n\x1a\n", "image/png")}}
    if "application/json" not in content:
        return {}
    schema = resolve(document_of("intake"), content["application/json"]["schema"])
    return {"json": (schema.get("examples") or [{}])[0]}


@pytest.fixture(scope="module")
async def foreign(intake: Driver) -> Knocking:
    """A complaint that an OPD has, for everybody who is not of it."""
    lodged = await intake.lodge("Rahasia kami.", reporter=REPORTER, secret=True)
    await intake.tell(Telling(lodged.complaint_id, intake.now).assigned(OPD))
    return Knocking(intake, lodged)


def _names_nobody(answer: httpx.Response) -> None:
    assert answer.status_code < 500, answer.text
    for value in (*REPORTER.values(), "81200000001"):
        assert value not in answer.text


def _tells_nothing(answer: httpx.Response, lodged: Lodged) -> None:
    _names_nobody(answer)
    for value in ("Rahasia kami", lodged.secret):
        assert value not in answer.text


@pytest.mark.parametrize(("operation", "who"), _of(Staff))
async def test_staff_do_what_their_role_may_and_never_to_what_is_not_theirs(
    foreign: Knocking, operation: Operation, who: Staff
) -> None:
    about_a_complaint = any(name in operation.path for name in ("{complaint_id}", "{session}"))
    # A file is read before it is asked whose complaint it is for; this one is none.
    hidden = {HIDDEN, 422} if "multipart" in str(operation.content) else {HIDDEN}
    if "{session}" in operation.path:
        # That there are sessions everybody knows; who comes is another OPD's business.
        hidden = {FORBIDDEN}
    for role in Role:
        headers = foreign.intake.system.staff(role, opd=OTHER_OPD)
        answer = await foreign.knock(operation, headers)
        status = answer.status_code
        if role not in who.roles:
            assert status == FORBIDDEN, (role, answer.text)
        elif about_a_complaint and role not in who.everywhere:
            assert status in hidden, (role, answer.text)
        else:
            assert status not in {401, FORBIDDEN}, (role, answer.text)
        if role not in who.everywhere:
            _tells_nothing(answer, foreign.aim)
        elif operation.content["operationId"] != "unmask_reporter":
            _names_nobody(answer)


@pytest.mark.parametrize(("operation", "who"), _of(Staff))
async def test_without_a_token_no_door_for_staff_opens(
    foreign: Knocking, operation: Operation, who: Staff
) -> None:
    del who
    for headers in ({}, foreign.aim.key, {"Authorization": "Bearer x.y.z"}):
        assert (await foreign.knock(operation, headers)).status_code == 401


@pytest.mark.parametrize(("operation", "who"), _of(Reporter))
async def test_a_reporters_door_opens_to_their_own_secret_alone(
    foreign: Knocking, operation: Operation, who: Reporter
) -> None:
    del who
    other = await foreign.intake.lodge()
    everybody = [foreign.intake.system.staff(role, opd=OPD) for role in Role]
    for headers in ({}, other.key, *everybody):
        answer = await foreign.knock(operation, headers)
        assert answer.status_code == FORBIDDEN, answer.text
        _tells_nothing(answer, foreign.aim)


@pytest.mark.parametrize(("operation", "who"), _of(Signed))
async def test_what_is_not_signed_is_not_taken(
    foreign: Knocking, operation: Operation, who: Signed
) -> None:
    del who
    before = await foreign.intake.rows("SELECT count(*) FROM complaint")
    for headers in ({}, foreign.intake.system.staff(*Role, opd=OPD)):
        answer = await foreign.knock(operation, headers)
        assert answer.status_code in {401, FORBIDDEN, HIDDEN}, answer.text
    assert await foreign.intake.rows("SELECT count(*) FROM complaint") == before


@pytest.mark.parametrize(("operation", "who"), _of(Public))
async def test_the_public_learns_nothing_of_a_secret_complaint(
    foreign: Knocking, operation: Operation, who: Public
) -> None:
    del who
    answer = await foreign.knock(operation, {})
    assert answer.status_code not in {401, FORBIDDEN} or "open311" in operation.path
    _tells_nothing(answer, foreign.aim)


@pytest.mark.parametrize(("operation", "who"), _of(Drafter))
async def test_a_draft_opens_to_its_own_secret_alone(
    foreign: Knocking, operation: Operation, who: Drafter
) -> None:
    del who
    for headers in ({}, foreign.aim.key, foreign.intake.system.staff(*Role, opd=OPD)):
        assert (await foreign.knock(operation, headers)).status_code in {FORBIDDEN, HIDDEN}
