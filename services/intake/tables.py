"""Intake's tables: complaints and their projection, reporters, messages, timelines, deadlines.

They declare the schema and type its rows; a statement never goes through a session.
"""

from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import (
    BigInteger,
    Column,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    LargeBinary,
    MetaData,
    Text,
    false,
    text,
)
from sqlalchemy.dialects.postgresql import UUID
from sqlmodel import Field, SQLModel

from services.intake.rules.progress import OPEN_STATES

metadata = MetaData()

_OPEN = ", ".join(f"'{state}'" for state in OPEN_STATES)


class IntakeTable(SQLModel):
    """Gives intake's tables a schema of their own, apart from the other services'."""

    metadata: ClassVar[MetaData] = metadata


def _id(*, primary: bool = False, of: str | None = None) -> Any:
    keys = [ForeignKey(of)] if of else []
    return Field(sa_column=Column(UUID(as_uuid=False), *keys, primary_key=primary, nullable=False))


def _time(*, nullable: bool = False, default: str | None = None) -> Any:
    return Field(
        default=None if nullable else ...,
        sa_column=Column(
            DateTime(timezone=True),
            nullable=nullable,
            server_default=text(default) if default else None,
        ),
    )


def _text(*, nullable: bool = False, default: str | None = None) -> Any:
    return Field(
        default=None if nullable else ...,
        sa_column=Column(Text, nullable=nullable, server_default=default),
    )


def _bytes(*, nullable: bool = False) -> Any:
    return Field(
        default=None if nullable else ..., sa_column=Column(LargeBinary, nullable=nullable)
    )


class Reporter(IntakeTable, table=True):
    """Who reported, sealed under a key of their own; one row per complaint.

    `identity` is sealed JSON. Without `wrapped_key` nothing of this person opens any more: that
    is what erasing means. The hashes are keyed and find a phone number, a NIK or a sender on a
    channel again; that of a device tells whom to block.
    """

    __tablename__ = "reporter"
    __table_args__ = (
        Index("reporter_phone", "phone_hash", postgresql_where=text("phone_hash IS NOT NULL")),
        Index("reporter_nik", "nik_hash", postgresql_where=text("nik_hash IS NOT NULL")),
        Index("reporter_sender", "sender_hash", postgresql_where=text("sender_hash IS NOT NULL")),
    )

    reporter_id: str = _id(primary=True)
    key_id: str = _text()
    wrapped_key: bytes | None = _bytes(nullable=True)
    identity: bytes | None = _bytes(nullable=True)
    phone_hash: bytes | None = _bytes(nullable=True)
    nik_hash: bytes | None = _bytes(nullable=True)
    sender_hash: bytes | None = _bytes(nullable=True)
    device_hash: bytes | None = _bytes(nullable=True)
    created_at: datetime = _time()
    erased_at: datetime | None = _time(nullable=True)


class Complaint(IntakeTable, table=True):
    """One complaint, and what is known of its case.

    `words` is sealed JSON of title, text and address; the columns of the same names are masked.
    `account` is the Pemda's own account that was written to, `account_opd` the OPD it belongs to;
    `service_code` is the topic that was chosen, `entered_by` the operator who wrote the complaint
    down, `via` the QR sheet that led to it, `answer_by` the sender that reaches the reporter.
    From `state` on, the columns are a projection of routing's events.
    """

    __tablename__ = "complaint"
    __table_args__ = (
        # For the gauges: only what is open, so that a million closed complaints cost nothing.
        Index("complaint_open", "state", postgresql_where=text(f"state IN ({_OPEN})")),
        # For Open311, which lists what is public by time.
        Index("complaint_public", "submitted_at", postgresql_where=text("NOT secret")),
        Index("complaint_via", "via", "submitted_at", postgresql_where=text("via IS NOT NULL")),
        Index("complaint_of_reporter", "reporter_id"),
    )

    complaint_id: str = _id(primary=True)
    tracking_code: str = Field(sa_column=Column(Text, nullable=False, unique=True))
    # Written by the statement that writes the reporter; a foreign key would look for it again.
    reporter_id: str = _id()
    key_id: str = _text()
    channel: str = _text()
    classification: str = _text()
    title: str | None = _text(nullable=True)
    text: str = _text()
    address: str | None = _text(nullable=True)
    lat: float | None
    lon: float | None
    area_code: str | None = _text(nullable=True)
    anonymous: bool
    secret: bool
    submitted_at: datetime = _time()
    device_time: datetime | None = _time(nullable=True)
    words: bytes = _bytes()
    account: str | None = _text(nullable=True)
    account_opd: str | None = _text(nullable=True)
    emergency: bool = Field(default=False, sa_column_kwargs={"server_default": false()})
    service_code: str | None = _text(nullable=True)
    entered_by: str | None = _text(nullable=True)
    via: str | None = _text(nullable=True)
    answer_by: str | None = _text(nullable=True)
    state: str = _text(default="received")
    opd: str | None = _text(nullable=True)
    opd_name: str | None = _text(nullable=True)
    topic: str | None = _text(nullable=True)
    epoch: int = Field(sa_column_kwargs={"server_default": "0"})
    request_id: str | None = _text(nullable=True)
    state_before_merge: str | None = _text(nullable=True)


class Message(IntakeTable, table=True):
    """What the citizen wrote later: kind message, feedback or withdrawal; `words` is sealed."""

    __tablename__ = "message"
    __table_args__ = (Index("message_of_complaint", "complaint_id", "sent_at"),)

    message_id: str = _id(primary=True)
    complaint_id: str = _id(of="complaint.complaint_id")
    kind: str = _text()
    words: bytes | None = _bytes(nullable=True)
    text: str | None = _text(nullable=True)
    satisfied: bool | None
    request_id: str | None = _text(nullable=True)
    sent_at: datetime = _time()


class TimelineEntry(IntakeTable, table=True):
    """What happened, as the citizen sees it; `text` is an officer's and shown with the secret.

    `happened_at` is the publisher's time; `recorded_at` is when intake knew.
    """

    __tablename__ = "timeline_entry"

    complaint_id: str = _id(primary=True)
    seq: int = Field(sa_column=Column(BigInteger, Identity(always=True), primary_key=True))
    kind: str = _text()
    happened_at: datetime = _time()
    opd: str | None = _text(nullable=True)
    opd_name: str | None = _text(nullable=True)
    text: str | None = _text(nullable=True)
    detail: str | None = _text(nullable=True)
    recorded_at: datetime = _time(default="clock_timestamp()")


class Deadline(IntakeTable, table=True):
    """A clock of sla that citizens may see; state running, paused, missed, or its outcome."""

    __tablename__ = "deadline"
    __table_args__ = (Index("deadline_of_complaint", "complaint_id"),)

    clock_id: str = Field(sa_column=Column(Text, primary_key=True))
    complaint_id: str = _id(of="complaint.complaint_id")
    stage: str = _text()
    part: int
    epoch: int
    due_at: datetime = _time()
    state: str = _text()
