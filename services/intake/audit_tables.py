"""The hash-chained audit log, and the daily roots that make it and every receipt provable."""

from datetime import date, datetime

from sqlalchemy import BigInteger, Boolean, Column, Date, Index, Integer, text
from sqlmodel import Field

from services.intake.tables import IntakeTable
from shared.columns import bytes_column, id_column, text_column, time_column


class AuditEntry(IntakeTable, table=True):
    """What somebody did to personal data; `hash` is made of all other columns.

    `details` is JSON, and like `reason` free of what identifies a citizen.
    """

    __tablename__ = "audit_entry"
    __table_args__ = (Index("audit_entry_of_object", "object", "seq"),)

    seq: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    at: datetime = time_column()
    actor: str = text_column()
    action: str = text_column()
    object: str = text_column()
    reason: str | None = text_column(nullable=True)
    details: str = text_column()
    prev_hash: bytes = bytes_column()
    hash: bytes = bytes_column()


class AuditHead(IntakeTable, table=True):
    """The newest entry, in one row that whoever appends must lock: so no number is missing."""

    __tablename__ = "audit_head"

    single: bool = Field(
        sa_column=Column(Boolean, primary_key=True, server_default=text("true"), nullable=False)
    )
    seq: int = Field(sa_column=Column(BigInteger, nullable=False))
    hash: bytes = bytes_column()


class DailyRoot(IntakeTable, table=True):
    """What a day's end fixed: the day's receipts as one hash, and how far the audit log had come.

    Each root follows the one of the day before.
    """

    __tablename__ = "daily_root"

    day: date = Field(sa_column=Column(Date, primary_key=True))
    complaints: int = Field(sa_column=Column(Integer, nullable=False))
    complaint_root: bytes = bytes_column()
    audit_seq: int = Field(sa_column=Column(BigInteger, nullable=False))
    audit_hash: bytes = bytes_column()
    previous: bytes = bytes_column()
    root: bytes = bytes_column()
    closed_at: datetime = time_column()


class RootLeaf(IntakeTable, table=True):
    """A complaint's receipt at its place, from 0, in the tree of a day."""

    __tablename__ = "root_leaf"
    __table_args__ = (Index("root_leaf_of_complaint", "complaint_id", unique=True),)

    day: date = Field(sa_column=Column(Date, primary_key=True))
    place: int = Field(sa_column=Column(Integer, primary_key=True, autoincrement=False))
    complaint_id: str = id_column(of="complaint.complaint_id")
    digest: bytes = bytes_column()
