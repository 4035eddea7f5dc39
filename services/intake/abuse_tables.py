"""Tables against abuse: who is blocked until when, and which complaints were marked as spam."""

from datetime import datetime

from sqlalchemy import Index, text

from services.intake.tables import IntakeTable
from shared.columns import bytes_column, id_column, text_column, time_column


class Block(IntakeTable, table=True):
    """Someone whose complaints are not taken until a time: a phone, a sender, or a device.

    `subject_hash` is keyed, as in `reporter`; who it is stands nowhere. `complaint_id` is the
    complaint that led to it, if one did. Rows stay, and say who blocked and who lifted it.
    """

    __tablename__ = "block"
    __table_args__ = (
        Index("block_in_force", "subject_hash", postgresql_where=text("lifted_at IS NULL")),
        Index("block_newest", "blocked_at", "block_id"),
    )

    block_id: str = id_column(primary=True)
    kind: str = text_column()
    subject_hash: bytes = bytes_column()
    complaint_id: str | None = id_column(nullable=True)
    reason: str = text_column()
    blocked_at: datetime = time_column()
    blocked_by: str = text_column()
    until: datetime = time_column()
    lifted_at: datetime | None = time_column(nullable=True)
    lifted_by: str | None = text_column(nullable=True)


class SpamMark(IntakeTable, table=True):
    """A complaint that staff called spam; as long as that is not undone, no statistics count it."""

    __tablename__ = "spam_mark"
    __table_args__ = (
        Index(
            "spam_mark_in_force",
            "complaint_id",
            unique=True,
            postgresql_where=text("undone_at IS NULL"),
        ),
    )

    mark_id: str = id_column(primary=True)
    complaint_id: str = id_column(of="complaint.complaint_id")
    reason: str = text_column()
    marked_at: datetime = time_column()
    marked_by: str = text_column()
    undone_at: datetime | None = time_column(nullable=True)
    undone_by: str | None = text_column(nullable=True)
