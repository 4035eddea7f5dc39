"""The stored profile; survey's own tables come with what needs them."""

from alembic import op

from shared.profile_store import create_profile_table

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create everything."""
    create_profile_table()


def downgrade() -> None:
    """Drop everything."""
    op.drop_table("profile")
