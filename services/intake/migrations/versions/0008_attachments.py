"""Files of citizens and officers."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import UUID

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "attachment",
        sa.Column("attachment_id", UUID(as_uuid=False), primary_key=True),
        sa.Column("complaint_id", UUID(as_uuid=False), sa.ForeignKey("complaint.complaint_id")),
        sa.Column("message_id", UUID(as_uuid=False)),
        sa.Column("by", sa.Text, nullable=False),
        sa.Column("officer_id", sa.Text),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("media_type", sa.Text, nullable=False),
        sa.Column("size", sa.Integer, nullable=False),
        sa.Column("width", sa.Integer),
        sa.Column("height", sa.Integer),
        sa.Column("seconds", sa.Float),
        sa.Column("fingerprint", sa.Text, nullable=False),
        sa.Column("taken_at", sa.DateTime(timezone=True)),
        sa.Column("taken_lat", sa.Float),
        sa.Column("taken_lon", sa.Float),
        sa.Column("content_name", sa.Text, nullable=False),
        sa.Column("thumbnail_name", sa.Text),
        sa.Column("key_id", sa.Text, nullable=False),
        sa.Column("wrapped_key", sa.LargeBinary, nullable=False),
        sa.Column("uploaded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True)),
    )
    op.create_index("attachment_of_complaint", "attachment", ["complaint_id", "uploaded_at"])
    op.create_index(
        "attachment_expiring",
        "attachment",
        ["expires_at"],
        postgresql_where=sa.text("expires_at IS NOT NULL"),
    )


def downgrade() -> None:
    """Drop it; the files themselves stay where they are, and nothing opens them any more."""
    op.drop_table("attachment")
