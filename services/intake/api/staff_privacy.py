"""What staff do with personal data: unmask, keep secret, decide requests, register breaches."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Request, Response

from services.intake.api.doors import Doors, TheDoors
from services.intake.api.staff import ComplaintNumber
from services.intake.operations import breaches, reading, secrecy, subjects
from services.intake.operations.unmasking import unmask_reporter
from services.intake.privacy_profile import UNMASKERS
from services.intake.privacy_schemas import (
    BreachForm,
    BreachList,
    BreachToldForm,
    BreachView,
    Secrecy,
    StaffSecrecyForm,
    UnmaskedIdentity,
    UnmaskForm,
)
from services.intake.subject_schemas import (
    DecidedRequest,
    FulfilForm,
    RefuseForm,
    SubjectRequestForm,
    SubjectRequestList,
    SubjectRequestView,
)
from shared.auth import Principal, Role, require
from shared.idempotency import IdempotencyKey, once
from shared.ids import UUID_PATTERN
from shared.problems import problem_responses

router = APIRouter(prefix="/intake/v1/staff", tags=["staff privacy"])

Unmasker = Annotated[Principal, Depends(require(*UNMASKERS))]
InCharge = Annotated[Principal, Depends(require(Role.OFFICER, Role.HEAD, Role.TRIAGE, Role.ADMIN))]
Desk = Annotated[Principal, Depends(require(Role.TRIAGE, Role.ADMIN))]
RequestReader = Annotated[Principal, Depends(require(Role.TRIAGE, Role.ADMIN, Role.AUDITOR))]
Guardian = Annotated[Principal, Depends(require(Role.AUDITOR, Role.ADMIN))]
Number = Annotated[
    str, Path(pattern=UUID_PATTERN, examples=["019b76da-a800-7000-8000-00000000a001"])
]

_READING = problem_responses(401, 403, 503)
_CREATING = problem_responses(400, 401, 403, 404, 409, 413, 422, 503)


@router.post(
    "/complaints/{complaint_id}/unmask",
    operation_id="unmask_reporter",
    response_model=UnmaskedIdentity,
    responses=_CREATING,
)
async def unmask(
    doors: TheDoors,
    caller: Unmasker,
    response: Response,
    form: UnmaskForm,
    complaint_id: ComplaintNumber,
) -> UnmaskedIdentity:
    """Show the reporter's fields that are asked for; it is written down who saw them, and why."""
    response.headers["Cache-Control"] = "no-store"
    async with doors.units.begin() as unit:
        return await unmask_reporter(unit, doors.context, complaint_id, form, caller)


@router.post(
    "/complaints/{complaint_id}/secrecy",
    operation_id="set_secrecy_as_staff",
    response_model=Secrecy,
    responses=_CREATING,
)
async def set_secrecy(
    doors: TheDoors, caller: InCharge, form: StaffSecrecyForm, complaint_id: ComplaintNumber
) -> Secrecy:
    """Hide the content from the public, or show what no reporter has hidden."""
    async with doors.units.begin() as unit:
        complaint = await reading.find_for_staff(unit.connection, complaint_id, caller)
        return await secrecy.set_secrecy(
            unit, complaint, form.secret, reason=form.reason, by=caller.subject
        )


@router.post(
    "/subject-requests",
    operation_id="open_subject_request",
    status_code=201,
    response_model=SubjectRequestView,
    responses=_CREATING,
)
async def open_request(
    doors: TheDoors,
    caller: Desk,
    request: Request,
    form: SubjectRequestForm,
    key: IdempotencyKey = None,
) -> dict[str, Any]:
    """Open a person's request about their data, proven by their secret or by the desk."""

    async def work(unit: Any) -> dict[str, Any]:
        opened = await subjects.open_request(unit, doors.context, form, caller.subject)
        # What is replayed is kept in the clear, so that it says nothing in the person's words.
        return opened.model_copy(update={"wish": None}).model_dump(mode="json")

    body = await _body(doors, request)
    return await once(doors.units, f"{caller.subject}/subject-requests", key, body, work)


@router.get(
    "/subject-requests",
    operation_id="list_subject_requests",
    response_model=SubjectRequestList,
    responses=_READING,
)
async def list_requests(
    doors: TheDoors, caller: RequestReader, response: Response
) -> SubjectRequestList:
    """Show people's requests, those first that are due first."""
    del caller
    response.headers["Cache-Control"] = "no-store"
    async with doors.units.database.transaction() as connection:
        return SubjectRequestList(requests=await subjects.list_requests(connection, doors.context))


@router.post(
    "/subject-requests/{request_id}/fulfil",
    operation_id="fulfil_subject_request",
    response_model=DecidedRequest,
    responses=_CREATING,
)
async def fulfil_request(
    doors: TheDoors, caller: Desk, response: Response, form: FulfilForm, request_id: Number
) -> DecidedRequest:
    """Do what was asked for; an export is in the answer, once."""
    response.headers["Cache-Control"] = "no-store"
    async with doors.units.begin() as unit:
        return await subjects.fulfil_request(unit, doors.context, request_id, form, caller.subject)


@router.post(
    "/subject-requests/{request_id}/refuse",
    operation_id="refuse_subject_request",
    response_model=DecidedRequest,
    responses=_CREATING,
)
async def refuse_request(
    doors: TheDoors, caller: Desk, form: RefuseForm, request_id: Number
) -> DecidedRequest:
    """Refuse what was asked for, and say by which exception."""
    async with doors.units.begin() as unit:
        return await subjects.refuse_request(
            unit, doors.context, request_id, form.reason, caller.subject
        )


@router.post(
    "/breaches",
    operation_id="record_breach",
    status_code=201,
    response_model=BreachView,
    responses=_CREATING,
)
async def record_breach(
    doors: TheDoors,
    caller: Guardian,
    request: Request,
    form: BreachForm,
    key: IdempotencyKey = None,
) -> dict[str, Any]:
    """Enter a breach; people and authority must be told within 3 x 24 hours of its discovery."""

    async def work(unit: Any) -> dict[str, Any]:
        recorded = await breaches.record_breach(unit, doors.context, form, caller.subject)
        return recorded.model_dump(mode="json")

    body = await _body(doors, request)
    return await once(doors.units, f"{caller.subject}/breaches", key, body, work)


@router.get(
    "/breaches",
    operation_id="list_breaches",
    response_model=BreachList,
    responses=_READING,
)
async def list_breaches(doors: TheDoors, caller: Guardian) -> BreachList:
    """Show the register."""
    del caller
    async with doors.units.begin() as unit:
        return BreachList(breaches=await breaches.list_breaches(unit))


@router.post(
    "/breaches/{breach_id}/told",
    operation_id="note_breach_told",
    response_model=BreachView,
    responses=_CREATING,
)
async def note_breach_told(
    doors: TheDoors, caller: Guardian, form: BreachToldForm, breach_id: Number
) -> BreachView:
    """Note that people or authority were told."""
    async with doors.units.begin() as unit:
        return await breaches.tell_breach(unit, breach_id, form, caller.subject)


async def _body(doors: Doors, request: Request) -> bytes:
    """Hash a body with a key: nobody can find out from the stored hash what it said."""
    return doors.context.vault.blind_index("request", await request.body())
