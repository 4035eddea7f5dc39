"""Intake's table of partners: what each reported, under its own number."""

from datetime import datetime
from typing import Any

from sqlalchemy import Column, Index, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from services.intake.tables import IntakeTable
from shared.columns import bytes_column, id_column, text_column, time_column


class PartnerReport(IntakeTable, table=True):
    """One report of a partner, whether it became a complaint or is only counted.

    `kind` is a call's type, else `report`; `details` are facts of the call without any person.
    """

    __tablename__ = "partner_report"
    __table_args__ = (
        Index(
            "partner_report_complaint",
            "complaint_id",
            postgresql_where=text("complaint_id IS NOT NULL"),
        ),
        Index(
            "partner_report_caller",
            "caller_hash",
            "received_at",
            postgresql_where=text("caller_hash IS NOT NULL"),
        ),
        Index("partner_report_time", "partner", "received_at"),
    )

    partner: str = text_column(primary=True)
    external_id: str = text_column(primary=True)
    body_hash: bytes = bytes_column()
    complaint_id: str | None = id_column(nullable=True)
    kind: str = text_column()
    category: str | None = text_column(nullable=True)
    caller_hash: bytes | None = bytes_column(nullable=True)
    details: dict[str, Any] = Field(sa_column=Column(JSONB, nullable=False))
    received_at: datetime = time_column()
