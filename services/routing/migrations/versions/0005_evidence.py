"""Proof of the work: fingerprints of photos, closings that look odd, and bodies outside."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY, UUID

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables, and the index that finds what was resolved of a topic."""
    op.create_table(
        "evidence",
        sa.Column("attachment_id", UUID(as_uuid=False), primary_key=True),
        sa.Column("complaint_id", UUID(as_uuid=False), nullable=False),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.Text, nullable=False),
        sa.Column("fingerprint", sa.Text, nullable=False),
        sa.Column("bands", ARRAY(sa.Integer), nullable=False),
        sa.Column("taken_at", sa.DateTime(timezone=True)),
        sa.Column("lat", sa.Float),
        sa.Column("lon", sa.Float),
    )
    op.create_index("evidence_of_case", "evidence", ["complaint_id"])
    op.create_index("evidence_bands", "evidence", ["bands"], postgresql_using="gin")
    op.create_table(
        "closing_flag",
        sa.Column("flag_id", UUID(as_uuid=False), primary_key=True),
        sa.Column("complaint_id", UUID(as_uuid=False), nullable=False),
        sa.Column("attachment_id", UUID(as_uuid=False), nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("details", sa.JSON, nullable=False),
        sa.Column("raised_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_by", sa.Text),
        sa.Column("seen_at", sa.DateTime(timezone=True)),
        sa.Column("verdict", sa.Text),
    )
    op.create_index(
        "closing_flag_unseen",
        "closing_flag",
        ["raised_at"],
        postgresql_where=sa.text("seen_at IS NULL"),
    )
    op.create_table(
        "referral",
        sa.Column("referral_id", UUID(as_uuid=False), primary_key=True),
        sa.Column("complaint_id", UUID(as_uuid=False), nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("body_name", sa.Text, nullable=False),
        sa.Column("opd", sa.Text),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("referred_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("referred_by", sa.Text, nullable=False),
        sa.Column("remind_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answer", sa.Text),
        sa.Column("answered_at", sa.DateTime(timezone=True)),
    )
    op.create_index(
        "referral_open", "referral", ["remind_at"], postgresql_where=sa.text("answered_at IS NULL")
    )
    op.create_index("referral_of_case", "referral", ["complaint_id"])
    op.create_index(
        "cases_resolved_of_topic",
        "cases",
        ["topic", "resolved_at"],
        postgresql_where=sa.text("resolved_at IS NOT NULL"),
    )


def downgrade() -> None:
    """Drop them."""
    op.drop_index("cases_resolved_of_topic", table_name="cases")
    for name in ("referral", "closing_flag", "evidence"):
        op.drop_table(name)
