"""Applications for the staff of an OPD: lists without personal answers, one with all of them."""

import re
from collections.abc import Callable
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from services.intake import application_queries, attachment_queries, queries
from services.intake import staff_application_queries as staff_queries
from services.intake.application_errors import ApplicationNotFound
from services.intake.application_tables import Application
from services.intake.context import IntakeContext
from services.intake.errors import CursorUnknown
from services.intake.operations.applications import By, open_answers, score_shown
from services.intake.operations.auditing import record
from services.intake.operations.reading import may_read, show_file
from services.intake.staff_application_queries import Place
from services.intake.staff_application_schemas import (
    Choice,
    ListedApplication,
    ListedApplications,
    StaffApplication,
)
from services.intake.tables import Complaint
from shared.auth import Principal, Role
from shared.catalogue.definition import Service, all_fields
from shared.catalogue.values import score_of
from shared.cursor import read_cursor, write_cursor
from shared.ids import UUID_PATTERN
from shared.unit_of_work import UnitOfWork

_COUNTER: Final = "counter"


def applies_as(service: Service, caller: Principal) -> By:
    """Return as what a member of staff applies: for a citizen at the counter, or for their OPD."""
    if caller.has(Role.OPERATOR) and "operator" in service.applicants:
        return By("operator", entered_by=caller.subject)
    if caller.has(Role.OFFICER, Role.HEAD) and caller.opd is not None:
        return By("opd", opd=caller.opd, entered_by=caller.subject)
    return By("operator", entered_by=caller.subject)


def channel_for(context: IntakeContext, by: By) -> str | None:
    """Return by which channel what staff write down came, where they do not say: the counter."""
    if by.applicant != "operator":
        return None
    desks = [code for code, kind in context.channel_kinds.items() if kind == "desk"]
    opened = [code for code in desks if code in context.channels]
    return _COUNTER if _COUNTER in opened else next(iter(opened), None)


async def list_applications(
    connection: AsyncConnection, choice: Choice, cursor: str | None, limit: int
) -> ListedApplications:
    """Return a page; raises CursorUnknown, Invalid for a strange cursor."""
    rows = await staff_queries.list_applications(
        connection, choice, None if cursor is None else _read_place(cursor), limit + 1
    )
    last = rows[limit - 1] if len(rows) > limit else None
    return ListedApplications(
        items=[show_row(row) for row in rows[:limit]],
        next=None
        if last is None
        else write_cursor(last.created_at.isoformat(), str(last.complaint_id)),
    )


def show_row(row: Row[Any]) -> ListedApplication:
    """Show an application as a list does."""
    return ListedApplication.model_validate(_listed(row._mapping.__getitem__, row.state))  # noqa: SLF001


async def read_application(
    unit: UnitOfWork, context: IntakeContext, complaint_id: str, caller: Principal, reason: str
) -> StaffApplication:
    """Return one application with all answers; each time is an entry of the audit log.

    For the OPD that has the case now, and for the OPD that asks itself. Raises
    ApplicationNotFound, also for what is another OPD's.
    """
    connection = unit.connection
    complaint = await queries.find_complaint_by_id(connection, complaint_id)
    application = await application_queries.find_application(connection, complaint_id)
    if complaint is None or application is None or not _may(complaint, application, caller):
        raise ApplicationNotFound
    service = await context.catalogue.find(connection, application.service, application.version)
    answers = await open_answers(context, connection, application)
    assessment = service.form.assessment
    score = score_of(assessment, answers) if assessment and answers is not None else None
    files = await attachment_queries.list_attachments(connection, complaint_id)
    record(
        unit,
        caller.subject,
        "answers_read",
        f"complaint:{complaint_id}",
        reason=reason,
        fields=sorted(
            each.code
            for each in all_fields(service.form)
            if each.is_personal and each.code in (answers or {})
        ),
        purpose="handling",
        service=service.code,
    )
    known = {**application.model_dump(), "submitted_at": complaint.submitted_at}
    known |= {"tracking_code": complaint.tracking_code, "case_opd": complaint.opd}
    return StaffApplication.model_validate(
        {
            **_listed(known.__getitem__, complaint.state),
            "all_answers": answers,
            "stage_answers": application.stage_answers,
            "unmet": application.general["unmet"],
            "score": score_shown(score),
            "files": [show_file(each) for each in files],
        }
    )


def _may(complaint: Complaint, application: Application, caller: Principal) -> bool:
    if may_read(complaint.opd, caller):
        return True
    own = application.applicant_opd
    return own is not None and own == caller.opd and caller.has(Role.OFFICER, Role.HEAD)


def _listed(value: Callable[[str], Any], state: str) -> dict[str, Any]:
    general = value("general")
    return {
        **{
            name: value(name)
            for name in (
                "tracking_code",
                "service",
                "version",
                "number",
                "applicant",
                "applicant_opd",
                "stage",
                "stage_title",
                "outcome",
                "rounds",
                "submitted_at",
                "updated_at",
            )
        },
        "complaint_id": str(value("complaint_id")),
        "opd": value("case_opd") or value("held_by") or value("opd"),
        "status": state,
        "eligible": general["eligible"],
        "answers": value("public_answers"),
    }


def _read_place(cursor: str) -> Place:
    written, complaint_id = map(str, read_cursor(cursor, str, str))
    try:
        created_at = datetime.fromisoformat(written)
    except ValueError as error:
        raise CursorUnknown from error
    if created_at.tzinfo is None or re.fullmatch(UUID_PATTERN, complaint_id) is None:
        raise CursorUnknown
    return Place(created_at, complaint_id)
