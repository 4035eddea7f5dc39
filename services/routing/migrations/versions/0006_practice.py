"""Invented cases that officers practise with; nothing of them is published."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import UUID

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "practice_case",
        sa.Column("case_id", UUID(as_uuid=False), primary_key=True),
        sa.Column("trainee", sa.Text, nullable=False),
        sa.Column("scenario", sa.Text, nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("case", sa.JSON, nullable=False),
        sa.Column("facts", sa.JSON, nullable=False),
        sa.Column("score", sa.JSON),
    )
    op.create_index("practice_case_of_trainee", "practice_case", ["trainee", "opened_at"])


def downgrade() -> None:
    """Drop it."""
    op.drop_table("practice_case")
