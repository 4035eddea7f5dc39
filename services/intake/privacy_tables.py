"""What people ask about their own data, and what happened to it: requests and breaches."""

from datetime import datetime

from sqlalchemy import Column, Index, Integer, Text, text
from sqlalchemy.dialects.postgresql import ARRAY, UUID
from sqlmodel import Field

from services.intake.tables import IntakeTable
from shared.columns import bytes_column, id_column, text_column, time_column


class SubjectRequest(IntakeTable, table=True):
    """A person's request about their data: kind export, correct, erase or object.

    `proof` is tracking_secret or desk: how it was made sure that they are who they say. `wish` is
    what they wrote, sealed under the key of the first of `reporter_ids`. State open, done, refused.
    """

    __tablename__ = "subject_request"
    __table_args__ = (
        Index("subject_request_open", "due_at", postgresql_where=text("state = 'open'")),
    )

    request_id: str = id_column(primary=True)
    kind: str = text_column()
    state: str = text_column(default="open")
    proof: str = text_column()
    reporter_ids: list[str] = Field(sa_column=Column(ARRAY(UUID(as_uuid=False)), nullable=False))
    wish: bytes | None = bytes_column(nullable=True)
    opened_by: str = text_column()
    opened_at: datetime = time_column()
    due_at: datetime = time_column()
    decided_by: str | None = text_column(nullable=True)
    decided_at: datetime | None = time_column(nullable=True)
    reason: str | None = text_column(nullable=True)


class Breach(IntakeTable, table=True):
    """Personal data got where they should not; by `notify_by` people and authority must be told.

    `what` says which data, `how` when and how it happened, `remedy` what is done about it (UU
    27/2022 asks for these three).
    """

    __tablename__ = "breach"

    breach_id: str = id_column(primary=True)
    what: list[str] = Field(sa_column=Column(ARRAY(Text), nullable=False))
    people: int = Field(sa_column=Column(Integer, nullable=False))
    how: str = text_column()
    remedy: str = text_column()
    discovered_at: datetime = time_column()
    notify_by: datetime = time_column()
    recorded_by: str = text_column()
    recorded_at: datetime = time_column()
    subjects_told_at: datetime | None = time_column(nullable=True)
    authority_told_at: datetime | None = time_column(nullable=True)
