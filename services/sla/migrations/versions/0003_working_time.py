"""Working time: acts of sla's own doors, pauses that end by themselves, wordings of rules."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add what working time needs; what is stored already counts elapsed time."""
    op.add_column(
        "case_facts",
        sa.Column("acts", JSONB, nullable=False, server_default=sa.text("'[]'")),
    )
    op.add_column("clock", sa.Column("working_seconds", sa.Double))
    op.add_column("clock", sa.Column("resumes_at", sa.DateTime(timezone=True)))
    op.create_index(
        "clock_resumes",
        "clock",
        ["resumes_at"],
        postgresql_where=sa.text("resumes_at IS NOT NULL"),
    )
    op.create_table(
        "rule_version",
        sa.Column("fingerprint", sa.Text, primary_key=True),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("content", sa.Text, nullable=False),
        sa.Column("known_since", sa.DateTime(timezone=True), nullable=False),
    )


def downgrade() -> None:
    """Drop it all."""
    op.drop_table("rule_version")
    op.drop_index("clock_resumes", "clock")
    op.drop_column("clock", "resumes_at")
    op.drop_column("clock", "working_seconds")
    op.drop_column("case_facts", "acts")
