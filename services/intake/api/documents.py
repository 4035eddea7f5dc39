"""Documents: confirmed to anybody, handed to applicants, read and withdrawn by staff."""

from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Path, Request, Response
from fastapi.responses import HTMLResponse, JSONResponse

from services.intake.api.doors import TheDoors
from services.intake.api.own_complaint import Own
from services.intake.api.staff import ComplaintNumber
from services.intake.api.uploading import SERVES
from services.intake.document_page import draw_confirmation, draw_unknown
from services.intake.document_schemas import (
    ConfirmedDocument,
    DocumentList,
    DocumentReasonForm,
    DocumentView,
)
from services.intake.operations import document_reading as documents
from services.intake.operations.applications import today_of
from services.intake.paper_errors import DocumentUnknown
from services.intake.paper_tables import IssuedDocument
from shared.auth import Principal, Role, require
from shared.ids import UUID_PATTERN
from shared.media.files import extension_of
from shared.problems import problem_responses

router = APIRouter(prefix="/intake/v1", tags=["documents"])

DocumentNumber = Annotated[
    str, Path(pattern=UUID_PATTERN, examples=["019b76da-a800-7000-8000-00000000a003"])
]
Staff = Annotated[Principal, Depends(require(Role.OFFICER, Role.HEAD))]
_HTML: Final = "text/html"
#: The page fetches nothing and runs nothing, whatever stands in a document.
_POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"
_PAGE: Final[dict[str, str]] = {
    "Content-Security-Policy": _POLICY,
    "Cache-Control": "no-store",
    "Vary": "Accept",
    "X-Content-Type-Options": "nosniff",
}
_PAGE_CONTENT: Final[dict[str, Any]] = {_HTML: {"schema": {"type": "string"}}}
_STAFF: Final = problem_responses(401, 403, 404, 422, 503)
_ACTS: Final = problem_responses(400, 401, 403, 404, 409, 413, 422, 503)


@router.get(
    "/documents/{verification_code}",
    operation_id="confirm_document",
    response_model=ConfirmedDocument,
    responses={
        200: {"content": _PAGE_CONTENT, "description": "What it stands for; a page for browsers"},
        **problem_responses(404, 422, 503),
    },
)
async def confirm_document(
    doors: TheDoors,
    request: Request,
    verification_code: Annotated[
        str,
        Path(
            max_length=40,
            description="The code on the document; case, spaces and dashes do not matter.",
            examples=["K7M3-PXA2-WQ4D-ZT6E"],
        ),
    ],
) -> Response:
    """Confirm a document: what it is, who issued it when, and whether it is valid today.

    A browser, which asks for HTML, gets a page; who asks for JSON gets that.
    """
    context = doors.context
    wants_page = _HTML in request.headers.get("accept", "")
    today = today_of(context, doors.units.clock.now())
    try:
        async with doors.units.database.transaction() as connection:
            found = await documents.confirm_document(connection, context, verification_code, today)
    except DocumentUnknown as unknown:
        if not wants_page:
            raise
        page = draw_unknown(context.profile.pemda.name, unknown.detail)
        return HTMLResponse(page, unknown.status, headers=_PAGE)
    if wants_page:
        return HTMLResponse(draw_confirmation(found), headers=_PAGE)
    headers = {"Cache-Control": "no-store", "Vary": "Accept"}
    return JSONResponse(found.model_dump(mode="json"), headers=headers)


@router.get(
    "/applications/{tracking_code}/documents",
    operation_id="list_own_documents",
    responses=problem_responses(403, 404, 422, 503),
)
async def list_own_documents(
    doors: TheDoors,
    own: Own,
    response: Response,
) -> DocumentList:
    """List what was issued to an applicant."""
    response.headers["Cache-Control"] = "no-store"
    complaint = await own.find()
    today = today_of(doors.context, doors.units.clock.now())
    async with doors.units.database.transaction() as connection:
        listed = await documents.list_documents(connection, complaint.complaint_id, today)
    return DocumentList(documents=listed)


@router.get(
    "/applications/{tracking_code}/documents/{document_id}",
    operation_id="download_document",
    response_class=Response,
    responses=SERVES | problem_responses(403, 404, 422, 503),
)
async def download_document(
    doors: TheDoors,
    own: Own,
    document_id: DocumentNumber,
) -> Response:
    """Hand a document to its applicant."""
    complaint = await own.find()
    async with doors.units.database.transaction() as connection:
        found, content = await documents.open_document(
            connection, doors.context, complaint, document_id
        )
    return _serve(found, content)


@router.get(
    "/staff/applications/{complaint_id}/documents",
    operation_id="list_issued_documents",
    responses=_STAFF,
)
async def list_issued_documents(
    doors: TheDoors, caller: Staff, response: Response, complaint_id: ComplaintNumber
) -> DocumentList:
    """List what was issued, for the OPDs concerned: titles and numbers, no content."""
    response.headers["Cache-Control"] = "no-store"
    today = today_of(doors.context, doors.units.clock.now())
    async with doors.units.database.transaction() as connection:
        listed = await documents.list_for_staff(connection, complaint_id, today, caller)
    return DocumentList(documents=listed)


@router.post(
    "/staff/applications/{complaint_id}/documents/{document_id}/read",
    operation_id="read_document",
    response_class=Response,
    responses=SERVES | _ACTS,
)
async def read_document(
    doors: TheDoors,
    caller: Staff,
    form: DocumentReasonForm,
    complaint_id: ComplaintNumber,
    document_id: DocumentNumber,
) -> Response:
    """Serve a document to the OPDs concerned; it is written down who read it, and why."""
    async with doors.units.begin() as unit:
        found, content = await documents.read_for_reason(
            unit, doors.context, complaint_id, document_id, form.reason, caller
        )
    return _serve(found, content)


@router.post(
    "/staff/applications/{complaint_id}/documents/{document_id}/withdraw",
    operation_id="withdraw_document",
    responses=_ACTS,
)
async def withdraw_document(
    doors: TheDoors,
    caller: Staff,
    form: DocumentReasonForm,
    complaint_id: ComplaintNumber,
    document_id: DocumentNumber,
) -> DocumentView:
    """Take a document back, for the OPD that issued it; its page says so from now on."""
    async with doors.units.begin() as unit:
        return await documents.withdraw_document(
            unit, doors.context, complaint_id, document_id, form.reason, caller
        )


def _serve(document: IssuedDocument, content: bytes) -> Response:
    """Answer with a file that a browser saves, and never runs or guesses at."""
    name = f"{document.code}-{document.document_id}.{extension_of(document.media_type)}"
    return Response(
        content,
        media_type=document.media_type,
        headers={
            "Content-Disposition": f'attachment; filename="{name}"',
            "X-Content-Type-Options": "nosniff",
            "Content-Security-Policy": "default-src 'none'; sandbox",
            "Cache-Control": "private, no-store",
        },
    )
