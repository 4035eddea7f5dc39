"""What applicants are shown of their applications."""

from datetime import date

from sqlalchemy.ext.asyncio import AsyncConnection

from services.intake import application_queries, attachment_queries, queries
from services.intake.application_errors import ApplicationNotFound
from services.intake.application_schemas import (
    AskedCorrection,
    OwnApplication,
    ShownApplication,
)
from services.intake.application_tables import Application
from services.intake.context import IntakeContext
from services.intake.operations.applications import open_answers, score_shown
from services.intake.operations.appointments import find_appointment
from services.intake.operations.document_reading import list_documents
from services.intake.operations.reading import check_secret, find_by_code, show_file
from services.intake.schemas import ComplaintLinks
from services.intake.tables import Complaint
from shared.catalogue.definition import Service
from shared.catalogue.values import score_of


async def show_application(
    connection: AsyncConnection,
    context: IntakeContext,
    written_code: str,
    secret: str | None,
    today: date,
) -> ShownApplication:
    """Return where an application stands; with the secret, all that the applicant may know.

    Raises TrackingCodeMistyped, ComplaintNotFound, ApplicationNotFound, TrackingSecretWrong.
    """
    complaint = await find_by_code(connection, written_code)
    if secret is not None:
        check_secret(context, complaint, secret)
    application = await application_queries.find_application(connection, complaint.complaint_id)
    if application is None:
        raise ApplicationNotFound
    service = await context.catalogue.find(connection, application.service, application.version)
    own = None
    if secret is not None:
        own = await _own(connection, context, complaint, application, service, today)
    return ShownApplication.model_validate(
        {
            "tracking_code": complaint.tracking_code,
            "service": service.code,
            "version": service.version,
            "title": service.title,
            "status": complaint.state,
            "stage": application.stage,
            "stage_title": application.stage_title,
            "outcome": application.outcome,
            "links": links_of(complaint.tracking_code),
            "own": own,
        }
    )


def links_of(tracking_code: str) -> ComplaintLinks:
    """Return where an application goes on: it is a complaint."""
    path = f"/intake/v1/complaints/{tracking_code}"
    steps = ("messages", "feedback", "withdraw", "secrecy", "similar", "join")
    return ComplaintLinks(self=path, **{step: f"{path}/{step}" for step in steps})


async def _own(
    connection: AsyncConnection,
    context: IntakeContext,
    complaint: Complaint,
    application: Application,
    service: Service,
    today: date,
) -> OwnApplication:
    answers = await open_answers(context, connection, application)
    assessment = service.form.assessment
    score = score_of(assessment, answers) if assessment and answers is not None else None
    files = await attachment_queries.list_attachments(connection, complaint.complaint_id)
    return OwnApplication(
        complaint_id=complaint.complaint_id,
        submitted_at=complaint.submitted_at,
        opd=application.opd,
        number=application.number,
        answers=answers,
        eligible=application.general["eligible"],
        unmet=application.general["unmet"],
        score=score_shown(score),
        rounds=application.rounds,
        asked=await _asked(connection, complaint),
        appointment=await find_appointment(connection, context, complaint.complaint_id),
        files=[show_file(each) for each in files],
        documents=await list_documents(connection, complaint.complaint_id, today),
    )


async def _asked(connection: AsyncConnection, complaint: Complaint) -> AskedCorrection | None:
    if complaint.state != "waiting_citizen" or complaint.request_id is None:
        return None
    entries = await queries.list_entries(connection, complaint.complaint_id)
    texts = [each.text for each in entries if each.kind == "information_requested"]
    answered = await application_queries.find_correction(
        connection, complaint.complaint_id, complaint.request_id
    )
    return AskedCorrection(
        request_id=complaint.request_id,
        text=texts[-1] if texts else None,
        answered=answered is not None,
    )
