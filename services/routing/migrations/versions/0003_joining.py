"""Cases merged into others, or marked as spam."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import UUID

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns, each with a value for what is stored already."""
    op.add_column("cases", sa.Column("merged_into", UUID(as_uuid=False)))
    op.add_column(
        "cases", sa.Column("spam", sa.Boolean, nullable=False, server_default=sa.text("false"))
    )
    op.create_index(
        "cases_merged",
        "cases",
        ["merged_into"],
        postgresql_where=sa.text("merged_into IS NOT NULL"),
    )


def downgrade() -> None:
    """Drop them."""
    op.drop_index("cases_merged", table_name="cases")
    for name in ("spam", "merged_into"):
        op.drop_column("cases", name)
