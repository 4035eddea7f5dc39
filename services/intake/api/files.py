"""Citizens' files: uploaded before a complaint or for one, and read again with its secret."""

from typing import Annotated, Any

from fastapi import APIRouter, Path, Request, Response

from services.intake.api.doors import TheDoors
from services.intake.api.own_complaint import Own, OwnComplaint
from services.intake.api.uploading import SERVES, keep_once, received, serve, takes
from services.intake.attachment_schemas import (
    AcceptedFile,
    MessageUploadForm,
    UploadedFile,
    UploadForm,
    WaitingFile,
)
from services.intake.attachment_tables import Attachment
from services.intake.operations.attachments import open_file, token_of
from services.intake.operations.conversation import receive_message
from services.intake.operations.reading import describe_file, show_file
from services.intake.uploads import keep_file
from shared.idempotency import IdempotencyKey
from shared.ids import UUID_PATTERN
from shared.problems import problem_responses
from shared.unit_of_work import UnitOfWork

router = APIRouter(prefix="/intake/v1", tags=["attachments"])

AttachmentNumber = Annotated[
    str, Path(pattern=UUID_PATTERN, examples=["019b76da-a800-7000-8000-00000000a002"])
]
_UPLOAD = problem_responses(400, 408, 409, 413, 415, 422, 429, 503)
_ATTACH = problem_responses(400, 403, 404, 408, 409, 413, 415, 422, 429, 503)
_READ = SERVES | problem_responses(403, 404, 422, 503)


@router.post(
    "/attachments",
    operation_id="upload_file",
    status_code=201,
    response_model=UploadedFile,
    responses=_UPLOAD,
    openapi_extra=takes(UploadForm),
)
async def upload_file(
    doors: TheDoors, request: Request, response: Response, key: IdempotencyKey = None
) -> dict[str, Any]:
    """Upload a file for a complaint that is yet to be submitted, which names its `upload_token`.

    The file is made clean at once: an image is encoded anew, without the place and time that a
    phone wrote into it; what runs is removed. A file that no complaint names is deleted.
    """
    doors.admission.admit_request(request)
    response.headers["Cache-Control"] = "no-store"

    async def give(_unit: UnitOfWork, kept: Attachment) -> dict[str, Any]:
        # The token is a secret, and answers are stored: it is made anew for each of them.
        file = WaitingFile.model_validate(describe_file(kept))
        return {"key_id": kept.key_id, "file": file.model_dump(mode="json")}

    async with received(doors, request, UploadForm) as form:
        answer = await keep_once(
            doors,
            "attachments",
            key,
            form,
            lambda: keep_file(doors.units, doors.context, form.file, consent=form.consent),
            give,
        )
    file = answer["file"]
    token = token_of(doors.context, file["attachment_id"], answer["key_id"])
    return {**file, "upload_token": token}


@router.post(
    "/complaints/{tracking_code}/attachments",
    operation_id="attach_file",
    status_code=201,
    response_model=AcceptedFile,
    responses=_ATTACH,
    openapi_extra=takes(MessageUploadForm),
)
async def attach_file(
    doors: TheDoors,
    own: Own,
    request: Request,
    key: IdempotencyKey = None,
) -> dict[str, Any]:
    """Add a file to a complaint, as a message; it answers an officer's open question, if any."""
    doors.admission.admit_request(request)
    complaint = await own.find()

    async with received(doors, request, MessageUploadForm) as form:

        async def give(unit: UnitOfWork, kept: Attachment) -> dict[str, Any]:
            accepted = await receive_message(unit, doors.context, complaint, form.text, [kept])
            kept.message_id = accepted.message_id
            return AcceptedFile(
                message_id=accepted.message_id,
                request_id=accepted.request_id,
                file=show_file(kept),
            ).model_dump(mode="json")

        return await keep_once(
            doors,
            f"{complaint.complaint_id}/attachments",
            key,
            form,
            lambda: keep_file(doors.units, doors.context, form.file, consent=form.consent),
            give,
        )


@router.get(
    "/complaints/{tracking_code}/attachments/{attachment_id}",
    operation_id="read_file",
    response_class=Response,
    responses=_READ,
)
async def read_file(own: Own, attachment_id: AttachmentNumber) -> Response:
    """Serve a file of a complaint to its reporter, officers' evidence too."""
    return await _read(own, attachment_id, thumbnail=False)


@router.get(
    "/complaints/{tracking_code}/attachments/{attachment_id}/thumbnail",
    operation_id="read_thumbnail",
    response_class=Response,
    responses=_READ,
)
async def read_thumbnail(own: Own, attachment_id: AttachmentNumber) -> Response:
    """Serve a small picture of an image, for lists."""
    return await _read(own, attachment_id, thumbnail=True)


async def _read(own: OwnComplaint, attachment_id: str, *, thumbnail: bool) -> Response:
    complaint = await own.find()
    doors = own.doors
    async with doors.units.database.transaction() as connection:
        attachment, content = await open_file(
            connection, doors.context, complaint, attachment_id, thumbnail=thumbnail
        )
    return serve(attachment, content, thumbnail=thumbnail)
