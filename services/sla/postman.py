"""Hands notices on to the queue of messages, contact by contact: singly, in a digest, or later.

What is handed on, and the messages that it becomes, are written in one transaction under the
contact's lock: replicas, restarts and two postmen at once make no notice go twice.
"""

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from datetime import date, datetime, timedelta
from functools import partial
from typing import Final

import structlog

from services.sla import notice_queries as queries
from services.sla.addressees import Addressee, Offices
from services.sla.context import SlaContext
from services.sla.notice_queries import Place
from services.sla.notice_rules import Told, choose_form, message_id_of, quiet_until
from services.sla.notices_profile import NoticesFile
from shared.ids import new_id
from shared.messaging.queue import Draft, enqueue
from shared.transport.backoff import backoff_seconds
from shared.unit_of_work import UnitOfWork, UnitsOfWork

log = structlog.get_logger(__name__)

NOTICE: Final = "notice"
DIGEST: Final = "digest"
DAILY: Final = "daily"
#: For how long staff can look up what they were told.
KEPT: Final = timedelta(days=90)


class Postman:
    """Goes round the contacts for whom something waits, until cancelled."""

    def __init__(self, units: UnitsOfWork, context: SlaContext, longest_sleep: float) -> None:
        """Contacts that no channel reaches have nothing waiting for them."""
        self._units = units
        self._context = context
        self._longest_sleep = longest_sleep
        self._woken = asyncio.Event()
        self._reached = [each for each in context.offices.by_key.values() if each.channels]
        #: For which day every daily digest was seen to, by this process or another.
        self._daily_done: date | None = None

    def wake(self) -> None:
        """Go round at once: something is new."""
        self._woken.set()

    async def run(self) -> None:
        """Go round until cancelled; what could not be handed on waits for the next time."""
        failures = 0
        while True:
            self._woken.clear()
            try:
                await self.go_round()
                failures = 0
            except Exception as error:  # noqa: BLE001 - what waits goes on waiting
                failures += 1
                log.warning("postman_interrupted", error=repr(error)[:300])
                await asyncio.sleep(backoff_seconds(failures))
                continue
            # Not `wait_for`: on 3.11 it swallows a cancellation that comes with the wake.
            with suppress(TimeoutError):
                async with asyncio.timeout(self._longest_sleep):
                    await self._woken.wait()

    async def go_round(self) -> None:
        """See to everybody for whom something is due now, each in a transaction of its own."""
        notices = self._context.offices.notices
        if notices is None or not self._reached:
            return
        async with self._units.database.transaction() as connection:
            due = await queries.list_contacts_due(
                connection, [each.key for each in self._reached], self._units.clock.now()
            )
        for key in due:
            async with self._units.begin() as unit:
                await hand_on(unit, self._context, self._context.offices.by_key[key])
        if notices.daily is not None:
            await self._see_to_daily(notices)

    async def _see_to_daily(self, notices: NoticesFile) -> None:
        local = self._units.clock.now().astimezone(self._context.offices.zone)
        if notices.daily is None or self._daily_done == local.date():
            return
        if local.time() < notices.daily.at:
            return
        settled = True
        for each in self._reached:
            if each.has_daily:
                async with self._units.begin() as unit:
                    settled &= await send_daily(unit, self._context, each, local.date())
        if settled:
            self._daily_done = local.date()


async def hand_on(unit: UnitOfWork, context: SlaContext, to: Addressee) -> None:
    """Drop what is no longer true, let wait what may, and hand on the rest of one contact's."""
    offices, now, connection = context.offices, unit.now, unit.connection
    notices = offices.notices
    place = await queries.lock_contact(connection, to.key)
    if place is None or notices is None:
        return
    await queries.drop_untrue(connection, to.key, now)
    quiet = _quiet_until(offices, to, now)
    if quiet is not None:
        await queries.put_off(connection, to.key, now, quiet, sparing=notices.urgent)
    waiting = await queries.count_due(connection, to.key, now)
    window = timedelta(minutes=notices.flood.within_minutes)
    form = choose_form(waiting, place.told, notices.flood.more_than, window, now)
    if isinstance(form, datetime):
        # In a flood an emergency still comes by itself, unless emergencies are the flood.
        await queries.put_off(connection, to.key, now, form, sparing=notices.urgent)
        waiting = await queries.count_due(connection, to.key, now)
        if waiting > notices.flood.more_than:
            await queries.put_off(connection, to.key, now, form)
            return
        form = "singly"
    if not waiting:
        return
    lately = place.told.within(window, now)
    if form == "singly":
        handed = await queries.hand_on_singly(connection, to.key, now)
        drafts = [
            each
            for notice_id, kind in handed
            for each in _drafts(to, f"{NOTICE}/{notice_id}", kind)
        ]
        kinds = [kind for _, kind in handed]
        lately = Told((*lately.recent, *(now for _ in handed)), lately.digested_at)
    else:
        flooded = await queries.hand_on_digest(connection, to.key, now, notices.flood.cases)
        parameters = {"counts": dict(flooded.counts), "oldest": list(flooded.oldest)}
        drafts = _drafts(to, f"{DIGEST}/{to.key}/{new_id()}", DIGEST, parameters)
        kinds = [DIGEST]
        lately = Told(lately.recent, now)
    await queries.note_told(connection, to.key, lately)
    await _enqueue(unit, context, drafts, kinds, to)


async def send_daily(unit: UnitOfWork, context: SlaContext, to: Addressee, day: date) -> bool:
    """Queue a contact's digest of the day once; False while another replica is at the contact."""
    place: Place | None = await queries.lock_contact(unit.connection, to.key)
    if place is None:
        return False
    if place.daily_on is not None and place.daily_on >= day:
        return True
    await queries.note_daily(unit.connection, to.key, day)
    drafts = _drafts(to, f"{DAILY}/{to.key}/{day.isoformat()}", DAILY)
    await _enqueue(unit, context, drafts, [DAILY], to)
    return True


async def forget_old(units: UnitsOfWork, context: SlaContext) -> None:
    """Drop what waits for contacts that are gone, and forget what is past its time."""
    async with units.begin() as unit:
        await queries.drop_strangers(unit.connection, context.offices.by_key, unit.now)
        await queries.forget_notices(unit.connection, unit.now - KEPT)


def _quiet_until(offices: Offices, to: Addressee, now: datetime) -> datetime | None:
    if to.quiet is None:
        return None
    return quiet_until(now, offices.zone, to.quiet.start, to.quiet.end)


def _drafts(
    to: Addressee, reference: str, template: str, parameters: Mapping[str, object] | None = None
) -> list[Draft]:
    """Make a message for each channel; whom it goes to is found when it is sent."""
    return [
        Draft(
            channel=channel,
            account=to.contact.webhook.name if channel == "webhook" and to.contact.webhook else "",
            lane=f"{to.key}/{channel}",
            reference=f"{reference}|{to.key}",
            template=template,
            parameters=parameters or {},
            message_id=message_id_of(reference, channel),
        )
        for channel in to.channels
    ]


async def _enqueue(
    unit: UnitOfWork, context: SlaContext, drafts: list[Draft], kinds: list[str], to: Addressee
) -> None:
    await enqueue(unit.connection, drafts, unit.now)
    sending, queued = context.offices.sending, context.metrics.notices_queued
    for channel in to.channels:
        unit.after_commit(partial(sending.wake_worker, channel))
        for kind in kinds:
            unit.after_commit(queued.labels(channel, kind).inc)
