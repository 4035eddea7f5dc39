"""Which OPD has an application now, for the lists of its staff; and applications begun."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column and the tables."""
    op.add_column("application", sa.Column("held_by", sa.Text))
    op.execute("UPDATE application SET held_by = opd")
    op.create_index("application_held", "application", ["held_by", "created_at", "complaint_id"])
    op.create_table(
        "application_draft",
        sa.Column("draft_id", sa.Uuid(as_uuid=False), primary_key=True),
        sa.Column("service", sa.Text, nullable=False),
        sa.Column("key_id", sa.Text, nullable=False),
        sa.Column("wrapped_key", sa.LargeBinary, nullable=False),
        sa.Column("content", sa.LargeBinary, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_index("application_draft_expires", "application_draft", ["expires_at"])


def downgrade() -> None:
    """Take them away."""
    op.drop_table("application_draft")
    op.drop_index("application_held", "application")
    op.drop_column("application", "held_by")
