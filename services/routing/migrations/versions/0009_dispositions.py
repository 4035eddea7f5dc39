"""Dispositions down a chain, and what was filled in without a network and sent later."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import UUID

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "disposition",
        sa.Column("complaint_id", UUID(as_uuid=False), primary_key=True),
        sa.Column("part", sa.Integer, primary_key=True),
        sa.Column("parent", sa.Integer),
        sa.Column("opd", sa.Text, nullable=False),
        sa.Column("stage", sa.Text, nullable=False),
        sa.Column("to_officer", sa.Text),
        sa.Column("to_position", sa.Text),
        sa.Column("instruction", sa.Text, nullable=False),
        sa.Column("note", sa.Text),
        sa.Column("given_by", sa.Text, nullable=False),
        sa.Column("given_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("answer", sa.Text),
        sa.Column("answered_by", sa.Text),
        sa.Column("answered_at", sa.DateTime(timezone=True)),
    )
    op.create_index(
        "disposition_open",
        "disposition",
        ["opd", "due_at", "complaint_id", "part"],
        postgresql_where=sa.text("state = 'open'"),
    )
    op.create_table(
        "stage_filing",
        sa.Column("subject", sa.Text, primary_key=True),
        sa.Column("client_id", sa.Text, primary_key=True),
        sa.Column("complaint_id", UUID(as_uuid=False), nullable=False),
        sa.Column("opd", sa.Text, nullable=False),
        sa.Column("filing", sa.JSON, nullable=False),
        sa.Column("filled_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("outcome", sa.Text),
        sa.Column("result", sa.JSON),
    )
    op.create_index("stage_filing_of_opd", "stage_filing", ["opd", "received_at"])


def downgrade() -> None:
    """Drop them."""
    op.drop_table("stage_filing")
    op.drop_table("disposition")
