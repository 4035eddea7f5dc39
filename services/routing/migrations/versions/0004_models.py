"""What models learn from beside the cases, the models themselves, and which of them decides."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import UUID

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the three tables."""
    op.create_table(
        "archived_complaints",
        sa.Column("complaint_id", UUID(as_uuid=False), primary_key=True),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("opd", sa.Text),
        sa.Column("topic", sa.Text),
        _time("submitted_at"),
    )
    op.create_index("archived_complaints_newest", "archived_complaints", ["submitted_at"])
    op.create_table(
        "models",
        sa.Column("version", sa.Integer, sa.Identity(always=True), primary_key=True),
        _time("trained_at"),
        _time("learned_until"),
        sa.Column("lessons", sa.Integer, nullable=False),
        sa.Column("digest", sa.Text, nullable=False),
        sa.Column("content", sa.LargeBinary, nullable=False),
        sa.Column("report", sa.JSON, nullable=False),
    )
    op.create_table(
        "model_promotions",
        sa.Column("number", sa.BigInteger, sa.Identity(always=True), primary_key=True),
        sa.Column("version", sa.Integer, sa.ForeignKey("models.version")),
        _time("promoted_at"),
        sa.Column("reason", sa.Text, nullable=False),
    )


def downgrade() -> None:
    """Drop them."""
    for name in ("model_promotions", "models", "archived_complaints"):
        op.drop_table(name)


def _time(name: str) -> "sa.Column[object]":
    return sa.Column(name, sa.DateTime(timezone=True), nullable=False)
