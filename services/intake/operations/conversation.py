"""The citizen writes again: a message, a verdict on the result, or a withdrawal."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from services.intake import duplicate_queries, queries
from services.intake.attachment_tables import Attachment
from services.intake.context import IntakeContext
from services.intake.errors import ActionNotLegal, ComplaintNotFound, ReporterErased
from services.intake.operations import appointments, leading
from services.intake.operations.attachments import (
    check_room,
    give_files,
    refer_to,
    seal_for,
    tell_of,
)
from services.intake.operations.partner_statuses import tell_partner
from services.intake.operations.reading import open_person
from services.intake.rules.progress import MERGED, WITHDRAWN, Action, Entry, Progress, legal_actions
from services.intake.schemas import Accepted
from services.intake.tables import Complaint, Message
from shared.contracts.intake import CitizenMessageReceived, ComplaintWithdrawn, FeedbackGiven
from shared.ids import ComplaintId, MessageId, new_id
from shared.masking import mask_person
from shared.unit_of_work import UnitOfWork
from shared.vault import PersonKey

_MOST_MASKED = 32_000


@dataclass(frozen=True, slots=True)
class _Kept:
    """A message that was stored: masked text for the event, where the complaint stood, the key."""

    message: Message
    progress: Progress
    person: PersonKey

    def accepted(self, state: str) -> Accepted:
        return Accepted.model_validate(
            {
                "message_id": self.message.message_id,
                "status": state,
                "request_id": self.message.request_id,
                "sent_at": self.message.sent_at,
            }
        )


async def receive_message(
    unit: UnitOfWork,
    context: IntakeContext,
    complaint: Complaint,
    text: str | None,
    files: Sequence[Attachment] = (),
) -> Accepted:
    """Keep a message, of words or files or both; publishes CitizenMessageReceived.

    The event names the open question that it answers; EvidenceAdded follows for each file. Raises
    ActionNotLegal, ReporterErased, TooManyFiles, AttachmentTaken.
    """
    kept = await _keep(unit, context, complaint, "message", "message", text or None)
    await queries.insert_entry(
        unit.connection, complaint.complaint_id, Entry("message_received"), unit.now
    )
    unit.publish(
        CitizenMessageReceived(
            complaint_id=ComplaintId(complaint.complaint_id),
            occurred_at=unit.now,
            text=kept.message.text or "",
            request_id=kept.message.request_id,
            message_id=MessageId(kept.message.message_id),
            attachments=refer_to(files),
        )
    )
    if files:
        await _keep_files(unit, context, kept, files)
    return kept.accepted(kept.progress.state)


async def give_feedback(
    unit: UnitOfWork,
    context: IntakeContext,
    complaint: Complaint,
    satisfied: bool,
    text: str | None,
) -> Accepted:
    """Keep a verdict on the result; publishes FeedbackGiven. Routing decides what follows.

    Raises ActionNotLegal, ReporterErased.
    """
    kept = await _keep(
        unit, context, complaint, "feedback", "feedback", text or None, satisfied=satisfied
    )
    detail = "satisfied" if satisfied else "dissatisfied"
    await queries.insert_entry(
        unit.connection, complaint.complaint_id, Entry("feedback_given", detail=detail), unit.now
    )
    unit.publish(
        FeedbackGiven(
            complaint_id=ComplaintId(complaint.complaint_id),
            occurred_at=unit.now,
            satisfied=satisfied,
            text=kept.message.text,
        )
    )
    return kept.accepted(kept.progress.state)


async def withdraw_complaint(
    unit: UnitOfWork, context: IntakeContext, complaint: Complaint, reason: str
) -> Accepted:
    """Take a complaint back; publishes ComplaintWithdrawn.

    Raises ActionNotLegal, ReporterErased.
    """
    kept = await _keep(unit, context, complaint, "withdraw", "withdrawal", reason)
    await duplicate_queries.end_merger(unit.connection, complaint.complaint_id, unit.now)
    await appointments.release(unit, complaint.complaint_id)
    after, entry = replace(kept.progress, state=WITHDRAWN, request_id=None), Entry("withdrawn")
    await queries.move_complaint(unit.connection, complaint.complaint_id, after, entry, unit.now)
    tell_partner(unit, context, complaint.complaint_id, kept.progress, after, entry, unit.now)
    unit.publish(
        ComplaintWithdrawn(
            complaint_id=ComplaintId(complaint.complaint_id),
            occurred_at=unit.now,
            reason=kept.message.text or "",
        )
    )
    return kept.accepted(WITHDRAWN)


async def _keep(
    unit: UnitOfWork,
    context: IntakeContext,
    complaint: Complaint,
    action: Action,
    kind: str,
    text: str | None,
    *,
    satisfied: bool | None = None,
) -> _Kept:
    """Lock the complaint, see that the action is legal, and store what was written."""
    progress = await queries.lock_progress(unit.connection, complaint.complaint_id)
    if progress is None:
        raise ComplaintNotFound
    leader = None
    if progress.state == MERGED:
        leader = await leading.find_leader(unit.connection, complaint.complaint_id)
    legal = legal_actions(progress.state, leader.state if leader else None)
    if action not in legal:
        raise ActionNotLegal(action, progress.state, legal)
    reporter = await queries.find_reporter(unit.connection, complaint.reporter_id)
    person = open_person(context, reporter)
    if person is None:
        raise ReporterErased
    mask = _masker(person, reporter.identity, reporter.reporter_id)
    message_id = new_id()
    message = Message(
        message_id=message_id,
        complaint_id=complaint.complaint_id,
        kind=kind,
        words=person.seal(text, f"{message_id}:words") if text is not None else None,
        text=mask(text) if text is not None else None,
        satisfied=satisfied,
        request_id=progress.request_id if kind == "message" else None,
        sent_at=unit.now,
    )
    await queries.insert_message(unit.connection, message)
    return _Kept(message, progress, person)


async def _keep_files(
    unit: UnitOfWork, context: IntakeContext, kept: _Kept, files: Sequence[Attachment]
) -> None:
    complaint_id = kept.message.complaint_id
    await check_room(unit, context, complaint_id, files)
    await give_files(unit, seal_for(kept.person, complaint_id, files, kept.message.message_id))
    unit.publish(*(tell_of(complaint_id, each, unit.now) for each in files))


def _masker(person: PersonKey, identity: bytes | None, reporter_id: str) -> Callable[[str], str]:
    known: tuple[str, ...] = ()
    if identity is not None:
        known = tuple(json.loads(person.open(identity, f"{reporter_id}:identity")).values())
    return lambda text: mask_person(text, known)[:_MOST_MASKED]
