"""Which service a case is an application for: its stages bring their own clocks."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column."""
    op.add_column("case_facts", sa.Column("service", sa.Text))


def downgrade() -> None:
    """Drop it."""
    op.drop_column("case_facts", "service")
