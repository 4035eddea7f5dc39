"""What citizens are told is queued here, in the transaction of what it tells of.

Nothing is queued for whom nothing reaches. An acknowledgement is no response: it stops no clock
and stands in no timeline.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from services.intake import duplicate_queries, telling_queries
from services.intake.context import IntakeContext, Sending
from services.intake.messages_profile import FrontEnd
from services.intake.rules.answering import TOLD, answering_channel, sending_channel
from services.intake.rules.progress import Entry
from services.intake.rules.sharing import SHARED_KINDS, shared_detail
from services.intake.telling_queries import Answered
from shared.ids import new_id
from shared.messaging.queue import Draft, enqueue
from shared.unit_of_work import UnitOfWork
from shared.vault import Vault

COMPLAINT: Final = "complaint"
REPLY: Final = "reply"
WEBHOOK: Final = "webhook"


@dataclass(frozen=True, slots=True)
class Acknowledgement:
    """The answer to a submission, and who sends it."""

    draft: Draft
    sending: Sending


@dataclass(frozen=True, slots=True)
class _Note:
    complaint_id: str
    template: str
    parameters: Mapping[str, Any]


class _Tellings:
    """Gathers what reporters are told in one unit, and queues it with two statements for all."""

    def __init__(self, context: IntakeContext) -> None:
        self._context = context
        self._notes: list[_Note] = []

    def note(self, note: _Note) -> None:
        self._notes.append(note)

    async def finish(self, unit: UnitOfWork) -> None:
        front_ends = _front_ends(self._context)
        channels = {channel for each in front_ends for channel in each.channels}
        await self._share(unit)
        answered = await telling_queries.list_answered(
            unit.connection, {note.complaint_id for note in self._notes}, channels
        )
        drafts = [
            draft
            for note in self._notes
            if note.complaint_id in answered
            for draft in _drafts(note, answered[note.complaint_id], front_ends)
        ]
        await send(unit, self._context.sending, drafts)

    async def _share(self, unit: UnitOfWork) -> None:
        """Let the reporters of merged complaints know of what the leading one's is told."""
        shared = [note for note in self._notes if note.template in SHARED_KINDS]
        if not shared:
            return
        followers = await duplicate_queries.list_followers(
            unit.connection, {note.complaint_id for note in shared}
        )
        self._notes += [
            _Note(follower, note.template, _shared_parameters(note))
            for note in shared
            for follower in followers.get(note.complaint_id, ())
        ]


def tell_reporter(
    unit: UnitOfWork, context: IntakeContext, complaint_id: str, entry: Entry
) -> None:
    """Let a complaint's reporter, and the front end it came by, know of an entry of its timeline.

    Nothing happens for entries that nobody is told of, and where no channel sends.
    """
    if entry.kind not in TOLD or not context.sending.channels:
        return
    if entry.kind == "stage_entered" and not _tells_of_stages(context, entry):
        return
    tellings = unit.gather("tellings", lambda: _Tellings(context))
    parameters = {
        "opd": entry.opd,
        "opd_name": entry.opd_name,
        "text": entry.text,
        "detail": entry.detail,
    }
    known = {name: value for name, value in parameters.items() if value is not None}
    tellings.note(_Note(complaint_id, entry.kind, known))
    if entry.kind == "closed" and _invites(context):
        tellings.note(_Note(complaint_id, "survey", {}))


def offer_to_join(
    unit: UnitOfWork, context: IntakeContext, complaint_id: str, numbered: str
) -> bool:
    """Ask a reporter whether they join one of the complaints that are told in numbered lines.

    Returns False where nothing is sent, or the profile has no words for it.
    """
    messages = context.profile.messages
    if not context.sending.channels or messages is None or messages.templates.similar is None:
        return False
    tellings = unit.gather("tellings", lambda: _Tellings(context))
    tellings.note(_Note(complaint_id, "similar", {"text": numbered}))
    return True


def answer_to(context: IntakeContext, channel: str, identity: Mapping[str, str]) -> str | None:
    """Return by which sender a new reporter will be answered, if one reaches them."""
    sends = context.sending.channels
    if not sends or context.profile.messages is None:
        return None
    return answering_channel(channel, context.channel_kinds[channel], identity, sends)


def acknowledge(context: IntakeContext, row: Mapping[str, Any]) -> Acknowledgement | None:
    """Draft the acknowledgement of a submission; None where nothing reaches its reporter."""
    if row["answer_by"] is None:
        return None
    draft = Draft(
        channel=row["answer_by"],
        account=row["account"] or "",
        lane=row["reporter_id"],
        reference=f"{COMPLAINT}/{row['complaint_id']}",
        template="received",
        parameters={},
        message_id=new_id(),
    )
    return Acknowledgement(draft, context.sending)


async def send_acknowledgements(
    unit: UnitOfWork, acknowledgements: Sequence[Acknowledgement | None]
) -> None:
    """Queue the acknowledgements of complaints that were stored now."""
    due = [each for each in acknowledgements if each is not None]
    if due:
        await send(unit, due[0].sending, [each.draft for each in due])


async def enqueue_reply(
    unit: UnitOfWork,
    context: IntakeContext,
    *,
    channel: str,
    account: str,
    handle: str,
    template: str,
    parameters: Mapping[str, str] | None = None,
    reply_to: str | None = None,
) -> None:
    """Queue an answer to what somebody has just written, also where no complaint came of it.

    `channel` is the profile's; `handle` and `reply_to` are kept sealed. `parameters` are variables
    of the texts. Who opted out is still answered when they write. Nothing is queued on a channel
    that does not send.
    """
    by = sending_channel(channel)
    if by is None or by not in context.sending.channels or context.profile.messages is None:
        return
    message_id = new_id()
    wrapped, key = context.vault.new_person(message_id)
    address = json.dumps({"handle": handle, "reply_to": reply_to})
    sealed = wrapped.wrapped + key.seal(address, f"{message_id}:address")
    draft = Draft(
        channel=by,
        account=account,
        lane=sender_lane(context.vault, channel, handle),
        reference=f"{REPLY}/{wrapped.key_id}",
        template=template,
        parameters=dict(parameters or {}),
        message_id=message_id,
        sealed=sealed,
    )
    await send(unit, context.sending, [draft])


async def send(unit: UnitOfWork, sending: Sending, drafts: Sequence[Draft]) -> None:
    """Queue messages, and wake their workers once they are committed."""
    if not drafts:
        return
    await enqueue(unit.connection, drafts, unit.now)
    channels = {draft.channel for draft in drafts}

    def wake() -> None:
        for channel in channels:
            sending.nudge(channel)

    unit.after_commit(wake)


async def opt_out(unit: UnitOfWork, context: IntakeContext, channel: str, handle: str) -> None:
    """Tell a sender nothing more of their complaints, until they opt in."""
    sender_hash = context.vault.blind_index("sender", f"{channel}:{handle}")
    await telling_queries.insert_opt_out(unit.connection, sender_hash, unit.now)


async def opt_in(unit: UnitOfWork, context: IntakeContext, channel: str, handle: str) -> None:
    """Tell a sender of their complaints again."""
    hashes = context.vault.blind_indexes("sender", f"{channel}:{handle}")
    await telling_queries.delete_opt_outs(unit.connection, hashes)


def sender_lane(vault: Vault, channel: str, handle: str) -> str:
    """Return the lane of answers to one sender, which does not tell who they are."""
    return vault.blind_index("sender", f"{channel}:{handle}").hex()


def _drafts(note: _Note, answered: Answered, front_ends: Sequence[FrontEnd]) -> list[Draft]:
    reference = f"{COMPLAINT}/{note.complaint_id}"
    drafts = []
    if answered.answer_by is not None:
        drafts.append(
            Draft(
                channel=answered.answer_by,
                account=answered.account or "",
                lane=answered.reporter_id,
                reference=reference,
                template=note.template,
                parameters=note.parameters,
                message_id=new_id(),
            )
        )
    drafts.extend(
        Draft(
            channel=WEBHOOK,
            account=front_end.name,
            lane=f"{front_end.name}:{note.complaint_id}",
            reference=reference,
            template=note.template,
            # Officers' words are not for a front end to keep: it asks with its reporter's secret.
            parameters={name: value for name, value in note.parameters.items() if name != "text"},
            message_id=new_id(),
        )
        for front_end in front_ends
        if answered.channel in front_end.channels and note.template in TOLD
    )
    return drafts


def _shared_parameters(note: _Note) -> dict[str, Any]:
    parameters = dict(note.parameters)
    detail = shared_detail(note.template, parameters.pop("detail", None))
    return parameters if detail is None else {**parameters, "detail": detail}


def _front_ends(context: IntakeContext) -> Sequence[FrontEnd]:
    messages = context.profile.messages
    if messages is None or WEBHOOK not in context.sending.channels:
        return ()
    return messages.front_ends


def _tells_of_stages(context: IntakeContext, entry: Entry) -> bool:
    """Tell whether a stage has something to say, and the profile words for it."""
    messages = context.profile.messages
    return entry.text is not None and bool(messages and messages.templates.stage_entered)


def _invites(context: IntakeContext) -> bool:
    messages = context.profile.messages
    survey = messages.survey if messages else None
    return bool(survey and survey.enabled and context.sending.survey_keys)
