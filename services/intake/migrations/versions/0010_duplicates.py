"""Complaints about one matter: what looks alike, who joined whom, whose case leads."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import UUID

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables."""
    op.create_table("newcomer", _id("complaint_id", primary=True))
    op.create_table(
        "sighting",
        _id("complaint_id", primary=True),
        sa.Column("cell", sa.BigInteger),
        sa.Column("area_code", sa.Text),
        _time("submitted_at", nullable=False),
    )
    op.create_index("sighting_by_cell", "sighting", ["cell", "submitted_at"])
    op.create_index("sighting_by_area", "sighting", ["area_code", "submitted_at"])
    op.create_index("sighting_age", "sighting", ["submitted_at"])
    op.create_table(
        "likeness",
        _id("complaint_id", primary=True),
        _id("other_id", primary=True),
        sa.Column("score", sa.Float, nullable=False),
    )
    op.create_table(
        "joining",
        _id("complaint_id", primary=True),
        _id("joined_id"),
        _time("joined_at", nullable=False),
    )
    op.create_table(
        "merger",
        _id("complaint_id", primary=True),
        sa.Column("since", sa.DateTime(timezone=True), primary_key=True),
        _id("into_id"),
        _time("until"),
    )
    op.create_index("merger_of_leader", "merger", ["into_id"])


def downgrade() -> None:
    """Drop them."""
    for name in ("merger", "joining", "likeness", "sighting", "newcomer"):
        op.drop_table(name)


def _id(name: str, *, primary: bool = False) -> "sa.Column[str]":
    return sa.Column(name, UUID(as_uuid=False), primary_key=primary, nullable=False)


def _time(name: str, *, nullable: bool = True) -> "sa.Column[object]":
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)
