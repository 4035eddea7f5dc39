"""Frequent words are looked for among the newest entries, one after the other."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the index by time; for a million entries it takes about two seconds."""
    columns: list[str | sa.TextClause] = [sa.text("(submitted_at AT TIME ZONE 'UTC')"), "entry_id"]
    op.create_index("bank_entry_newest", "bank_entry", columns)


def downgrade() -> None:
    """Drop it."""
    op.drop_index("bank_entry_newest")
