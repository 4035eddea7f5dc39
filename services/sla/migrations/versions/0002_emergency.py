"""Whether a case is an emergency, for which policies of its own may be."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column; what is stored already is none."""
    op.add_column(
        "case_facts",
        sa.Column("emergency", sa.Boolean, nullable=False, server_default=sa.text("false")),
    )


def downgrade() -> None:
    """Drop it."""
    op.drop_column("case_facts", "emergency")
