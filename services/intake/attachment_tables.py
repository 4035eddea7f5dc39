"""Files of citizens and officers: what is known of each, and where its sealed content is."""

from datetime import datetime

from sqlalchemy import Index, text

from services.intake.tables import IntakeTable
from shared.columns import bytes_column, id_column, text_column, time_column


class Attachment(IntakeTable, table=True):
    """One file. Its row is written before its content, so that no content is ever without a row.

    Content and thumbnail lie in the store under the two names, sealed under a key of the file's
    own. `wrapped_key` is that key, wrapped by the master key; once a citizen's file belongs to a
    complaint, it is sealed under the reporter's key as well, and goes with it. What has
    `expires_at` is deleted after that: no complaint has it, or its reporter was erased.
    """

    __tablename__ = "attachment"
    __table_args__ = (
        Index("attachment_of_complaint", "complaint_id", "uploaded_at"),
        Index("attachment_expiring", "expires_at", postgresql_where=text("expires_at IS NOT NULL")),
    )

    attachment_id: str = id_column(primary=True)
    complaint_id: str | None = id_column(of="complaint.complaint_id", nullable=True)
    message_id: str | None = id_column(nullable=True)
    by: str = text_column()
    officer_id: str | None = text_column(nullable=True)
    kind: str = text_column()
    media_type: str = text_column()
    size: int
    width: int | None
    height: int | None
    seconds: float | None
    fingerprint: str = text_column()
    taken_at: datetime | None = time_column(nullable=True)
    taken_lat: float | None
    taken_lon: float | None
    content_name: str = text_column()
    thumbnail_name: str | None = text_column(nullable=True)
    key_id: str = text_column()
    wrapped_key: bytes = bytes_column()
    uploaded_at: datetime = time_column()
    expires_at: datetime | None = time_column(nullable=True)
