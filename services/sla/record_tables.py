"""The table that boards, scores and reports are read from: one row per case, without any text."""

from datetime import datetime
from typing import Any

from sqlalchemy import Boolean, Column, Index, Integer, text
from sqlmodel import Field

from services.sla.record_states import OPEN
from services.sla.tables import SlaTable
from shared.columns import id_column, text_column, time_column


def _flag() -> Any:
    return Field(default=None, sa_column=Column(Boolean, nullable=True))


class RecordRow(SlaTable, table=True):
    """What is known of a case; NULL is what nobody has said yet. See `record.RecordChange`."""

    __tablename__ = "case_record"
    __table_args__ = (
        Index("case_record_open", "opd", "submitted_at", postgresql_where=text(OPEN)),
        Index("case_record_received", "submitted_at"),
        Index(
            "case_record_answered",
            "answered_at",
            postgresql_where=text("answered_at IS NOT NULL"),
            postgresql_include=["submitted_at", "answered_opd", "spam"],
        ),
        Index(
            "case_record_resolved",
            "resolved_at",
            postgresql_where=text("resolved_at IS NOT NULL"),
        ),
    )

    complaint_id: str = id_column(primary=True)
    submitted_at: datetime | None = time_column(nullable=True)
    channel: str | None = text_column(nullable=True)
    classification: str | None = text_column(nullable=True)
    area: str | None = text_column(nullable=True)
    emergency: bool | None = _flag()
    secret: bool | None = _flag()
    spam: bool | None = _flag()
    withdrawn_at: datetime | None = time_column(nullable=True)
    satisfied: bool | None = _flag()
    opd: str | None = text_column(nullable=True)
    topic: str | None = text_column(nullable=True)
    held_since: datetime | None = time_column(nullable=True)
    verified_at: datetime | None = time_column(nullable=True)
    answered_at: datetime | None = time_column(nullable=True)
    answered_opd: str | None = text_column(nullable=True)
    answered_officer: str | None = text_column(nullable=True)
    answered_held_since: datetime | None = time_column(nullable=True)
    followed_up_at: datetime | None = time_column(nullable=True)
    resolved_at: datetime | None = time_column(nullable=True)
    resolved_opd: str | None = text_column(nullable=True)
    resolved_officer: str | None = text_column(nullable=True)
    reopened: int | None = Field(default=None, sa_column=Column(Integer, nullable=True))
    state: str | None = text_column(nullable=True)
    ended: bool | None = _flag()
    merged: bool | None = _flag()
    closing_reason: str | None = text_column(nullable=True)
