"""The service catalogue: what is offered, its forms, and applications."""

from collections.abc import Awaitable, Callable, Collection, Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Path, Request, Response

from services.intake.api.admission import read_device
from services.intake.api.doors import Doors, TheDoors
from services.intake.api.submitting import DeviceId
from services.intake.api.uploading import named_files
from services.intake.application_errors import ApplicationNotFound
from services.intake.application_schemas import (
    ApplicationAnswers,
    ApplicationCheck,
    ListedService,
    ListedServices,
    NewApplication,
    ServiceCriterion,
    ServiceDefinition,
    ServiceStep,
    SubmittedApplication,
)
from services.intake.attachment_tables import Attachment
from services.intake.errors import FormIncorrect
from services.intake.operations import applications
from services.intake.operations.application_files import misnamed, named_uploads
from services.intake.operations.applications import By, Findings
from services.intake.operations.applying import AppliedBefore, Draft, draft_application
from services.intake.operations.applying import submit_application as submit
from services.intake.operations.reading_applications import links_of
from services.intake.operations.submission import Origin, Receipt
from shared.catalogue.definition import ADDRESSED, Service
from shared.catalogue.json_schema import form_schema
from shared.catalogue.values import general_values
from shared.idempotency import IdempotencyKey
from shared.problems import problem_responses
from shared.unit_of_work import UnitOfWork

PATH = "/intake/v1/services"
router = APIRouter(prefix=PATH, tags=["services"])

ServiceCode = Annotated[
    str, Path(max_length=40, description="As the list of services names it.", examples=["rtlh"])
]


@router.get("", operation_id="list_catalogue", response_model=ListedServices)
async def list_catalogue(doors: TheDoors) -> ListedServices:
    """List the services that are offered online."""
    offered = [each for each in doors.context.catalogue.services if each.enabled]
    offered.sort(key=lambda each: (each.group, each.title))
    return ListedServices(items=[ListedService(**_listed(each)) for each in offered])


@router.get(
    "/{code}",
    operation_id="define_catalogue_service",
    response_model=ServiceDefinition,
    responses=problem_responses(404, 422, 503),
)
async def define_service(doors: TheDoors, code: ServiceCode) -> ServiceDefinition:
    """Show a service with the JSON Schema of its form, its conditions, its stages and its fee."""
    service = applications.find_service(doors.context, code)
    assessment = service.form.assessment
    return ServiceDefinition(
        **_listed(service),
        requires=list(service.requires),
        fee_note=service.fee.note,
        regulation=service.regulation,
        form=form_schema(service.form, service.title),
        eligibility=[
            ServiceCriterion(id=each.id, reason=each.reason, refuse=each.refuse)
            for each in service.form.eligibility
        ],
        stages=[
            ServiceStep(
                stage=f"{service.code}.{stage.code}",
                title=stage.title,
                opd=None if stage.opd == ADDRESSED else stage.opd,
                days=stage.clock.days if stage.clock else None,
                seconds=stage.clock.seconds if stage.clock else None,
            )
            for stage in service.stages
        ],
        documents=[document.title for document in service.documents],
        pass_score=assessment.pass_score if assessment else None,
    )


@router.post(
    "/{code}/check",
    operation_id="check_application",
    response_model=ApplicationCheck,
    responses=problem_responses(400, 404, 413, 422, 429, 503),
)
async def check_application(
    doors: TheDoors, request: Request, code: ServiceCode, form: ApplicationAnswers
) -> ApplicationCheck:
    """Say what is missing, whether the applicant is eligible, and the score with its gaps.

    Nothing is kept; send it as often as the form changes.
    """
    doors.admission.admit_request(request)
    service = applications.find_service(doors.context, code)
    now = doors.units.clock.now()
    async with doors.units.database.transaction() as connection:
        return applications.describe_check(
            await applications.check_answers(doors.context, connection, service, form.answers, now)
        )


@router.post(
    "/{code}/applications",
    operation_id="submit_application",
    status_code=201,
    response_model=SubmittedApplication,
    responses=problem_responses(400, 403, 404, 409, 413, 422, 429, 503),
)
async def submit_application(
    doors: TheDoors,
    request: Request,
    response: Response,
    code: ServiceCode,
    form: NewApplication,
    key: IdempotencyKey = None,
    device: DeviceId = None,
) -> SubmittedApplication:
    """Apply for a service. Keep the answer: code and secret lead back to the application."""
    doors.admission.admit_request(request)
    origin = Origin(
        await request.body(), scope=f"{PATH}/{code}", key=key, device=read_device(device)
    )
    answer = await apply(doors, code, form, origin, By())
    response.headers["Cache-Control"] = "no-store"
    response.headers["Location"] = answer.links.self
    return answer


async def apply(
    doors: Doors, code: str, form: NewApplication, origin: Origin, by: By
) -> SubmittedApplication:
    """Check and store an application; raises what the operations refuse."""
    context = doors.context
    service = applications.find_service(context, code)
    files = await application_files(doors, service, form.answers)

    async def work(unit: UnitOfWork) -> tuple[Draft, Receipt, str | None]:
        draft = await draft_application(unit, context, service, form, origin, by, files)
        return draft, *await submit(unit, context, draft)

    return await submitted(doors, work)


async def submitted(
    doors: Doors, work: Callable[[UnitOfWork], Awaitable[tuple[Draft, Receipt, str | None]]]
) -> SubmittedApplication:
    """Do what submits an application, and answer; the same as before where it came before."""
    try:
        draft, receipt, number = await doors.in_unit(work)
    except AppliedBefore as before:
        return await _submitted_before(doors, before.receipt)
    doors.context.metrics.submitted.labels(draft.submission.row["channel"]).inc()
    return _submitted(doors, receipt, draft.service, number, draft.findings)


async def _submitted_before(doors: Doors, receipt: Receipt) -> SubmittedApplication:
    context = doors.context
    async with doors.units.database.transaction() as connection:
        stored = await applications.find_application(connection, receipt.complaint_id)
        if stored is None:
            raise ApplicationNotFound
        service = await context.catalogue.find(connection, stored.service, stored.version)
        answers = await applications.open_answers(context, connection, stored) or {}
        findings = await applications.check_answers(
            context,
            connection,
            service,
            answers,
            stored.created_at,
            general_values(stored.general["applicant"]),
        )
    return _submitted(doors, receipt, service, stored.number, findings)


async def check(doors: Doors, service: Service, form: NewApplication, origin: Origin) -> str:
    """Check an application like one that is stored; returns the code that it would have had."""
    files = await application_files(doors, service, form.answers)
    async with doors.units.begin() as unit:
        draft = await draft_application(unit, doors.context, service, form, origin, By(), files)
    return str(draft.submission.row["tracking_code"])


async def application_files(
    doors: Doors, service: Service, answers: Mapping[str, Any], known: Collection[str] = ()
) -> list[Attachment]:
    """Return the files that answers name by tokens; raises FormIncorrect, TooManyFiles."""
    places = named_uploads(service, answers, known)
    if not places:
        return []
    try:
        return await named_files(doors, list(places))
    except FormIncorrect as refusal:
        raise misnamed(refusal, places) from refusal


def _submitted(
    doors: Doors, receipt: Receipt, service: Service, number: str | None, findings: Findings
) -> SubmittedApplication:
    return SubmittedApplication(
        complaint_id=receipt.complaint_id,
        tracking_code=receipt.tracking_code,
        secret=doors.context.vault.derive_secret(receipt.key_id, receipt.complaint_id),
        submitted_at=receipt.submitted_at,
        service=service.code,
        version=service.version,
        number=number,
        eligible=findings.verdict.eligible,
        unmet=applications.unmet_of(findings.verdict),
        score=applications.score_shown(findings.filled.score),
        links=links_of(receipt.tracking_code),
    )


def _listed(service: Service) -> dict[str, object]:
    return {
        "code": service.code,
        "version": service.version,
        "title": service.title,
        "group": service.group,
        "description": service.description,
        "opds": list(service.opds),
        "applicants": list(service.applicants),
        "fee": service.fee.amount,
    }
