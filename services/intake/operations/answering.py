"""Of a queued message makes what is sent: whom it goes to, and the words, at the last moment.

So a reporter who was erased, or opted out, after it was queued gets nothing.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncConnection

from services.intake import queries, telling_queries
from services.intake.context import IntakeContext
from services.intake.messages_profile import MessagesFile, MessageTemplate, WhatsAppTemplate
from services.intake.operations.reading import open_person
from services.intake.operations.telling import COMPLAINT, WEBHOOK
from services.intake.rules.answering import recipient_of, window_is_over
from services.intake.rules.sentences import kinds, sentence_of
from services.intake.rules.wording import render, render_sms
from services.intake.tables import Complaint
from shared.clock import Clock
from shared.messaging.port import OutgoingMessage, Template
from shared.messaging.queue import OUTSIDE_WINDOW, Queued
from shared.messaging.worker import Dropped, Resolve
from shared.survey_links import SurveyLink, nonce_of, sign_link
from shared.vault import WrappedKey

_SMS: Final = "sms"
_SURVEY: Final = "survey"
_SIMILAR: Final = "similar"
# The nonce, a 32-byte key, and the tag.
_WRAPPED_BYTES: Final = 12 + 32 + 16
#: The answer to a complaint itself, which is sent although its sender had opted out of news.
_RECEIVED: Final = "received"
_OUTSIDE: Final = Template("outside_window")


@dataclass(frozen=True, slots=True)
class _Address:
    """Whom a message goes to; with `reply_to` it stands there for all to read."""

    recipient: str
    reply_to: str | None = None


def resolver(context: IntakeContext, clock: Clock) -> Resolve:
    """Return what the workers ask about each message before they send it."""

    async def resolve(connection: AsyncConnection, message: Queued) -> OutgoingMessage:
        messages = context.profile.messages
        if messages is None:
            raise Dropped("the profile has no messages")
        kind, _, key = message.reference.partition("/")
        if kind != COMPLAINT:
            return _reply(context, messages, message, key)
        complaint = await queries.find_complaint_by_id(connection, key)
        if complaint is None:
            raise Dropped("there is no such complaint")
        if message.channel == WEBHOOK:
            return _webhook(context, messages, message, complaint)
        address, heard_at = await _address(connection, context, message, complaint)
        late = OUTSIDE_WINDOW in message.parameters or window_is_over(
            message.channel, heard_at, clock.now()
        )
        return _update(context, messages, message, complaint, address, late)

    return resolve


async def _address(
    connection: AsyncConnection, context: IntakeContext, message: Queued, complaint: Complaint
) -> tuple[_Address, datetime]:
    """Open the reporter's identity; returns the address, and when they wrote last."""
    reporter = await queries.find_reporter(connection, complaint.reporter_id)
    person = open_person(context, reporter)
    if person is None or reporter.identity is None:
        raise Dropped("the reporter was erased")
    identity = json.loads(person.open(reporter.identity, f"{reporter.reporter_id}:identity"))
    recipient = recipient_of(message.channel, complaint.channel, identity)
    if recipient is None:
        raise Dropped("the reporter has no address there")
    if message.template != _RECEIVED:
        # On their own channel it is the profile's name of it that they opted out by.
        channel = complaint.channel if recipient == identity.get("sender") else message.channel
        hashes = context.vault.blind_indexes("sender", f"{channel}:{recipient}")
        if await telling_queries.has_opted_out(connection, hashes):
            raise Dropped("the reporter opted out")
    last = await telling_queries.last_message_at(connection, complaint.complaint_id)
    address = _Address(recipient, identity.get("reply_to"))
    return address, max(complaint.submitted_at, last or complaint.submitted_at)


def _update(
    context: IntakeContext,
    messages: MessagesFile,
    message: Queued,
    complaint: Complaint,
    address: _Address,
    late: bool,
) -> OutgoingMessage:
    if message.template == _SIMILAR and complaint.secret:
        raise Dropped("it became secret")
    template = _template(messages, message)
    values = _values(context, messages, message, complaint)
    public = address.reply_to is not None
    wording = _form(template, public=public, secret=complaint.secret, sms=message.channel == _SMS)
    approved = None
    if late and not public:
        secret = complaint.secret and template.secret is not None
        approved = _approved(messages.whatsapp_secret if secret else template.whatsapp, values)
        if approved is None and message.channel == "whatsapp":
            raise Dropped("the profile has no WhatsApp template for it")
    return OutgoingMessage(
        message_id=message.message_id,
        channel=message.channel,
        account=message.account,
        recipient=address.recipient,
        text=_filled(message.channel, wording, values),
        reply_to=address.reply_to,
        template=(approved or _OUTSIDE) if late and not public else None,
        subject=_subject(template, values, secret=complaint.secret),
    )


def _reply(
    context: IntakeContext, messages: MessagesFile, message: Queued, key_id: str
) -> OutgoingMessage:
    if message.sealed is None:
        raise Dropped("nothing says whom it is for")
    if OUTSIDE_WINDOW in message.parameters:
        raise Dropped("there is no template for it")
    wrapped = WrappedKey(key_id, message.sealed[:_WRAPPED_BYTES])
    person = context.vault.unwrap(message.message_id, wrapped)
    opened = person.open(message.sealed[_WRAPPED_BYTES:], f"{message.message_id}:address")
    address = json.loads(opened)
    template = _template(messages, message)
    code = message.parameters.get("code", "")
    values = {
        "pemda": context.profile.pemda.short_name,
        "link": messages.track_link.replace("{code}", code),
        **message.parameters,
    }
    public = address["reply_to"] is not None
    wording = _form(template, public=public, secret=False, sms=message.channel == _SMS)
    return OutgoingMessage(
        message_id=message.message_id,
        channel=message.channel,
        account=message.account,
        recipient=address["handle"],
        text=_filled(message.channel, wording, values),
        reply_to=address["reply_to"],
        subject=_subject(template, values, secret=False),
    )


def _webhook(
    context: IntakeContext, messages: MessagesFile, message: Queued, complaint: Complaint
) -> OutgoingMessage:
    """Tell a front end what the public sees: of a secret complaint, only that it moved."""
    front_end = next((each for each in messages.front_ends if each.name == message.account), None)
    if front_end is None:
        raise Dropped("the profile has no such front end")
    data = {"tracking_code": complaint.tracking_code}
    if not complaint.secret:
        data |= {"kind": message.template, "sentence": _sentence(message)}
    body = {
        "type": "complaint.updated",
        "timestamp": message.created_at.isoformat().replace("+00:00", "Z"),
        "data": data,
    }
    return OutgoingMessage(
        message_id=message.message_id,
        channel=WEBHOOK,
        account=message.account,
        recipient=front_end.url,
        text=json.dumps(body, ensure_ascii=False),
    )


def _template(messages: MessagesFile, message: Queued) -> MessageTemplate:
    template = messages.templates.named(message.template)
    if template is None:
        raise Dropped("the profile has no words for it")
    return template


def _form(template: MessageTemplate, *, public: bool, secret: bool, sms: bool) -> str:
    """Choose the form that may be read where it will stand."""
    if public:
        if template.public is None or secret:
            raise Dropped("it is not for all to read")
        return template.public
    if secret and template.secret is not None:
        return template.secret
    return template.sms if sms else template.text


def _values(
    context: IntakeContext, messages: MessagesFile, message: Queued, complaint: Complaint
) -> Mapping[str, str]:
    given = message.parameters
    code = given.get("opd") or complaint.opd or ""
    name = given.get("opd_name") or (complaint.opd_name if code == complaint.opd else None)
    link = messages.track_link.replace("{code}", complaint.tracking_code)
    if message.template == _SURVEY:
        link = _survey_link(context, messages, message, complaint)
    return {
        "code": complaint.tracking_code,
        "link": link,
        "opd": (code if message.channel == _SMS else name or code) or "OPD terkait",
        "opd_code": code or "OPD",
        "pemda": context.profile.pemda.short_name,
        "sentence": _sentence(message) if message.template in kinds() else "",
        "text": given.get("text") or "",
    }


def _sentence(message: Queued) -> str:
    given = message.parameters
    return sentence_of(
        message.template, given.get("opd"), given.get("opd_name"), given.get("detail")
    )


def _survey_link(
    context: IntakeContext, messages: MessagesFile, message: Queued, complaint: Complaint
) -> str:
    keys = context.sending.survey_keys
    if not keys or messages.survey is None:
        raise Dropped("there is no survey")
    closed_at = message.created_at.astimezone(ZoneInfo(context.profile.pemda.zone))
    link = SurveyLink(
        unit=complaint.opd or "-",
        service=messages.survey.service,
        period=f"{closed_at:%Y-%m}",
        nonce=nonce_of(keys, message.message_id),
    )
    return messages.survey.link.replace("{token}", sign_link(keys, link))


def _filled(channel: str, wording: str, values: Mapping[str, str]) -> str:
    return render_sms(wording, values) if channel == _SMS else render(wording, values)


def _subject(template: MessageTemplate, values: Mapping[str, str], *, secret: bool) -> str:
    if template.subject is None or secret:
        return f"Laporan {values.get('code', '')}".strip()
    return render(template.subject, values)


def _approved(template: WhatsAppTemplate | None, values: Mapping[str, str]) -> Template | None:
    if template is None:
        return None
    parameters = tuple(values.get(name, "") for name in template.parameters)
    return Template(template.name, parameters, template.language)
