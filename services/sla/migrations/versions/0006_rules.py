"""Disruptions, extensions, and adjustments of running clocks to other calendars or policies."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import UUID

from shared.idempotency import create_idempotency_table

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables."""
    create_idempotency_table()
    op.create_table(
        "disruption",
        _id("pause_id", primary_key=True),
        _case(),
        sa.Column("part", sa.Integer, nullable=False),
        *_texts("opd", "state", "reason", "asked_by"),
        _time("asked_at", nullable=False),
        sa.Column("decided_by", sa.Text),
        _time("decided_at"),
        sa.Column("note", sa.Text),
        sa.Column("ended_by", sa.Text),
        _time("ended_at"),
    )
    op.create_index(
        "disruption_open",
        "disruption",
        ["complaint_id", "part"],
        unique=True,
        postgresql_where=sa.text("state IN ('asked', 'running')"),
    )
    op.create_index("disruption_of_case", "disruption", ["complaint_id", "asked_at"])
    op.create_table(
        "extension",
        _id("extension_id", primary_key=True),
        _case(),
        sa.Column("part", sa.Integer, nullable=False),
        sa.Column("epoch", sa.Integer, nullable=False),
        *_texts("opd", "reason", "extended_by"),
        _time("extended_at", nullable=False),
        sa.UniqueConstraint("complaint_id", "part", "epoch", name="extension_once"),
    )
    op.create_table(
        "adjustment",
        _id("adjustment_id", primary_key=True),
        *_texts("kind", "basis", "profile_version", "reason", "asked_by"),
        _time("asked_at", nullable=False),
        _id("reached"),
        _time("finished_at"),
        sa.Column("examined", sa.Integer, nullable=False, server_default="0"),
        sa.Column("moved", sa.Integer, nullable=False, server_default="0"),
    )
    op.create_index(
        "adjustment_open",
        "adjustment",
        ["asked_at"],
        postgresql_where=sa.text("finished_at IS NULL"),
    )
    op.create_index("adjustment_asked", "adjustment", ["asked_at"])
    op.create_table(
        "adjusted_clock",
        sa.Column(
            "adjustment_id",
            UUID(as_uuid=False),
            sa.ForeignKey("adjustment.adjustment_id"),
            primary_key=True,
        ),
        _id("clock_id", primary_key=True),
        _id("complaint_id", nullable=False),
        *_texts("stage", "old_policy", "new_policy"),
        _time("old_due_at", nullable=False),
        _time("new_due_at", nullable=False),
        _time("adjusted_at", nullable=False),
    )
    op.create_index("adjusted_clock_of_case", "adjusted_clock", ["complaint_id"])


def downgrade() -> None:
    """Drop them."""
    for name in ("adjusted_clock", "adjustment", "extension", "disruption", "idempotency"):
        op.drop_table(name)


def _id(name: str, *, primary_key: bool = False, nullable: bool = True) -> "sa.Column[str]":
    return sa.Column(
        name,
        UUID(as_uuid=False),
        primary_key=primary_key,
        nullable=nullable and not primary_key,
    )


def _case() -> "sa.Column[str]":
    return sa.Column(
        "complaint_id",
        UUID(as_uuid=False),
        sa.ForeignKey("case_facts.complaint_id"),
        nullable=False,
    )


def _texts(*names: str) -> "list[sa.Column[str]]":
    return [sa.Column(name, sa.Text, nullable=False) for name in names]


def _time(name: str, *, nullable: bool = True) -> "sa.Column[object]":
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)
