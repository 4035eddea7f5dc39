"""A complaint comes in: checked, sealed and masked alone, then stored together with others."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from pydantic_core import to_json

from services.intake.attachment_tables import Attachment
from services.intake.context import IntakeContext
from services.intake.errors import SenderBlocked
from services.intake.operations.attachments import (
    GivenFile,
    give_files,
    refer_to,
    seal_for,
    tell_of,
)
from services.intake.operations.blocking import find_refusals
from services.intake.operations.checking import Checked, check_form
from services.intake.operations.secrecy import choose_secrecy
from services.intake.operations.telling import (
    Acknowledgement,
    acknowledge,
    answer_to,
    send_acknowledgements,
)
from services.intake.operations.words import mask_words
from services.intake.rules.chain import receipt
from services.intake.rules.tracking import draw_code
from services.intake.schemas import ComplaintForm
from services.intake.submission_queries import Taken, find_taken, insert_submissions
from shared import outbox
from shared.contracts.event import Location
from shared.contracts.intake import ComplaintSubmitted
from shared.idempotency import KeyReused
from shared.ids import ComplaintId, new_id
from shared.unit_of_work import UnitOfWork
from shared.vault import PersonKey, Vault

SCOPE = "/intake/v1/complaints"

# What a sender may be blocked by.
_SENDER = ("phone_hash", "sender_hash", "device_hash")


@dataclass(frozen=True, slots=True)
class Sender:
    """Who wrote on a platform: the platform's own name for them, and the account they wrote to.

    `handle` is personal (a number, a user's id) and is kept sealed; `account` is the Pemda's own.
    `reply_to` is what an answer must name to stand beside what was written: a comment, a post.
    """

    handle: str
    account: str
    reply_to: str | None = None


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a complaint came from, beside what its form says.

    `scope` and `key` make it one complaint however often it comes: an Idempotency-Key of a client,
    the id of a message on its platform, a partner's own number. `body` is what came, as bytes; the
    same key with another body is refused. `account_opd` is the OPD whose own account was written
    to, `service_code` the topic that was chosen, `entered_by` the operator who wrote it down.
    `device` is what the client calls its device, and kept as a keyed hash. `vouched` is what staff
    or a partner found real: no block keeps it out.
    """

    body: bytes
    scope: str = SCOPE
    key: str | None = None
    sender: Sender | None = None
    device: str | None = None
    account_opd: str | None = None
    emergency: bool = False
    service_code: str | None = None
    entered_by: str | None = None
    vouched: bool = False


@dataclass(frozen=True, slots=True)
class Submission:
    """A complaint that is ready to be stored: its row, its files, what tells of it, the answer.

    `secret_suggested`: its words are such that the answer should propose secrecy. `person` is the
    reporter's key, by which what belongs to it is sealed too.
    """

    row: dict[str, Any]
    draft: outbox.Draft
    person: PersonKey
    secret_suggested: bool = False
    vouched: bool = False
    acknowledgement: Acknowledgement | None = None
    files: tuple[GivenFile, ...] = ()
    evidence: tuple[outbox.Draft, ...] = ()

    @property
    def key(self) -> tuple[str, str] | None:
        """Scope and Idempotency-Key, where the client gave one."""
        return None if self.row["key"] is None else (self.row["scope"], self.row["key"])

    @property
    def senders(self) -> list[bytes]:
        """The hashes by any of which its sender may be blocked; none where it is vouched for."""
        if self.vouched:
            return []
        return [self.row[name] for name in _SENDER if self.row[name]]


@dataclass(frozen=True, slots=True)
class Receipt:
    """What a citizen gets for a complaint; `key_id` finds the key that its secret comes from."""

    complaint_id: str
    tracking_code: str
    key_id: str
    submitted_at: datetime


# What happened to one submission of a group: its receipt, or why it was refused.
Outcome = Receipt | KeyReused | SenderBlocked


def draft_submission(
    context: IntakeContext,
    form: ComplaintForm,
    origin: Origin,
    now: datetime,
    files: Sequence[Attachment] = (),
) -> Submission:
    """Check a form, seal what is personal, mask what is published, and draft the events.

    The events belong to the caller's story. `files` are what `find_uploads` found for the form.
    Raises FormIncorrect.
    """
    checked = check_form(context, form, now)
    if origin.sender is not None:
        checked.identity["sender"] = origin.sender.handle
        if origin.sender.reply_to is not None:
            checked.identity["reply_to"] = origin.sender.reply_to
    complaint_id = ComplaintId(new_id())
    secrecy = choose_secrecy(context, form, checked.channel)
    masked = mask_words(checked.words, checked.known_values())
    event = ComplaintSubmitted(
        complaint_id=complaint_id,
        occurred_at=now,
        tracking_code=draw_code(context.random_below),
        channel=checked.channel,
        account_opd=origin.account_opd,
        classification=form.classification,
        title=masked["title"],
        text=masked["text"] or "",
        location=_location(checked, masked["address"]),
        anonymous=form.anonymous,
        secret=secrecy.secret,
        emergency=origin.emergency,
        submitted_at=now,
        device_time=form.device_time,
        service_code=origin.service_code,
        attachments=refer_to(files),
    )
    answer_by = answer_to(context, checked.channel, checked.identity)
    sealed, person = _seal(context, complaint_id, checked, now)
    row = {
        "complaint_id": complaint_id,
        "tracking_code": event.tracking_code,
        "channel": event.channel,
        "classification": event.classification,
        **masked,
        "lat": checked.lat,
        "lon": checked.lon,
        "area_code": checked.area_code,
        "anonymous": form.anonymous,
        "secret": secrecy.secret,
        "secret_by": secrecy.by,
        "notice_version": context.profile.privacy.notice.version,
        "submitted_at": now,
        "device_time": form.device_time,
        "account": origin.sender.account if origin.sender else None,
        "account_opd": origin.account_opd,
        "emergency": origin.emergency,
        "service_code": origin.service_code,
        "entered_by": origin.entered_by,
        "via": form.via,
        "answer_by": answer_by,
        **sealed,
        "device_hash": context.vault.blind_index("device", origin.device)
        if origin.device
        else None,
        "scope": origin.scope,
        "key": origin.key,
        "body_hash": None
        if origin.key is None
        else context.vault.blind_index("request", origin.body),
    }
    return Submission(
        row,
        outbox.draft(event, now),
        person,
        secret_suggested=secrecy.suggested,
        vouched=origin.vouched,
        acknowledgement=acknowledge(context, row),
        files=seal_for(person, complaint_id, files),
        evidence=tuple(outbox.draft(tell_of(complaint_id, each, now), now) for each in files),
    )


def receipt_salt(vault: Vault, key_id: str, complaint_id: str) -> str:
    """Return the salt of a complaint's receipt: 100 bits that only intake and reporter know."""
    return vault.derive_secret(key_id, f"receipt:{complaint_id}")


def sender_index(vault: Vault, channel: str, handle: str) -> bytes:
    """Return the keyed hash by which what a sender wrote on a channel is found again."""
    return vault.blind_index("sender", f"{channel}:{handle}")


def sender_indexes(vault: Vault, channel: str, handle: str) -> list[bytes]:
    """Return that hash under every key of the ring, to find rows older than the current key."""
    return vault.blind_indexes("sender", f"{channel}:{handle}")


def redraw_code(context: IntakeContext, submission: Submission) -> Submission:
    """Give a submission another tracking code."""
    code = draw_code(context.random_below)
    event = submission.draft.event.model_copy(update={"tracking_code": code})
    return replace(
        submission,
        row={**submission.row, "tracking_code": code},
        draft=replace(submission.draft, event=event),
    )


async def submit_complaints(
    unit: UnitOfWork, submissions: Sequence[Submission]
) -> Sequence[Outcome]:
    """Store complaints that came at one time; publishes ComplaintSubmitted for each new one.

    A submission whose Idempotency-Key stands for a complaint already is answered with that one's
    receipt, or with KeyReused where its body differs; that of a blocked sender with SenderBlocked.
    Raises TrackingCodeTaken, AttachmentTaken.
    """
    refusals = await find_refusals(unit, [each.senders for each in submissions])
    if not any(refusals):
        return await _store(unit, submissions)
    allowed = [each for each, no in zip(submissions, refusals, strict=True) if no is None]
    outcomes = iter(await _store(unit, allowed))
    return [next(outcomes) if no is None else no for no in refusals]


async def _store(unit: UnitOfWork, submissions: Sequence[Submission]) -> Sequence[Outcome]:
    stored = await insert_submissions(unit.connection, [each.row for each in submissions])
    fresh = [each for each in submissions if each.row["complaint_id"] in stored]
    await send_acknowledgements(unit, [each.acknowledgement for each in fresh])
    files = [file for each in fresh for file in each.files]
    if files:
        await give_files(unit, files)
    unit.publish_drafts([draft for each in fresh for draft in (each.draft, *each.evidence)])
    repeated = [
        each.key
        for each in submissions
        if each.key is not None and each.row["complaint_id"] not in stored
    ]
    taken = await find_taken(unit.connection, repeated) if repeated else {}
    return [
        _receipt(each.row)
        if each.row["complaint_id"] in stored or each.key is None
        else _replay(each, taken[each.key])
        for each in submissions
    ]


def _replay(submission: Submission, taken: Taken) -> Outcome:
    if taken.body_hash != submission.row["body_hash"]:
        return KeyReused("Gunakan Idempotency-Key baru untuk isi yang berbeda.")
    return Receipt(taken.complaint_id, taken.tracking_code, taken.key_id, taken.submitted_at)


def _receipt(row: dict[str, Any]) -> Receipt:
    return Receipt(row["complaint_id"], row["tracking_code"], row["key_id"], row["submitted_at"])


def _location(checked: Checked, address: str | None) -> Location | None:
    if checked.lat is None and checked.area_code is None and address is None:
        return None
    return Location(lat=checked.lat, lon=checked.lon, area_code=checked.area_code, address=address)


def _seal(
    context: IntakeContext, complaint_id: str, checked: Checked, now: datetime
) -> tuple[dict[str, Any], PersonKey]:
    """Seal words and identity under a new key of this reporter's own, and write the receipt.

    Returns columns and key.
    """
    vault = context.vault
    reporter_id = new_id()
    wrapped, person = vault.new_person(reporter_id)
    identity = checked.identity
    phone, nik = identity.get("phone"), identity.get("nik")
    sender = identity.get("sender")
    columns = {
        "reporter_id": reporter_id,
        "key_id": wrapped.key_id,
        "wrapped_key": wrapped.wrapped,
        "digest": receipt(
            complaint_id,
            now,
            receipt_salt(vault, wrapped.key_id, complaint_id),
            checked.words,
        ),
        "words": person.seal(to_json(checked.words).decode(), f"{complaint_id}:words"),
        "identity": person.seal(to_json(identity).decode(), f"{reporter_id}:identity")
        if identity
        else None,
        "phone_hash": vault.blind_index("phone", phone) if phone else None,
        "nik_hash": vault.blind_index("nik", nik) if nik else None,
        "sender_hash": sender_index(vault, checked.channel, sender) if sender else None,
    }
    return columns, person
