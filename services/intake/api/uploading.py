"""What all doors share that take or serve a file: receiving a form with one, and sending one."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any, Final, TypeVar

from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ValidationError

from services.intake.api.doors import Doors
from services.intake.attachment_errors import UploadsBusy, UploadTooSlow
from services.intake.attachment_tables import Attachment
from services.intake.operations.attachments import find_uploads
from shared.http import allow_body
from shared.idempotency import body_hash, find_answer, once
from shared.media.files import MEDIA_TYPES, extension_of
from shared.multipart import FormUnreadable, read_form
from shared.unit_of_work import UnitOfWork

FormT = TypeVar("FormT", bound=BaseModel)

#: What a form may have beside the file itself.
_FORM_BYTES: Final = 64 * 1024
_RECEIVING_SECONDS: Final = 60.0
_FILE: Final = "file"


def takes(form: type[BaseModel]) -> dict[str, Any]:
    """Document a route's body, which it reads by itself: for `openapi_extra=`."""
    content = {"multipart/form-data": {"schema": form.model_json_schema()}}
    return {"requestBody": {"required": True, "content": content}}


#: Documents a route that answers with a file.
SERVES: Final[dict[int | str, dict[str, Any]]] = {
    200: {
        "description": "The file, as it is kept",
        "content": {
            media_type: {"schema": {"type": "string", "format": "binary"}}
            for media_type in MEDIA_TYPES
        },
    }
}


@asynccontextmanager
async def received(doors: Doors, request: Request, model: type[FormT]) -> AsyncIterator[FormT]:
    """Receive a form with a file, which takes one of a few places in memory until the block ends.

    Raises UploadsBusy, UploadTooSlow, FormUnreadable, RequestValidationError.
    """
    room = doors.context.files
    if room.places.locked():
        raise UploadsBusy
    async with room.places:
        allow_body(request, room.workshop.limits.most_bytes + _FORM_BYTES)
        try:
            async with asyncio.timeout(_RECEIVING_SECONDS):
                body = await request.body()
        except TimeoutError as error:
            raise UploadTooSlow from error
        yield _read(model, request.headers.get("content-type", ""), body)


async def named_files(doors: Doors, tokens: Sequence[str]) -> list[Attachment]:
    """Return the files that a form names; raises FormIncorrect, TooManyFiles."""
    async with doors.units.database.transaction() as connection:
        return await find_uploads(connection, doors.context, tokens)


async def keep_once(
    doors: Doors,
    scope: str,
    key: str | None,
    form: BaseModel,
    keep: Callable[[], Awaitable[Attachment]],
    give: Callable[[UnitOfWork, Attachment], Awaitable[dict[str, Any]]],
) -> dict[str, Any]:
    """Keep a file and give it away, once for each Idempotency-Key; returns the answer.

    Of two requests that come at one time both keep it, and one gives it away; what the other kept
    is deleted with all that nobody was given.
    """
    values = form.model_dump()
    file: bytes = values.pop(_FILE)
    # A keyed hash, of what was sent and not of the body: a client draws its boundary anew.
    asked = doors.context.vault.blind_index("request", body_hash(file, repr(values).encode()))
    answer = await find_answer(doors.units, scope, key, asked)
    if answer is not None:
        return answer
    kept = await keep()
    return await once(doors.units, scope, key, asked, lambda unit: give(unit, kept))


def serve(attachment: Attachment, content: bytes, *, thumbnail: bool) -> Response:
    """Answer with a file that a browser shows or saves, and never runs or guesses at."""
    media_type = "image/jpeg" if thumbnail else attachment.media_type
    name = f"{attachment.attachment_id}.{extension_of(media_type)}"
    return Response(
        content,
        media_type=media_type,
        headers={
            "Content-Disposition": f'attachment; filename="{name}"',
            "X-Content-Type-Options": "nosniff",
            "Content-Security-Policy": "default-src 'none'; sandbox",
            "Cache-Control": "private, no-store",
        },
    )


def _read(model: type[FormT], content_type: str, body: bytes) -> FormT:
    values: dict[str, bytes | str] = {}
    for name, value in read_form(content_type, body).items():
        try:
            values[name] = value if name == _FILE else value.decode()
        except UnicodeDecodeError as error:
            raise FormUnreadable("Isian formulir harus dalam UTF-8.") from error
    try:
        return model.model_validate(values)
    except ValidationError as error:
        found = error.errors(include_url=False, include_context=False, include_input=False)
        raise RequestValidationError(
            [{**detail, "loc": ("body", *detail["loc"])} for detail in found]
        ) from None
