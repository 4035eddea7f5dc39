"""Promotion: slots, turns, wishes of staff, short links with their clicks, and reported orders."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB, UUID

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_TABLES = (
    "reported_order", "click_count", "short_link", "promotion_slot", "promotion_wish",
    "publishing_stop", "promotion_turn", "promotion_round",
)  # fmt: skip


def upgrade() -> None:
    """Create everything; the first round is 1."""
    _create_turns()
    _create_slots()
    _create_leads()
    op.execute("INSERT INTO promotion_round (one, round) VALUES (1, 1)")


def downgrade() -> None:
    """Drop everything."""
    for name in _TABLES:
        op.drop_table(name)


def _create_turns() -> None:
    """Whose turn it is, what staff want, and where nothing goes out."""
    op.create_table(
        "promotion_round",
        sa.Column("one", sa.Integer(), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("one"),
    )
    op.create_table(
        "publishing_stop",
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("account_id"),
    )
    op.create_table(
        "promotion_turn",
        sa.Column("trader_id", UUID(as_uuid=False), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("round", sa.Integer(), nullable=True),
        sa.Column("times", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["trader_id"], ["trader.trader_id"]),
        sa.PrimaryKeyConstraint("trader_id"),
    )
    op.create_table(
        "promotion_wish",
        sa.Column("wish_id", UUID(as_uuid=False), nullable=False),
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.Column("slot_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("trader_id", UUID(as_uuid=False), nullable=False),
        sa.Column("product_id", UUID(as_uuid=False), nullable=True),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("wished_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["trader_id"], ["trader.trader_id"]),
        sa.PrimaryKeyConstraint("wish_id"),
        sa.UniqueConstraint(
            "account_id", "slot_at", "kind", "trader_id", name="promotion_wish_key"
        ),
    )
    op.create_index(
        "promotion_wish_pin",
        "promotion_wish",
        ["account_id", "slot_at"],
        unique=True,
        postgresql_where=sa.text("kind = 'pin'"),
    )
    op.create_index("promotion_wish_slot", "promotion_wish", ["slot_at", "account_id"])


def _create_slots() -> None:
    """Slots of the accounts."""
    op.create_table(
        "promotion_slot",
        sa.Column("slot_id", UUID(as_uuid=False), nullable=False),
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.Column("slot_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("trader_id", UUID(as_uuid=False), nullable=False),
        sa.Column("product_id", UUID(as_uuid=False), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("village", sa.Text(), nullable=False),
        sa.Column("category", sa.Text(), nullable=False),
        sa.Column("size", sa.Text(), nullable=False),
        sa.Column("caption", sa.Text(), nullable=False),
        sa.Column("link_code", sa.Text(), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("turn_before", sa.Integer(), nullable=True),
        sa.Column("waiting_since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("choice", JSONB, nullable=True),
        sa.Column("pinned_by", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("approved_by", sa.Text(), nullable=True),
        sa.Column("approved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("looks", sa.Integer(), nullable=False),
        sa.Column("next_try_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("failure", sa.Text(), nullable=True),
        sa.Column("platform_id", sa.Text(), nullable=True),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("published_by", sa.Text(), nullable=True),
        sa.Column("followed_up_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("views", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["product_id"], ["product.product_id"]),
        sa.ForeignKeyConstraint(["trader_id"], ["trader.trader_id"]),
        sa.PrimaryKeyConstraint("slot_id"),
        sa.UniqueConstraint("account_id", "slot_at", name="promotion_slot_key"),
    )
    op.create_index(
        "promotion_slot_due",
        "promotion_slot",
        ["next_try_at"],
        postgresql_where=sa.text("state IN ('approved', 'publishing', 'unsure', 'proposed')"),
    )
    op.create_index(
        "promotion_slot_follow_up",
        "promotion_slot",
        ["slot_at"],
        postgresql_where=sa.text("state = 'published' AND followed_up_at IS NULL"),
    )
    op.create_index("promotion_slot_time", "promotion_slot", ["slot_at", "account_id"])
    op.create_index("promotion_slot_trader", "promotion_slot", ["trader_id", "slot_at"])


def _create_leads() -> None:
    """Links, clicks and orders."""
    op.create_table(
        "click_count",
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("clicks", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("code", "day", "kind"),
    )
    op.create_table(
        "short_link",
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("product_id", UUID(as_uuid=False), nullable=False),
        sa.Column("account_id", sa.Text(), nullable=True),
        sa.Column("slot_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["product_id"], ["product.product_id"]),
        sa.PrimaryKeyConstraint("code"),
    )
    op.create_index(
        "short_link_own",
        "short_link",
        ["product_id"],
        unique=True,
        postgresql_where=sa.text("account_id IS NULL"),
    )
    op.create_table(
        "reported_order",
        sa.Column("order_id", UUID(as_uuid=False), nullable=False),
        sa.Column("trader_id", UUID(as_uuid=False), nullable=False),
        sa.Column("product_id", UUID(as_uuid=False), nullable=False),
        sa.Column("slot_id", UUID(as_uuid=False), nullable=True),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("chats", sa.Integer(), nullable=True),
        sa.Column("reported_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["product_id"], ["product.product_id"]),
        sa.ForeignKeyConstraint(["slot_id"], ["promotion_slot.slot_id"]),
        sa.ForeignKeyConstraint(["trader_id"], ["trader.trader_id"]),
        sa.PrimaryKeyConstraint("order_id"),
    )
    op.create_index("reported_order_trader", "reported_order", ["trader_id", "reported_at"])
