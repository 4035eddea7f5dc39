"""What citizens do with a tracking code, and with its secret."""

from typing import Any

from fastapi import APIRouter, Response

from services.intake.api.doors import TheDoors
from services.intake.api.own_complaint import CHANGING, Change, TrackingCode, TrackingSecret
from services.intake.api.uploading import named_files
from services.intake.operations import conversation, joining, reading
from services.intake.schemas import (
    Accepted,
    FeedbackForm,
    JoinAccepted,
    JoinForm,
    MessageForm,
    TrackedComplaint,
    WithdrawalForm,
)
from shared.problems import problem_responses

router = APIRouter(prefix="/intake/v1/complaints", tags=["complaints"])


@router.get(
    "/{tracking_code}",
    operation_id="track_complaint",
    response_model=TrackedComplaint,
    responses=problem_responses(403, 404, 422, 503),
)
async def track_complaint(
    doors: TheDoors,
    response: Response,
    tracking_code: TrackingCode,
    secret: TrackingSecret = None,
) -> TrackedComplaint:
    """Show where a complaint stands; with its secret also what was written on both sides."""
    response.headers["Cache-Control"] = "no-store"
    response.headers["Vary"] = "X-Tracking-Secret"
    async with doors.units.database.transaction() as connection:
        return await reading.track_complaint(connection, doors.context, tracking_code, secret)


@router.post(
    "/{tracking_code}/messages",
    operation_id="send_message",
    status_code=201,
    response_model=Accepted,
    responses=CHANGING,
)
async def send_message(change: Change, form: MessageForm) -> dict[str, Any]:
    """Add a message; if an officer has asked something, it is taken for the answer."""
    files = await named_files(change.own.doors, form.attachments) if form.attachments else ()
    return await change.make(
        lambda unit, context, complaint: conversation.receive_message(
            unit, context, complaint, form.text, files
        ),
    )


@router.post(
    "/{tracking_code}/feedback",
    operation_id="give_feedback",
    status_code=201,
    response_model=Accepted,
    responses=CHANGING,
)
async def give_feedback(change: Change, form: FeedbackForm) -> dict[str, Any]:
    """Say whether the result satisfies; if not, the case is worked on again."""
    return await change.make(
        lambda unit, context, complaint: conversation.give_feedback(
            unit, context, complaint, form.satisfied, form.text
        ),
    )


@router.post(
    "/{tracking_code}/join",
    operation_id="join_complaint",
    status_code=201,
    response_model=JoinAccepted,
    responses=CHANGING,
)
async def join_complaint(change: Change, form: JoinForm) -> dict[str, Any]:
    """Say "saya juga": the complaint joins another, and hears what becomes of that one."""
    return await change.make(
        lambda unit, _context, complaint: joining.join_complaint(unit, complaint, form.joined),
    )


@router.post(
    "/{tracking_code}/withdraw",
    operation_id="withdraw_complaint",
    status_code=201,
    response_model=Accepted,
    responses=CHANGING,
)
async def withdraw_complaint(change: Change, form: WithdrawalForm) -> dict[str, Any]:
    """Take the complaint back, as long as it is being worked on."""
    return await change.make(
        lambda unit, context, complaint: conversation.withdraw_complaint(
            unit, context, complaint, form.reason
        ),
    )
