"""Tables of what proves the work, of what looks odd about it, and of bodies outside the Pemda."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Column, DateTime, Index, Integer, Text, text
from sqlalchemy.dialects.postgresql import ARRAY, UUID
from sqlmodel import Field

from services.routing.tables import RoutingTable


def _id(*, primary: bool = False) -> Any:
    return Field(sa_column=Column(UUID(as_uuid=False), primary_key=primary, nullable=False))


def _time(*, nullable: bool = False) -> Any:
    return Field(
        default=None if nullable else ...,
        sa_column=Column(DateTime(timezone=True), nullable=nullable),
    )


def _text(*, nullable: bool = False) -> Any:
    return Field(default=None if nullable else ..., sa_column=Column(Text, nullable=nullable))


class Evidence(RoutingTable, table=True):
    """A photo or file that intake told of; `bands` are parts of its fingerprint, to find it by."""

    __tablename__ = "evidence"
    __table_args__ = (
        Index("evidence_of_case", "complaint_id"),
        Index("evidence_bands", "bands", postgresql_using="gin"),
    )

    attachment_id: str = _id(primary=True)
    complaint_id: str = _id()
    added_at: datetime = _time()
    by: str = _text()
    fingerprint: str = _text()
    bands: list[int] = Field(sa_column=Column(ARRAY(Integer), nullable=False))
    taken_at: datetime | None = _time(nullable=True)
    lat: float | None
    lon: float | None


class ClosingFlag(RoutingTable, table=True):
    """What looks odd about the proof of a closing; a person at the desk says what it means."""

    __tablename__ = "closing_flag"
    __table_args__ = (
        Index("closing_flag_unseen", "raised_at", postgresql_where=text("seen_at IS NULL")),
    )

    flag_id: str = _id(primary=True)
    complaint_id: str = _id()
    attachment_id: str = _id()
    kind: str = _text()
    details: dict[str, Any] = Field(sa_column=Column(JSON, nullable=False))
    raised_at: datetime = _time()
    seen_by: str | None = _text(nullable=True)
    seen_at: datetime | None = _time(nullable=True)
    verdict: str | None = _text(nullable=True)


class Referral(RoutingTable, table=True):
    """What a body outside the Pemda was asked for; the OPD keeps the case and reminds it."""

    __tablename__ = "referral"
    __table_args__ = (
        Index("referral_open", "remind_at", postgresql_where=text("answered_at IS NULL")),
        Index("referral_of_case", "complaint_id"),
    )

    referral_id: str = _id(primary=True)
    complaint_id: str = _id()
    body: str = _text()
    body_name: str = _text()
    opd: str | None = _text(nullable=True)
    text: str = _text()
    referred_at: datetime = _time()
    referred_by: str = _text()
    remind_at: datetime = _time()
    answer: str | None = _text(nullable=True)
    answered_at: datetime | None = _time(nullable=True)
