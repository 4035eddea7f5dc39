"""What partners reported; which topic was chosen, who wrote it down, which QR sheet led to it."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB, UUID

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Add columns without a value for what is stored already, and the partners' table."""
    for name in ("service_code", "entered_by", "via"):
        op.add_column("complaint", sa.Column(name, sa.Text))
    op.create_index(
        "complaint_public",
        "complaint",
        ["submitted_at"],
        postgresql_where=sa.text("NOT secret"),
    )
    op.create_index(
        "complaint_via",
        "complaint",
        ["via", "submitted_at"],
        postgresql_where=sa.text("via IS NOT NULL"),
    )
    op.create_table(
        "partner_report",
        sa.Column("partner", sa.Text, primary_key=True),
        sa.Column("external_id", sa.Text, primary_key=True),
        sa.Column("body_hash", sa.LargeBinary, nullable=False),
        sa.Column("complaint_id", UUID(as_uuid=False)),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("category", sa.Text),
        sa.Column("caller_hash", sa.LargeBinary),
        sa.Column("details", JSONB, nullable=False),
        sa.Column("received_at", _TIME, nullable=False),
    )
    op.create_index(
        "partner_report_complaint",
        "partner_report",
        ["complaint_id"],
        postgresql_where=sa.text("complaint_id IS NOT NULL"),
    )
    op.create_index(
        "partner_report_caller",
        "partner_report",
        ["caller_hash", "received_at"],
        postgresql_where=sa.text("caller_hash IS NOT NULL"),
    )
    op.create_index("partner_report_time", "partner_report", ["partner", "received_at"])


def downgrade() -> None:
    """Drop them."""
    op.drop_table("partner_report")
    op.drop_index("complaint_via", table_name="complaint")
    op.drop_index("complaint_public", table_name="complaint")
    for name in ("via", "entered_by", "service_code"):
        op.drop_column("complaint", name)
