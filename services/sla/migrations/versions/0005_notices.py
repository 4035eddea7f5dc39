"""Notices to staff: what each contact is to hear, the queue they go out by, and cases' codes."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY, UUID

from shared.messaging.schema import create_messaging_tables, drop_messaging_tables

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create everything; what is stored already is told to nobody."""
    create_messaging_tables()
    op.create_table(
        "case_code",
        sa.Column("complaint_id", UUID(as_uuid=False), primary_key=True),
        sa.Column("tracking_code", sa.Text, nullable=False),
    )
    op.create_table(
        "notice_contact",
        sa.Column("contact", sa.Text, primary_key=True),
        sa.Column(
            "recent",
            ARRAY(sa.DateTime(timezone=True)),
            nullable=False,
            server_default=sa.text("'{}'"),
        ),
        _time("digested_at", nullable=True),
        sa.Column("daily_on", sa.Date),
    )
    op.create_table(
        "notice",
        sa.Column("notice_id", UUID(as_uuid=False), primary_key=True),
        sa.Column("event_key", sa.Text, nullable=False),
        sa.Column("contact", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("complaint_id", UUID(as_uuid=False), nullable=False),
        sa.Column("part", sa.Integer, nullable=False),
        sa.Column("to_role", sa.Text, nullable=False),
        sa.Column("opd", sa.Text),
        sa.Column("clock_id", UUID(as_uuid=False)),
        sa.Column("stage", sa.Text),
        sa.Column("level", sa.Integer),
        _time("happened_at"),
        _time("due_at"),
        sa.Column("state", sa.Text, nullable=False),
        _time("ended_at", nullable=True),
        _time("seen_at", nullable=True),
        sa.Column("seen_by", sa.Text),
    )
    op.create_index(
        "notice_waiting",
        "notice",
        ["contact", "due_at"],
        postgresql_where=sa.text("state = 'waiting'"),
    )
    op.create_index("notice_newest", "notice", ["happened_at", "notice_id"])
    op.create_index("notice_by_opd", "notice", ["opd", "happened_at", "notice_id"])


def downgrade() -> None:
    """Drop everything."""
    for name in ("notice", "notice_contact", "case_code"):
        op.drop_table(name)
    drop_messaging_tables()


def _time(name: str, *, nullable: bool = False) -> "sa.Column[object]":
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)
