"""What came in from platforms: each message once, and files that are still to be fetched."""

from datetime import datetime

from sqlalchemy import Column, Index, LargeBinary, text
from sqlmodel import Field

from services.intake.tables import IntakeTable
from shared.columns import bytes_column, id_column, text_column, time_column


class ReceivedMessage(IntakeTable, table=True):
    """A message that a platform delivered, and what it was taken for.

    It is known by a keyed hash, because some platforms write the sender's number into a message's
    id. Of one that was refused, `content` is it as it came, sealed under a key of its own for a
    person to read.
    """

    __tablename__ = "received_message"
    __table_args__ = (
        Index("received_message_age", "received_at", postgresql_using="brin"),
        Index(
            "received_message_refused", "received_at", postgresql_where=text("content IS NOT NULL")
        ),
    )

    message_hash: bytes = Field(sa_column=Column(LargeBinary, primary_key=True))
    channel: str = text_column()
    account: str = text_column()
    meaning: str = text_column()
    reason: str | None = text_column(nullable=True)
    complaint_id: str | None = id_column(nullable=True)
    received_at: datetime = time_column()
    key_id: str | None = text_column(nullable=True)
    wrapped_key: bytes | None = bytes_column(nullable=True)
    content: bytes | None = bytes_column(nullable=True)


class WaitingPlace(IntakeTable, table=True):
    """A point that somebody shared before its words; their next complaint takes it."""

    __tablename__ = "waiting_place"

    sender_hash: bytes = Field(sa_column=Column(LargeBinary, primary_key=True))
    lat: float
    lon: float
    received_at: datetime = time_column()


class RemoteFile(IntakeTable, table=True):
    """A file that a citizen sent and that still lies on its platform.

    Without `complaint_id` it came before the words that it belongs to; the sender's next message
    claims it.
    """

    __tablename__ = "remote_file"
    __table_args__ = (
        Index("remote_file_due", "try_at", postgresql_where=text("complaint_id IS NOT NULL")),
        Index(
            "remote_file_unclaimed", "sender_hash", postgresql_where=text("complaint_id IS NULL")
        ),
    )

    file_id: str = id_column(primary=True)
    complaint_id: str | None = id_column(nullable=True)
    sender_hash: bytes = bytes_column()
    channel: str = text_column()
    account: str = text_column()
    kind: str = text_column()
    reference: str = text_column()
    received_at: datetime = time_column()
    try_at: datetime = time_column()
    tries: int = Field(sa_column_kwargs={"server_default": "0"})
