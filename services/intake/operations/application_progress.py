"""Applications follow their cases: the stage, what staff filled in, how often they were asked.

Called where the complaints' rows are locked already, so that a correction never waits for a batch
that waits for it.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final

import structlog

from services.intake import application_queries
from services.intake.application_tables import Application
from services.intake.context import IntakeContext
from services.intake.rules.progress import Entry
from shared.catalogue.definition import Service
from shared.catalogue.sentences import NUMBER, fill_sentence
from shared.catalogue.shelf import ServiceGone
from shared.contracts.event import Event
from shared.contracts.routing import CaseAssigned, InformationRequested, StageEntered
from shared.contracts.sla import DeadlineMissed
from shared.unit_of_work import UnitOfWork

log = structlog.get_logger(__name__)

_OF_SERVICES: Final = "."
_MOVING: Final = (CaseAssigned, InformationRequested, StageEntered)


def is_of_service(stage: str) -> bool:
    """Tell whether a stage is one of a service: `<service>.<stage>`."""
    return _OF_SERVICES in stage


def title_of(context: IntakeContext, stage: str) -> str:
    """Return what a service's stage is called now; its code where the service has it no more."""
    code, _, name = stage.partition(_OF_SERVICES)
    service = context.catalogue.present(code)
    known = service.stage(name) if service else None
    return known.title if known else name


async def follow_applications(
    unit: UnitOfWork, context: IntakeContext, heard: Sequence[Event]
) -> dict[int, str]:
    """Bring applications up to date with what was heard.

    Returns what applicants are told on entering a stage, by the event's place in `heard`.
    """
    told: dict[int, str] = {}
    moving = {event.complaint_id for event in heard if isinstance(event, _MOVING)}
    if not moving:
        return told
    # Most complaints are none: one statement tells which of a batch are.
    applications = await application_queries.list_applications_among(unit.connection, moving)
    for place, event in enumerate(heard):
        if event.complaint_id not in applications:
            continue
        if isinstance(event, CaseAssigned) and event.part == 0:
            await application_queries.put_holder(unit.connection, event.complaint_id, event.opd)
        elif isinstance(event, InformationRequested) and event.part == 0:
            await application_queries.count_round(unit.connection, event.complaint_id, unit.now)
        elif isinstance(event, StageEntered) and event.part == 0:
            text = await _enter(unit, context, event)
            if text is not None:
                told[place] = text
    return told


def worded(context: IntakeContext, event: Event, entry: Entry, told: str | None) -> Entry:
    """Return an entry of the timeline with a stage by its title, and with what its file tells."""
    if isinstance(event, StageEntered):
        title = event.stage_title or title_of(context, event.stage)
        return Entry(entry.kind, entry.opd, entry.opd_name, told, title)
    if isinstance(event, DeadlineMissed) and is_of_service(event.stage):
        title = f"tahap {title_of(context, event.stage)}"
        return Entry(entry.kind, entry.opd, entry.opd_name, entry.text, title)
    return entry


async def _enter(unit: UnitOfWork, context: IntakeContext, event: StageEntered) -> str | None:
    connection = unit.connection
    application = await application_queries.lock_application(connection, event.complaint_id)
    if application is None:
        return None
    application.stage = event.stage
    application.stage_title = event.stage_title or title_of(context, event.stage)
    application.outcome = event.outcome
    application.held_by = event.opd
    application.stage_answers = {**application.stage_answers, **_plain(event.answers or {})}
    await application_queries.update_application(
        connection,
        event.complaint_id,
        {
            **{
                name: getattr(application, name)
                for name in ("stage", "stage_title", "outcome", "stage_answers", "held_by")
            },
            "updated_at": unit.now,
        },
    )
    if event.outcome is not None:
        return None
    try:
        service = await context.catalogue.find(connection, application.service, application.version)
    except ServiceGone:
        log.warning("a service is gone", service=application.service, version=application.version)
        return None
    stage = service.stage(event.stage.partition(_OF_SERVICES)[2])
    if stage is None or stage.tell is None:
        return None
    code = await application_queries.find_code(connection, event.complaint_id)
    opd = event.opd_name or event.opd
    today = unit.now.astimezone(context.zone).date()
    return tell(context, service, stage.tell, application, today, code=code, opd=opd)


def tell(
    context: IntakeContext,
    service: Service,
    template: str,
    application: Application,
    today: date,
    *,
    code: str,
    opd: str,
) -> str:
    """Fill in what an applicant is told; a message has no name and no personal answer."""
    answers = {**application.public_answers, **application.general, NUMBER: application.number}
    names = {
        "code": code,
        "opd": opd,
        "pemda": context.profile.pemda.name,
        "stage": application.stage_title or "-",
    }
    return fill_sentence(service, template, answers, application.stage_answers, today, names)


def _plain(answers: Mapping[str, Any]) -> dict[str, Any]:
    return {
        code: list(value) if isinstance(value, tuple) else value for code, value in answers.items()
    }
