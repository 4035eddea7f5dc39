"""Applications to services of the catalogue."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB, UUID

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "application",
        sa.Column(
            "complaint_id",
            UUID(as_uuid=False),
            sa.ForeignKey("complaint.complaint_id"),
            primary_key=True,
        ),
        sa.Column("service", sa.Text, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("opd", sa.Text, nullable=False),
        sa.Column("applicant", sa.Text, nullable=False),
        sa.Column("applicant_opd", sa.Text),
        sa.Column("answers", sa.LargeBinary, nullable=False),
        sa.Column("public_answers", sa.JSON, nullable=False),
        sa.Column("general", sa.JSON, nullable=False),
        sa.Column("number", sa.Text),
        sa.Column("stage", sa.Text),
        sa.Column("stage_title", sa.Text),
        sa.Column("outcome", sa.Text),
        sa.Column("stage_answers", JSONB, nullable=False, server_default="{}"),
        sa.Column("rounds", sa.Integer, nullable=False, server_default="0"),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_index(
        "application_of_opd", "application", ["opd", "service", "created_at", "complaint_id"]
    )
    op.create_index(
        "application_of_applicant",
        "application",
        ["applicant_opd", "created_at"],
        postgresql_where=sa.text("applicant_opd IS NOT NULL"),
    )


def downgrade() -> None:
    """Drop it."""
    op.drop_table("application")
