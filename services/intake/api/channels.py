"""Where platforms call: they check our address, and deliver what people wrote.

Nobody is let in before a signature over the raw bytes was checked; an unset secret refuses.
"""

import json
from typing import Annotated, Final, Literal

from fastapi import APIRouter, Path, Query, Request, Response
from fastapi.responses import JSONResponse, PlainTextResponse
from pydantic import BaseModel
from starlette.exceptions import HTTPException

from services.intake.api.doors import Doors, TheDoors
from services.intake.channels import CHANNELS
from services.intake.channels.message import ChannelAdapter
from services.intake.errors import ChannelClosed
from services.intake.receiving import receive_items
from shared.http import allow_body
from shared.parameters import OrAbsent
from shared.problems import problem_responses

#: What Meta puts into one delivery, at most.
_MOST_BYTES: Final = 3 * 1024 * 1024

router = APIRouter(prefix="/intake/v1/channels", tags=["channels"])

Platform = Annotated[
    Literal["whatsapp", "telegram", "messenger", "instagram", "x"],
    Path(description="The platform that calls; docs/channels.md has each one's form."),
]
Parameter = Annotated[OrAbsent[str], Query(max_length=1_000)]

_EXAMPLE = {
    "update_id": 1,
    "message": {
        "message_id": 1,
        "date": 1773021600,
        "chat": {"id": 7001, "type": "private"},
        "from": {"id": 7001, "is_bot": False, "first_name": "Warga"},
        "text": "Lampu jalan depan pos ronda padam",
    },
}
_ANY_OBJECT = {
    "requestBody": {
        "required": True,
        "description": "As the platform publishes it, signed by it.",
        "content": {"application/json": {"schema": {"type": "object", "examples": [_EXAMPLE]}}},
    }
}


class Received(BaseModel):
    """Everything that was delivered has been taken in, or was taken in before."""

    status: Literal["received"] = "received"


@router.get(
    "/{platform}",
    operation_id="check_channel_address",
    response_class=Response,
    responses={
        200: {
            "description": "What the platform wants to hear",
            "content": {
                "text/plain": {"schema": {"type": "string"}},
                "application/json": {"schema": {"type": "object"}},
            },
        },
        **problem_responses(403, 404, 422, 503),
    },
)
async def check_channel_address(
    doors: TheDoors,
    request: Request,
    platform: Platform,
    hub_mode: Annotated[Parameter, Query(alias="hub.mode", description="`subscribe`.")] = None,
    hub_verify_token: Annotated[
        Parameter, Query(alias="hub.verify_token", description="Meta: the token that was agreed.")
    ] = None,
    hub_challenge: Annotated[
        Parameter, Query(alias="hub.challenge", description="Meta: what is to be answered.")
    ] = None,
    crc_token: Annotated[Parameter, Query(description="X: what is to be signed.")] = None,
) -> Response:
    """Prove to a platform that this address is ours: Meta's challenge, or X's CRC."""
    adapter = _open_adapter(doors, platform)
    if adapter.shake_hands is None:
        raise ChannelClosed
    answer = adapter.shake_hands(request.query_params, doors.settings)
    headers = {"X-Content-Type-Options": "nosniff", "Cache-Control": "no-store"}
    if isinstance(answer, str):
        return PlainTextResponse(answer, headers=headers)
    return JSONResponse(answer, headers=headers)


@router.post(
    "/{platform}",
    operation_id="receive_from_channel",
    response_model=Received,
    responses=problem_responses(400, 403, 404, 413, 422, 503),
    openapi_extra=_ANY_OBJECT,
)
async def receive_from_channel(
    doors: TheDoors,
    request: Request,
    platform: Platform,
    account: Annotated[
        Parameter, Query(description="Telegram alone: which of the Pemda's bots it is.")
    ] = None,
) -> Received:
    """Take in what people wrote on a platform; the same delivery twice has one effect."""
    adapter = _open_adapter(doors, platform)
    allow_body(request, _MOST_BYTES)
    body = await request.body()
    adapter.verify(body, request.headers, doors.settings)
    try:
        # Not pydantic's own reader: it refuses all of a body in which one emoji is torn.
        content = json.loads(body)
    except (ValueError, RecursionError):
        raise HTTPException(400, "There was an error parsing the body") from None
    items = adapter.parse(content, request.query_params)
    await receive_items(doors.units, doors.context, doors.admission.admit_sender, items)
    return Received()


def _open_adapter(doors: Doors, platform: str) -> ChannelAdapter:
    adapter = CHANNELS[platform]
    if adapter.channel not in doors.context.channels:
        raise ChannelClosed
    return adapter
