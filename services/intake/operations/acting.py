"""What each meaning of a message does, and the answer that it is given."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final

from services.intake import duplicate_queries, incoming_queries, queries
from services.intake.channels.message import IncomingMessage, Place
from services.intake.context import IntakeContext
from services.intake.errors import ComplaintNotFound, JoinRefused, TrackingCodeMistyped
from services.intake.operations import joining
from services.intake.operations.conversation import give_feedback, receive_message
from services.intake.operations.placing import place_complaint
from services.intake.operations.submission import (
    Origin,
    Sender,
    draft_submission,
    sender_index,
    submit_complaints,
)
from services.intake.operations.telling import opt_in, opt_out
from services.intake.rules.checking import is_in_the_future
from services.intake.rules.meanings import (
    Addition,
    Hint,
    Join,
    Meaning,
    NewComplaint,
    OptIn,
    OptOut,
    Passed,
    StatusAsked,
    Verdict,
)
from services.intake.rules.sentences import status_of
from services.intake.schemas import (
    MOST_ADDRESS,
    MOST_NAME,
    MOST_TEXT,
    ComplaintForm,
    LocationForm,
    ReporterForm,
)
from services.intake.tables import Complaint
from shared.unit_of_work import UnitOfWork

#: A photo or point that came this long before its words still belongs to them.
PARTS_WAIT: Final = timedelta(hours=1)

_FILE_WORDS: Final[Mapping[str, str]] = {
    "image": "foto",
    "video": "video",
    "audio": "rekaman suara",
    "document": "dokumen",
}


@dataclass(frozen=True, slots=True)
class Task:
    """A message that is being worked on, in its unit."""

    unit: UnitOfWork
    context: IntakeContext
    incoming: IncomingMessage


@dataclass(frozen=True, slots=True)
class Done:
    """The complaint that a message opened or was about, and the answer to be sent, if one is."""

    complaint_id: str | None
    template: str | None = None
    parameters: Mapping[str, str] = field(default_factory=dict)


async def act(task: Task, meaning: Meaning) -> Done:
    """Do what a message means; raises ActionNotLegal, ReporterErased, FormIncorrect."""
    return await _ACTS[type(meaning)](task, meaning)


async def _open(task: Task, _meaning: NewComplaint) -> Done:
    unit, context, incoming = task.unit, task.context, task.incoming
    account = context.accounts.get((incoming.channel, incoming.account))
    origin = Origin(
        b"",
        sender=Sender(incoming.handle, incoming.account, incoming.reply_to),
        account_opd=account.opd if account else None,
    )
    waited = None
    if incoming.place is None:
        sender_hash = sender_index(context.vault, incoming.channel, incoming.handle)
        waited = await incoming_queries.take_place(
            unit.connection, sender_hash, unit.now - PARTS_WAIT
        )
    place = Place(*waited) if waited else incoming.place
    submission = draft_submission(context, _form(task, place), origin, unit.now)
    await submit_complaints(unit, [submission])
    unit.after_commit(context.metrics.submitted.labels(incoming.channel).inc)
    return Done(submission.row["complaint_id"])


def _form(task: Task, place: Place | None) -> ComplaintForm:
    incoming, bounds = task.incoming, task.context.profile.pemda.bounds
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


async def _add(task: Task, meaning: Addition) -> Done:
    complaint = await _complaint(task, meaning.complaint_id)
    words = _words(task.incoming, with_place=True)
    await receive_message(task.unit, task.context, complaint, words)
    if task.incoming.place is not None:
        await place_complaint(task.unit, task.context, complaint, task.incoming.place)
    # Each photo of an album is a message; only words are answered.
    template = "added" if task.incoming.text else None
    return Done(complaint.complaint_id, template, {"code": complaint.tracking_code})


async def _judge(task: Task, meaning: Verdict) -> Done:
    complaint = await _complaint(task, meaning.complaint_id)
    await give_feedback(task.unit, task.context, complaint, meaning.satisfied, meaning.comment)
    return Done(complaint.complaint_id, "thanks", {"code": complaint.tracking_code})


async def _join(task: Task, meaning: Join) -> Done:
    connection = task.unit.connection
    complaint = await _complaint(task, meaning.complaint_id)
    code = meaning.code
    if code is None and meaning.number is not None:
        code = await duplicate_queries.find_offered(
            connection, complaint.complaint_id, meaning.number
        )
    parameters = {"code": complaint.tracking_code}
    try:
        await joining.join_complaint(task.unit, complaint, code or "")
    except (JoinRefused, ComplaintNotFound, TrackingCodeMistyped):
        # It ended or became secret since: nothing was changed, and the own complaint goes on.
        return Done(complaint.complaint_id, "hint_no_similar", parameters)
    return Done(complaint.complaint_id, "joined", parameters)


async def _tell_status(task: Task, meaning: StatusAsked) -> Done:
    """Tell what all may see, whoever asks: a number can be somebody else's by now."""
    complaint = await _complaint(task, meaning.complaint_id)
    opd = None if complaint.secret else complaint.opd_name
    parameters = {"code": complaint.tracking_code, "text": status_of(complaint.state, opd)}
    return Done(complaint.complaint_id, "status", parameters)


async def _opt_out(task: Task, _meaning: OptOut) -> Done:
    await opt_out(task.unit, task.context, task.incoming.channel, task.incoming.handle)
    return Done(None, "opted_out")


async def _opt_in(task: Task, _meaning: OptIn) -> Done:
    await opt_in(task.unit, task.context, task.incoming.channel, task.incoming.handle)
    return Done(None, "opted_in")


async def _hint(task: Task, meaning: Hint) -> Done:
    place = task.incoming.place
    if place is not None and task.context.profile.pemda.bounds.contains(place.lat, place.lon):
        incoming = task.incoming
        sender_hash = sender_index(task.context.vault, incoming.channel, incoming.handle)
        await incoming_queries.keep_place(
            task.unit.connection, sender_hash, place.lat, place.lon, task.unit.now
        )
    return Done(None, f"hint_{meaning.kind}")


async def _pass(_task: Task, _meaning: Passed) -> Done:
    return Done(None)


async def _complaint(task: Task, complaint_id: str) -> Complaint:
    complaint = await queries.find_complaint_by_id(task.unit.connection, complaint_id)
    if complaint is None:
        raise ComplaintNotFound
    return complaint


_ACTS: Final[Mapping[type[Meaning], Callable[[Task, Any], Awaitable[Done]]]] = {
    NewComplaint: _open,
    Addition: _add,
    Verdict: _judge,
    Join: _join,
    StatusAsked: _tell_status,
    OptOut: _opt_out,
    OptIn: _opt_in,
    Hint: _hint,
    Passed: _pass,
}
#: What each meaning is called in the table and on the metric.
NAMES: Final[Mapping[type[Meaning], str]] = {
    NewComplaint: "complaint",
    Addition: "message",
    Verdict: "feedback",
    Join: "join",
    StatusAsked: "status",
    OptOut: "opt_out",
    OptIn: "opt_in",
    Hint: "hint",
    Passed: "passed",
}
