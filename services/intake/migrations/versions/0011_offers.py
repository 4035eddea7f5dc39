"""Which like complaints were offered to a reporter, and by which number they may join one."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the number."""
    op.add_column("likeness", sa.Column("offered_as", sa.SmallInteger))


def downgrade() -> None:
    """Drop it."""
    op.drop_column("likeness", "offered_as")
