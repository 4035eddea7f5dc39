"""SQL of secrecy, of people's requests, erasing and correcting, of breaches and retention."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, case, delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlmodel import col

from services.intake.application_tables import Application
from services.intake.incoming_tables import RemoteFile
from services.intake.privacy_tables import Breach, SubjectRequest
from services.intake.tables import Complaint, Message, Reporter

MOST_REQUESTS = 500
MOST_BREACHES = 500


async def lock_secrecy(
    connection: AsyncConnection, complaint_id: str
) -> tuple[bool, str | None] | None:
    """Return whether a complaint is secret, by whose choice; nobody else changes it meanwhile."""
    statement = (
        select(col(Complaint.secret), col(Complaint.secret_by))
        .where(col(Complaint.complaint_id) == complaint_id)
        .with_for_update(key_share=True)
    )
    row = (await connection.execute(statement)).first()
    return None if row is None else (row.secret, row.secret_by)


async def put_secrecy(
    connection: AsyncConnection, complaint_id: str, secret: bool, chosen_by: str | None
) -> None:
    """Store whether a complaint is secret, and by whose choice."""
    await connection.execute(
        update(Complaint)
        .where(col(Complaint.complaint_id) == complaint_id)
        .values(secret=secret, secret_by=chosen_by)
    )


async def empty_sealed(connection: AsyncConnection, reporter_ids: Sequence[str]) -> None:
    """Take away what reporters' keys had sealed; from now on nothing of them is merely kept."""
    theirs = select(col(Complaint.complaint_id)).where(col(Complaint.reporter_id).in_(reporter_ids))
    await connection.execute(
        update(Complaint)
        .where(col(Complaint.reporter_id).in_(reporter_ids))
        .values(words=b"", retained_since=None)
    )
    await connection.execute(
        update(Message).where(col(Message.complaint_id).in_(theirs)).values(words=None)
    )
    await connection.execute(
        update(Application).where(col(Application.complaint_id).in_(theirs)).values(answers=b"")
    )
    # Files that were not fetched yet are fetched no more.
    await connection.execute(delete(RemoteFile).where(col(RemoteFile.complaint_id).in_(theirs)))


async def insert_request(connection: AsyncConnection, request: SubjectRequest) -> None:
    """Store a request."""
    await connection.execute(insert(SubjectRequest), request.model_dump())


async def find_request(
    connection: AsyncConnection, request_id: str, *, lock: bool = False
) -> SubjectRequest | None:
    """Return a request; with `lock` nobody else decides it in this transaction."""
    statement = select(SubjectRequest).where(col(SubjectRequest.request_id) == request_id)
    if lock:
        statement = statement.with_for_update()
    row = (await connection.execute(statement)).first()
    return None if row is None else SubjectRequest(**row._asdict())


async def find_open_request(
    connection: AsyncConnection, kind: str, reporter_id: str
) -> SubjectRequest | None:
    """Return an undecided request of this kind that a reporter made by their secret."""
    statement = select(SubjectRequest).where(
        col(SubjectRequest.kind) == kind,
        col(SubjectRequest.state) == "open",
        col(SubjectRequest.proof) == "tracking_secret",
        col(SubjectRequest.reporter_ids) == [reporter_id],
    )
    row = (await connection.execute(statement)).first()
    return None if row is None else SubjectRequest(**row._asdict())


async def list_requests(connection: AsyncConnection) -> list[SubjectRequest]:
    """Return the open requests by when they are due, then the newest of the others."""
    is_open = col(SubjectRequest.state) == "open"
    statement = (
        select(SubjectRequest)
        .order_by(
            case((is_open, 0), else_=1),
            case((is_open, col(SubjectRequest.due_at))),
            col(SubjectRequest.opened_at).desc(),
        )
        .limit(MOST_REQUESTS)
    )
    return [SubjectRequest(**row._asdict()) for row in (await connection.execute(statement)).all()]


async def decide_request(
    connection: AsyncConnection, request_id: str, state: str, by: str, reason: str, now: datetime
) -> None:
    """Store what became of a request."""
    await connection.execute(
        update(SubjectRequest)
        .where(col(SubjectRequest.request_id) == request_id)
        .values(state=state, decided_by=by, decided_at=now, reason=reason)
    )


async def list_complaints_of(
    connection: AsyncConnection, reporter_ids: Sequence[str], *, lock: bool = False
) -> list[Complaint]:
    """Return the complaints of these reporters, the oldest first; locked before their reporters."""
    statement = (
        select(Complaint)
        .where(col(Complaint.reporter_id).in_(reporter_ids))
        .order_by(col(Complaint.submitted_at), col(Complaint.complaint_id))
    )
    if lock:
        statement = statement.with_for_update(key_share=True)
    return [Complaint(**row._asdict()) for row in (await connection.execute(statement)).all()]


async def lock_reporters(
    connection: AsyncConnection, reporter_ids: Sequence[str]
) -> list[Reporter]:
    """Return reporters in the order of their ids, and let nobody else change them."""
    statement = (
        select(Reporter)
        .where(col(Reporter.reporter_id).in_(reporter_ids))
        .order_by(col(Reporter.reporter_id))
        .with_for_update()
    )
    return [Reporter(**row._asdict()) for row in (await connection.execute(statement)).all()]


async def put_identity(
    connection: AsyncConnection, reporter_id: str, sealed: dict[str, Any]
) -> None:
    """Store a corrected identity and its hashes."""
    await connection.execute(
        update(Reporter).where(col(Reporter.reporter_id) == reporter_id).values(**sealed)
    )


async def put_words(connection: AsyncConnection, complaint_id: str, values: dict[str, Any]) -> None:
    """Store corrected words, sealed, and what is published of them."""
    await connection.execute(
        update(Complaint).where(col(Complaint.complaint_id) == complaint_id).values(**values)
    )


async def insert_breach(connection: AsyncConnection, breach: Breach) -> None:
    """Enter a breach."""
    await connection.execute(insert(Breach), breach.model_dump())


async def find_breach(connection: AsyncConnection, breach_id: str) -> Breach | None:
    """Return a breach, and let nobody else change it in this transaction."""
    statement = select(Breach).where(col(Breach.breach_id) == breach_id).with_for_update()
    row = (await connection.execute(statement)).first()
    return None if row is None else Breach(**row._asdict())


async def update_breach(
    connection: AsyncConnection, breach_id: str, values: dict[str, Any]
) -> None:
    """Store that somebody was told, or another remedy."""
    await connection.execute(
        update(Breach).where(col(Breach.breach_id) == breach_id).values(**values)
    )


async def list_breaches(connection: AsyncConnection) -> list[Breach]:
    """Return the register, the newest discovery first."""
    statement = select(Breach).order_by(col(Breach.discovered_at).desc()).limit(MOST_BREACHES)
    return [Breach(**row._asdict()) for row in (await connection.execute(statement)).all()]


async def lock_retained(
    connection: AsyncConnection, state: str, before: datetime, limit: int
) -> list[str]:
    """Return reporters whose cases ended so, and before then; another process takes others."""
    statement = (
        select(col(Complaint.reporter_id))
        .where(_retained(state, before))
        .order_by(col(Complaint.retained_since))
        .limit(limit)
        .with_for_update(skip_locked=True, key_share=True)
    )
    return list((await connection.execute(statement)).scalars())


async def count_retained(
    connection: AsyncConnection, state: str, before: datetime, later: datetime
) -> tuple[int, int, datetime | None]:
    """Count what is past its time now, and what will be by `later`; and since when the oldest is.

    `before` and `later` are ends of cases.
    """
    statement = select(
        func.count().filter(col(Complaint.retained_since) < before),
        func.count().filter(col(Complaint.retained_since) < later),
        func.min(col(Complaint.retained_since)),
    ).where(_retained(state, later))
    due, soon, oldest = (await connection.execute(statement)).one()
    return due, soon - due, oldest


def _retained(state: str, before: datetime) -> ColumnElement[bool]:
    return and_(
        col(Complaint.state) == state,
        col(Complaint.retained_since).is_not(None),
        col(Complaint.retained_since) < before,
    )
