"""What is asked and answered about appointments."""

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

SessionCode = Annotated[
    str,
    Field(
        pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}$",
        description="A session by the hour at which it begins, in the Pemda's zone.",
        examples=["2026-03-13T09:00"],
    ),
]


class SessionPlaces(BaseModel):
    """A session, and how many may still come."""

    session: SessionCode
    starts_at: datetime
    ends_at: datetime
    capacity: int
    left: int = Field(description="Places that nobody has booked.")


class SessionList(BaseModel):
    """The sessions that can be booked now, the soonest first, and what to bring."""

    place: str
    bring: list[str]
    sessions: list[SessionPlaces]


class RebookForm(BaseModel):
    """The session to come to instead."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"session": "2026-03-13T09:00"}]}
    )

    session: SessionCode


class BookedSession(BaseModel):
    """Where and when an applicant comes; without times where the day was closed since."""

    session: SessionCode
    starts_at: datetime | None
    ends_at: datetime | None
    place: str
    bring: list[str]


class Visitor(BaseModel):
    """Who comes to a session; without a name once their data were erased."""

    complaint_id: str
    tracking_code: str
    status: str
    name: str | None
    phone: str | None
    booked_at: datetime


class VisitorList(BaseModel):
    """Who comes to a session, in the order in which they booked."""

    session: SessionPlaces
    place: str
    visitors: list[Visitor]
