"""Drafts: an application is begun today, and submitted another day."""

from typing import Annotated, Any

from fastapi import APIRouter, Header, Path, Request, Response

from services.intake import application_draft_queries as draft_queries
from services.intake.api.admission import read_device
from services.intake.api.doors import TheDoors
from services.intake.api.services import PATH, ServiceCode, application_files, submitted
from services.intake.api.submitting import DeviceId
from services.intake.application_errors import DraftChanged, DraftNotFound
from services.intake.application_schemas import (
    ApplicationAnswers,
    DeletedDraft,
    NewApplication,
    SavedDraft,
    ShownDraft,
    SubmittedApplication,
    SubmittedDraft,
)
from services.intake.operations import application_drafts as drafts
from services.intake.operations.applications import By, find_service
from services.intake.operations.applying import (
    Draft,
    draft_application,
    find_applied,
    submit_application,
)
from services.intake.operations.submission import Origin, Receipt
from shared.idempotency import IdempotencyKey, once
from shared.ids import UUID_PATTERN
from shared.parameters import OrAbsent
from shared.problems import problem_responses
from shared.unit_of_work import UnitOfWork

router = APIRouter(prefix=PATH, tags=["services"])

DraftNumber = Annotated[
    str, Path(pattern=UUID_PATTERN, examples=["019b76da-a800-7000-8000-00000000a001"])
]
DraftSecret = Annotated[
    OrAbsent[str],
    Header(
        alias="X-Draft-Secret",
        max_length=64,
        description="The secret from the answer that the draft was kept with.",
    ),
]


@router.post(
    "/{code}/drafts",
    operation_id="save_application_draft",
    status_code=201,
    response_model=SavedDraft,
    responses=problem_responses(400, 404, 409, 413, 422, 429, 503),
)
async def save_draft(
    doors: TheDoors,
    request: Request,
    response: Response,
    code: ServiceCode,
    form: ApplicationAnswers,
    key: IdempotencyKey = None,
) -> SavedDraft:
    """Keep what was filled in so far for 30 days. What is missing does not matter yet.

    Files are named by the tokens of their uploads, which wait for less long than a draft.
    """
    doors.admission.admit_request(request)
    context = doors.context
    service = find_service(context, code)

    async def work(unit: UnitOfWork) -> dict[str, Any]:
        draft = await drafts.save_draft(unit, context, service, form.answers)
        return draft.model_dump(mode="json", include={"draft_id", "key_id", "expires_at"})

    body = context.vault.blind_index("request", await request.body())
    kept = await once(doors.units, f"{PATH}/{code}/drafts", key, body, work)
    response.headers["Cache-Control"] = "no-store"
    return SavedDraft(
        draft_id=kept["draft_id"],
        secret=drafts.secret_of(context, kept["key_id"], kept["draft_id"]),
        expires_at=kept["expires_at"],
    )


@router.get(
    "/{code}/drafts/{draft_id}",
    operation_id="read_application_draft",
    response_model=ShownDraft,
    responses=problem_responses(404, 422, 503),
)
async def read_draft(
    doors: TheDoors,
    response: Response,
    code: ServiceCode,
    draft_id: DraftNumber,
    secret: DraftSecret = None,
) -> ShownDraft:
    """Show a draft, with what would be wrong with it today."""
    response.headers["Cache-Control"] = "no-store"
    service, now = find_service(doors.context, code), doors.units.clock.now()
    async with doors.units.database.transaction() as connection:
        draft = await drafts.find_own(connection, doors.context, service, draft_id, secret, now)
    return drafts.show_draft(doors.context, service, draft, now)


@router.put(
    "/{code}/drafts/{draft_id}",
    operation_id="change_application_draft",
    response_model=ShownDraft,
    responses=problem_responses(400, 404, 413, 422, 503),
)
async def change_draft(
    doors: TheDoors,
    response: Response,
    code: ServiceCode,
    draft_id: DraftNumber,
    form: ApplicationAnswers,
    secret: DraftSecret = None,
) -> ShownDraft:
    """Put other answers into a draft; from now on it is kept for 30 days."""
    response.headers["Cache-Control"] = "no-store"
    service = find_service(doors.context, code)
    async with doors.units.begin() as unit:
        return await drafts.change_draft(
            unit, doors.context, service, draft_id, secret, form.answers
        )


@router.delete(
    "/{code}/drafts/{draft_id}",
    operation_id="delete_application_draft",
    response_model=DeletedDraft,
    responses=problem_responses(404, 422, 503),
)
async def delete_draft(
    doors: TheDoors, code: ServiceCode, draft_id: DraftNumber, secret: DraftSecret = None
) -> DeletedDraft:
    """Delete a draft at once."""
    service = find_service(doors.context, code)
    async with doors.units.begin() as unit:
        await drafts.find_own(
            unit.connection, doors.context, service, draft_id, secret, unit.now, lock=True
        )
        await draft_queries.delete_draft(unit.connection, draft_id)
    return DeletedDraft(draft_id=draft_id)


@router.post(
    "/{code}/drafts/{draft_id}/submit",
    operation_id="submit_application_draft",
    status_code=201,
    response_model=SubmittedApplication,
    responses=problem_responses(400, 403, 404, 409, 413, 422, 429, 503),
)
async def submit_draft(
    doors: TheDoors,
    request: Request,
    response: Response,
    code: ServiceCode,
    draft_id: DraftNumber,
    form: SubmittedDraft,
    secret: DraftSecret = None,
    key: IdempotencyKey = None,
    device: DeviceId = None,
) -> SubmittedApplication:
    """Apply with a draft, which is then gone. Keep the answer: it leads to the application."""
    doors.admission.admit_request(request)
    context = doors.context
    service, now = find_service(context, code), doors.units.clock.now()
    origin = Origin(
        await request.body(),
        scope=f"{PATH}/{code}/drafts/{draft_id}",
        key=key,
        device=read_device(device),
    )
    answers: dict[str, Any] = {}
    async with doors.units.database.transaction() as connection:
        found = await draft_queries.find_draft(connection, draft_id, now)
        if found is not None:
            await drafts.find_own(connection, context, service, draft_id, secret, now)
            answers = drafts.open_draft(context, found)
    files = await application_files(doors, service, answers)

    async def work(unit: UnitOfWork) -> tuple[Draft, Receipt, str | None]:
        kept = await draft_queries.find_draft(unit.connection, draft_id, unit.now, lock=True)
        if kept is None:
            current = context.vault.current_key_id
            if not drafts.is_secret(context, current, draft_id, secret):
                raise DraftNotFound
            await find_applied(unit, context, origin)
            raise DraftNotFound
        if not drafts.is_secret(context, kept.key_id, draft_id, secret):
            raise DraftNotFound
        if drafts.open_draft(context, kept) != answers:
            raise DraftChanged
        application = NewApplication(answers=answers, channel=form.channel, opd=form.opd)
        draft = await draft_application(unit, context, service, application, origin, By(), files)
        await draft_queries.delete_draft(unit.connection, draft_id)
        return draft, *await submit_application(unit, context, draft)

    answer = await submitted(doors, work)
    response.headers["Cache-Control"] = "no-store"
    response.headers["Location"] = answer.links.self
    return answer
