"""Tables of the data bank: one entry per complaint, live or imported, its counts and its queues.

Triggers of the migration keep two things that no writer may forget: `bank_change` names every
complaint that changed, and `bank_week` counts every entry.
"""

from datetime import date, datetime
from typing import Any

from sqlalchemy import BigInteger, Column, Date, Float, Identity, Index, Text, text
from sqlalchemy.dialects.postgresql import TSVECTOR, UUID
from sqlmodel import Field

from services.intake.tables import IntakeTable
from shared.columns import id_column, text_column, time_column

#: What the index keeps unsorted, in kB. A search reads all of it, so it has to stay short.
_PENDING_KILOBYTES = 512


class BankEntry(IntakeTable, table=True):
    """What one complaint said, masked, and what became of it.

    `words` holds the words of title and text and, marked with "=", the facts that searches choose
    by (see `rules.searching`), so that one index answers both. `week` is the Monday of its week in
    the Pemda's zone.
    """

    __tablename__ = "bank_entry"
    __table_args__ = (
        Index(
            "bank_entry_words",
            "words",
            postgresql_using="gin",
            postgresql_with={"gin_pending_list_limit": _PENDING_KILOBYTES},
        ),
        # For frequent words, a page of which is among the newest entries. Of an expression, so that
        # only who writes it uses the index: for rare words Postgres would read years by it.
        Index("bank_entry_newest", text("(submitted_at AT TIME ZONE 'UTC')"), "entry_id"),
    )

    entry_id: str = id_column(primary=True)
    is_import: bool
    submitted_at: datetime = time_column()
    week: date = Field(sa_column=Column(Date, nullable=False))
    channel: str | None = text_column(nullable=True)
    classification: str = text_column()
    state: str = text_column()
    opd: str | None = text_column(nullable=True)
    topic: str | None = text_column(nullable=True)
    area_code: str | None = text_column(nullable=True)
    lat: float | None = Field(sa_column=Column(Float))
    lon: float | None = Field(sa_column=Column(Float))
    secret: bool
    title: str | None = text_column(nullable=True)
    text: str = text_column()
    response_due_at: datetime | None = time_column(nullable=True)
    responded_at: datetime | None = time_column(nullable=True)
    resolved_at: datetime | None = time_column(nullable=True)
    words: Any = Field(sa_column=Column(TSVECTOR, nullable=False))


class BankWeek(IntakeTable, table=True):
    """How many entries a week has of an OPD, topic and sub-district; unknown is an empty text."""

    __tablename__ = "bank_week"

    week: date = Field(sa_column=Column(Date, primary_key=True))
    opd: str = Field(sa_column=Column(Text, primary_key=True))
    topic: str = Field(sa_column=Column(Text, primary_key=True))
    area: str = Field(sa_column=Column(Text, primary_key=True))
    entries: int


class BankWord(IntakeTable, table=True):
    """A word that people use, and the share of entries in which it stands (0 to 1)."""

    __tablename__ = "bank_word"
    __table_args__ = (
        Index(
            "bank_word_alike",
            "word",
            postgresql_using="gin",
            postgresql_ops={"word": "gin_trgm_ops"},
        ),
    )

    word: str = Field(sa_column=Column(Text, primary_key=True))
    share: float


class BankChange(IntakeTable, table=True):
    """A complaint of which the bank does not yet show what changed; may stand here often."""

    __tablename__ = "bank_change"

    seq: int = Field(sa_column=Column(BigInteger, Identity(always=True), primary_key=True))
    complaint_id: str = Field(sa_column=Column(UUID(as_uuid=False), nullable=False))


class BankAnnouncement(IntakeTable, table=True):
    """An imported entry that no event has told of yet."""

    __tablename__ = "bank_announcement"

    seq: int = Field(sa_column=Column(BigInteger, Identity(always=True), primary_key=True))
    entry_id: str = Field(sa_column=Column(UUID(as_uuid=False), nullable=False))
