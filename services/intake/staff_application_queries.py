"""SQL of the applications that an OPD's staff list, search and export."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, and_, literal, or_, select, tuple_
from sqlalchemy.dialects.postgresql import UUID
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlmodel import col

from services.intake.application_tables import Application
from services.intake.staff_application_schemas import Choice
from services.intake.tables import Complaint


@dataclass(frozen=True, slots=True)
class Place:
    """Where a page ended."""

    created_at: datetime
    complaint_id: str


async def list_applications(
    connection: AsyncConnection, choice: Choice, after: Place | None, most: int
) -> list[Row[Any]]:
    """Return what an OPD has, or has asked for itself, the newest first."""
    age = tuple_(col(Application.created_at), col(Application.complaint_id))
    wanted = (
        select(
            *Application.__table__.columns,  # type: ignore[attr-defined]
            col(Complaint.tracking_code),
            col(Complaint.state),
            col(Complaint.opd).label("case_opd"),
            col(Complaint.submitted_at),
        )
        .join(Complaint, col(Complaint.complaint_id) == col(Application.complaint_id))
        .where(
            or_(
                col(Application.held_by) == choice.opd,
                col(Application.applicant_opd) == choice.opd,
            ),
            *_conditions(choice),
        )
        .order_by(col(Application.created_at).desc(), col(Application.complaint_id).desc())
        .limit(most)
    )
    if after is not None:
        wanted = wanted.where(
            age < tuple_(after.created_at, literal(after.complaint_id, UUID(as_uuid=False)))
        )
    found: list[Any] = list((await connection.execute(wanted)).all())
    return found


def _conditions(choice: Choice) -> list[Any]:
    conditions: list[Any] = []
    if choice.service is not None:
        conditions.append(col(Application.service) == choice.service)
    if choice.stage is not None:
        conditions.append(col(Application.stage) == choice.stage)
    if choice.outcome == "open":
        conditions.append(col(Application.outcome).is_(None))
    elif choice.outcome is not None:
        conditions.append(col(Application.outcome) == choice.outcome)
    if choice.since is not None:
        conditions.append(col(Application.created_at) >= choice.since)
    if choice.until is not None:
        conditions.append(col(Application.created_at) < choice.until)
    # The complaint's text is the public answers as people read them, line by line.
    conditions += [
        or_(
            col(Complaint.text).icontains(word, autoescape=True),
            col(Application.number).icontains(word, autoescape=True),
        )
        for word in choice.text.split()
    ]
    return [and_(*conditions)] if conditions else []
