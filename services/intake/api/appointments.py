"""Appointments: sessions for everybody, another one for an applicant, who comes for the OPD."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Response

from services.intake.api.doors import TheDoors
from services.intake.api.own_complaint import Own
from services.intake.errors import OpdNotYours
from services.intake.operations import appointments
from services.intake.operations.applications import find_service
from services.intake.paper_schemas import BookedSession, RebookForm, SessionList, VisitorList
from shared.auth import Principal, Role, require
from shared.problems import problem_responses

router = APIRouter(prefix="/intake/v1", tags=["appointments"])

ServiceCode = Annotated[
    str,
    Path(
        max_length=40,
        description="The code of a service in the catalogue.",
        examples=["jumat-berkah"],
    ),
]
SessionName = Annotated[
    str,
    Path(max_length=16, description="The session's code.", examples=["2026-03-13T09:00"]),
]
Host = Annotated[Principal, Depends(require(Role.OFFICER, Role.HEAD))]


@router.get(
    "/services/{service_code}/sessions",
    operation_id="list_sessions",
    responses=problem_responses(404, 422, 503),
)
async def list_sessions(doors: TheDoors, service_code: ServiceCode) -> SessionList:
    """List the sessions of a service that can be booked now, and how many places are left."""
    context = doors.context
    service = find_service(context, service_code)
    async with doors.units.database.transaction() as connection:
        return await appointments.list_sessions(
            connection, service, doors.units.clock.now(), context.zone
        )


@router.put(
    "/applications/{tracking_code}/appointment",
    operation_id="rebook_appointment",
    responses=problem_responses(400, 403, 404, 409, 413, 422, 503),
)
async def rebook_appointment(
    doors: TheDoors,
    own: Own,
    response: Response,
    form: RebookForm,
) -> BookedSession:
    """Come to another session; the place in the one before is free again at once."""
    response.headers["Cache-Control"] = "no-store"
    complaint = await own.find()
    async with doors.units.begin() as unit:
        return await appointments.rebook(unit, doors.context, complaint, form.session)


@router.get(
    "/staff/services/{service_code}/sessions/{session}",
    operation_id="list_visitors",
    responses=problem_responses(401, 403, 404, 422, 503),
)
async def list_visitors(
    doors: TheDoors,
    caller: Host,
    response: Response,
    service_code: ServiceCode,
    session: SessionName,
) -> VisitorList:
    """List who comes to a session, for the OPD that holds it; it is written down who read it."""
    response.headers["Cache-Control"] = "no-store"
    service = find_service(doors.context, service_code)
    if not appointments.is_of(service, caller):
        raise OpdNotYours
    async with doors.units.begin() as unit:
        return await appointments.list_visitors(unit, doors.context, service, session, caller)
