"""Tables of products: what is offered, each version of it, its photos, and what the public sees."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import BigInteger, Column, Date, Float, Index, Integer, SmallInteger, Text, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, TSVECTOR, UUID
from sqlmodel import Field

from services.marketplace.trader_tables import MarketplaceTable
from shared.columns import bytes_column, id_column, text_column, time_column


class Product(MarketplaceTable, table=True):
    """Something that a trader offers.

    `state` is the product's own: an approved one stays approved, and shown, while `open_revision`
    is being written or looked at. `approved_revision` is what the public sees; `latest_revision`
    counts. `stock` changes at once, for it says nothing that anybody must look at.
    """

    __tablename__ = "product"
    __table_args__ = (
        Index("product_of_trader", "trader_id", "product_id"),
        Index("product_state", "state"),
    )

    product_id: str = id_column(primary=True)
    trader_id: str = id_column(of="trader.trader_id")
    state: str = text_column()
    version: int
    latest_revision: int
    open_revision: int | None
    approved_revision: int | None
    stock: str = text_column()
    created_at: datetime = time_column()
    updated_at: datetime = time_column()
    approved_at: datetime | None = time_column(nullable=True)
    withdrawn_by: str | None = text_column(nullable=True)
    withdrawn_reason: str | None = text_column(nullable=True)


class ProductRevision(MarketplaceTable, table=True):
    """One version of a product's words, price and photos, and what was decided about it.

    `flags` is what the rules found that a curator should look at. `quantity` and the dates are of
    produce: how much there is, and between which days. `price` is whole rupiah per `unit`.
    """

    __tablename__ = "product_revision"
    __table_args__ = (
        Index(
            "product_revision_waiting",
            "submitted_at",
            "product_id",
            postgresql_where=text("state = 'pending'"),
        ),
    )

    product_id: str = id_column(primary=True, of="product.product_id")
    revision: int = Field(sa_column=Column(Integer, primary_key=True))
    state: str = text_column()
    name: str = text_column()
    description: str = text_column()
    price: int = Field(sa_column=Column(BigInteger, nullable=False))
    unit: str = text_column()
    category: str = text_column()
    photo_ids: list[str] = Field(
        sa_column=Column(ARRAY(UUID(as_uuid=False)), nullable=False, server_default=text("'{}'"))
    )
    halal: str = text_column(default="none")
    halal_number: str | None = text_column(nullable=True)
    pirt: str | None = text_column(nullable=True)
    season_months: list[int] = Field(
        sa_column=Column(ARRAY(SmallInteger), nullable=False, server_default=text("'{}'"))
    )
    available_from: date | None = Field(sa_column=Column(Date))
    available_until: date | None = Field(sa_column=Column(Date))
    quantity: int | None
    flags: list[dict[str, Any]] = Field(
        sa_column=Column(JSONB, nullable=False, server_default=text("'[]'"))
    )
    written_at: datetime = time_column()
    submitted_at: datetime | None = time_column(nullable=True)
    claimed_by: str | None = text_column(nullable=True)
    claimed_until: datetime | None = time_column(nullable=True)
    decided_by: str | None = text_column(nullable=True)
    decided_at: datetime | None = time_column(nullable=True)
    reason: str | None = text_column(nullable=True)
    reason_text: str | None = text_column(nullable=True)


class Photo(MarketplaceTable, table=True):
    """A photo of a trader's, cleaned, and sealed under the trader's key; the store has the bytes.

    It is deleted at `expires_at` unless a product took it.
    """

    __tablename__ = "photo"
    __table_args__ = (
        Index("photo_of_trader", "trader_id"),
        Index("photo_expiring", "expires_at", postgresql_where=text("expires_at IS NOT NULL")),
    )

    photo_id: str = id_column(primary=True)
    trader_id: str = id_column(of="trader.trader_id")
    media_type: str = text_column()
    size: int
    width: int
    height: int
    fingerprint: str = text_column()
    content_name: str = text_column()
    thumbnail_name: str = text_column()
    uploaded_at: datetime = time_column()
    expires_at: datetime | None = time_column(nullable=True)


class Listing(MarketplaceTable, table=True):
    """What the public is shown of one product: there is a row exactly while it may be shown.

    It is written by the transaction that changes a product or its trader, so that what is withdrawn
    or suspended is gone at once. `words` holds the words of name, kind, trader and description,
    and, marked with "=", the facts that searches choose by.
    """

    __tablename__ = "listing"
    __table_args__ = (
        Index(
            "listing_words",
            "words",
            postgresql_using="gin",
            postgresql_with={"gin_pending_list_limit": 512},
        ),
        Index("listing_newest", "listed_at", "product_id"),
        Index("listing_price", "price", "product_id"),
        Index("listing_trader", "trader_id"),
        Index("listing_place", text("point(lon, lat)"), postgresql_using="gist"),
    )

    product_id: str = id_column(primary=True, of="product.product_id")
    trader_id: str = id_column(of="trader.trader_id")
    trader_name: str = text_column()
    revision: int
    name: str = text_column()
    price: int = Field(sa_column=Column(BigInteger, nullable=False))
    unit: str = text_column()
    category: str = text_column()
    village: str = text_column()
    size: str = text_column()
    stock: str = text_column()
    lat: float | None = Field(sa_column=Column(Float))
    lon: float | None = Field(sa_column=Column(Float))
    photo_id: str | None = id_column(nullable=True)
    available_from: date | None = Field(sa_column=Column(Date))
    available_until: date | None = Field(sa_column=Column(Date))
    listed_at: datetime = time_column()
    words: Any = Field(sa_column=Column(TSVECTOR, nullable=False))


class ShareCard(MarketplaceTable, table=True):
    """The share picture that is drawn last of a product; `drawn_of` tells what it shows."""

    __tablename__ = "share_card"

    product_id: str = id_column(primary=True, of="product.product_id")
    trader_id: str = id_column(of="trader.trader_id")
    drawn_of: bytes = bytes_column()
    content_name: str = Field(sa_column=Column(Text, nullable=False))
    drawn_at: datetime = time_column()


class CatalogueWord(MarketplaceTable, table=True):
    """A word that stands in names of products, and in how many; learned anew every hour."""

    __tablename__ = "catalogue_word"
    __table_args__ = (
        Index(
            "catalogue_word_alike",
            "word",
            postgresql_using="gin",
            postgresql_ops={"word": "gin_trgm_ops"},
        ),
    )

    word: str = Field(sa_column=Column(Text, primary_key=True))
    listings: int
