"""A person wrote on a platform: find out what it means, and do it, once however often it comes."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import structlog

from services.intake import incoming_queries
from services.intake.channels.message import DeliveryReport, IncomingMessage, Unreadable
from services.intake.context import IntakeContext
from services.intake.errors import ActionNotLegal, CaseMoved
from services.intake.incoming_tables import ReceivedMessage, RemoteFile
from services.intake.operations.acting import NAMES, PARTS_WAIT, Done, Task, act
from services.intake.operations.blocking import find_refusals
from services.intake.operations.senders import find_standing, message_index, message_indexes
from services.intake.operations.submission import (
    sender_index,
    sender_indexes,
)
from services.intake.operations.telling import enqueue_reply
from services.intake.rules.answering import sending_channel
from services.intake.rules.incoming import meaning_of
from services.intake.rules.meanings import (
    Addition,
    Hint,
    Meaning,
    NewComplaint,
    Said,
)
from shared.ids import new_id
from shared.messaging import queue
from shared.unit_of_work import UnitOfWork

log = structlog.get_logger(__name__)

_DELIVERIES: Final[Mapping[str, queue.Delivery]] = {
    "sent": "sent",
    "delivered": "delivered",
    "read": "read",
    "failed": "failed",
}


@dataclass(frozen=True, slots=True)
class Received:
    """What a message was taken for, and the complaint that it opened or was about."""

    meaning: str
    complaint_id: str | None


async def receive_incoming(
    unit: UnitOfWork, context: IntakeContext, incoming: IncomingMessage
) -> Received | None:
    """Do what a message asks for; returns what became of it, None for one that came before.

    Raises TrackingCodeTaken or CaseMoved: then the caller begins anew.
    """
    message_hash = message_index(context.vault, incoming)
    known = message_indexes(context.vault, incoming, incoming.message_id)
    if not await incoming_queries.claim_message(
        unit.connection, known, message_hash, incoming.channel, incoming.account, unit.now
    ):
        return None
    sender_hash = sender_index(context.vault, incoming.channel, incoming.handle)
    if await _is_blocked(unit, context, incoming):
        return await _note(unit, context, incoming, message_hash, "blocked", None)
    # Two messages of one person that come at once are one report and its continuation.
    await incoming_queries.lock_sender(unit.connection, sender_hash)
    standing = await find_standing(unit, context, incoming)
    meaning = meaning_of(_said(incoming), context.keywords, standing)
    task = Task(unit, context, incoming)
    try:
        done = await act(task, meaning)
    except ActionNotLegal as error:
        raise CaseMoved from error
    await _keep_files(task, sender_hash, meaning, done.complaint_id)
    await _answer(task, done)
    name = NAMES[type(meaning)]
    return await _note(unit, context, incoming, message_hash, name, done.complaint_id)


async def note_delivery(unit: UnitOfWork, report: DeliveryReport) -> None:
    """Keep what a platform reports of a message that we sent; of any other, nothing.

    What failed because only a template may be sent by now goes out once more, as one; other
    failures are held for a person.
    """
    channel = sending_channel(report.channel)
    if channel is None or report.status not in _DELIVERIES:
        return
    if report.status == "failed" and channel in queue.REPORTING:
        failure = await queue.fail_delivery(
            unit.connection,
            channel,
            report.message_id,
            unit.now,
            report.reason,
            outside_window=report.outside_window,
        )
        if failure is not None:
            log.warning("message_not_delivered", channel=channel, then=failure)
            return
    await queue.note_delivery(
        unit.connection, channel, report.message_id, _DELIVERIES[report.status], report.reason
    )


async def refuse_incoming(
    unit: UnitOfWork, context: IntakeContext, item: Unreadable | IncomingMessage, reason: str
) -> None:
    """Keep a message that nothing could be done with, for a person to read."""
    content = item.content if isinstance(item, Unreadable) else item.text
    message_hash = message_index(context.vault, item)
    subject = message_hash.hex()
    wrapped, key = context.vault.new_person(subject)
    kept = await incoming_queries.insert_refused(
        unit.connection,
        ReceivedMessage(
            message_hash=message_hash,
            channel=item.channel,
            account=item.account,
            meaning="refused",
            reason=reason,
            received_at=unit.now,
            key_id=wrapped.key_id,
            wrapped_key=wrapped.wrapped,
            content=key.seal(content, f"{subject}:content"),
        ),
    )
    if kept:
        unit.after_commit(context.metrics.received.labels(item.channel, "refused").inc)


async def _is_blocked(unit: UnitOfWork, context: IntakeContext, incoming: IncomingMessage) -> bool:
    senders = sender_indexes(context.vault, incoming.channel, incoming.handle)
    phones = context.vault.blind_indexes("phone", incoming.phone) if incoming.phone else []
    (refusal,) = await find_refusals(unit, [[*senders, *phones]])
    return refusal is not None


async def _note(
    unit: UnitOfWork,
    context: IntakeContext,
    incoming: IncomingMessage,
    message_hash: bytes,
    name: str,
    complaint_id: str | None,
) -> Received:
    await incoming_queries.set_meaning(unit.connection, message_hash, name, complaint_id)
    unit.after_commit(context.metrics.received.labels(incoming.channel, name).inc)
    return Received(name, complaint_id)


def _said(incoming: IncomingMessage) -> Said:
    return Said(
        text=incoming.text,
        has_files=bool(incoming.files),
        has_place=incoming.place is not None,
        public=incoming.public,
    )


async def _answer(task: Task, done: Done) -> None:
    """Answer where it was written; the answer to a new complaint goes with the complaint."""
    if done.template is None:
        return
    incoming = task.incoming
    await enqueue_reply(
        task.unit,
        task.context,
        channel=incoming.channel,
        account=incoming.account,
        handle=incoming.handle,
        template=done.template,
        parameters=done.parameters,
        reply_to=incoming.reply_to,
    )


async def _keep_files(
    task: Task, sender_hash: bytes, meaning: Meaning, complaint_id: str | None
) -> None:
    """Note the files to be fetched; those that came just before get their complaint too."""
    unit, incoming = task.unit, task.incoming
    target = complaint_id if isinstance(meaning, NewComplaint | Addition) else None
    files = [
        RemoteFile(
            file_id=new_id(),
            complaint_id=target,
            sender_hash=sender_hash,
            channel=incoming.channel,
            account=incoming.account,
            kind=file.kind,
            reference=file.reference,
            received_at=unit.now,
            try_at=unit.now,
            tries=0,
        )
        for file in incoming.files
        if target is not None or isinstance(meaning, Hint)
    ]
    await incoming_queries.insert_remote_files(unit.connection, files)
    if target is not None:
        since = unit.now - PARTS_WAIT
        await incoming_queries.claim_remote_files(unit.connection, sender_hash, target, since)
