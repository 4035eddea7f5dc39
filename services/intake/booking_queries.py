"""The SQL of sessions and of who comes to them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlmodel import col

from services.intake.paper_tables import Booking, SessionPlace
from services.intake.tables import Complaint, Reporter


@dataclass(frozen=True, slots=True)
class Booked:
    """Which session of which service somebody comes to."""

    service: str
    session: str


async def count_taken(
    connection: AsyncConnection, service: str, sessions: Sequence[str]
) -> dict[str, int]:
    """Return how many places are taken, of those sessions that ever had a booking."""
    statement = select(col(SessionPlace.session), col(SessionPlace.taken)).where(
        col(SessionPlace.service) == service, col(SessionPlace.session).in_(sessions)
    )
    return {row.session: row.taken for row in (await connection.execute(statement)).all()}


async def take_place(connection: AsyncConnection, booked: Booked, capacity: int) -> bool:
    """Take a place of a session; False where all are taken. Others wait for this transaction."""
    statement = (
        insert(SessionPlace)
        .values(service=booked.service, session=booked.session, taken=1)
        .on_conflict_do_update(
            index_elements=["service", "session"],
            set_={"taken": col(SessionPlace.taken) + 1},
            where=col(SessionPlace.taken) < capacity,
        )
    )
    return bool((await connection.execute(statement)).rowcount)


async def give_place_back(connection: AsyncConnection, booked: Booked) -> None:
    """Let somebody else have a place."""
    await connection.execute(
        update(SessionPlace)
        .where(
            col(SessionPlace.service) == booked.service,
            col(SessionPlace.session) == booked.session,
        )
        .values(taken=col(SessionPlace.taken) - 1)
    )


async def lock_places(connection: AsyncConnection, sessions: Sequence[Booked]) -> None:
    """Lock sessions in one order, so that two who change places never wait for each other."""
    for each in sorted(sessions, key=lambda booked: (booked.service, booked.session)):
        await connection.execute(
            insert(SessionPlace)
            .values(service=each.service, session=each.session, taken=0)
            .on_conflict_do_update(
                index_elements=["service", "session"], set_={"taken": col(SessionPlace.taken)}
            )
        )


async def find_booking(connection: AsyncConnection, complaint_id: str) -> Booked | None:
    """Return what an applicant has booked."""
    row = (await connection.execute(_find(complaint_id))).first()
    return None if row is None else Booked(row.service, row.session)


async def claim_booking(
    connection: AsyncConnection, complaint_id: str, booked: Booked, now: datetime
) -> Booked | None:
    """Store what an applicant books, or lock what they have booked before, and return that.

    So of two bookings of one applicant at one time the second sees the first.
    """
    values = {"service": booked.service, "session": booked.session, "booked_at": now}
    claim = insert(Booking).values(complaint_id=complaint_id, **values).on_conflict_do_nothing()
    while not (await connection.execute(claim)).rowcount:
        row = (await connection.execute(_find(complaint_id).with_for_update())).first()
        # Without one, it was given back a moment ago: then the place is there to be claimed.
        if row is not None:
            return Booked(row.service, row.session)
    return None


async def move_booking(
    connection: AsyncConnection, complaint_id: str, booked: Booked, now: datetime
) -> None:
    """Store that an applicant comes to another session than before."""
    await connection.execute(
        update(Booking)
        .where(col(Booking.complaint_id) == complaint_id)
        .values(service=booked.service, session=booked.session, booked_at=now)
    )


async def delete_booking(connection: AsyncConnection, complaint_id: str) -> Booked | None:
    """Forget a booking; returns what it was."""
    statement = (
        delete(Booking)
        .where(col(Booking.complaint_id) == complaint_id)
        .returning(col(Booking.service), col(Booking.session))
    )
    row = (await connection.execute(statement)).first()
    return None if row is None else Booked(row.service, row.session)


async def list_visitors(connection: AsyncConnection, booked: Booked) -> Sequence[Any]:
    """Return who comes to a session, in the order in which they booked."""
    statement = (
        select(
            col(Complaint.complaint_id),
            col(Complaint.tracking_code),
            col(Complaint.state),
            col(Complaint.anonymous),
            col(Booking.booked_at),
            Reporter,
        )
        .join(Complaint, col(Complaint.complaint_id) == col(Booking.complaint_id))
        .join(Reporter, col(Reporter.reporter_id) == col(Complaint.reporter_id))
        .where(col(Booking.service) == booked.service, col(Booking.session) == booked.session)
        .order_by(col(Booking.booked_at), col(Booking.complaint_id))
    )
    rows: Sequence[Any] = (await connection.execute(statement)).all()
    return rows


def _find(complaint_id: str) -> Any:
    return select(col(Booking.service), col(Booking.session)).where(
        col(Booking.complaint_id) == complaint_id
    )
