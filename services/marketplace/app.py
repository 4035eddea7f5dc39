"""Builds marketplace from its settings and a clock: the composition root."""

from dataclasses import dataclass

from fastapi import FastAPI

from services.marketplace import profile
from services.marketplace.profile import MarketplaceProfile
from services.marketplace.settings import MarketplaceSettings
from shared.clock import Clock
from shared.profile_store import latest_profile
from shared.service import Service
from shared.transport.port import Transport

_DESCRIPTION = (
    "Small traders, their products, promotion slots and leads. "
    "It stands alone: it publishes and consumes no events."
)


@dataclass(frozen=True, slots=True)
class MarketplaceContext:
    """What the doors will need: the profile that the service started on, and its version."""

    profile: MarketplaceProfile
    profile_version: str


def create_app(settings: MarketplaceSettings, transport: Transport | None, clock: Clock) -> FastAPI:
    """Build the app. A transport is taken for the sake of one signature, and not used."""
    del transport
    service = Service("marketplace", settings, None, clock)

    async def on_start(started: Service) -> None:
        async with started.database.transaction() as connection:
            version, content = await latest_profile(connection)
        app.state.context = MarketplaceContext(profile.parse(content), version)

    app = service.build_app("Lapak UMKM", _DESCRIPTION, [], on_start)
    return app
