"""Starts the postman, and the workers that write to staff: one for each channel that can.

Whom a message goes to, and its words, are found when it is sent: the queue holds no address, and
what is no longer true then is not sent.
"""

import json
from collections.abc import Mapping

from sqlalchemy.ext.asyncio import AsyncConnection

from services.sla import notice_lookups
from services.sla.addressees import Addressee, Offices, Sending
from services.sla.context import SlaContext
from services.sla.notice_texts import (
    CaseNotice,
    Letter,
    case_link,
    daily_letter,
    digest_letter,
    notice_letter,
)
from services.sla.notices_profile import STAFF_CHANNELS
from services.sla.postman import DAILY, DIGEST, Postman, forget_old
from services.sla.settings import SlaSettings
from shared.clock import Clock
from shared.messaging.metrics import MessagingMetrics
from shared.messaging.port import OutgoingMessage, Sender
from shared.messaging.queue import Queued
from shared.messaging.senders import make_senders
from shared.messaging.worker import Dropped, MessageWorker, Resolve
from shared.service import Service
from shared.unit_of_work import UnitsOfWork


class StaffPost:
    """The senders of this process and, once it has started, the postman and the workers."""

    def __init__(self, settings: SlaSettings, service: Service) -> None:
        """Read the credentials; raises WebhookKeyInvalid."""
        self._settings = settings
        self._service = service
        self._senders: Mapping[str, Sender] = {
            channel: sender
            for channel, sender in make_senders(settings.messaging, service.clock).items()
            if channel in STAFF_CHANNELS
        }
        self._metrics = MessagingMetrics(service.name, service.metrics.registry)
        # Also those that do not send: an alert on what fails must find its series everywhere.
        self._metrics.expect_channels(STAFF_CHANNELS)
        self._workers: dict[str, MessageWorker] = {}
        self.sending = Sending(frozenset(self._senders), self._wake_worker)

    def start(self, context: SlaContext) -> None:
        """Run everything until the service stops."""
        service = self._service
        resolve = resolver(context.offices, service.clock)
        for channel, sender in self._senders.items():
            worker = MessageWorker(
                channel, sender, service.units, resolve, self._metrics, self._settings.messaging
            )
            self._workers[channel] = worker
            service.run_in_background(f"send-{channel}", worker.run())
        postman = Postman(service.units, context, self._settings.notice_seconds)
        self.sending.wake_postman = postman.wake
        service.run_in_background("postman", postman.run())

        async def forget(units: UnitsOfWork) -> None:
            await forget_old(units, context)

        service.every_hour(forget)

    def _wake_worker(self, channel: str) -> None:
        worker = self._workers.get(channel)
        if worker is not None:
            worker.nudge()


def resolver(offices: Offices, clock: Clock) -> Resolve:
    """Return what the workers ask about each message before they send it."""

    async def resolve(connection: AsyncConnection, message: Queued) -> OutgoingMessage:
        what, _, key = message.reference.partition("|")
        to = offices.by_key.get(key)
        address = to.contact.address(message.channel) if to else None
        if to is None or address is None or offices.notices is None:
            raise Dropped("the profile has no such contact")
        now = clock.now()
        about: dict[str, object] = {"kind": message.template, "to": key}
        if message.template == DIGEST:
            letter = await _digest(connection, offices, to, message, clock)
        elif message.template == DAILY:
            cases = offices.notices.daily.cases if offices.notices.daily else 0
            overview = await notice_lookups.overview_of(connection, to.contact.opd, now, cases)
            if not overview.open:
                raise Dropped("nothing is open")
            letter = daily_letter(offices, to, overview, now)
        else:
            notice = await _notice(connection, what.rpartition("/")[2])
            letter = notice_letter(offices, to, notice, now)
            about |= _about(offices, notice)
        return OutgoingMessage(
            message_id=message.message_id,
            channel=message.channel,
            account=message.account,
            recipient=address,
            text=_webhook(message, letter, about) if message.channel == "webhook" else letter.text,
            subject=letter.subject,
            template=letter.template if message.channel == "whatsapp" else None,
        )

    return resolve


async def _notice(connection: AsyncConnection, notice_id: str) -> CaseNotice:
    found = await notice_lookups.describe_notices(connection, [notice_id])
    if not found:
        raise Dropped("there is no such notice")
    if not found[0].holds:
        raise Dropped("it is no longer true, or was seen")
    return found[0]


async def _digest(
    connection: AsyncConnection, offices: Offices, to: Addressee, message: Queued, clock: Clock
) -> Letter:
    parameters = message.parameters
    oldest = await notice_lookups.describe_notices(connection, parameters["oldest"])
    # What was done meanwhile is counted, for it happened, and not listed as work.
    standing = [each for each in oldest if each.holds]
    return digest_letter(offices, to, parameters["counts"], standing, clock.now())


def _about(offices: Offices, notice: CaseNotice) -> dict[str, object]:
    return {
        "notice_id": notice.notice_id,
        "complaint_id": notice.complaint_id,
        "tracking_code": notice.tracking_code,
        "opd": notice.opd,
        "stage": notice.stage,
        "level": notice.level,
        "due_at": notice.due_at.isoformat().replace("+00:00", "Z") if notice.due_at else None,
        "link": case_link(offices, notice.complaint_id),
    }


def _webhook(message: Queued, letter: Letter, about: Mapping[str, object]) -> str:
    body = {
        "type": "staff.notice",
        "timestamp": message.created_at.isoformat().replace("+00:00", "Z"),
        "data": {**about, "subject": letter.subject, "text": letter.text},
    }
    return json.dumps(body, ensure_ascii=False)
