"""Applications for staff: at the counter, for their own OPD, and those that their OPD works on."""

import asyncio
from datetime import date, datetime, time, timedelta
from typing import Annotated, Literal

import structlog
from fastapi import APIRouter, Depends, Path, Query, Request, Response

from services.intake.api.choosing import Since, Until, code, written
from services.intake.api.doors import TheDoors
from services.intake.api.services import ServiceCode, apply
from services.intake.application_schemas import NewApplication, SubmittedApplication
from services.intake.errors import OpdNotYours
from services.intake.operations import applications, staff_applications
from services.intake.operations.exporting_applications import (
    list_for_export,
    write_csv,
    write_workbook,
)
from services.intake.operations.submission import Origin
from services.intake.staff_application_schemas import (
    Choice,
    ListedApplications,
    Outcome,
    StaffApplication,
)
from shared.auth import Principal, Role, require
from shared.idempotency import IdempotencyKey
from shared.ids import UUID_PATTERN
from shared.parameters import OrAbsent
from shared.problems import problem_responses

log = structlog.get_logger(__name__)

PATH = "/intake/v1/staff"
router = APIRouter(prefix=PATH, tags=["services"])

Writer = Annotated[Principal, Depends(require(Role.OPERATOR, Role.OFFICER, Role.HEAD))]
Officer = Annotated[Principal, Depends(require(Role.OFFICER, Role.HEAD))]
Reader = Annotated[Principal, Depends(require(Role.OFFICER, Role.HEAD, Role.TRIAGE, Role.ADMIN))]
_PROBLEMS = problem_responses(401, 403, 422, 503)
# Beyond these no zone can be told.
_FIRST, _LAST = date(1970, 1, 1), date(9990, 1, 1)
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@router.post(
    "/services/{code}/applications",
    operation_id="submit_application_as_staff",
    status_code=201,
    response_model=SubmittedApplication,
    responses=problem_responses(400, 401, 403, 404, 409, 413, 422, 503),
)
async def submit_as_staff(
    doors: TheDoors,
    caller: Writer,
    request: Request,
    response: Response,
    code: ServiceCode,
    form: NewApplication,
    key: IdempotencyKey = None,
) -> SubmittedApplication:
    """Apply for a citizen at the counter, or as an officer for the own OPD.

    Give the citizen the tracking code and the secret.
    """
    by = staff_applications.applies_as(applications.find_service(doors.context, code), caller)
    if form.channel is None:
        channel = staff_applications.channel_for(doors.context, by)
        form = form.model_copy(update={"channel": channel})
    origin = Origin(
        await request.body(),
        scope=f"{PATH}/services/{code}/{caller.subject}",
        key=key,
        vouched=True,
    )
    answer = await apply(doors, code, form, origin, by)
    response.headers["Cache-Control"] = "no-store"
    return answer


async def read_choice(
    doors: TheDoors,
    caller: Officer,
    q: Annotated[
        str,
        written("Words in the public answers, or of the number; all must be there.", "warung"),
    ] = "",
    service: Annotated[OrAbsent[str], code("Of this service.", "rtlh")] = None,
    stage: Annotated[OrAbsent[str], code("In this stage.", "rtlh.survei")] = None,
    outcome: Annotated[OrAbsent[Outcome], Query(description="`open`: without an end yet.")] = None,
    since: Since = None,
    until: Until = None,
) -> Choice:
    """Read what the caller chooses among the applications of their OPD; raises OpdNotYours."""
    if caller.opd is None:
        raise OpdNotYours

    def begin(day: date | None) -> datetime | None:
        if day is None:
            return None
        shown = min(max(day, _FIRST), _LAST)
        return datetime.combine(shown, time(), doors.context.zone)

    after = None if until is None else min(until, _LAST) + timedelta(days=1)
    return Choice(caller.opd, q, service, stage, outcome, begin(since), begin(after))


Chosen = Annotated[Choice, Depends(read_choice)]


@router.get(
    "/applications",
    operation_id="list_applications",
    response_model=ListedApplications,
    responses=_PROBLEMS,
)
async def list_applications(
    doors: TheDoors,
    response: Response,
    chosen: Chosen,
    cursor: Annotated[
        OrAbsent[str],
        Query(max_length=300, description="Where the page before ended."),
    ] = None,
    limit: Annotated[int, Query(ge=1, le=100, description="Applications per page.")] = 20,
) -> ListedApplications:
    """List and search what the caller's OPD has, or has asked for itself, the newest first."""
    response.headers["Cache-Control"] = "no-store"
    async with doors.reading() as connection:
        return await staff_applications.list_applications(connection, chosen, cursor, limit)


@router.get(
    "/applications/export.{format}",
    operation_id="export_applications",
    response_class=Response,
    responses={
        200: {
            "content": {
                "text/csv": {"schema": {"type": "string"}},
                _XLSX: {"schema": {"type": "string", "format": "binary"}},
            },
            "description": "CSV or XLSX",
        },
        **problem_responses(401, 403, 404, 422, 503),
    },
)
async def export_applications(
    doors: TheDoors,
    caller: Officer,
    chosen: Chosen,
    form: Annotated[Literal["csv", "xlsx"], Path(alias="format", description="Of the file.")],
) -> Response:
    """Write what matches into a file: nothing personal; with `service`, a column per answer."""
    lines = await list_for_export(doors.units.database, doors.context, chosen)
    log.info("applications_exported", by=caller.subject, count=len(lines) - 1)
    write = write_csv if form == "csv" else write_workbook
    return Response(
        await asyncio.to_thread(write, lines),
        media_type="text/csv; charset=utf-8" if form == "csv" else _XLSX,
        headers={
            "Content-Disposition": f'attachment; filename="permohonan.{form}"',
            "Cache-Control": "no-store",
        },
    )


@router.get(
    "/applications/{complaint_id}",
    operation_id="read_application",
    response_model=StaffApplication,
    responses=problem_responses(401, 403, 404, 422, 503),
)
async def read_application(
    doors: TheDoors,
    caller: Reader,
    response: Response,
    complaint_id: Annotated[
        str, Path(pattern=UUID_PATTERN, examples=["019b76da-a800-7000-8000-00000000a001"])
    ],
    reason: Annotated[
        str,
        written(
            "Why; it is written down with who read, for answers identify people.",
            "Memeriksa berkas permohonan.",
            shortest=5,
            longest=500,
        ),
    ],
) -> StaffApplication:
    """Show all answers to the OPD that has the case, and to the OPD that asks for itself."""
    response.headers["Cache-Control"] = "no-store"
    async with doors.units.begin() as unit:
        return await staff_applications.read_application(
            unit, doors.context, complaint_id, caller, reason
        )
