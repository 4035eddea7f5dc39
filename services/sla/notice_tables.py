"""Tables of notices to staff: what each contact is to hear, and what came of it."""

from datetime import date, datetime

from sqlalchemy import Column, Date, DateTime, Index, Integer, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import Field

from services.sla.tables import SlaTable
from shared.columns import id_column, text_column, time_column


class CaseCodeRow(SlaTable, table=True):
    """By which code staff and citizens know a case."""

    __tablename__ = "case_code"

    complaint_id: str = id_column(primary=True)
    tracking_code: str = text_column()


class NoticeContactRow(SlaTable, table=True):
    """A contact, by its office: when it was told lately, and when in a digest.

    Its row is locked while its notices are handed on, so that replicas take turns.
    """

    __tablename__ = "notice_contact"

    contact: str = text_column(primary=True)
    recent: list[datetime] = Field(
        sa_column=Column(
            ARRAY(DateTime(timezone=True)), nullable=False, server_default=text("'{}'")
        )
    )
    digested_at: datetime | None = time_column(nullable=True)
    daily_on: date | None = Field(default=None, sa_column=Column(Date, nullable=True))


class NoticeRow(SlaTable, table=True):
    """One thing that one contact is told, or was; its id follows from both, so that it is once.

    `state` is waiting (until `due_at`, at the least), handed (messages were queued), digested (in a
    message with others), kept (nothing sends to the contact: it is read here alone), or dropped (it
    was no longer true, or was seen). A notice has no words: they are made when it is sent.
    """

    __tablename__ = "notice"
    __table_args__ = (
        Index("notice_waiting", "contact", "due_at", postgresql_where="state = 'waiting'"),
        Index("notice_newest", "happened_at", "notice_id"),
        Index("notice_by_opd", "opd", "happened_at", "notice_id"),
    )

    notice_id: str = id_column(primary=True)
    event_key: str = text_column()
    contact: str = text_column()
    kind: str = text_column()
    complaint_id: str = id_column()
    part: int = Field(sa_column=Column(Integer, nullable=False))
    to_role: str = text_column()
    opd: str | None = text_column(nullable=True)
    clock_id: str | None = id_column(nullable=True)
    stage: str | None = text_column(nullable=True)
    level: int | None = Field(default=None, sa_column=Column(Integer, nullable=True))
    happened_at: datetime = time_column()
    due_at: datetime = time_column()
    state: str = text_column()
    ended_at: datetime | None = time_column(nullable=True)
    seen_at: datetime | None = time_column(nullable=True)
    seen_by: str | None = text_column(nullable=True)
