"""What people ask about their own data: opened with proof, decided in time, and written down."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from sqlalchemy.ext.asyncio import AsyncConnection

from services.intake import privacy_queries, queries
from services.intake.context import IntakeContext
from services.intake.errors import FormIncorrect, ReporterErased
from services.intake.operations.auditing import REPORTER, record
from services.intake.operations.correcting import correct_person
from services.intake.operations.erasure import erase_reporters, find_reporters
from services.intake.operations.personal_data import gather_personal_data
from services.intake.operations.reading import check_secret, find_by_code, open_person
from services.intake.privacy_errors import (
    PersonNotFound,
    SubjectRequestDecided,
    SubjectRequestNotFound,
)
from services.intake.privacy_profile import RequestKind
from services.intake.privacy_tables import SubjectRequest
from services.intake.subject_schemas import (
    DecidedRequest,
    FulfilForm,
    PersonalData,
    SubjectRequestForm,
    SubjectRequestView,
)
from services.intake.tables import Complaint
from shared.ids import new_id
from shared.masking import mask_identifiers
from shared.personal_numbers import normalise_nik, normalise_phone
from shared.unit_of_work import UnitOfWork

BY_SECRET: Final = "tracking_secret"  # noqa: S105 - the name of a proof
BY_DESK: Final = "desk"


async def show_own_data(
    unit: UnitOfWork, context: IntakeContext, complaint: Complaint
) -> PersonalData:
    """Return what is held by one complaint: a secret opens its own complaint, and no other."""
    data = await gather_personal_data(unit.connection, context, [complaint.reporter_id])
    return PersonalData(made_at=unit.now, complaints=data)


async def ask_for_erasure(
    unit: UnitOfWork, context: IntakeContext, complaint: Complaint, wish: str | None
) -> SubjectRequestView:
    """Open a citizen's own request; while one is open, it is that one. Raises ReporterErased."""
    await privacy_queries.lock_secrecy(unit.connection, complaint.complaint_id)
    reporter = await queries.find_reporter(unit.connection, complaint.reporter_id)
    if reporter.wrapped_key is None:
        raise ReporterErased
    asked = await privacy_queries.find_open_request(unit.connection, "erase", complaint.reporter_id)
    if asked is None:
        reporters = [complaint.reporter_id]
        asked = await _open(unit, context, "erase", reporters, BY_SECRET, REPORTER, wish)
    return await _view(unit.connection, context, asked)


async def open_request(
    unit: UnitOfWork, context: IntakeContext, form: SubjectRequestForm, by: str
) -> SubjectRequestView:
    """Open a request at the desk.

    By the secret of a complaint it reaches that one alone: whoever reports may give any number.
    By phone or NIK it reaches all complaints with it, and the desk says how it checked the person.
    Raises PersonNotFound, FormIncorrect, and what a wrong code or secret raises.
    """
    proof = BY_DESK if form.checked else BY_SECRET
    if form.tracking_code and form.tracking_secret:
        complaint = await find_by_code(unit.connection, form.tracking_code)
        check_secret(context, complaint, form.tracking_secret)
        reporters: Sequence[str] = [complaint.reporter_id]
    else:
        reporters = await _find_persons(unit, context, form)
    if not reporters:
        raise PersonNotFound
    request = await _open(
        unit, context, form.kind, reporters, proof, by, form.wish, checked=form.checked
    )
    return await _view(unit.connection, context, request)


async def list_requests(
    connection: AsyncConnection, context: IntakeContext
) -> list[SubjectRequestView]:
    """Return requests, those first that are due first."""
    found = await privacy_queries.list_requests(connection)
    return [await _view(connection, context, each) for each in found]


async def fulfil_request(
    unit: UnitOfWork, context: IntakeContext, request_id: str, form: FulfilForm, by: str
) -> DecidedRequest:
    """Do what was asked for: export, correct, erase, or note the objection.

    Raises SubjectRequestNotFound, SubjectRequestDecided, FormIncorrect, ReporterErased.
    """
    request = await _lock(unit, request_id)
    if request.kind != "correct" and (form.reporter or form.words):
        raise FormIncorrect([("/reporter", "Pembetulan hanya untuk permintaan correct.")])
    data = None
    if request.kind == "export":
        complaints = await gather_personal_data(unit.connection, context, request.reporter_ids)
        data = PersonalData(made_at=unit.now, complaints=complaints)
    elif request.kind == "correct":
        if form.reporter is None and form.words is None:
            raise FormIncorrect([("/reporter", "Sebutkan apa yang dibetulkan.")])
        await correct_person(unit, context, request.reporter_ids, form.reporter, form.words)
    view = await _decide(unit, context, request, "done", form.reason, by)
    if request.kind == "erase":
        await erase_reporters(unit, request.reporter_ids)
    return DecidedRequest(request=view, data=data)


async def refuse_request(
    unit: UnitOfWork, context: IntakeContext, request_id: str, reason: str, by: str
) -> DecidedRequest:
    """Refuse what was asked for; raises SubjectRequestNotFound, SubjectRequestDecided."""
    request = await _lock(unit, request_id)
    return DecidedRequest(request=await _decide(unit, context, request, "refused", reason, by))


async def _open(
    unit: UnitOfWork,
    context: IntakeContext,
    kind: RequestKind,
    reporter_ids: Sequence[str],
    proof: str,
    by: str,
    wish: str | None,
    *,
    checked: str | None = None,
) -> SubjectRequest:
    request_id = new_id()
    request = SubjectRequest(
        request_id=request_id,
        kind=kind,
        state="open",
        proof=proof,
        reporter_ids=list(reporter_ids),
        wish=await _seal_wish(unit, context, reporter_ids, request_id, wish),
        opened_by=by,
        opened_at=unit.now,
        due_at=unit.now + timedelta(hours=context.profile.privacy.hours_for(kind)),
    )
    await privacy_queries.insert_request(unit.connection, request)
    record(
        unit, by, "request_opened", f"request:{request_id}", reason=checked, kind=kind, proof=proof
    )
    return request


async def _decide(
    unit: UnitOfWork,
    context: IntakeContext,
    request: SubjectRequest,
    state: str,
    reason: str,
    by: str,
) -> SubjectRequestView:
    masked = mask_identifiers(reason)
    await privacy_queries.decide_request(
        unit.connection, request.request_id, state, by, masked, unit.now
    )
    record(
        unit,
        by,
        "request_done" if state == "done" else "request_refused",
        f"request:{request.request_id}",
        reason=masked,
        kind=request.kind,
        reporters=len(request.reporter_ids),
    )
    decided = {"state": state, "decided_by": by, "decided_at": unit.now, "reason": masked}
    return await _view(unit.connection, context, request.model_copy(update=decided))


async def _lock(unit: UnitOfWork, request_id: str) -> SubjectRequest:
    request = await privacy_queries.find_request(unit.connection, request_id, lock=True)
    if request is None:
        raise SubjectRequestNotFound
    if request.state != "open":
        raise SubjectRequestDecided(request.state)
    return request


async def _find_persons(
    unit: UnitOfWork, context: IntakeContext, form: SubjectRequestForm
) -> list[str]:
    phone = normalise_phone(form.phone) if form.phone else None
    if form.phone and phone is None:
        raise FormIncorrect([("/phone", "Nomor telepon tidak benar. Contoh: 081234567890.")])
    nik = normalise_nik(form.nik) if form.nik else None
    if form.nik and nik is None:
        raise FormIncorrect([("/nik", "NIK terdiri dari 16 angka.")])
    return await find_reporters(unit, context, phone=phone, nik=nik)


async def _seal_wish(
    unit: UnitOfWork,
    context: IntakeContext,
    reporter_ids: Sequence[str],
    request_id: str,
    wish: str | None,
) -> bytes | None:
    if not wish:
        return None
    person = open_person(context, await queries.find_reporter(unit.connection, reporter_ids[0]))
    return None if person is None else person.seal(wish, f"{request_id}:wish")


async def _view(
    connection: AsyncConnection, context: IntakeContext, request: SubjectRequest
) -> SubjectRequestView:
    wish = None
    if request.wish is not None:
        reporter = await queries.find_reporter(connection, request.reporter_ids[0])
        person = open_person(context, reporter)
        wish = None if person is None else person.open(request.wish, f"{request.request_id}:wish")
    complaints = await privacy_queries.list_complaints_of(connection, request.reporter_ids)
    return SubjectRequestView.model_validate(
        {
            **request.model_dump(exclude={"reporter_ids", "wish"}),
            "wish": wish,
            "complaints": [each.complaint_id for each in complaints],
        }
    )
