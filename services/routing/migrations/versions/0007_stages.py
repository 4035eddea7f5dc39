"""Applications of the service catalogue: the stage that each is in, and its visits of stages."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import UUID

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_COLUMNS = (
    ("service", sa.Text),
    ("service_version", sa.Integer),
    ("addressed", sa.Text),
    ("stage", sa.Text),
    ("stage_title", sa.Text),
    ("stage_since", sa.DateTime(timezone=True)),
    ("answers", sa.JSON),
    ("stage_answers", sa.JSON),
)


def upgrade() -> None:
    """Add the columns and the table; a constant default rewrites no row."""
    for name, kind in _COLUMNS:
        op.add_column("cases", sa.Column(name, kind))
    op.add_column("cases", sa.Column("rounds", sa.Integer, nullable=False, server_default="0"))
    op.create_index(
        "cases_by_stage",
        "cases",
        ["service", "stage", "submitted_at", "complaint_id"],
        postgresql_where=sa.text("service IS NOT NULL"),
    )
    op.create_table(
        "stage_visit",
        sa.Column("complaint_id", UUID(as_uuid=False), primary_key=True),
        sa.Column("number", sa.Integer, primary_key=True),
        sa.Column("stage", sa.Text, nullable=False),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("opd", sa.Text, nullable=False),
        sa.Column("opd_name", sa.Text, nullable=False),
        sa.Column("entered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("left_at", sa.DateTime(timezone=True)),
        sa.Column("decision", sa.Text),
        sa.Column("decision_title", sa.Text),
        sa.Column("answers", sa.JSON),
        sa.Column("text", sa.Text),
        sa.Column("officer_id", sa.Text),
    )


def downgrade() -> None:
    """Drop them."""
    op.drop_table("stage_visit")
    op.drop_index("cases_by_stage", "cases")
    for name in ("rounds", *(name for name, _ in reversed(_COLUMNS))):
        op.drop_column("cases", name)
