"""Builds sla from its settings, a transport and a clock: the composition root."""

from fastapi import FastAPI

from services.sla import board_api, profile, report_api
from services.sla.api import router
from services.sla.board import BoardKeeper
from services.sla.consumers import handlers
from services.sla.context import make_context
from services.sla.metrics import GAUGES, SlaMetrics
from services.sla.notice_api import router as notice_router
from services.sla.operations.adjusting import adjust_clocks, notice_calendars
from services.sla.operations.waking import keep_rules, wake_paused_clocks
from services.sla.rules_api import router as rules_router
from services.sla.scanner import run_scanner
from services.sla.sending import StaffPost
from services.sla.settings import SlaSettings
from shared.clock import Clock
from shared.messaging.doors import held_messages_router
from shared.messaging.metrics import MESSAGING_GAUGES
from shared.profile_store import latest_profile
from shared.service import Service
from shared.transport.port import Transport

_DESCRIPTION = (
    "The clocks of every case: how long verification, the first response, the follow-up, the "
    "resolution and the citizen's silence may take, what is late, and who was told of it."
)


def create_app(settings: SlaSettings, transport: Transport | None, clock: Clock) -> FastAPI:
    """Build the app; its clocks start once it runs and the profile is loaded."""
    service = Service("sla", settings, transport, clock, (*GAUGES, *MESSAGING_GAUGES))
    metrics = SlaMetrics(service.metrics.registry)
    post = StaffPost(settings, service)

    async def on_start(started: Service) -> None:
        async with started.database.transaction() as connection:
            version, content = await latest_profile(connection)
            context = make_context(
                profile.parse(content),
                version,
                metrics,
                staff_url=settings.staff_url,
                sending=post.sending,
            )
            await keep_rules(connection, context.policies, clock.now())
        app.state.context = context
        post.start(context)
        app.state.stream_seconds = settings.stream_seconds
        boards = BoardKeeper(
            started.database,
            clock,
            context.zone,
            context.names,
            settings.board_seconds,
            metrics.observe_board,
        )
        app.state.boards = boards
        app.state.public_figures = report_api.PublicFigures()
        started.run_in_background("board", boards.run())
        await started.consume(handlers(context), gather_seconds=settings.gather_seconds)
        async with started.units.begin() as unit:
            await notice_calendars(unit, context)
        started.run_in_background(
            "adjustments", adjust_clocks(started.units, context, settings.scan_seconds)
        )
        started.run_in_background(
            "pauses", wake_paused_clocks(started.units, context, settings.scan_seconds)
        )
        started.run_in_background(
            "scanner",
            run_scanner(
                started.units,
                clock,
                context,
                limit=settings.scan_batch,
                longest_sleep=settings.scan_seconds,
            ),
        )

    held_messages = held_messages_router("sla", lambda _request: service.units)
    routers = [router, board_api.router, report_api.router, rules_router, notice_router]
    routers.append(held_messages)
    app = service.build_app("Tenggat layanan", _DESCRIPTION, routers, on_start)
    return app
