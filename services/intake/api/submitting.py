"""POST /intake/v1/complaints: the door that citizens come in by, and the fastest of all."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Annotated, Final

from fastapi import APIRouter, Header, Request, Response
from starlette.types import ASGIApp

from services.intake.api.admission import DEVICE_HEADER, LONGEST_DEVICE, SHORTEST_DEVICE
from services.intake.api.doors import Doors, doors_of
from services.intake.api.lean import LeanRoute
from services.intake.api.uploading import named_files
from services.intake.errors import ActionNotLegal, JoinRefused
from services.intake.operations import joining
from services.intake.operations.reading import find_by_code
from services.intake.operations.submission import Origin, Receipt, draft_submission
from services.intake.schemas import ComplaintForm, SubmittedComplaint
from shared.idempotency import IdempotencyKey, RequestInFlight
from shared.parameters import OrAbsent
from shared.problems import problem_responses

router = APIRouter(tags=["complaints"], route_class=LeanRoute)

PATH: Final = "/intake/v1/complaints"
DeviceId = Annotated[
    OrAbsent[str],
    Header(
        alias=DEVICE_HEADER,
        min_length=SHORTEST_DEVICE,
        max_length=LONGEST_DEVICE,
        description="What an app calls the device it runs on, always the same; kept as a hash.",
        examples=["2f1c8b7e-3c55-4a86-8f0e-6d3a0c9b7f11"],
    ),
]


@router.post(
    PATH,
    operation_id="submit_complaint",
    status_code=201,
    response_model=SubmittedComplaint,
    responses=problem_responses(400, 403, 404, 409, 413, 422, 429, 503),
)
async def submit_complaint(
    request: Request,
    form: ComplaintForm,
    key: IdempotencyKey = None,
    device: DeviceId = None,
) -> Response:
    """Take in a complaint. Nobody has to say who they are.

    Keep the answer: the tracking code shows the public timeline, the secret opens the rest. The
    same Idempotency-Key with the same body is answered with the same complaint.
    """
    doors = doors_of(request)
    doors.admission.admit_request(request)
    if form.join is not None:
        await _check_join(doors, form.join)
    with _in_flight(doors, key):
        body = await request.body()
        files = await named_files(doors, form.attachments) if form.attachments else ()
        submission = draft_submission(
            doors.context,
            form,
            Origin(body, key=key, device=device),
            doors.units.clock.now(),
            files,
        )
        doors.admission.admit_sender(submission.row["phone_hash"])
        receipt = await doors.submit(submission)
        if form.join is not None:
            await _join(doors, receipt, form.join)
    if receipt.complaint_id == submission.row["complaint_id"]:
        doors.context.metrics.submitted.labels(submission.row["channel"]).inc()
    return answer_submission(doors, receipt, secret_suggested=submission.secret_suggested)


async def _check_join(doors: Doors, code: str) -> None:
    """Raise before the complaint is stored what would keep it from joining that one."""
    async with doors.units.begin() as unit:
        await joining.find_joined(unit, code)


async def _join(doors: Doors, receipt: Receipt, code: str) -> None:
    """Join a new complaint to another; it stays one of its own where that one ended meanwhile."""
    with suppress(JoinRefused, ActionNotLegal):
        async with doors.units.begin() as unit:
            complaint = await find_by_code(unit.connection, receipt.tracking_code)
            await joining.join_complaint(unit, complaint, code)


@contextmanager
def _in_flight(doors: Doors, key: str | None) -> Iterator[None]:
    """Refuse a second request with a key that is being worked on; another process's waits."""
    keys = doors.context.keys_in_flight
    if key is None:
        yield
        return
    if key in keys:
        raise RequestInFlight("Tunggu jawaban permintaan pertama, lalu coba lagi.")
    keys.add(key)
    try:
        yield
    finally:
        keys.discard(key)


def answer_submission(doors: Doors, receipt: Receipt, *, secret_suggested: bool) -> Response:
    """Answer with all that a reporter needs to come back."""
    # Written by hand, of parts that need no escaping: a model would cost as much as the form's.
    self_link = f"{PATH}/{receipt.tracking_code}"
    secret = doors.context.vault.derive_secret(receipt.key_id, receipt.complaint_id)
    submitted_at = receipt.submitted_at.isoformat().removesuffix("+00:00")
    content = (
        f'{{"complaint_id":"{receipt.complaint_id}","tracking_code":"{receipt.tracking_code}",'
        f'"secret":"{secret}","status":"received","submitted_at":"{submitted_at}Z",'
        f'"secret_suggested":{"true" if secret_suggested else "false"},'
        f'"links":{{"self":"{self_link}","messages":"{self_link}/messages",'
        f'"feedback":"{self_link}/feedback","withdraw":"{self_link}/withdraw",'
        f'"secrecy":"{self_link}/secrecy","similar":"{self_link}/similar",'
        f'"join":"{self_link}/join"}}}}'
    )
    return Response(
        content,
        201,
        {"Location": self_link, "Cache-Control": "no-store"},
        media_type="application/json",
    )


#: This module's doors, to be reached without a search for a route.
HOT: Final[dict[tuple[str, str], ASGIApp]] = {
    (method, route.path): route.as_app()
    for route in router.routes
    if isinstance(route, LeanRoute)
    for method in route.methods or ()
}
