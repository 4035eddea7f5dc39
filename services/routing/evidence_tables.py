"""Tables of what proves the work, of what looks odd about it, and of bodies outside the Pemda."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Column, Index, Integer, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import Field

from services.routing.tables import RoutingTable
from shared.columns import id_column, text_column, time_column


class Evidence(RoutingTable, table=True):
    """A photo or file that intake told of; `bands` are parts of its fingerprint, to find it by."""

    __tablename__ = "evidence"
    __table_args__ = (
        Index("evidence_of_case", "complaint_id"),
        Index("evidence_bands", "bands", postgresql_using="gin"),
    )

    attachment_id: str = id_column(primary=True)
    complaint_id: str = id_column()
    added_at: datetime = time_column()
    by: str = text_column()
    fingerprint: str = text_column()
    bands: list[int] = Field(sa_column=Column(ARRAY(Integer), nullable=False))
    taken_at: datetime | None = time_column(nullable=True)
    lat: float | None
    lon: float | None


class ClosingFlag(RoutingTable, table=True):
    """What looks odd about the proof of a closing; a person at the desk says what it means."""

    __tablename__ = "closing_flag"
    __table_args__ = (
        Index("closing_flag_unseen", "raised_at", postgresql_where=text("seen_at IS NULL")),
    )

    flag_id: str = id_column(primary=True)
    complaint_id: str = id_column()
    attachment_id: str = id_column()
    kind: str = text_column()
    details: dict[str, Any] = Field(sa_column=Column(JSON, nullable=False))
    raised_at: datetime = time_column()
    seen_by: str | None = text_column(nullable=True)
    seen_at: datetime | None = time_column(nullable=True)
    verdict: str | None = text_column(nullable=True)


class Referral(RoutingTable, table=True):
    """What a body outside the Pemda was asked for; the OPD keeps the case and reminds it."""

    __tablename__ = "referral"
    __table_args__ = (
        Index("referral_open", "remind_at", postgresql_where=text("answered_at IS NULL")),
        Index("referral_of_case", "complaint_id"),
    )

    referral_id: str = id_column(primary=True)
    complaint_id: str = id_column()
    body: str = text_column()
    body_name: str = text_column()
    opd: str | None = text_column(nullable=True)
    text: str = text_column()
    referred_at: datetime = time_column()
    referred_by: str = text_column()
    remind_at: datetime = time_column()
    answer: str | None = text_column(nullable=True)
    answered_at: datetime | None = time_column(nullable=True)
