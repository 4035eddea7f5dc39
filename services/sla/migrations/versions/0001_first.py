"""Cases, clocks and escalations; what delivery and the profile need."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB, UUID

from shared.delivery_schema import create_delivery_tables, drop_delivery_tables
from shared.profile_store import create_profile_table

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create everything."""
    create_delivery_tables()
    create_profile_table()
    op.create_table(
        "case_facts",
        sa.Column("complaint_id", UUID(as_uuid=False), primary_key=True),
        _time("submitted_at"),
        sa.Column("channel", sa.Text, nullable=False),
        sa.Column("classification", sa.Text, nullable=False),
        _time("withdrawn_at"),
        sa.Column("marks", JSONB, nullable=False),
        sa.Column("clocks", JSONB, nullable=False),
        sa.Column("opds", JSONB, nullable=False),
        sa.Column("is_open", sa.Boolean, nullable=False),
    )
    op.create_index(
        "case_facts_open", "case_facts", ["submitted_at"], postgresql_where=sa.text("is_open")
    )
    _create_clock()
    op.create_table(
        "escalation",
        sa.Column(
            "clock_id", UUID(as_uuid=False), sa.ForeignKey("clock.clock_id"), primary_key=True
        ),
        sa.Column("level", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("to_role", sa.Text, nullable=False),
        sa.Column("opd", sa.Text),
        _time("fired_at", nullable=False),
    )


def downgrade() -> None:
    """Drop everything."""
    for name in ("escalation", "clock", "case_facts", "profile"):
        op.drop_table(name)
    drop_delivery_tables()


def _create_clock() -> None:
    op.create_table(
        "clock",
        sa.Column("clock_id", UUID(as_uuid=False), primary_key=True),
        sa.Column(
            "complaint_id",
            UUID(as_uuid=False),
            sa.ForeignKey("case_facts.complaint_id"),
            nullable=False,
        ),
        sa.Column("part", sa.Integer, nullable=False),
        sa.Column("stage", sa.Text, nullable=False),
        sa.Column("epoch", sa.Integer, nullable=False),
        sa.Column("opd", sa.Text),
        sa.Column("policy", sa.Text, nullable=False),
        sa.Column("profile_version", sa.Text, nullable=False),
        sa.Column("rungs", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        _time("started_at", nullable=False),
        _time("due_at", nullable=False),
        _time("near_at", nullable=False),
        _time("paused_at"),
        _time("stopped_at"),
        sa.Column("outcome", sa.Text),
        sa.Column("elapsed_seconds", sa.Double),
        _time("next_fire_at"),
        _time("near_fired_at"),
        _time("missed_fired_at"),
        sa.UniqueConstraint("complaint_id", "part", "stage", "epoch", name="clock_key"),
    )
    op.create_index(
        "clock_fires",
        "clock",
        ["next_fire_at"],
        postgresql_where=sa.text("next_fire_at IS NOT NULL"),
    )
    op.create_index("clock_by_state", "clock", ["state", "due_at", "clock_id"])
    op.create_index("clock_by_opd", "clock", ["opd", "state", "due_at", "clock_id"])
    op.create_index(
        "clock_running", "clock", ["stage"], postgresql_where=sa.text("state = 'running'")
    )


def _time(name: str, *, nullable: bool = True) -> "sa.Column[object]":
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)
