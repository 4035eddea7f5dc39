"""All that is held on a person, for the person."""

import json
from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncConnection

from services.intake import (
    application_queries,
    attachment_queries,
    audit_queries,
    privacy_queries,
    queries,
)
from services.intake.audit_tables import AuditEntry
from services.intake.context import IntakeContext
from services.intake.operations.applications import open_answers
from services.intake.operations.reading import open_person, show_entry, show_file, show_message
from services.intake.subject_schemas import PersonalComplaint, ToldUnmasking
from services.intake.tables import Complaint


async def gather_personal_data(
    connection: AsyncConnection, context: IntakeContext, reporter_ids: Sequence[str]
) -> list[PersonalComplaint]:
    """Return what is held on these reporters, by complaint, the oldest first.

    Who on the staff was shown their identity is told by time, fields and reason, not by name.
    """
    complaints = await privacy_queries.list_complaints_of(connection, reporter_ids)
    entries = await audit_queries.list_entries_on(
        connection, [f"complaint:{each.complaint_id}" for each in complaints]
    )
    return [await _gather(connection, context, each, entries) for each in complaints]


async def _gather(
    connection: AsyncConnection,
    context: IntakeContext,
    complaint: Complaint,
    entries: Sequence[AuditEntry],
) -> PersonalComplaint:
    reporter = await queries.find_reporter(connection, complaint.reporter_id)
    person = open_person(context, reporter)
    identity: dict[str, str] = {}
    words: dict[str, str | None] = dict.fromkeys(("title", "text", "address"))
    if person is not None:
        words = json.loads(person.open(complaint.words, f"{complaint.complaint_id}:words"))
        if reporter.identity is not None:
            opened = person.open(reporter.identity, f"{reporter.reporter_id}:identity")
            identity = json.loads(opened)
    application = await application_queries.find_application(connection, complaint.complaint_id)
    answers = None
    if application is not None:
        answers = await open_answers(context, connection, application)
    messages = await queries.list_messages(connection, complaint.complaint_id)
    files = await attachment_queries.list_attachments(connection, complaint.complaint_id)
    timeline = await queries.list_entries(connection, complaint.complaint_id)
    return PersonalComplaint.model_validate(
        {
            **complaint.model_dump(include=_SHOWN),
            **words,
            "status": complaint.state,
            "erased_at": reporter.erased_at,
            "identity": identity,
            "answers": answers,
            "messages": [show_message(person, each) for each in messages],
            "attachments": [show_file(each) for each in files if each.by == "citizen"],
            "timeline": [show_entry(each, visible=True, known=True) for each in timeline],
            "unmasked": [
                _told(each)
                for each in entries
                if each.object == f"complaint:{complaint.complaint_id}"
                and each.action in _SHOWN_TO_STAFF
            ],
        }
    )


def _told(entry: AuditEntry) -> ToldUnmasking:
    details = json.loads(entry.details)
    return ToldUnmasking(
        at=entry.at, fields=details["fields"], purpose=details["purpose"], reason=entry.reason
    )


#: What staff do that shows them who somebody is.
_SHOWN_TO_STAFF = frozenset({"identity_unmasked", "answers_read"})
_SHOWN = {
    "complaint_id",
    "tracking_code",
    "channel",
    "account",
    "classification",
    "submitted_at",
    "device_time",
    "anonymous",
    "secret",
    "notice_version",
    "lat",
    "lon",
    "area_code",
}
