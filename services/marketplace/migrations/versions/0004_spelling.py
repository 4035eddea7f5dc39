"""The words of the catalogue, by which what is spelled wrong is set right."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Names are no longer looked through themselves: a frequent word would make that slow."""
    op.create_table(
        "catalogue_word",
        sa.Column("word", sa.Text, primary_key=True),
        sa.Column("listings", sa.Integer, nullable=False),
    )
    op.create_index(
        "catalogue_word_alike",
        "catalogue_word",
        ["word"],
        postgresql_using="gin",
        postgresql_ops={"word": "gin_trgm_ops"},
    )
    op.drop_index("listing_name", "listing")


def downgrade() -> None:
    """Take it back."""
    op.create_index(
        "listing_name",
        "listing",
        ["name"],
        postgresql_using="gin",
        postgresql_ops={"name": "gin_trgm_ops"},
    )
    op.drop_table("catalogue_word")
