"""Traders, their codes and sessions; products, their versions and photos; what the public sees."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, TSVECTOR, UUID

from shared.idempotency import create_idempotency_table
from shared.messaging.schema import create_messaging_tables, drop_messaging_tables

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create everything."""
    op.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
    create_idempotency_table()
    create_messaging_tables()
    _create_traders()
    _create_codes()
    _create_products()
    _create_photos()
    _create_listing()


def downgrade() -> None:
    """Drop everything; the extension stays, for others may use it."""
    for name in ("share_card", "listing", "photo", "product_revision", "product"):
        op.drop_table(name)
    for name in ("trader_session", "one_time_code", "trader_fact", "trader"):
        op.drop_table(name)
    drop_messaging_tables()
    op.drop_table("idempotency")


def _create_traders() -> None:
    op.create_table(
        "trader",
        sa.Column("trader_id", UUID(as_uuid=False), primary_key=True),
        _text("state"),
        _time("state_since"),
        sa.Column("version", sa.Integer, nullable=False),
        _text("key_id"),
        sa.Column("wrapped_key", sa.LargeBinary),
        sa.Column("identity", sa.LargeBinary),
        sa.Column("phone_hash", sa.LargeBinary),
        _text("public_phone", nullable=True),
        _text("name"),
        _text("description", default=""),
        _text("nib", nullable=True),
        _text("size"),
        _text("size_basis"),
        _text("village"),
        sa.Column("lat", sa.Float),
        sa.Column("lon", sa.Float),
        _text("consent_version"),
        _time("consented_at"),
        _text("reason", nullable=True),
        _text("reason_text", nullable=True),
        _text("appeal", nullable=True),
        _time("appealed_at", nullable=True),
        _time("registered_at"),
        _time("verified_at", nullable=True),
    )
    op.create_index(
        "trader_phone",
        "trader",
        ["phone_hash"],
        unique=True,
        postgresql_where=sa.text("phone_hash IS NOT NULL"),
    )
    op.create_index("trader_state", "trader", ["state", "state_since", "trader_id"])
    op.create_table(
        "trader_fact",
        sa.Column("seq", sa.BigInteger, sa.Identity(always=True), primary_key=True),
        _trader(),
        _time("happened_at"),
        _text("action"),
        _text("by"),
        _text("reason", nullable=True),
        _text("text", nullable=True),
        sa.Column("details", JSONB, nullable=False, server_default=sa.text("'{}'")),
    )
    op.create_index("trader_fact_of_trader", "trader_fact", ["trader_id", "seq"])


def _create_codes() -> None:
    op.create_table(
        "one_time_code",
        sa.Column("code_id", UUID(as_uuid=False), primary_key=True),
        sa.Column("phone_hash", sa.LargeBinary, nullable=False),
        _text("key_id"),
        sa.Column("wrapped_key", sa.LargeBinary, nullable=False),
        sa.Column("phone", sa.LargeBinary, nullable=False),
        sa.Column("code_hash", sa.LargeBinary, nullable=False),
        sa.Column("tries", sa.Integer, nullable=False, server_default="0"),
        _time("sent_at"),
        _time("expires_at"),
        _time("used_at", nullable=True),
    )
    op.create_index("one_time_code_of_phone", "one_time_code", ["phone_hash", "sent_at"])
    op.create_table(
        "trader_session",
        sa.Column("session_id", UUID(as_uuid=False), primary_key=True),
        _trader(),
        _text("key_id"),
        sa.Column("generation", sa.Integer, nullable=False),
        _time("refreshed_at"),
        _time("expires_at"),
    )
    op.create_index("trader_session_of_trader", "trader_session", ["trader_id"])


def _create_products() -> None:
    op.create_table(
        "product",
        sa.Column("product_id", UUID(as_uuid=False), primary_key=True),
        _trader(),
        _text("state"),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("latest_revision", sa.Integer, nullable=False),
        sa.Column("open_revision", sa.Integer),
        sa.Column("approved_revision", sa.Integer),
        _text("stock"),
        _time("created_at"),
        _time("updated_at"),
        _time("approved_at", nullable=True),
        _text("withdrawn_by", nullable=True),
        _text("withdrawn_reason", nullable=True),
    )
    op.create_index("product_of_trader", "product", ["trader_id", "product_id"])
    op.create_index("product_state", "product", ["state"])
    op.create_table(
        "product_revision",
        _product(primary=True),
        sa.Column("revision", sa.Integer, primary_key=True),
        _text("state"),
        _text("name"),
        _text("description"),
        sa.Column("price", sa.BigInteger, nullable=False),
        _text("unit"),
        _text("category"),
        sa.Column(
            "photo_ids", ARRAY(UUID(as_uuid=False)), nullable=False, server_default=sa.text("'{}'")
        ),
        _text("halal", default="none"),
        _text("halal_number", nullable=True),
        _text("pirt", nullable=True),
        sa.Column(
            "season_months", ARRAY(sa.SmallInteger), nullable=False, server_default=sa.text("'{}'")
        ),
        sa.Column("available_from", sa.Date),
        sa.Column("available_until", sa.Date),
        sa.Column("quantity", sa.Integer),
        sa.Column("flags", JSONB, nullable=False, server_default=sa.text("'[]'")),
        _time("written_at"),
        _time("submitted_at", nullable=True),
        _text("claimed_by", nullable=True),
        _time("claimed_until", nullable=True),
        _text("decided_by", nullable=True),
        _time("decided_at", nullable=True),
        _text("reason", nullable=True),
        _text("reason_text", nullable=True),
    )
    op.create_index(
        "product_revision_waiting",
        "product_revision",
        ["submitted_at", "product_id"],
        postgresql_where=sa.text("state = 'pending'"),
    )


def _create_photos() -> None:
    op.create_table(
        "photo",
        sa.Column("photo_id", UUID(as_uuid=False), primary_key=True),
        _trader(),
        _text("media_type"),
        sa.Column("size", sa.Integer, nullable=False),
        sa.Column("width", sa.Integer, nullable=False),
        sa.Column("height", sa.Integer, nullable=False),
        _text("fingerprint"),
        _text("content_name"),
        _text("thumbnail_name"),
        _time("uploaded_at"),
        _time("expires_at", nullable=True),
    )
    op.create_index("photo_of_trader", "photo", ["trader_id"])
    op.create_index(
        "photo_expiring",
        "photo",
        ["expires_at"],
        postgresql_where=sa.text("expires_at IS NOT NULL"),
    )


def _create_listing() -> None:
    op.create_table(
        "listing",
        _product(primary=True),
        _trader(),
        _text("trader_name"),
        sa.Column("revision", sa.Integer, nullable=False),
        _text("name"),
        sa.Column("price", sa.BigInteger, nullable=False),
        _text("unit"),
        _text("category"),
        _text("village"),
        _text("size"),
        _text("stock"),
        sa.Column("lat", sa.Float),
        sa.Column("lon", sa.Float),
        sa.Column("photo_id", UUID(as_uuid=False)),
        sa.Column("available_from", sa.Date),
        sa.Column("available_until", sa.Date),
        _time("listed_at"),
        sa.Column("words", TSVECTOR, nullable=False),
    )
    op.create_index(
        "listing_words",
        "listing",
        ["words"],
        postgresql_using="gin",
        postgresql_with={"gin_pending_list_limit": 512},
    )
    op.create_index(
        "listing_name",
        "listing",
        ["name"],
        postgresql_using="gin",
        postgresql_ops={"name": "gin_trgm_ops"},
    )
    op.create_index("listing_newest", "listing", ["listed_at", "product_id"])
    op.create_index("listing_price", "listing", ["price", "product_id"])
    op.create_index("listing_trader", "listing", ["trader_id"])
    op.execute("CREATE INDEX listing_place ON listing USING gist (point(lon, lat))")
    op.create_table(
        "share_card",
        _product(primary=True),
        _trader(),
        sa.Column("drawn_of", sa.LargeBinary, nullable=False),
        _text("content_name"),
        _time("drawn_at"),
    )


def _text(name: str, *, nullable: bool = False, default: str | None = None) -> "sa.Column[str]":
    return sa.Column(name, sa.Text, nullable=nullable, server_default=default)


def _time(name: str, *, nullable: bool = False) -> "sa.Column[object]":
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _trader() -> "sa.Column[str]":
    return sa.Column(
        "trader_id", UUID(as_uuid=False), sa.ForeignKey("trader.trader_id"), nullable=False
    )


def _product(*, primary: bool) -> "sa.Column[str]":
    return sa.Column(
        "product_id",
        UUID(as_uuid=False),
        sa.ForeignKey("product.product_id"),
        primary_key=primary,
        nullable=False,
    )
