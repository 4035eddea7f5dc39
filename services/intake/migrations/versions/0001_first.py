"""Complaints, reporters, messages, timelines and deadlines; what delivery and the doors need."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import UUID

from shared.delivery_schema import create_delivery_tables, drop_delivery_tables
from shared.idempotency import create_idempotency_table
from shared.profile_store import create_profile_table

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_OPEN = "state IN ('received', 'triage', 'assigned', 'in_progress', 'waiting_citizen')"


def upgrade() -> None:
    """Create everything."""
    create_delivery_tables()
    create_profile_table()
    create_idempotency_table()
    _create_reporters()
    _create_complaints()
    _create_conversations()


def downgrade() -> None:
    """Drop everything."""
    tables = ("deadline", "timeline_entry", "message", "complaint", "reporter", "idempotency")
    for name in (*tables, "profile"):
        op.drop_table(name)
    drop_delivery_tables()


def _create_reporters() -> None:
    op.create_table(
        "reporter",
        sa.Column("reporter_id", UUID(as_uuid=False), primary_key=True),
        sa.Column("key_id", sa.Text, nullable=False),
        sa.Column("wrapped_key", sa.LargeBinary),
        sa.Column("identity", sa.LargeBinary),
        sa.Column("phone_hash", sa.LargeBinary),
        sa.Column("nik_hash", sa.LargeBinary),
        _time("created_at", nullable=False),
        _time("erased_at"),
    )
    for field in ("phone", "nik"):
        op.create_index(
            f"reporter_{field}",
            "reporter",
            [f"{field}_hash"],
            postgresql_where=sa.text(f"{field}_hash IS NOT NULL"),
        )


def _create_complaints() -> None:
    op.create_table(
        "complaint",
        sa.Column("complaint_id", UUID(as_uuid=False), primary_key=True),
        sa.Column("tracking_code", sa.Text, nullable=False, unique=True),
        sa.Column("reporter_id", UUID(as_uuid=False), nullable=False),
        sa.Column("key_id", sa.Text, nullable=False),
        sa.Column("channel", sa.Text, nullable=False),
        sa.Column("classification", sa.Text, nullable=False),
        sa.Column("title", sa.Text),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("address", sa.Text),
        sa.Column("lat", sa.Float),
        sa.Column("lon", sa.Float),
        sa.Column("area_code", sa.Text),
        sa.Column("anonymous", sa.Boolean, nullable=False),
        sa.Column("secret", sa.Boolean, nullable=False),
        _time("submitted_at", nullable=False),
        _time("device_time"),
        sa.Column("words", sa.LargeBinary, nullable=False),
        sa.Column("state", sa.Text, nullable=False, server_default="received"),
        sa.Column("opd", sa.Text),
        sa.Column("opd_name", sa.Text),
        sa.Column("epoch", sa.Integer, nullable=False, server_default="0"),
        sa.Column("request_id", sa.Text),
        sa.Column("state_before_merge", sa.Text),
    )
    op.create_index("complaint_open", "complaint", ["state"], postgresql_where=sa.text(_OPEN))


def _create_conversations() -> None:
    op.create_table(
        "message",
        sa.Column("message_id", UUID(as_uuid=False), primary_key=True),
        _complaint(),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("words", sa.LargeBinary),
        sa.Column("text", sa.Text),
        sa.Column("satisfied", sa.Boolean),
        sa.Column("request_id", sa.Text),
        _time("sent_at", nullable=False),
    )
    op.create_index("message_of_complaint", "message", ["complaint_id", "sent_at"])
    op.create_table(
        "timeline_entry",
        sa.Column("complaint_id", UUID(as_uuid=False), primary_key=True),
        sa.Column("seq", sa.BigInteger, sa.Identity(always=True), primary_key=True),
        sa.Column("kind", sa.Text, nullable=False),
        _time("happened_at", nullable=False),
        sa.Column("opd", sa.Text),
        sa.Column("opd_name", sa.Text),
        sa.Column("text", sa.Text),
        sa.Column("detail", sa.Text),
        sa.Column(
            "recorded_at",
            sa.DateTime(timezone=True),
            nullable=False,
            server_default=sa.text("clock_timestamp()"),
        ),
    )
    op.create_table(
        "deadline",
        sa.Column("clock_id", sa.Text, primary_key=True),
        _complaint(),
        sa.Column("stage", sa.Text, nullable=False),
        sa.Column("part", sa.Integer, nullable=False),
        sa.Column("epoch", sa.Integer, nullable=False),
        _time("due_at", nullable=False),
        sa.Column("state", sa.Text, nullable=False),
    )
    op.create_index("deadline_of_complaint", "deadline", ["complaint_id"])


def _complaint() -> "sa.Column[str]":
    return sa.Column(
        "complaint_id",
        UUID(as_uuid=False),
        sa.ForeignKey("complaint.complaint_id"),
        nullable=False,
    )


def _time(name: str, *, nullable: bool = True) -> "sa.Column[object]":
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)
