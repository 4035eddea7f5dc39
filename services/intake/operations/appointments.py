"""Appointments: sessions of the coming days, and one place of a session for each applicant.

A place is taken in the transaction that needs it, under the lock of the session's row: of two who
want the last one, the second waits, and is told of the next sessions with room.
"""

import json
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from services.intake import booking_queries, queries
from services.intake.booking_queries import Booked
from services.intake.context import IntakeContext
from services.intake.operations.auditing import record
from services.intake.operations.reading import open_person
from services.intake.paper_errors import (
    AppointmentNone,
    RebookingClosed,
    SessionFull,
    SessionUnknown,
)
from services.intake.paper_schemas import (
    BookedSession,
    SessionList,
    SessionPlaces,
    Visitor,
    VisitorList,
)
from services.intake.rules.progress import OPEN_STATES
from services.intake.tables import Complaint, Reporter
from shared.auth import Principal, Role
from shared.catalogue.blocks import Appointment
from shared.catalogue.definition import Service
from shared.catalogue.sessions import Sitting, find_sitting, list_sittings
from shared.unit_of_work import UnitOfWork

#: So many sessions are named to whom the one they asked for is not to be had.
_NAMED: Final = 5
_OF_AN_OPD: Final = (Role.OFFICER, Role.HEAD)


async def list_sessions(
    connection: AsyncConnection, service: Service, now: datetime, zone: ZoneInfo
) -> SessionList:
    """Return the sessions that can be booked now, and their room; raises AppointmentNone."""
    appointment = _appointment_of(service)
    sittings = list_sittings(appointment, now, zone)
    taken = await booking_queries.count_taken(
        connection, service.code, [each.code for each in sittings]
    )
    return SessionList(
        place=appointment.place,
        bring=list(appointment.bring),
        sessions=[_shown(each, taken.get(each.code, 0)) for each in sittings],
    )


async def book(
    unit: UnitOfWork, service: Service, session: str, complaint_id: str, zone: ZoneInfo
) -> None:
    """Take a place of a session in this unit; the same one twice is one place.

    Who has another place of theirs changes it. Raises AppointmentNone, SessionUnknown, SessionFull;
    the last two name sessions with room.
    """
    appointment = _appointment_of(service)
    open_now = list_sittings(appointment, unit.now, zone)
    sitting = next((each for each in open_now if each.code == session), None)
    wanted = Booked(service.code, session)
    if sitting is None:
        if await booking_queries.find_booking(unit.connection, complaint_id) == wanted:
            return
        raise SessionUnknown(await _with_room(unit.connection, service, open_now))
    before = await booking_queries.claim_booking(unit.connection, complaint_id, wanted, unit.now)
    if before == wanted:
        return
    if before is not None:
        await booking_queries.lock_places(unit.connection, [before, wanted])
    if not await booking_queries.take_place(unit.connection, wanted, sitting.capacity):
        raise SessionFull(await _with_room(unit.connection, service, open_now))
    if before is not None:
        await booking_queries.give_place_back(unit.connection, before)
        await booking_queries.move_booking(unit.connection, complaint_id, wanted, unit.now)


async def release(unit: UnitOfWork, complaint_id: str) -> None:
    """Give an applicant's place back, if they have one."""
    booked = await booking_queries.delete_booking(unit.connection, complaint_id)
    if booked is not None:
        await booking_queries.give_place_back(unit.connection, booked)


async def find_appointment(
    connection: AsyncConnection, context: IntakeContext, complaint_id: str
) -> BookedSession | None:
    """Return where and when an applicant comes; None where they do not."""
    booked = await booking_queries.find_booking(connection, complaint_id)
    service = context.catalogue.present(booked.service) if booked else None
    if booked is None or service is None or service.appointment is None:
        return None
    return _booked(service.appointment, booked.session, context.zone)


async def rebook(
    unit: UnitOfWork, context: IntakeContext, complaint: Complaint, session: str
) -> BookedSession:
    """Let an applicant come to another session, as long as their application is worked on.

    Raises RebookingClosed, and what `book` raises.
    """
    progress = await queries.lock_progress(unit.connection, complaint.complaint_id)
    service = context.catalogue.present(complaint.service_code or "")
    if service is None:
        raise AppointmentNone
    appointment = _appointment_of(service)
    if progress is None or progress.state not in OPEN_STATES:
        raise RebookingClosed
    await book(unit, service, session, complaint.complaint_id, context.zone)
    return _booked(appointment, session, context.zone)


async def list_visitors(
    unit: UnitOfWork, context: IntakeContext, service: Service, session: str, caller: Principal
) -> VisitorList:
    """Return who comes to a session; that it was read is an entry of the audit log.

    Raises SessionUnknown. `is_of` says who may ask.
    """
    appointment = _appointment_of(service)
    sitting = find_sitting(appointment, session, context.zone)
    if sitting is None:
        raise SessionUnknown([])
    rows = await booking_queries.list_visitors(unit.connection, Booked(service.code, session))
    record(
        unit,
        caller.subject,
        "visitors_read",
        f"session:{service.code}/{session}",
        visitors=len(rows),
    )
    return VisitorList(
        session=_shown(sitting, len(rows)),
        place=appointment.place,
        visitors=[_visitor(context, row) for row in rows],
    )


def is_of(service: Service, caller: Principal) -> bool:
    """Tell whether a service is offered by the caller's OPD."""
    return caller.has(*_OF_AN_OPD) and caller.opd in service.opds


async def _with_room(
    connection: AsyncConnection, service: Service, sittings: list[Sitting]
) -> list[str]:
    taken = await booking_queries.count_taken(
        connection, service.code, [each.code for each in sittings]
    )
    free = [each.code for each in sittings if taken.get(each.code, 0) < each.capacity]
    return free[:_NAMED]


def _appointment_of(service: Service) -> Appointment:
    if service.appointment is None:
        raise AppointmentNone
    return service.appointment


def _shown(sitting: Sitting, taken: int) -> SessionPlaces:
    return SessionPlaces(
        session=sitting.code,
        starts_at=sitting.starts_at,
        ends_at=sitting.ends_at,
        capacity=sitting.capacity,
        left=max(0, sitting.capacity - taken),
    )


def _booked(appointment: Appointment, session: str, zone: ZoneInfo) -> BookedSession:
    sitting = find_sitting(appointment, session, zone)
    return BookedSession(
        session=session,
        starts_at=sitting.starts_at if sitting else None,
        ends_at=sitting.ends_at if sitting else None,
        place=appointment.place,
        bring=list(appointment.bring),
    )


def _visitor(context: IntakeContext, row: Row[Any]) -> Visitor:
    reporter = Reporter(**{name: getattr(row, name) for name in Reporter.model_fields})
    person = open_person(context, reporter)
    identity: dict[str, str] = {}
    if person is not None and reporter.identity is not None and not row.anonymous:
        identity = json.loads(person.open(reporter.identity, f"{reporter.reporter_id}:identity"))
    return Visitor(
        complaint_id=row.complaint_id,
        tracking_code=row.tracking_code,
        status=row.state,
        name=identity.get("name"),
        phone=identity.get("phone"),
        booked_at=row.booked_at,
    )
