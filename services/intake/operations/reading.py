"""What citizens and officers are shown of a complaint."""

import json
from hmac import compare_digest
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from services.intake import attachment_queries, queries
from services.intake.attachment_schemas import AttachedFile
from services.intake.attachment_tables import Attachment
from services.intake.context import IntakeContext
from services.intake.errors import ComplaintNotFound, TrackingCodeMistyped, TrackingSecretWrong
from services.intake.operations.application_progress import is_of_service, title_of
from services.intake.operations.leading import find_leader, follow_leaders
from services.intake.operations.likeness import show_like
from services.intake.rules.progress import legal_actions
from services.intake.rules.sentences import STATUS_KINDS, sentence_of
from services.intake.rules.tracking import read_code
from services.intake.schemas import (
    ExpectedBy,
    OwnWords,
    SentMessage,
    StaffComplaint,
    TimelineItem,
    TrackedComplaint,
)
from services.intake.tables import Complaint, Message, Reporter, TimelineEntry
from shared.auth import Principal, Role
from shared.vault import PersonKey, WrappedKey

_EXPECTED_STAGES = ("first_response", "follow_up")


async def find_by_code(connection: AsyncConnection, written_code: str) -> Complaint:
    """Return the complaint; raises TrackingCodeMistyped or ComplaintNotFound."""
    code = read_code(written_code)
    if code is None:
        raise TrackingCodeMistyped
    complaint = await queries.find_complaint(connection, code)
    if complaint is None:
        raise ComplaintNotFound
    return complaint


def check_secret(context: IntakeContext, complaint: Complaint, given: str) -> None:
    """Raise TrackingSecretWrong unless this is the complaint's secret; takes constant time."""
    expected = context.vault.derive_secret(complaint.key_id, complaint.complaint_id)
    written = given.replace(" ", "").replace("-", "").upper()
    if not compare_digest(written.encode("utf-8", "replace"), expected.encode()):
        raise TrackingSecretWrong


async def track_complaint(
    connection: AsyncConnection, context: IntakeContext, written_code: str, secret: str | None
) -> TrackedComplaint:
    """Return the public timeline; with the secret, also words, messages and officers' texts.

    Raises TrackingCodeMistyped, ComplaintNotFound, TrackingSecretWrong.
    """
    complaint = await find_by_code(connection, written_code)
    if secret is not None:
        check_secret(context, complaint, secret)
    known = secret is not None
    visible = known or not complaint.secret
    own_entries = await queries.list_entries(connection, complaint.complaint_id)
    followed = await follow_leaders(connection, complaint, own_entries)
    leader = followed.leader
    entries = sorted([*own_entries, *followed.entries], key=lambda entry: entry.happened_at)
    deadlines = await queries.list_deadlines(
        connection, (leader or complaint).complaint_id, _EXPECTED_STAGES
    )
    return TrackedComplaint.model_validate(
        {
            "tracking_code": complaint.tracking_code,
            "status": complaint.state,
            "submitted_at": complaint.submitted_at,
            "secret": complaint.secret,
            "anonymous": complaint.anonymous,
            "classification": complaint.classification if visible else None,
            "opd": complaint.opd if visible else None,
            "opd_name": complaint.opd_name if visible else None,
            "expected": [
                ExpectedBy(
                    stage=each.stage,
                    title=title_of(context, each.stage) if is_of_service(each.stage) else None,
                    due_at=each.due_at,
                    state=each.state,
                )
                for each in deadlines
                if visible
            ],
            "timeline": [
                show_entry(entry, visible=visible, known=known)
                for entry in entries
                if visible or entry.kind in STATUS_KINDS
            ],
            "resolution": _last_text(entries, "resolved") if known else None,
            "open_request": _last_text(entries, "information_requested")
            if known and complaint.request_id is not None
            else None,
            "followed_status": leader.state if leader else None,
            "legal_actions": legal_actions(complaint.state, leader.state if leader else None),
            "similar": await show_like(connection, context, complaint) if known else [],
            "own": await _own_words(connection, context, complaint) if known else None,
        }
    )


async def find_for_staff(
    connection: AsyncConnection, complaint_id: str, caller: Principal
) -> Complaint:
    """Return a complaint that is the caller's; raises ComplaintNotFound.

    A merged one is theirs who have the case that leads it.
    """
    complaint = await queries.find_complaint_by_id(connection, complaint_id)
    leader = await find_leader(connection, complaint_id)
    if complaint is None or not may_read((leader or complaint).opd, caller):
        raise ComplaintNotFound("Tidak ada laporan dengan nomor ini pada OPD Anda.")
    return complaint


async def read_for_staff(
    connection: AsyncConnection, context: IntakeContext, complaint_id: str, caller: Principal
) -> StaffComplaint:
    """Return the original words to the officers of the current OPD, or to the triage desk.

    The desk reads what no OPD has. Raises ComplaintNotFound, also for what is not the caller's.
    """
    complaint = await find_for_staff(connection, complaint_id, caller)
    return StaffComplaint.model_validate(
        {
            "complaint_id": complaint.complaint_id,
            "tracking_code": complaint.tracking_code,
            "status": complaint.state,
            "channel": complaint.channel,
            "classification": complaint.classification,
            "opd": complaint.opd,
            "submitted_at": complaint.submitted_at,
            "anonymous": complaint.anonymous,
            "secret": complaint.secret,
            "own": await _own_words(connection, context, complaint),
        }
    )


def show_file(attachment: Attachment) -> AttachedFile:
    """Return what may be told of a complaint's file."""
    return AttachedFile.model_validate(describe_file(attachment))


def describe_file(attachment: Attachment) -> dict[str, Any]:
    """Return what may be told of a file, for any model of one."""
    return {
        **attachment.model_dump(exclude={"content_name", "thumbnail_name", "wrapped_key"}),
        "thumbnail": attachment.thumbnail_name is not None,
    }


def open_person(context: IntakeContext, reporter: Reporter) -> PersonKey | None:
    """Open a reporter's key; None once they were erased."""
    if reporter.wrapped_key is None:
        return None
    key = WrappedKey(reporter.key_id, reporter.wrapped_key)
    return context.vault.unwrap(reporter.reporter_id, key)


def may_read(opd: str | None, caller: Principal) -> bool:
    """Tell whether what this OPD has, or none, is the caller's to read and to work on."""
    if opd is None:
        return caller.has(Role.TRIAGE, Role.ADMIN)
    return caller.has(Role.OFFICER, Role.HEAD) and caller.opd == opd


async def _own_words(
    connection: AsyncConnection, context: IntakeContext, complaint: Complaint
) -> OwnWords:
    reporter = await queries.find_reporter(connection, complaint.reporter_id)
    person = open_person(context, reporter)
    messages = await queries.list_messages(connection, complaint.complaint_id)
    files = await attachment_queries.list_attachments(connection, complaint.complaint_id)
    words: dict[str, str | None] = dict.fromkeys(("title", "text", "address"))
    if person is not None:
        words = json.loads(person.open(complaint.words, f"{complaint.complaint_id}:words"))
    return OwnWords(
        title=words["title"],
        text=words["text"],
        address=words["address"],
        lat=complaint.lat,
        lon=complaint.lon,
        area_code=complaint.area_code,
        messages=[show_message(person, message) for message in messages],
        attachments=[show_file(each) for each in files],
    )


def show_message(person: PersonKey | None, message: Message) -> SentMessage:
    """Open what a citizen wrote later; without text once they were erased."""
    text = None
    if person is not None and message.words is not None:
        text = person.open(message.words, f"{message.message_id}:words")
    return SentMessage.model_validate(
        {
            "message_id": message.message_id,
            "kind": message.kind,
            "text": text,
            "satisfied": message.satisfied,
            "sent_at": message.sent_at,
        }
    )


def show_entry(entry: TimelineEntry, *, visible: bool, known: bool) -> TimelineItem:
    """Show an entry; of a secret complaint the public sees what kind of step it was, and when."""
    opd, opd_name, detail = None, None, None
    if visible:
        opd, opd_name, detail = entry.opd, entry.opd_name, entry.detail
    return TimelineItem(
        kind=entry.kind,
        at=entry.happened_at,
        opd=opd,
        opd_name=opd_name,
        sentence=sentence_of(entry.kind, opd, opd_name, detail),
        text=entry.text if known else None,
    )


def _last_text(entries: list[TimelineEntry], kind: str) -> str | None:
    return next((entry.text for entry in reversed(entries) if entry.kind == kind), None)
