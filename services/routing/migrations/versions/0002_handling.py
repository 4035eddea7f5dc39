"""Who has a case in hand: colleagues, leases of the desk, notes, contributing OPDs, lateness."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import UUID

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_COLUMNS = ("handler_id", "lease_by", "lease_until", "candidates")


def upgrade() -> None:
    """Add columns, each with a value for what is stored already, and the tables."""
    op.add_column("cases", sa.Column("handler_id", sa.Text))
    op.add_column("cases", sa.Column("lease_by", sa.Text))
    op.add_column("cases", sa.Column("lease_until", sa.DateTime(timezone=True)))
    op.add_column("cases", sa.Column("candidates", sa.JSON, nullable=False, server_default="[]"))
    op.create_index(
        "cases_in_triage",
        "cases",
        ["submitted_at", "complaint_id"],
        postgresql_where=sa.text("state = 'triage'"),
    )
    op.create_index(
        "cases_by_handler",
        "cases",
        ["handler_id", "submitted_at", "complaint_id"],
        postgresql_where=sa.text("handler_id IS NOT NULL"),
    )
    op.create_table(
        "case_note",
        sa.Column("note_id", UUID(as_uuid=False), primary_key=True),
        sa.Column("complaint_id", UUID(as_uuid=False), nullable=False),
        _time("written_at"),
        sa.Column("author", sa.Text, nullable=False),
        sa.Column("opd", sa.Text),
        sa.Column("text", sa.Text, nullable=False),
    )
    op.create_index("case_note_of_case", "case_note", ["complaint_id", "written_at"])
    op.create_table(
        "case_part",
        sa.Column("complaint_id", UUID(as_uuid=False), primary_key=True),
        sa.Column("part", sa.Integer, primary_key=True),
        sa.Column("opd", sa.Text, nullable=False),
        sa.Column("opd_name", sa.Text, nullable=False),
        sa.Column("topic", sa.Text),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("answer", sa.Text),
        _time("asked_at"),
        sa.Column("asked_by", sa.Text, nullable=False),
        _time("done_at", nullable=True),
        sa.Column("done_by", sa.Text),
    )
    op.create_index("case_part_of_opd", "case_part", ["opd", "state", "asked_at"])
    op.create_table(
        "late_clock",
        sa.Column("complaint_id", UUID(as_uuid=False), primary_key=True),
        sa.Column("clock_id", sa.Text, primary_key=True),
        sa.Column("stage", sa.Text, nullable=False),
        sa.Column("part", sa.Integer, nullable=False),
        sa.Column("opd", sa.Text),
        _time("due_at"),
    )


def downgrade() -> None:
    """Drop them."""
    for name in ("late_clock", "case_part", "case_note"):
        op.drop_table(name)
    op.drop_index("cases_by_handler", table_name="cases")
    op.drop_index("cases_in_triage", table_name="cases")
    for name in _COLUMNS:
        op.drop_column("cases", name)


def _time(name: str, *, nullable: bool = False) -> "sa.Column[object]":
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)
