"""Where a complaint came from: the account, the OPD it belongs to, the sender, an emergency."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns; each has a value for what is stored already."""
    op.add_column("complaint", sa.Column("account", sa.Text))
    op.add_column("complaint", sa.Column("account_opd", sa.Text))
    op.add_column(
        "complaint",
        sa.Column("emergency", sa.Boolean, nullable=False, server_default=sa.text("false")),
    )
    op.add_column("reporter", sa.Column("sender_hash", sa.LargeBinary))
    op.create_index(
        "reporter_sender",
        "reporter",
        ["sender_hash"],
        postgresql_where=sa.text("sender_hash IS NOT NULL"),
    )


def downgrade() -> None:
    """Drop them."""
    op.drop_index("reporter_sender", table_name="reporter")
    op.drop_column("reporter", "sender_hash")
    for name in ("emergency", "account_opd", "account"):
        op.drop_column("complaint", name)
