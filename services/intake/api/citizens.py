"""What citizens do with a tracking code, and with its secret."""

from collections.abc import Awaitable, Callable
from typing import Annotated, Any

from fastapi import APIRouter, Header, Path, Request, Response
from pydantic import BaseModel
from pydantic.json_schema import SkipJsonSchema

from services.intake.api.doors import Doors, TheDoors
from services.intake.api.uploading import named_files
from services.intake.context import IntakeContext
from services.intake.errors import TrackingSecretWrong
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
from services.intake.tables import Complaint
from shared.idempotency import IdempotencyKey, once
from shared.problems import problem_responses
from shared.unit_of_work import UnitOfWork

router = APIRouter(prefix="/intake/v1/complaints", tags=["complaints"])

TrackingCode = Annotated[
    str,
    Path(
        max_length=40,
        description="As it was given; case, spaces and dashes do not matter.",
        examples=["K7M3PXA92W"],
    ),
]
TrackingSecret = Annotated[
    str | SkipJsonSchema[None],
    Header(
        alias="X-Tracking-Secret",
        max_length=64,
        description="The secret from the answer to the submission.",
    ),
]
Operation = Callable[[UnitOfWork, IntakeContext, Complaint], Awaitable[BaseModel]]

CONVERSATION = problem_responses(400, 403, 404, 409, 413, 422, 503)


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
    responses=CONVERSATION,
)
async def send_message(
    doors: TheDoors,
    request: Request,
    form: MessageForm,
    tracking_code: TrackingCode,
    secret: TrackingSecret = None,
    key: IdempotencyKey = None,
) -> dict[str, Any]:
    """Add a message; if an officer has asked something, it is taken for the answer."""
    files = await named_files(doors, form.attachments) if form.attachments else ()
    return await converse(
        doors,
        request,
        tracking_code,
        secret,
        key,
        lambda unit, context, complaint: conversation.receive_message(
            unit, context, complaint, form.text, files
        ),
    )


@router.post(
    "/{tracking_code}/feedback",
    operation_id="give_feedback",
    status_code=201,
    response_model=Accepted,
    responses=CONVERSATION,
)
async def give_feedback(
    doors: TheDoors,
    request: Request,
    form: FeedbackForm,
    tracking_code: TrackingCode,
    secret: TrackingSecret = None,
    key: IdempotencyKey = None,
) -> dict[str, Any]:
    """Say whether the result satisfies; if not, the case is worked on again."""
    return await converse(
        doors,
        request,
        tracking_code,
        secret,
        key,
        lambda unit, context, complaint: conversation.give_feedback(
            unit, context, complaint, form.satisfied, form.text
        ),
    )


@router.post(
    "/{tracking_code}/join",
    operation_id="join_complaint",
    status_code=201,
    response_model=JoinAccepted,
    responses=CONVERSATION,
)
async def join_complaint(
    doors: TheDoors,
    request: Request,
    form: JoinForm,
    tracking_code: TrackingCode,
    secret: TrackingSecret = None,
    key: IdempotencyKey = None,
) -> dict[str, Any]:
    """Say "saya juga": the complaint joins another, and hears what becomes of that one."""
    return await converse(
        doors,
        request,
        tracking_code,
        secret,
        key,
        lambda unit, _context, complaint: joining.join_complaint(unit, complaint, form.joined),
    )


@router.post(
    "/{tracking_code}/withdraw",
    operation_id="withdraw_complaint",
    status_code=201,
    response_model=Accepted,
    responses=CONVERSATION,
)
async def withdraw_complaint(
    doors: TheDoors,
    request: Request,
    form: WithdrawalForm,
    tracking_code: TrackingCode,
    secret: TrackingSecret = None,
    key: IdempotencyKey = None,
) -> dict[str, Any]:
    """Take the complaint back, as long as it is being worked on."""
    return await converse(
        doors,
        request,
        tracking_code,
        secret,
        key,
        lambda unit, context, complaint: conversation.withdraw_complaint(
            unit, context, complaint, form.reason
        ),
    )


async def find_own(doors: Doors, tracking_code: str, secret: str | None) -> Complaint:
    """Return the complaint whose secret this is; raises what `find_by_code` and it refuse."""
    async with doors.units.database.transaction() as connection:
        complaint = await reading.find_by_code(connection, tracking_code)
    if secret is None:
        raise TrackingSecretWrong
    reading.check_secret(doors.context, complaint, secret)
    return complaint


async def converse(
    doors: Doors,
    request: Request,
    tracking_code: str,
    secret: str | None,
    key: str | None,
    operation: Operation,
) -> dict[str, Any]:
    """Check the secret, then let the operation happen once for each Idempotency-Key."""
    context = doors.context
    complaint = await find_own(doors, tracking_code, secret)

    async def work(unit: UnitOfWork) -> dict[str, Any]:
        answer = await operation(unit, context, complaint)
        return answer.model_dump(mode="json")

    step = request.url.path.rpartition("/")[2]
    # A keyed hash: nobody can find out from the stored one what a citizen wrote.
    body = context.vault.blind_index("request", await request.body())
    return await once(doors.units, f"{complaint.complaint_id}/{step}", key, body, work)
