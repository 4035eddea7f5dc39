"""What citizens do with their own data, and what everybody may check."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Response

from services.intake.api.doors import TheDoors
from services.intake.api.own_complaint import CHANGING, Change, Own
from services.intake.operations import proving, subjects
from services.intake.operations.auditing import REPORTER
from services.intake.operations.secrecy import set_secrecy
from services.intake.privacy_schemas import (
    AuditRoots,
    PrivacyNotice,
    Proof,
    Secrecy,
    SecrecyForm,
)
from services.intake.subject_schemas import ErasureForm, PersonalData, SubjectRequestView
from shared.problems import problem_responses
from shared.written import WrittenDay

router = APIRouter(prefix="/intake/v1", tags=["privacy"])

_OWN = problem_responses(403, 404, 422, 503)


@router.get("/privacy-notice", operation_id="read_privacy_notice", response_model=PrivacyNotice)
async def read_privacy_notice(doors: TheDoors) -> PrivacyNotice:
    """Show what people are told about their data, and its version."""
    notice = doors.context.profile.privacy.notice
    return PrivacyNotice(version=notice.version, text=notice.text)


@router.get(
    "/audit/roots",
    operation_id="list_audit_roots",
    response_model=AuditRoots,
    responses=problem_responses(422, 503),
)
async def list_audit_roots(
    doors: TheDoors,
    before: Annotated[
        WrittenDay | None, Query(description="Only days before this one.", examples=["2026-03-09"])
    ] = None,
    limit: Annotated[int, Query(ge=1, le=366, description="How many days.")] = 31,
) -> AuditRoots:
    """Show the roots of days: keep one, and nothing before it can be changed unseen."""
    async with doors.units.database.transaction() as connection:
        return await proving.list_roots(connection, before, limit)


@router.get(
    "/complaints/{tracking_code}/proof",
    operation_id="prove_complaint",
    response_model=Proof,
    responses=problem_responses(403, 404, 409, 422, 503),
)
async def prove_complaint(
    doors: TheDoors,
    own: Own,
    response: Response,
) -> Proof:
    """Show what proves when the complaint was lodged and in which words, once its day is over."""
    response.headers["Cache-Control"] = "no-store"
    complaint = await own.find()
    async with doors.units.database.transaction() as connection:
        return await proving.prove(connection, doors.context, complaint)


@router.get(
    "/complaints/{tracking_code}/my-data",
    operation_id="read_my_data",
    response_model=PersonalData,
    responses=_OWN,
)
async def read_my_data(
    doors: TheDoors,
    own: Own,
    response: Response,
) -> PersonalData:
    """Show all that is held on the reporter by this complaint."""
    response.headers["Cache-Control"] = "no-store"
    complaint = await own.find()
    async with doors.units.begin() as unit:
        return await subjects.show_own_data(unit, doors.context, complaint)


@router.post(
    "/complaints/{tracking_code}/secrecy",
    operation_id="set_secrecy",
    response_model=Secrecy,
    responses=CHANGING,
)
async def choose_secrecy(change: Change, form: SecrecyForm) -> dict[str, Any]:
    """Hide the content from the public, or show it again."""
    return await change.make(
        lambda unit, _context, complaint: set_secrecy(unit, complaint, form.secret, by=REPORTER),
    )


@router.post(
    "/complaints/{tracking_code}/erasure",
    operation_id="ask_for_erasure",
    status_code=201,
    response_model=SubjectRequestView,
    responses=CHANGING,
)
async def ask_for_erasure(change: Change, form: ErasureForm) -> dict[str, Any]:
    """Ask that identity and words be erased; the desk must decide by `due_at`."""
    return await change.make(
        lambda unit, context, complaint: subjects.ask_for_erasure(
            unit, context, complaint, form.wish
        ),
    )
