"""Puts routing together: its doors, its events, and the rules of the profile loaded last."""

from fastapi import FastAPI

from services.routing import profile
from services.routing.api import (
    acting,
    deciding,
    disposing,
    handling,
    joining,
    practising,
    proving,
    reading,
    stages,
    triage,
)
from services.routing.api.hot import hot_door
from services.routing.consumers import handlers
from services.routing.context import make_context
from services.routing.metrics import GAUGES, RoutingMetrics
from services.routing.operations.together import Deed, Outcome, act_together
from services.routing.operations.watching import take_promoted, watch_models
from services.routing.settings import RoutingSettings
from shared.clock import Clock
from shared.group_commit import GroupWriter
from shared.limiting import RateLimit
from shared.profile_store import latest_profile
from shared.service import Service
from shared.transport.port import Transport

_DESCRIPTION = """\
The cases: which OPD has a complaint and why, and what its officers do with it. Officers and heads
see and touch only their own OPD's cases; the triage desk assigns what no rule places.
"""


def create_app(settings: RoutingSettings, transport: Transport, clock: Clock) -> FastAPI:
    """Build the service; it starts on the profile that its database was given last."""
    service = Service("routing", settings, transport, clock, GAUGES)
    metrics = RoutingMetrics(service.metrics.registry)

    async def on_start(service: Service) -> None:
        async with service.database.transaction() as connection:
            _, content = await latest_profile(connection)
        context = make_context(profile.parse(content), settings.reopen_days, metrics)
        app.state.context = context
        app.state.deeds = GroupWriter[Deed, Outcome](
            service.units,
            lambda unit, deeds: act_together(unit, context, deeds),
            patience_seconds=settings.core.patience_seconds,
        )
        app.state.classify_limit = RateLimit(clock, settings.classify_limit)
        await take_promoted(service.database, context)
        service.run_in_background(
            "models", watch_models(service.database, context, settings.model_seconds)
        )
        await service.consume(handlers(context))

    doors = (
        reading,
        acting,
        joining,
        handling,
        triage,
        proving,
        practising,
        deciding,
        stages,
        disposing,
    )
    routers = [door.router for door in doors]
    app = service.build_app("Tanggap: routing", _DESCRIPTION, routers, on_start, hot_door)
    return app
