"""What waits in the outbox is found by its own index alone, however many events were published."""

from shared.delivery_schema import part_published_from_waiting

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the index of published events anew, without those that wait."""
    part_published_from_waiting()


def downgrade() -> None:
    """Leave it: the code before finds by it what it found by the old one."""
