"""Photos: uploaded by traders, looked at by themselves and staff; the public has its own door."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated, Any, Final

from fastapi import APIRouter, Path, Request, Response
from fastapi.exceptions import RequestValidationError

from services.marketplace import photo_queries
from services.marketplace.api.doors import Doors, TheDoors, TraderCaller, Watcher
from services.marketplace.photos import keep_photo, open_photo
from services.marketplace.product_errors import PhotoNotFound, UploadsBusy, UploadTooSlow
from services.marketplace.product_schemas import KeptPhoto, PhotoForm
from services.marketplace.tables import Photo
from shared.http import allow_body
from shared.idempotency import IdempotencyKey, body_hash, find_answer, once
from shared.ids import UUID_PATTERN
from shared.multipart import read_form
from shared.problems import problem_responses
from shared.unit_of_work import UnitOfWork

router = APIRouter(prefix="/marketplace/v1", tags=["photos"])

_FORM_BYTES: Final = 64 * 1024
_RECEIVING_SECONDS: Final = 60.0

PhotoKey = Annotated[
    str, Path(pattern=UUID_PATTERN, examples=["019b76da-a800-7000-8000-00000000d004"])
]
#: Documents a route that answers with a picture.
PICTURE: Final[dict[int | str, dict[str, Any]]] = {
    200: {
        "description": "The picture",
        "content": {
            media_type: {"schema": {"type": "string", "format": "binary"}}
            for media_type in ("image/jpeg", "image/png")
        },
    }
}
_READ: Final = PICTURE | problem_responses(401, 403, 404, 422, 503)
_TAKES: Final = {
    "requestBody": {
        "required": True,
        "content": {"multipart/form-data": {"schema": PhotoForm.model_json_schema()}},
    }
}


@router.post(
    "/me/photos",
    operation_id="marketplace_upload_photo",
    status_code=201,
    response_model=KeptPhoto,
    responses=problem_responses(400, 401, 403, 408, 409, 413, 415, 422, 429, 503),
    openapi_extra=_TAKES,
)
async def upload_photo(
    doors: TheDoors, caller: TraderCaller, request: Request, key: IdempotencyKey = None
) -> dict[str, Any]:
    """Upload a photo; it is encoded anew, without the place and time that a phone wrote into it.

    A photo that no product takes within a day is deleted.
    """
    async with _received(doors, request) as data:
        scope, asked = f"{caller} photos", body_hash(data)
        answer = await find_answer(doors.units, scope, key, asked)
        if answer is not None:
            return answer
        photo = await keep_photo(doors.units, doors.context, caller, data)

        async def note(_unit: UnitOfWork) -> dict[str, Any]:
            return KeptPhoto.model_validate(photo.model_dump()).model_dump(mode="json")

        # Of two that come at one time, the one whose photo is not answered with is deleted later.
        return await once(doors.units, scope, key, asked, note)


@router.get(
    "/me/photos/{photo_id}",
    operation_id="marketplace_read_own_photo",
    response_class=Response,
    responses=_READ,
)
async def read_own_photo(doors: TheDoors, caller: TraderCaller, photo_id: PhotoKey) -> Response:
    """Show a photo of one's own."""
    photo = await _find(doors, photo_id)
    if photo.trader_id != caller:
        raise PhotoNotFound
    return await serve(doors, photo)


@router.get(
    "/staff/photos/{photo_id}",
    operation_id="marketplace_read_any_photo",
    response_class=Response,
    responses=_READ,
)
async def read_any_photo(doors: TheDoors, _caller: Watcher, photo_id: PhotoKey) -> Response:
    """Show a photo to staff, also of a product that is not approved."""
    return await serve(doors, await _find(doors, photo_id))


async def serve(
    doors: Doors, photo: Photo, *, thumbnail: bool = False, cache: str = "private, no-store"
) -> Response:
    """Answer with a photo that a browser shows, and never runs or guesses at."""
    content = await open_photo(doors.units, doors.context, photo, thumbnail=thumbnail)
    media_type = "image/jpeg" if thumbnail else photo.media_type
    return picture(content, media_type, cache=cache)


def picture(content: bytes, media_type: str, *, cache: str) -> Response:
    """Answer with a picture."""
    return Response(
        content,
        media_type=media_type,
        headers={
            "X-Content-Type-Options": "nosniff",
            "Content-Security-Policy": "default-src 'none'; sandbox",
            "Cache-Control": cache,
        },
    )


async def _find(doors: Doors, photo_id: str) -> Photo:
    async with doors.units.database.transaction() as connection:
        photo = await photo_queries.find_photo(connection, photo_id)
    if photo is None:
        raise PhotoNotFound
    return photo


@asynccontextmanager
async def _received(doors: Doors, request: Request) -> AsyncIterator[bytes]:
    """Receive a form with a photo, which takes one of a few places in memory until the block ends.

    Raises UploadsBusy, UploadTooSlow, FormUnreadable, RequestValidationError.
    """
    room = doors.context.photos
    if room.places.locked():
        raise UploadsBusy
    async with room.places:
        allow_body(request, room.most_bytes + _FORM_BYTES)
        try:
            async with asyncio.timeout(_RECEIVING_SECONDS):
                body = await request.body()
        except TimeoutError as error:
            raise UploadTooSlow from error
        form = read_form(request.headers.get("content-type", ""), body)
        if set(form) != {"file"}:
            message = "Kirim formulir dengan satu isian: file"
            raise RequestValidationError(
                [{"type": "value_error", "loc": ("body", "file"), "msg": message}]
            )
        yield form["file"]
