"""Builds survey from its settings and a clock: the composition root."""

from functools import partial

from fastapi import FastAPI

from services.survey import profile
from services.survey.api import (
    answering,
    bringing,
    forms,
    gallery,
    innovations,
    managing,
    pages,
    plans,
    reports,
    results,
    scoring,
)
from services.survey.api.admission import Admission
from services.survey.api.doors import Doors
from services.survey.context import SurveyContext
from services.survey.metrics import GAUGES
from services.survey.operations.answering import store_answers
from services.survey.operations.periods import close_what_is_over
from services.survey.operations.planning import open_plans_of_closed
from services.survey.settings import SurveySettings
from shared.clock import Clock
from shared.group_commit import GroupWriter
from shared.limiting import RateLimit
from shared.profile_store import latest_profile
from shared.service import Service
from shared.survey_links import read_survey_keys
from shared.transport.port import Transport

_DESCRIPTION = (
    "Surveys, answers, the satisfaction index (IKM) and innovations. "
    "It stands alone: it publishes and consumes no events."
)


def create_app(settings: SurveySettings, transport: Transport | None, clock: Clock) -> FastAPI:
    """Build the app. A transport is taken for the sake of one signature, and not used."""
    del transport
    service = Service("survey", settings, None, clock, GAUGES)
    link_key = settings.core.survey_link_key
    link_keys = read_survey_keys(link_key.get_secret_value()) if link_key else ()

    async def on_start(started: Service) -> None:
        async with started.database.transaction() as connection:
            version, content = await latest_profile(connection)
        context = SurveyContext(profile.parse(content), version, link_keys)
        app.state.context = context
        app.state.public_limit = RateLimit(clock, settings.limit_public)
        app.state.doors = Doors(
            context,
            started.units,
            GroupWriter(
                started.units,
                store_answers,
                writers=settings.answer_writers,
                largest_group=settings.answer_group,
                patience_seconds=settings.core.patience_seconds,
            ),
            Admission(settings, clock),
            settings,
        )
        started.every_hour(partial(close_what_is_over, context=context))
        started.every_hour(partial(open_plans_of_closed, context=context))

    answers = (forms, pages, answering, bringing, managing, reports, results)
    routers = [door.router for door in (*answers, plans, innovations, scoring, gallery)]
    app = service.build_app("Survei Kepuasan", _DESCRIPTION, routers, on_start)
    return app
