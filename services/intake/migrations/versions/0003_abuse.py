"""Blocks that expire, spam marks that can be undone, and the hash of a sender's device."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import UUID

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables and add the column."""
    op.add_column("reporter", sa.Column("device_hash", sa.LargeBinary))
    op.create_table(
        "block",
        sa.Column("block_id", UUID(as_uuid=False), primary_key=True),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("subject_hash", sa.LargeBinary, nullable=False),
        sa.Column("complaint_id", UUID(as_uuid=False)),
        sa.Column("reason", sa.Text, nullable=False),
        _time("blocked_at", nullable=False),
        sa.Column("blocked_by", sa.Text, nullable=False),
        _time("until", nullable=False),
        _time("lifted_at"),
        sa.Column("lifted_by", sa.Text),
    )
    op.create_index(
        "block_in_force", "block", ["subject_hash"], postgresql_where=sa.text("lifted_at IS NULL")
    )
    op.create_index("block_newest", "block", ["blocked_at", "block_id"])
    op.create_table(
        "spam_mark",
        sa.Column("mark_id", UUID(as_uuid=False), primary_key=True),
        sa.Column(
            "complaint_id",
            UUID(as_uuid=False),
            sa.ForeignKey("complaint.complaint_id"),
            nullable=False,
        ),
        sa.Column("reason", sa.Text, nullable=False),
        _time("marked_at", nullable=False),
        sa.Column("marked_by", sa.Text, nullable=False),
        _time("undone_at"),
        sa.Column("undone_by", sa.Text),
    )
    op.create_index(
        "spam_mark_in_force",
        "spam_mark",
        ["complaint_id"],
        unique=True,
        postgresql_where=sa.text("undone_at IS NULL"),
    )


def downgrade() -> None:
    """Drop them."""
    op.drop_table("spam_mark")
    op.drop_table("block")
    op.drop_column("reporter", "device_hash")


def _time(name: str, *, nullable: bool = True) -> "sa.Column[object]":
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)
