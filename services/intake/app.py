"""Builds intake from its settings, a transport and a clock: the composition root."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from fastapi import FastAPI

from services.intake import profile
from services.intake.api import (
    abuse,
    application_drafts,
    applications,
    appointments,
    bank,
    channels,
    citizens,
    desk,
    digests,
    documents,
    evidence,
    files,
    open311,
    open_data,
    partners,
    posters,
    privacy,
    refused,
    registers,
    services,
    similar,
    staff,
    staff_applications,
    staff_privacy,
    submitting,
)
from services.intake.api.admission import Admission
from services.intake.api.doors import Doors, doors_of
from services.intake.api.hot import hot_door
from services.intake.bank_queries import READING, Entry
from services.intake.channels.message import IncomingMessage
from services.intake.channels.remote import RemoteFiles
from services.intake.consumers import handlers
from services.intake.context import FileRoom, IntakeContext, make_context
from services.intake.fetching import fetch_files
from services.intake.finder import find_duplicates
from services.intake.gammu import GammuInbox, poll_gammu
from services.intake.housekeeping import chores_of
from services.intake.metrics import GAUGES, IntakeMetrics
from services.intake.operations.bank_upkeep import keep_bank, keep_words
from services.intake.operations.searching import Bank, Wanted, list_pages
from services.intake.operations.submission import submit_complaints
from services.intake.receiving import receive_items
from services.intake.sending import Correspondence
from services.intake.settings import IntakeSettings
from services.intake.storing import store_documents
from shared.clock import Clock
from shared.gathering import Gatherer
from shared.group_commit import GroupWriter
from shared.media.settings import MediaSettings
from shared.media.store import FolderStore
from shared.messaging.doors import held_messages_router
from shared.messaging.metrics import MESSAGING_GAUGES
from shared.profile_store import latest_profile
from shared.service import Service
from shared.transport.port import Transport
from shared.vault import open_vault

# More at a time than there are processors find nothing sooner.
_BANK_READERS: Final = 2
_DESCRIPTION = (
    "Takes in complaints by every channel, keeps who reported and in which words, "
    "and shows citizens what becomes of it."
)


async def _read_gammu(doors: Doors, settings: IntakeSettings) -> None:
    """Take in the text messages that Gammu's modems receive, until cancelled."""
    url = settings.gammu_url.get_secret_value() if settings.gammu_url else ""
    inbox = GammuInbox(url, settings.gammu_account, doors.context.profile.pemda.zone)

    async def receive(incoming: IncomingMessage) -> None:
        await receive_items(doors.units, doors.context, doors.admission.admit_sender, [incoming])

    await poll_gammu(inbox, receive, settings.gammu_poll_seconds)


def create_app(settings: IntakeSettings, transport: Transport | None, clock: Clock) -> FastAPI:
    """Build the app; its doors open once the database answers and a profile was loaded."""
    service = Service("intake", settings, transport, clock, (*GAUGES, *MESSAGING_GAUGES))
    metrics = IntakeMetrics(service.metrics.registry)
    partner_keys = settings.partner_keys()
    correspondence = Correspondence(settings, service)

    async def on_start(started: Service) -> None:
        async with started.database.transaction() as connection:
            _, content = await latest_profile(connection)
        known = profile.parse(content)
        vault = open_vault(settings.core)
        file_room = _file_room(settings, known.pemda.zone)
        context = make_context(
            vault,
            known,
            file_room,
            metrics,
            sending=correspondence.sending,
            public_url=settings.public_url,
        )
        app.state.doors = Doors(
            context=context,
            units=started.units,
            writer=GroupWriter(
                started.units,
                submit_complaints,
                writers=settings.submit_writers,
                largest_group=settings.submit_group,
                patience_seconds=settings.core.patience_seconds,
            ),
            admission=Admission(settings, vault, clock),
            partner_keys=partner_keys,
            settings=settings,
            bank=_open_bank(started, context, settings.core.patience_seconds),
        )
        correspondence.start(context)
        started.run_in_background("finder", find_duplicates(started.units, context))
        started.run_in_background("documents", store_documents(started.units, context))
        started.run_in_background("workshop", file_room.workshop.run())
        for chore in chores_of(context):
            started.every_hour(chore)
        await started.consume(handlers(context))
        started.run_in_background("bank", keep_bank(started.units, context))
        started.run_in_background("bank-words", keep_words(started.units))
        remote = RemoteFiles(
            settings.messaging,
            clock,
            tuple(settings.media_hosts.split(",")),
            file_room.workshop.limits.most_bytes,
        )
        started.run_in_background("fetch-files", fetch_files(started.units, context, remote))
        if settings.gammu_url is not None:
            started.run_in_background("gammu", _read_gammu(app.state.doors, settings))

    held_messages = held_messages_router("intake", lambda request: doors_of(request).units)
    routers = [
        submitting.router,
        similar.router,
        services.router,
        applications.router,
        application_drafts.router,
        staff_applications.router,
        citizens.router,
        files.router,
        privacy.router,
        staff.router,
        staff_privacy.router,
        evidence.router,
        abuse.router,
        partners.router,
        channels.router,
        held_messages,
        refused.router,
        desk.router,
        open311.endpoints,
        posters.router,
        bank.router,
        digests.router,
        open_data.router,
        appointments.router,
        documents.router,
        registers.router,
    ]
    app = service.build_app("Laporan Warga", _DESCRIPTION, routers, on_start, hot_door)
    return app


def _open_bank(service: Service, context: IntakeContext, patience_seconds: float) -> Bank:
    # A connection for each reader, and one for questions between them.
    database = service.open_database(_BANK_READERS + 1, READING)

    async def read(items: Sequence[Wanted]) -> Sequence[Sequence[Entry]]:
        return await list_pages(database.ask, context, items)

    reader = Gatherer(read, at_once=_BANK_READERS, patience_seconds=patience_seconds)
    return Bank(database.ask, reader.submit)


def _file_room(settings: IntakeSettings, zone: str) -> FileRoom:
    media = MediaSettings()
    return FileRoom(
        workshop=media.open_workshop(zone),
        store=FolderStore(media.folder or settings.core.home / "files"),
        places=asyncio.Semaphore(settings.uploads_at_once),
        most_files=settings.files_per_complaint,
        most_bytes=settings.megabytes_per_complaint * 1024**2,
        waiting_time=timedelta(hours=settings.upload_hours),
        most_waiting_bytes=settings.upload_megabytes * 1024**2,
    )
