"""The cases and their history; what delivery, the profile and idempotency need."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import UUID

from shared.delivery_schema import create_delivery_tables, drop_delivery_tables
from shared.idempotency import create_idempotency_table
from shared.profile_store import create_profile_table

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create everything."""
    create_delivery_tables()
    create_profile_table()
    create_idempotency_table()
    _create_cases()
    op.create_table(
        "case_history",
        sa.Column("complaint_id", UUID(as_uuid=False), primary_key=True),
        sa.Column("version", sa.Integer, primary_key=True),
        _time("happened_at", nullable=False),
        sa.Column("action", sa.Text, nullable=False),
        sa.Column("by", sa.Text, nullable=False),
        sa.Column("actor", sa.Text),
        sa.Column("from_state", sa.Text),
        sa.Column("to_state", sa.Text, nullable=False),
        sa.Column("opd", sa.Text),
        sa.Column("text", sa.Text),
        sa.Column("details", sa.JSON, nullable=False),
    )


def downgrade() -> None:
    """Drop everything."""
    for name in ("case_history", "cases", "idempotency", "profile"):
        op.drop_table(name)
    drop_delivery_tables()


def _create_cases() -> None:
    op.create_table(
        "cases",
        sa.Column("complaint_id", UUID(as_uuid=False), primary_key=True),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("tracking_code", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        _time("state_since", nullable=False),
        sa.Column("state_before_merge", sa.Text),
        sa.Column("epoch", sa.Integer, nullable=False),
        sa.Column("waits", sa.Integer, nullable=False),
        sa.Column("times_returned", sa.Integer, nullable=False),
        sa.Column("opd", sa.Text),
        sa.Column("opd_name", sa.Text),
        sa.Column("topic", sa.Text),
        sa.Column("topic_name", sa.Text),
        sa.Column("priority", sa.Text, nullable=False),
        sa.Column("assigned_by", sa.Text),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("proposals", sa.JSON, nullable=False),
        sa.Column("request_id", UUID(as_uuid=False)),
        sa.Column("officer_id", sa.Text),
        sa.Column("channel", sa.Text, nullable=False),
        sa.Column("classification", sa.Text, nullable=False),
        sa.Column("title", sa.Text),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("area_code", sa.Text),
        sa.Column("address", sa.Text),
        sa.Column("lat", sa.Float),
        sa.Column("lon", sa.Float),
        sa.Column("anonymous", sa.Boolean, nullable=False),
        sa.Column("secret", sa.Boolean, nullable=False),
        sa.Column("emergency", sa.Boolean, nullable=False),
        _time("submitted_at", nullable=False),
        _time("assigned_at"),
        _time("resolved_at"),
        _time("closed_at"),
        _time("updated_at", nullable=False),
        sa.CheckConstraint(
            "opd IS NOT NULL OR state IN ('triage', 'rejected', 'merged', 'withdrawn')",
            name="cases_have_an_owner",
        ),
    )
    newest = ["submitted_at", "complaint_id"]
    op.create_index("cases_newest", "cases", newest)
    op.create_index("cases_by_opd", "cases", ["opd", *newest])
    op.create_index("cases_by_state", "cases", ["state", *newest])
    op.create_index("cases_by_opd_state", "cases", ["opd", "state", *newest])
    op.create_index(
        "cases_open",
        "cases",
        ["opd", "state"],
        postgresql_where=sa.text(
            "state IN ('triage', 'assigned', 'in_progress', 'waiting_citizen')"
        ),
    )


def _time(name: str, *, nullable: bool = True) -> "sa.Column[object]":
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)
