"""Applications to services of the catalogue: what was filled in, and where each one stands."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Column, Index, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from services.intake.tables import IntakeTable
from shared.columns import bytes_column, id_column, text_column, time_column


class Application(IntakeTable, table=True):
    """What makes a complaint an application. Its case is routing's; the stage here follows it.

    `answers` is sealed JSON of all answers, under the applicant's own key; `public_answers` are
    those that are not personal. `general` is what was found of it when it came: eligibility,
    scores, the register. `opd` is the agency that it was made to. `applicant` is citizen, operator
    or opd, and `applicant_opd` the OPD that asks. `stage_answers` are what staff filled in so far.
    `held_by` is the OPD that has it now.
    """

    __tablename__ = "application"
    __table_args__ = (
        Index("application_of_opd", "opd", "service", "created_at", "complaint_id"),
        Index("application_held", "held_by", "created_at", "complaint_id"),
        Index(
            "application_of_applicant",
            "applicant_opd",
            "created_at",
            postgresql_where=text("applicant_opd IS NOT NULL"),
        ),
    )

    complaint_id: str = id_column(primary=True, of="complaint.complaint_id")
    service: str = text_column()
    version: int
    opd: str = text_column()
    applicant: str = text_column()
    applicant_opd: str | None = text_column(nullable=True)
    answers: bytes = bytes_column()
    public_answers: dict[str, Any] = Field(sa_column=Column(JSON, nullable=False))
    general: dict[str, Any] = Field(sa_column=Column(JSON, nullable=False))
    number: str | None = text_column(nullable=True)
    stage: str | None = text_column(nullable=True)
    stage_title: str | None = text_column(nullable=True)
    outcome: str | None = text_column(nullable=True)
    stage_answers: dict[str, Any] = Field(
        default={}, sa_column=Column(JSONB, nullable=False, server_default="{}")
    )
    held_by: str | None = text_column(nullable=True)
    rounds: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    created_at: datetime = time_column()
    updated_at: datetime = time_column()


class ApplicationDraft(IntakeTable, table=True):
    """An application that somebody has begun, sealed under a key of its own until it expires."""

    __tablename__ = "application_draft"
    __table_args__ = (Index("application_draft_expires", "expires_at"),)

    draft_id: str = id_column(primary=True)
    service: str = text_column()
    key_id: str = text_column()
    wrapped_key: bytes = bytes_column()
    content: bytes = bytes_column()
    created_at: datetime = time_column()
    expires_at: datetime = time_column()
