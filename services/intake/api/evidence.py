"""Files for staff: evidence of what was done, and the files of complaints that are theirs."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response

from services.intake.api.doors import Doors, TheDoors
from services.intake.api.files import AttachmentNumber
from services.intake.api.staff import ComplaintNumber, Reader
from services.intake.api.uploading import SERVES, keep_once, received, serve, takes
from services.intake.attachment_schemas import AttachedFile, EvidenceForm
from services.intake.attachment_tables import Attachment
from services.intake.operations.attachments import add_evidence, open_file
from services.intake.operations.reading import find_for_staff
from services.intake.uploads import keep_file
from shared.auth import Principal, Role, require
from shared.idempotency import IdempotencyKey
from shared.problems import problem_responses
from shared.unit_of_work import UnitOfWork

router = APIRouter(prefix="/intake/v1/staff/complaints", tags=["attachments"])

Worker = Annotated[Principal, Depends(require(Role.OFFICER, Role.HEAD, Role.TRIAGE))]
_ADD = problem_responses(400, 401, 403, 404, 408, 409, 413, 415, 422, 503)
_READ = SERVES | problem_responses(401, 403, 404, 422, 503)


@router.post(
    "/{complaint_id}/attachments",
    operation_id="add_evidence",
    status_code=201,
    response_model=AttachedFile,
    responses=_ADD,
    openapi_extra=takes(EvidenceForm),
)
async def add_evidence_file(
    doors: TheDoors,
    caller: Worker,
    request: Request,
    complaint_id: ComplaintNumber,
    key: IdempotencyKey = None,
) -> dict[str, Any]:
    """Add proof of what was found or done, which the reporter sees too; a resolution names it."""
    async with doors.units.database.transaction() as connection:
        await find_for_staff(connection, complaint_id, caller)

    async def give(unit: UnitOfWork, kept: Attachment) -> dict[str, Any]:
        added = await add_evidence(unit, doors.context, complaint_id, caller, kept)
        return added.model_dump(mode="json")

    async with received(doors, request, EvidenceForm) as form:
        return await keep_once(
            doors,
            f"{complaint_id}/evidence/{caller.subject}",
            key,
            form,
            lambda: keep_file(doors.units, doors.context, form.file, officer_id=caller.subject),
            give,
        )


@router.get(
    "/{complaint_id}/attachments/{attachment_id}",
    operation_id="read_complaint_file",
    response_class=Response,
    responses=_READ,
)
async def read_complaint_file(
    doors: TheDoors,
    caller: Reader,
    complaint_id: ComplaintNumber,
    attachment_id: AttachmentNumber,
) -> Response:
    """Serve a file to the OPD that has the case, or to the triage desk if none has."""
    return await _read(doors, caller, complaint_id, attachment_id, thumbnail=False)


@router.get(
    "/{complaint_id}/attachments/{attachment_id}/thumbnail",
    operation_id="read_complaint_thumbnail",
    response_class=Response,
    responses=_READ,
)
async def read_complaint_thumbnail(
    doors: TheDoors,
    caller: Reader,
    complaint_id: ComplaintNumber,
    attachment_id: AttachmentNumber,
) -> Response:
    """Serve a small picture of an image, for lists."""
    return await _read(doors, caller, complaint_id, attachment_id, thumbnail=True)


async def _read(
    doors: Doors, caller: Principal, complaint_id: str, attachment_id: str, *, thumbnail: bool
) -> Response:
    async with doors.units.database.transaction() as connection:
        complaint = await find_for_staff(connection, complaint_id, caller)
        attachment, content = await open_file(
            connection, doors.context, complaint, attachment_id, thumbnail=thumbnail
        )
    return serve(attachment, content, thumbnail=thumbnail)
