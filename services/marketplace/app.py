"""Builds marketplace from its settings and a clock: the composition root."""

import asyncio
from datetime import timedelta

from fastapi import FastAPI

from services.marketplace import profile
from services.marketplace.api import (
    accounts,
    catalogue,
    curating,
    leads,
    moderating,
    pages,
    photos,
    products,
    promoting,
    promotion_reports,
    registering,
)
from services.marketplace.api.doors import Admission, Doors, doors_of
from services.marketplace.context import CodeSending, MarketplaceContext, PhotoRoom, make_context
from services.marketplace.housekeeping import chores_of
from services.marketplace.metrics import GAUGES, MarketplaceMetrics
from services.marketplace.operations.publishing import Publishing
from services.marketplace.promotion_metrics import PROMOTION_GAUGES, PromotionMetrics
from services.marketplace.publishing import make_publishers, run_promotion
from services.marketplace.sending import CodePost
from services.marketplace.settings import MarketplaceSettings
from services.marketplace.tokens import TraderTokens
from services.marketplace.vault import open_own_vault
from shared.clock import Clock
from shared.media.settings import MediaSettings
from shared.media.store import FolderStore
from shared.messaging.doors import held_messages_router
from shared.messaging.metrics import MESSAGING_GAUGES
from shared.profile_store import latest_profile
from shared.service import Service
from shared.transport.port import Transport

_DESCRIPTION = (
    "Small traders (UMKM), their products and the catalogue that the public searches, promotion "
    "slots and leads. It stands alone: it publishes and consumes no events."
)


def create_app(settings: MarketplaceSettings, transport: Transport | None, clock: Clock) -> FastAPI:
    """Build the app. A transport is taken for the sake of one signature, and not used."""
    del transport
    service = Service(
        "marketplace", settings, None, clock, (*GAUGES, *PROMOTION_GAUGES, *MESSAGING_GAUGES)
    )
    metrics = MarketplaceMetrics(service.metrics.registry)
    promotion = PromotionMetrics(service.metrics.registry)
    post = CodePost(settings, service)

    async def on_start(started: Service) -> None:
        async with started.database.transaction() as connection:
            version, content = await latest_profile(connection)
        known = profile.parse(content)
        context = context_of(settings, known, version, metrics, post)
        app.state.context = context
        app.state.doors = Doors(
            context=context,
            units=started.units,
            tokens=TraderTokens(
                settings.core.home, clock, timedelta(minutes=settings.token_minutes)
            ),
            admission=Admission(settings, context, clock),
        )
        post.start(context)
        for chore in chores_of(context):
            started.every_hour(chore)
        started.run_in_background("workshop", context.photos.workshop.run())
        app.state.promotion_metrics = promotion
        app.state.links = leads.LinkBook(app.state.doors)
        publishing = Publishing(
            units=started.units,
            context=context,
            publishers=make_publishers(settings.publishing, clock),
            metrics=promotion,
            lease=timedelta(seconds=settings.publishing.lease_seconds),
        )
        app.state.publishing = publishing
        started.run_in_background(
            "promotion", run_promotion(publishing, settings.publishing.poll_seconds)
        )

    held_messages = held_messages_router("marketplace", lambda request: doors_of(request).units)
    routers = [
        # The one that is called most is found first.
        leads.links,
        registering.router,
        accounts.router,
        products.router,
        photos.router,
        curating.router,
        moderating.router,
        catalogue.router,
        pages.router,
        promoting.router,
        promotion_reports.router,
        leads.router,
        held_messages,
    ]
    app = service.build_app("Lapak UMKM", _DESCRIPTION, routers, on_start)
    return app


def context_of(
    settings: MarketplaceSettings,
    known: profile.MarketplaceProfile,
    version: str,
    metrics: MarketplaceMetrics,
    post: CodePost | None = None,
) -> MarketplaceContext:
    """Make what operations are given, of settings and a profile."""
    return make_context(
        open_own_vault(settings),
        known,
        version,
        _photo_room(settings, known.place.zone),
        metrics,
        public_url=settings.public_url,
        session_time=timedelta(days=settings.session_days),
        claim_time=timedelta(minutes=settings.claim_minutes),
        sending=CodeSending(
            channels=post.channels if post else (),
            valid_for=timedelta(minutes=settings.code_minutes),
            most_tries=settings.code_tries,
            most_per_hour=settings.codes_per_hour,
            **({"nudge": post.nudge} if post else {}),
        ),
    )


def _photo_room(settings: MarketplaceSettings, zone: str) -> PhotoRoom:
    media = MediaSettings()
    media = media.model_copy(update={"most_bytes": settings.photo_bytes})
    return PhotoRoom(
        workshop=media.open_workshop(zone),
        store=FolderStore(settings.folder or settings.core.home / "marketplace"),
        places=asyncio.Semaphore(settings.uploads_at_once),
        most_bytes=settings.photo_bytes,
        most_per_product=settings.photos_per_product,
        waiting_time=timedelta(hours=settings.upload_hours),
    )
