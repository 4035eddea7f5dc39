"""Intake's tables: complaints and their projection, reporters, messages, timelines, deadlines.

They declare the schema and type its rows; a statement never goes through a session.
"""

from datetime import datetime
from typing import ClassVar

from sqlalchemy import BigInteger, Column, Identity, Index, MetaData, Text, false, text
from sqlmodel import Field, SQLModel

from services.intake.rules.progress import OPEN_STATES
from shared.columns import bytes_column, id_column, text_column, time_column

metadata = MetaData()

_OPEN = ", ".join(f"'{state}'" for state in OPEN_STATES)


class IntakeTable(SQLModel):
    """Gives intake's tables a schema of their own, apart from the other services'."""

    metadata: ClassVar[MetaData] = metadata


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

    reporter_id: str = id_column(primary=True)
    key_id: str = text_column()
    wrapped_key: bytes | None = bytes_column(nullable=True)
    identity: bytes | None = bytes_column(nullable=True)
    phone_hash: bytes | None = bytes_column(nullable=True)
    nik_hash: bytes | None = bytes_column(nullable=True)
    sender_hash: bytes | None = bytes_column(nullable=True)
    device_hash: bytes | None = bytes_column(nullable=True)
    created_at: datetime = time_column()
    erased_at: datetime | None = time_column(nullable=True)


class Complaint(IntakeTable, table=True):
    """One complaint, and what is known of its case.

    `words` is sealed JSON of title, text and address; the columns of the same names are masked.
    `account` is the Pemda's own account that was written to, `account_opd` the OPD it belongs to;
    `service_code` is the topic that was chosen, `entered_by` the operator who wrote the complaint
    down, `via` the QR sheet that led to it, `answer_by` the sender that reaches the reporter.
    `secret_by` says who made it secret: reporter, rule or desk. `digest` is the receipt of what was
    lodged.
    From `state` on, the columns are a projection of routing's events; `retained_since` is when the
    case ended, while its reporter's data are still kept.
    """

    __tablename__ = "complaint"
    __table_args__ = (
        # For the gauges: only what is open, so that a million closed complaints cost nothing.
        Index("complaint_open", "state", postgresql_where=text(f"state IN ({_OPEN})")),
        # For Open311, which lists what is public by time.
        Index("complaint_public", "submitted_at", postgresql_where=text("NOT secret")),
        Index("complaint_via", "via", "submitted_at", postgresql_where=text("via IS NOT NULL")),
        Index("complaint_of_reporter", "reporter_id"),
        # Rows lie in the order of their coming, so that this costs nearly nothing.
        Index("complaint_age", "submitted_at", postgresql_using="brin"),
        Index(
            "complaint_retained",
            "state",
            "retained_since",
            postgresql_where=text("retained_since IS NOT NULL"),
        ),
    )

    complaint_id: str = id_column(primary=True)
    tracking_code: str = Field(sa_column=Column(Text, nullable=False, unique=True))
    # Written by the statement that writes the reporter; a foreign key would look for it again.
    reporter_id: str = id_column()
    key_id: str = text_column()
    channel: str = text_column()
    classification: str = text_column()
    title: str | None = text_column(nullable=True)
    text: str = text_column()
    address: str | None = text_column(nullable=True)
    lat: float | None
    lon: float | None
    area_code: str | None = text_column(nullable=True)
    anonymous: bool
    secret: bool
    submitted_at: datetime = time_column()
    device_time: datetime | None = time_column(nullable=True)
    words: bytes = bytes_column()
    account: str | None = text_column(nullable=True)
    account_opd: str | None = text_column(nullable=True)
    emergency: bool = Field(default=False, sa_column_kwargs={"server_default": false()})
    service_code: str | None = text_column(nullable=True)
    entered_by: str | None = text_column(nullable=True)
    via: str | None = text_column(nullable=True)
    answer_by: str | None = text_column(nullable=True)
    secret_by: str | None = text_column(nullable=True)
    notice_version: str | None = text_column(nullable=True)
    digest: bytes | None = bytes_column(nullable=True)
    state: str = text_column(default="received")
    opd: str | None = text_column(nullable=True)
    opd_name: str | None = text_column(nullable=True)
    topic: str | None = text_column(nullable=True)
    epoch: int = Field(sa_column_kwargs={"server_default": "0"})
    request_id: str | None = text_column(nullable=True)
    state_before_merge: str | None = text_column(nullable=True)
    retained_since: datetime | None = time_column(nullable=True)


class Message(IntakeTable, table=True):
    """What the citizen wrote later: kind message, feedback or withdrawal; `words` is sealed."""

    __tablename__ = "message"
    __table_args__ = (Index("message_of_complaint", "complaint_id", "sent_at"),)

    message_id: str = id_column(primary=True)
    complaint_id: str = id_column(of="complaint.complaint_id")
    kind: str = text_column()
    words: bytes | None = bytes_column(nullable=True)
    text: str | None = text_column(nullable=True)
    satisfied: bool | None
    request_id: str | None = text_column(nullable=True)
    sent_at: datetime = time_column()


class TimelineEntry(IntakeTable, table=True):
    """What happened, as the citizen sees it; `text` is an officer's and shown with the secret.

    `happened_at` is the publisher's time; `recorded_at` is when intake knew.
    """

    __tablename__ = "timeline_entry"

    complaint_id: str = id_column(primary=True)
    seq: int = Field(sa_column=Column(BigInteger, Identity(always=True), primary_key=True))
    kind: str = text_column()
    happened_at: datetime = time_column()
    opd: str | None = text_column(nullable=True)
    opd_name: str | None = text_column(nullable=True)
    text: str | None = text_column(nullable=True)
    detail: str | None = text_column(nullable=True)
    recorded_at: datetime = time_column(default="clock_timestamp()")


class Deadline(IntakeTable, table=True):
    """A clock of sla that citizens may see; state running, paused, missed, or its outcome."""

    __tablename__ = "deadline"
    __table_args__ = (Index("deadline_of_complaint", "complaint_id"),)

    clock_id: str = text_column(primary=True)
    complaint_id: str = id_column(of="complaint.complaint_id")
    stage: str = text_column()
    part: int
    epoch: int
    due_at: datetime = time_column()
    state: str = text_column()
