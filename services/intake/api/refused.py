"""Where admin and auditor see what platforms delivered and nothing could be done with."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Response

from services.intake.api.doors import TheDoors
from services.intake.operations import refused
from services.intake.refused_schemas import (
    MESSAGE_HASH,
    RefusedContent,
    RefusedDismissed,
    RefusedMessages,
    RefusedReasonForm,
)
from shared.auth import Principal, Role, require
from shared.problems import problem_responses

router = APIRouter(prefix="/intake/v1/staff/refused-messages", tags=["channels"])

Guardian = Annotated[Principal, Depends(require(Role.ADMIN, Role.AUDITOR))]
MessageHash = Annotated[str, Path(pattern=MESSAGE_HASH, examples=["9f86d081" * 8])]

_PROBLEMS = problem_responses(400, 401, 403, 404, 413, 422, 503)


@router.get(
    "",
    operation_id="list_refused_messages",
    response_model=RefusedMessages,
    responses=problem_responses(401, 403, 503),
)
async def list_refused_messages(
    doors: TheDoors, caller: Guardian, response: Response
) -> RefusedMessages:
    """List messages that could not be taken in, with the reason, the oldest first."""
    del caller
    response.headers["Cache-Control"] = "no-store"
    async with doors.units.begin() as unit:
        return RefusedMessages(items=await refused.list_refused(unit))


@router.post(
    "/{message_id}/read",
    operation_id="read_refused_message",
    response_model=RefusedContent,
    responses=_PROBLEMS,
)
async def read_refused_message(
    doors: TheDoors,
    caller: Guardian,
    response: Response,
    form: RefusedReasonForm,
    message_id: MessageHash,
) -> RefusedContent:
    """Show one as it came, with whatever it says of its writer; for a reason, and audited."""
    response.headers["Cache-Control"] = "no-store"
    async with doors.units.begin() as unit:
        return await refused.read_refused(
            unit, doors.context, message_id, caller.subject, form.reason
        )


@router.post(
    "/{message_id}/dismiss",
    operation_id="dismiss_refused_message",
    response_model=RefusedDismissed,
    responses=_PROBLEMS,
)
async def dismiss_refused_message(
    doors: TheDoors, caller: Guardian, form: RefusedReasonForm, message_id: MessageHash
) -> RefusedDismissed:
    """Put one away for good; what it says is destroyed."""
    async with doors.units.begin() as unit:
        await refused.dismiss_refused(unit, message_id, caller.subject, form.reason)
    return RefusedDismissed(message_id=message_id)
