"""Builds survey from its settings and a clock: the composition root."""

from dataclasses import dataclass

from fastapi import FastAPI

from services.survey import profile
from services.survey.profile import SurveyProfile
from services.survey.settings import SurveySettings
from shared.clock import Clock
from shared.profile_store import latest_profile
from shared.service import Service
from shared.transport.port import Transport

_DESCRIPTION = (
    "Surveys, answers, the satisfaction index (IKM) and innovations. "
    "It stands alone: it publishes and consumes no events."
)


@dataclass(frozen=True, slots=True)
class SurveyContext:
    """What the doors will need: the profile that the service started on, and its version."""

    profile: SurveyProfile
    profile_version: str


def create_app(settings: SurveySettings, transport: Transport | None, clock: Clock) -> FastAPI:
    """Build the app. A transport is taken for the sake of one signature, and not used."""
    del transport
    service = Service("survey", settings, None, clock)

    async def on_start(started: Service) -> None:
        async with started.database.transaction() as connection:
            version, content = await latest_profile(connection)
        app.state.context = SurveyContext(profile.parse(content), version)

    app = service.build_app("Survei Kepuasan", _DESCRIPTION, [], on_start)
    return app
