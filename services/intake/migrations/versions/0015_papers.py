"""What applications draw, book and receive: numbers, sessions, documents, entries of registers."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB, TSVECTOR, UUID

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "number_series",
        sa.Column("service", sa.Text, primary_key=True),
        sa.Column("series", sa.Text, primary_key=True),
        sa.Column("year", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("opd", sa.Text, primary_key=True),
        sa.Column("last", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "session_place",
        sa.Column("service", sa.Text, primary_key=True),
        sa.Column("session", sa.Text, primary_key=True),
        sa.Column("taken", sa.Integer, nullable=False),
        sa.CheckConstraint("taken >= 0", name="session_place_taken"),
    )
    op.create_table(
        "booking",
        _id("complaint_id", primary=True),
        sa.Column("service", sa.Text, nullable=False),
        sa.Column("session", sa.Text, nullable=False),
        _time("booked_at"),
    )
    op.create_index("booking_of_session", "booking", ["service", "session"])
    _create_documents()
    _create_registers()


def _create_documents() -> None:
    op.create_table(
        "issued_document",
        _id("document_id", primary=True),
        sa.Column(
            "complaint_id",
            UUID(as_uuid=False),
            sa.ForeignKey("complaint.complaint_id"),
            nullable=False,
        ),
        sa.Column("service", sa.Text, nullable=False),
        sa.Column("code", sa.Text, nullable=False),
        sa.Column("round", sa.Integer, nullable=False),
        sa.Column("place", sa.Integer, nullable=False),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("number", sa.Text),
        sa.Column("verification", sa.Text, nullable=False, unique=True),
        sa.Column("opd", sa.Text, nullable=False),
        sa.Column("opd_name", sa.Text, nullable=False),
        sa.Column("applicant_opd", sa.Text),
        sa.Column("public", JSONB, nullable=False),
        _time("issued_at"),
        sa.Column("issued_on", sa.Date, nullable=False),
        sa.Column("valid_until", sa.Date),
        sa.Column("media_type", sa.Text, nullable=False),
        sa.Column("size", sa.Integer, nullable=False),
        sa.Column("sha256", sa.Text, nullable=False),
        sa.Column("attachment_id", UUID(as_uuid=False)),
        sa.Column("content_name", sa.Text),
        sa.Column("sealed", sa.LargeBinary),
        sa.Column("key_id", sa.Text, nullable=False),
        sa.Column("wrapped_key", sa.LargeBinary),
        _time("withdrawn_at", nullable=True),
        sa.Column("withdrawn_by", sa.Text),
        sa.Column("withdrawn_reason", sa.Text),
        _time("expires_at", nullable=True),
        sa.UniqueConstraint("complaint_id", "code", "round", "place", name="issued_document_once"),
    )
    op.create_index(
        "issued_document_to_store",
        "issued_document",
        ["issued_at"],
        postgresql_where=sa.text("sealed IS NOT NULL"),
    )
    op.create_index(
        "issued_document_expiring",
        "issued_document",
        ["expires_at"],
        postgresql_where=sa.text("expires_at IS NOT NULL"),
    )


def _create_registers() -> None:
    op.create_table(
        "register_entry",
        _id("entry_id", primary=True),
        sa.Column("book", sa.Text, nullable=False),
        sa.Column("opd", sa.Text, nullable=False),
        sa.Column("complaint_id", UUID(as_uuid=False)),
        sa.Column("origin", sa.Text, nullable=False),
        sa.Column("cells", JSONB, nullable=False),
        sa.Column("words", TSVECTOR, nullable=False),
        sa.Column("staff_words", TSVECTOR, nullable=False),
        sa.Column("lat", sa.Float),
        sa.Column("lon", sa.Float),
        sa.Column("address", sa.Text),
        sa.Column("expires_on", sa.Date),
        _time("entered_at"),
        _time("changed_at"),
        _time("withdrawn_at", nullable=True),
        sa.Column("withdrawn_by", sa.Text),
        sa.Column("withdrawn_reason", sa.Text),
        sa.UniqueConstraint("book", "origin", name="register_entry_once"),
    )
    op.create_index("register_entry_in_order", "register_entry", ["book", "entry_id"])
    op.create_index(
        "register_entry_by_place",
        "register_entry",
        ["book", "lat", "lon"],
        postgresql_where=sa.text("lat IS NOT NULL"),
    )
    op.create_index("register_entry_words", "register_entry", ["words"], postgresql_using="gin")
    op.create_index(
        "register_entry_staff_words", "register_entry", ["staff_words"], postgresql_using="gin"
    )


def downgrade() -> None:
    """Drop them."""
    for name in ("register_entry", "issued_document", "booking", "session_place", "number_series"):
        op.drop_table(name)


def _id(name: str, *, primary: bool = False) -> "sa.Column[str]":
    return sa.Column(name, UUID(as_uuid=False), primary_key=primary, nullable=False)


def _time(name: str, *, nullable: bool = False) -> "sa.Column[object]":
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)
