"""The queue of what citizens are written, by which sender they are reached, and who opted out."""

import sqlalchemy as sa
from alembic import op

from shared.messaging.schema import create_messaging_tables, drop_messaging_tables

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables and add the column."""
    create_messaging_tables()
    op.create_table(
        "opt_out",
        sa.Column("sender_hash", sa.LargeBinary, primary_key=True),
        sa.Column("opted_out_at", sa.DateTime(timezone=True), nullable=False),
    )
    op.add_column("complaint", sa.Column("answer_by", sa.Text))


def downgrade() -> None:
    """Undo it."""
    op.drop_column("complaint", "answer_by")
    op.drop_table("opt_out")
    drop_messaging_tables()
