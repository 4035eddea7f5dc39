"""Applications to services of the catalogue: the service, what was filled in, who may have it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from services.intake import application_queries, queries
from services.intake.application_errors import CatalogueServiceUnknown
from services.intake.application_schemas import (
    ApplicationCheck,
    FieldProblem,
    FoundGap,
    FoundScore,
    UnmetCriterion,
)
from services.intake.application_tables import Application
from services.intake.context import IntakeContext
from services.intake.operations.reading import open_person
from services.intake.operations.registers import look_up
from shared.catalogue.answers import Answers, Filled, Verdict, fill_in, judge
from shared.catalogue.definition import Applicant, Service
from shared.catalogue.values import Score, general_values

find_application = application_queries.find_application


@dataclass(frozen=True, slots=True)
class By:
    """Who applies: as what, for which OPD, and who of the staff wrote it down."""

    applicant: Applicant = "citizen"
    opd: str | None = None
    entered_by: str | None = None


@dataclass(frozen=True, slots=True)
class Findings:
    """What a form that was filled in came to, and what the service's register says of it."""

    filled: Filled
    verdict: Verdict
    found: Mapping[str, Any]


def answers_place(complaint_id: str) -> str:
    """Return what an application's sealed answers are bound to."""
    return f"{complaint_id}:answers"


def find_service(context: IntakeContext, code: str) -> Service:
    """Return a service that is offered now; raises CatalogueServiceUnknown."""
    service = context.catalogue.present(code)
    if service is None or not service.enabled:
        raise CatalogueServiceUnknown
    return service


def today_of(context: IntakeContext, now: datetime) -> date:
    """Return the day in the Pemda's zone."""
    return now.astimezone(context.zone).date()


async def check_answers(
    context: IntakeContext,
    connection: AsyncConnection,
    service: Service,
    answers: Mapping[str, Any],
    now: datetime,
    general: Mapping[str, Any] | None = None,
    *,
    partly: bool = False,
) -> Findings:
    """Check what was filled in, ask the service's register, and judge who may have the service."""
    today = today_of(context, now)
    known = general or general_values()
    filled = fill_in(service, service.form, answers, known, today, partly=partly)
    found = await look_up(connection, service, filled.answers, today)
    if found:
        known = {**known, **found}
        filled = fill_in(service, service.form, answers, known, today, partly=partly)
    return Findings(filled, judge(service, service.form, filled.values), found)


def describe_check(findings: Findings) -> ApplicationCheck:
    """Say what would become of an application."""
    filled, verdict = findings.filled, findings.verdict
    return ApplicationCheck(
        problems=[FieldProblem(field=field, message=said) for field, said in filled.problems],
        eligible=verdict.eligible,
        unmet=unmet_of(verdict),
        score=score_shown(filled.score),
    )


def unmet_of(verdict: Verdict) -> list[UnmetCriterion]:
    """Return the criteria that are not met, with their reasons."""
    return [UnmetCriterion(id=each.id, reason=each.reason) for each in verdict.unmet]


def score_shown(score: Score | None) -> FoundScore | None:
    """Return a score as it is shown."""
    if score is None:
        return None
    gaps = [
        FoundGap(
            item=gap.item,
            question=gap.question,
            lost=gap.lost,
            advice=gap.advice,
            critical=gap.critical,
        )
        for gap in score.gaps
    ]
    return FoundScore(points=score.points, passed=score.passed, gaps=gaps)


async def open_answers(
    context: IntakeContext, connection: AsyncConnection, application: Application
) -> Answers | None:
    """Return all answers in clear; None once the applicant was erased."""
    complaint = await queries.find_complaint_by_id(connection, application.complaint_id)
    if complaint is None:
        return None
    person = open_person(context, await queries.find_reporter(connection, complaint.reporter_id))
    if person is None:
        return None
    opened = person.open(application.answers, answers_place(application.complaint_id))
    answers: Answers = json.loads(opened)
    return answers
