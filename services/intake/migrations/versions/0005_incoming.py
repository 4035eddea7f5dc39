"""Messages from platforms, each known once, and files that are still to be fetched there."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import UUID

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create both tables, and the way from a reporter to their complaint."""
    op.create_table(
        "received_message",
        sa.Column("message_hash", sa.LargeBinary, primary_key=True),
        sa.Column("channel", sa.Text, nullable=False),
        sa.Column("account", sa.Text, nullable=False),
        sa.Column("meaning", sa.Text, nullable=False),
        sa.Column("reason", sa.Text),
        sa.Column("complaint_id", UUID(as_uuid=False)),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("key_id", sa.Text),
        sa.Column("wrapped_key", sa.LargeBinary),
        sa.Column("content", sa.LargeBinary),
    )
    op.create_index(
        "received_message_age", "received_message", ["received_at"], postgresql_using="brin"
    )
    op.create_index(
        "received_message_refused",
        "received_message",
        ["received_at"],
        postgresql_where=sa.text("content IS NOT NULL"),
    )
    op.create_table(
        "remote_file",
        sa.Column("file_id", UUID(as_uuid=False), primary_key=True),
        sa.Column("complaint_id", UUID(as_uuid=False)),
        sa.Column("sender_hash", sa.LargeBinary, nullable=False),
        sa.Column("channel", sa.Text, nullable=False),
        sa.Column("account", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("reference", sa.Text, nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("try_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tries", sa.Integer, nullable=False, server_default="0"),
    )
    op.create_index(
        "remote_file_due",
        "remote_file",
        ["try_at"],
        postgresql_where=sa.text("complaint_id IS NOT NULL"),
    )
    op.create_index(
        "remote_file_unclaimed",
        "remote_file",
        ["sender_hash"],
        postgresql_where=sa.text("complaint_id IS NULL"),
    )
    op.create_index("complaint_of_reporter", "complaint", ["reporter_id"])


def downgrade() -> None:
    """Drop them."""
    op.drop_index("complaint_of_reporter", table_name="complaint")
    op.drop_table("remote_file")
    op.drop_table("received_message")
