"""A person wrote on a platform: find out what it means, and do it, once however often it comes."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from services.intake import incoming_queries, queries
from services.intake.channels.message import IncomingMessage, Unreadable
from services.intake.context import IntakeContext
from services.intake.errors import ActionNotLegal, CaseMoved, ComplaintNotFound
from services.intake.incoming_tables import ReceivedMessage, RemoteFile
from services.intake.operations.blocking import find_refusals
from services.intake.operations.conversation import give_feedback, receive_message
from services.intake.operations.submission import (
    Origin,
    Sender,
    draft_submission,
    sender_index,
    sender_indexes,
    submit_complaints,
)
from services.intake.rules.checking import is_in_the_future
from services.intake.rules.incoming import codes_in, meaning_of
from services.intake.rules.meanings import (
    Addition,
    Hint,
    Meaning,
    NewComplaint,
    OptIn,
    OptOut,
    OwnCase,
    Passed,
    Said,
    Standing,
    StatusAsked,
    Verdict,
)
from services.intake.schemas import (
    MOST_ADDRESS,
    MOST_NAME,
    MOST_TEXT,
    ComplaintForm,
    LocationForm,
    ReporterForm,
)
from services.intake.tables import Complaint
from shared.ids import new_id
from shared.unit_of_work import UnitOfWork
from shared.vault import Vault

#: A photo that came this long before its words still belongs to them.
FILES_WAIT: Final = timedelta(hours=1)
_FILE_WORDS: Final[Mapping[str, str]] = {
    "image": "foto",
    "video": "video",
    "audio": "rekaman suara",
    "document": "dokumen",
}


@dataclass(frozen=True, slots=True)
class Received:
    """What a message was taken for, and the complaint that it opened or was about."""

    meaning: str
    complaint_id: str | None


@dataclass(frozen=True, slots=True)
class _Task:
    """A message that is being worked on, with the keyed hash of its sender."""

    unit: UnitOfWork
    context: IntakeContext
    incoming: IncomingMessage
    sender_hash: bytes


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
    task = _Task(unit, context, incoming, sender_hash)
    # Two messages of one person that come at once are one report and its continuation.
    await incoming_queries.lock_sender(unit.connection, sender_hash)
    meaning = meaning_of(_said(incoming), context.keywords, await _standing(task))
    try:
        complaint_id = await _ACTS[type(meaning)](task, meaning)
    except ActionNotLegal as error:
        raise CaseMoved from error
    await _keep_files(task, meaning, complaint_id)
    name = _NAMES[type(meaning)]
    return await _note(unit, context, incoming, message_hash, name, complaint_id)


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


def message_index(vault: Vault, item: IncomingMessage | Unreadable) -> bytes:
    """Return the keyed hash by which a message is known again."""
    return vault.blind_index("message", f"{item.channel}:{item.account}:{item.message_id}")


def message_indexes(vault: Vault, item: IncomingMessage, message_id: str) -> list[bytes]:
    """Return the hashes of a message to the same account, under every key of the ring."""
    return vault.blind_indexes("message", f"{item.channel}:{item.account}:{message_id}")


def _said(incoming: IncomingMessage) -> Said:
    return Said(
        text=incoming.text,
        has_files=bool(incoming.files),
        has_place=incoming.place is not None,
        public=incoming.public,
    )


async def _standing(task: _Task) -> Standing:
    """Find what the sender has reported, and which complaint the message names."""
    unit, context, incoming = task.unit, task.context, task.incoming
    days = timedelta(days=context.profile.conversation.follow_up_days)
    senders = sender_indexes(context.vault, incoming.channel, incoming.handle)
    own = await incoming_queries.list_own_cases(unit.connection, senders, unit.now - days)
    answered = await _answered(task)
    own_answered = next((case for case in own if case.complaint_id == answered), None)
    if own_answered is not None:
        return Standing(own, own_answered.complaint_id, own_answered)
    codes = codes_in(incoming.text)
    named = await incoming_queries.find_by_codes(unit.connection, codes) if codes else None
    if named is None:
        return Standing(own)
    phones = context.vault.blind_indexes("phone", incoming.phone) if incoming.phone else []
    if await incoming_queries.is_reporter(unit.connection, named, senders, phones):
        return Standing(own, named.complaint_id, _fresh(named))
    return Standing(own, named.complaint_id)


def _fresh(named: Complaint) -> OwnCase:
    """Return a complaint that the sender named: however old, the message is about it."""
    return OwnCase(named.complaint_id, named.state, fresh=True)


async def _answered(task: _Task) -> str | None:
    """Return the complaint that the message answers a message about, if it does."""
    incoming = task.incoming
    if incoming.in_reply_to is None:
        return None
    hashes = message_indexes(task.context.vault, incoming, incoming.in_reply_to)
    return await incoming_queries.find_complaint_of(task.unit.connection, hashes)


async def _open(task: _Task, _meaning: NewComplaint) -> str:
    unit, context, incoming = task.unit, task.context, task.incoming
    account = context.accounts.get((incoming.channel, incoming.account))
    origin = Origin(
        b"",
        sender=Sender(incoming.handle, incoming.account, incoming.reply_to),
        account_opd=account.opd if account else None,
    )
    submission = draft_submission(context, _form(task), origin, unit.now)
    await submit_complaints(unit, [submission])
    unit.after_commit(context.metrics.submitted.labels(incoming.channel).inc)
    return str(submission.row["complaint_id"])


def _form(task: _Task) -> ComplaintForm:
    incoming, bounds = task.incoming, task.context.profile.pemda.bounds
    place = incoming.place
    inside = place if place is not None and bounds.contains(place.lat, place.lon) else None
    name = " ".join((incoming.sender_name or "").split())
    return ComplaintForm(
        text=_words(incoming, with_place=inside is None),
        channel=incoming.channel,
        location=LocationForm(
            lat=inside.lat, lon=inside.lon, address=(inside.name or "")[:MOST_ADDRESS] or None
        )
        if inside
        else None,
        reporter=ReporterForm(name=name[:MOST_NAME] or None, phone=incoming.phone),
        device_time=None if is_in_the_future(incoming.sent_at, task.unit.now) else incoming.sent_at,
    )


def _words(incoming: IncomingMessage, *, with_place: bool) -> str:
    """Return what was written, with a line for a point that can be said no other way."""
    lines = [incoming.text[:MOST_TEXT].strip()]
    if incoming.place is not None and with_place:
        name = f" ({incoming.place.name})" if incoming.place.name else ""
        lines.append(f"Lokasi: {incoming.place.lat}, {incoming.place.lon}{name}")
    if not any(lines):
        kinds = dict.fromkeys(_FILE_WORDS[file.kind] for file in incoming.files)
        lines.append(f"(Mengirim {' dan '.join(kinds)}.)")
    return "\n".join(filter(None, lines))[-MOST_TEXT:]


async def _add(task: _Task, meaning: Addition) -> str:
    complaint = await _complaint(task, meaning.complaint_id)
    words = _words(task.incoming, with_place=True)
    await receive_message(task.unit, task.context, complaint, words)
    return complaint.complaint_id


async def _judge(task: _Task, meaning: Verdict) -> str:
    complaint = await _complaint(task, meaning.complaint_id)
    await give_feedback(task.unit, task.context, complaint, meaning.satisfied, meaning.comment)
    return complaint.complaint_id


async def _complaint(task: _Task, complaint_id: str) -> Complaint:
    complaint = await queries.find_complaint_by_id(task.unit.connection, complaint_id)
    if complaint is None:
        raise ComplaintNotFound
    return complaint


async def _only_answer(_task: _Task, meaning: Any) -> str | None:
    return getattr(meaning, "complaint_id", None)


async def _keep_files(task: _Task, meaning: Meaning, complaint_id: str | None) -> None:
    """Note the files to be fetched; those that came just before get their complaint too."""
    unit, incoming = task.unit, task.incoming
    target = complaint_id if isinstance(meaning, NewComplaint | Addition) else None
    files = [
        RemoteFile(
            file_id=new_id(),
            complaint_id=target,
            sender_hash=task.sender_hash,
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
        since = unit.now - FILES_WAIT
        await incoming_queries.claim_remote_files(unit.connection, task.sender_hash, target, since)


_ACTS: Final[Mapping[type[Meaning], Callable[[_Task, Any], Awaitable[str | None]]]] = {
    NewComplaint: _open,
    Addition: _add,
    Verdict: _judge,
    StatusAsked: _only_answer,
    OptOut: _only_answer,
    OptIn: _only_answer,
    Hint: _only_answer,
    Passed: _only_answer,
}
#: What each meaning is called in the table and on the metric.
_NAMES: Final[Mapping[type[Meaning], str]] = {
    NewComplaint: "complaint",
    Addition: "message",
    Verdict: "feedback",
    StatusAsked: "status",
    OptOut: "opt_out",
    OptIn: "opt_in",
    Hint: "hint",
    Passed: "passed",
}
