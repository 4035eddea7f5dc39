"""What applications draw, book and receive: numbers, sessions, documents, entries of registers."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Index,
    Integer,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB, TSVECTOR
from sqlmodel import Field

from services.intake.tables import IntakeTable
from shared.columns import bytes_column, id_column, text_column, time_column


class NumberSeries(IntakeTable, table=True):
    """The last number of a service's series in a year; `opd` is empty where all share the series.

    Whoever draws holds the row until their transaction ends, so that no number is lost with one
    that is rolled back.
    """

    __tablename__ = "number_series"

    service: str = text_column(primary=True)
    series: str = text_column(primary=True)
    year: int = Field(sa_column=Column(Integer, primary_key=True, autoincrement=False))
    opd: str = text_column(primary=True)
    last: int = Field(sa_column=Column(BigInteger, nullable=False))


class SessionPlace(IntakeTable, table=True):
    """How many places of a session are taken; without a row none is."""

    __tablename__ = "session_place"
    __table_args__ = (CheckConstraint("taken >= 0", name="session_place_taken"),)

    service: str = text_column(primary=True)
    session: str = text_column(primary=True)
    taken: int


class Booking(IntakeTable, table=True):
    """The session that an applicant comes to."""

    __tablename__ = "booking"
    __table_args__ = (Index("booking_of_session", "service", "session"),)

    complaint_id: str = id_column(primary=True)
    service: str = text_column()
    session: str = text_column()
    booked_at: datetime = time_column()


class IssuedDocument(IntakeTable, table=True):
    """A document that was issued; what is public of it stays, its content goes with the person.

    `public` are pairs of label and text. The content is sealed under a key of its own, which the
    applicant's key seals; it waits in `sealed` until the store has it under `content_name`, so that
    nothing is ever stored without a row. With `attachment_id` it is a staff's file, and the content
    is that file's. `round` counts corrections and reopenings, `place` the files of one field. What
    has `expires_at` loses its content after that: its applicant was erased.
    """

    __tablename__ = "issued_document"
    __table_args__ = (
        UniqueConstraint("complaint_id", "code", "round", "place", name="issued_document_once"),
        Index("issued_document_to_store", "issued_at", postgresql_where=text("sealed IS NOT NULL")),
        Index(
            "issued_document_expiring",
            "expires_at",
            postgresql_where=text("expires_at IS NOT NULL"),
        ),
    )

    document_id: str = id_column(primary=True)
    complaint_id: str = id_column(of="complaint.complaint_id")
    service: str = text_column()
    code: str = text_column()
    round: int
    place: int
    title: str = text_column()
    number: str | None = text_column(nullable=True)
    verification: str = Field(sa_column=Column(Text, nullable=False, unique=True))
    opd: str = text_column()
    opd_name: str = text_column()
    applicant_opd: str | None = text_column(nullable=True)
    public: list[list[str]] = Field(sa_column=Column(JSONB, nullable=False))
    issued_at: datetime = time_column()
    issued_on: date
    valid_until: date | None
    media_type: str = text_column()
    size: int
    sha256: str = text_column()
    attachment_id: str | None = id_column(nullable=True)
    content_name: str | None = text_column(nullable=True)
    sealed: bytes | None = bytes_column(nullable=True)
    key_id: str = text_column()
    wrapped_key: bytes | None = bytes_column(nullable=True)
    withdrawn_at: datetime | None = time_column(nullable=True)
    withdrawn_by: str | None = text_column(nullable=True)
    withdrawn_reason: str | None = text_column(nullable=True)
    expires_at: datetime | None = time_column(nullable=True)


class RegisterEntry(IntakeTable, table=True):
    """An entry of a register (`book`): what its columns hold, by their codes, and where it is.

    `origin` says whence it came, so that it comes once: an application, or a row of an import.
    `words` finds it by what everybody may see, `staff_words` by all of it.
    """

    __tablename__ = "register_entry"
    __table_args__ = (
        UniqueConstraint("book", "origin", name="register_entry_once"),
        Index("register_entry_in_order", "book", "entry_id"),
        Index(
            "register_entry_by_place",
            "book",
            "lat",
            "lon",
            postgresql_where=text("lat IS NOT NULL"),
        ),
        Index("register_entry_words", "words", postgresql_using="gin"),
        Index("register_entry_staff_words", "staff_words", postgresql_using="gin"),
    )

    entry_id: str = id_column(primary=True)
    book: str = text_column()
    opd: str = text_column()
    complaint_id: str | None = id_column(nullable=True)
    origin: str = text_column()
    cells: dict[str, Any] = Field(sa_column=Column(JSONB, nullable=False))
    words: str = Field(sa_column=Column(TSVECTOR, nullable=False))
    staff_words: str = Field(sa_column=Column(TSVECTOR, nullable=False))
    lat: float | None
    lon: float | None
    address: str | None = text_column(nullable=True)
    expires_on: date | None
    entered_at: datetime = time_column()
    changed_at: datetime = time_column()
    withdrawn_at: datetime | None = time_column(nullable=True)
    withdrawn_by: str | None = text_column(nullable=True)
    withdrawn_reason: str | None = text_column(nullable=True)
