"""An application, for whoever has its secret: where it stands, and corrections."""

from typing import Any

from fastapi import APIRouter, Response

from services.intake import application_queries, attachment_queries
from services.intake.api.doors import Doors, TheDoors
from services.intake.api.own_complaint import CHANGING, Change, TrackingCode, TrackingSecret
from services.intake.api.services import application_files
from services.intake.application_errors import ApplicationNotFound
from services.intake.application_schemas import (
    CorrectedApplication,
    CorrectionForm,
    ShownApplication,
)
from services.intake.attachment_tables import Attachment
from services.intake.operations.applications import today_of
from services.intake.operations.correcting_applications import correct_application
from services.intake.operations.reading_applications import show_application
from services.intake.tables import Complaint
from shared.problems import problem_responses

PATH = "/intake/v1/applications"
router = APIRouter(prefix=PATH, tags=["services"])


@router.get(
    "/{tracking_code}",
    operation_id="track_application",
    response_model=ShownApplication,
    responses=problem_responses(403, 404, 422, 503),
)
async def track_application(
    doors: TheDoors,
    response: Response,
    tracking_code: TrackingCode,
    secret: TrackingSecret = None,
) -> ShownApplication:
    """Show service, stage and status; with the secret also answers, score, and what is asked."""
    response.headers["Cache-Control"] = "no-store"
    response.headers["Vary"] = "X-Tracking-Secret"
    async with doors.units.database.transaction() as connection:
        today = today_of(doors.context, doors.units.clock.now())
        return await show_application(connection, doors.context, tracking_code, secret, today)


@router.put(
    "/{tracking_code}/answers",
    operation_id="correct_application",
    response_model=CorrectedApplication,
    responses=CHANGING,
)
async def correct_answers(
    change: Change, response: Response, form: CorrectionForm
) -> dict[str, Any]:
    """Send all answers anew, while an officer asks for a correction; the work then goes on.

    Files that stay are named by their ids, new ones by the tokens of their uploads.
    """
    response.headers["Cache-Control"] = "no-store"
    files = await _files(change.own.doors, await change.own.find(), form)
    return await change.make(
        lambda unit, context, found: correct_application(unit, context, found, form, files),
    )


async def _files(doors: Doors, complaint: Complaint, form: CorrectionForm) -> list[Attachment]:
    async with doors.units.database.transaction() as connection:
        application = await application_queries.find_application(connection, complaint.complaint_id)
        if application is None:
            raise ApplicationNotFound
        service = await doors.context.catalogue.find(
            connection, application.service, application.version
        )
        known = await attachment_queries.list_attachments(connection, complaint.complaint_id)
    ids = {each.attachment_id for each in known}
    return await application_files(doors, service, form.answers, ids)
