"""Tables of promotion: slots, whose turn it was, wishes of staff, links, clicks, orders."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import BigInteger, Column, Date, Index, Integer, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from services.marketplace.trader_tables import MarketplaceTable
from shared.columns import id_column, text_column, time_column


class PromotionSlot(MarketplaceTable, table=True):
    """One slot of one account, from its plan to what it brought.

    `choice` is what is needed to draw again whose turn it was; it is null where staff pinned the
    product. `round` and `turn_before` give the turn back where nothing came of the slot. `caption`
    and `revision` are what staff approve; another revision of the product is another caption.
    `views` is what the platform's own figures said, as staff report it.
    """

    __tablename__ = "promotion_slot"
    __table_args__ = (
        UniqueConstraint("account_id", "slot_at", name="promotion_slot_key"),
        Index(
            "promotion_slot_due",
            "next_try_at",
            postgresql_where=text("state IN ('approved', 'publishing', 'unsure', 'proposed')"),
        ),
        Index("promotion_slot_time", "slot_at", "account_id"),
        Index("promotion_slot_trader", "trader_id", "slot_at"),
        Index(
            "promotion_slot_follow_up",
            "slot_at",
            postgresql_where=text("state = 'published' AND followed_up_at IS NULL"),
        ),
    )

    slot_id: str = id_column(primary=True)
    account_id: str = text_column()
    slot_at: datetime = time_column()
    state: str = text_column()
    version: int
    trader_id: str = id_column(of="trader.trader_id")
    product_id: str = id_column(of="product.product_id")
    revision: int
    village: str = text_column()
    category: str = text_column()
    size: str = text_column()
    caption: str = text_column()
    link_code: str = text_column()
    round: int
    turn_before: int | None
    waiting_since: datetime = time_column()
    choice: dict[str, Any] | None = Field(sa_column=Column(JSONB(none_as_null=True)))
    pinned_by: str | None = text_column(nullable=True)
    reason: str | None = text_column(nullable=True)
    approved_by: str | None = text_column(nullable=True)
    approved_at: datetime | None = time_column(nullable=True)
    tries: int
    looks: int
    next_try_at: datetime | None = time_column(nullable=True)
    failure: str | None = text_column(nullable=True)
    platform_id: str | None = text_column(nullable=True)
    published_at: datetime | None = time_column(nullable=True)
    published_by: str | None = text_column(nullable=True)
    followed_up_at: datetime | None = time_column(nullable=True)
    views: int | None


class PromotionTurn(MarketplaceTable, table=True):
    """Since when a trader waits, and in which round they last had a slot (null: never)."""

    __tablename__ = "promotion_turn"

    trader_id: str = id_column(primary=True, of="trader.trader_id")
    since: datetime = time_column()
    round: int | None
    times: int


class PromotionRound(MarketplaceTable, table=True):
    """The one row that says which round it is; whoever plans locks it."""

    __tablename__ = "promotion_round"

    one: int = Field(sa_column=Column(Integer, primary_key=True))
    round: int


class PromotionWish(MarketplaceTable, table=True):
    """What staff want of a slot that is not planned yet, and why: a pin or a skip."""

    __tablename__ = "promotion_wish"
    __table_args__ = (
        Index("promotion_wish_slot", "slot_at", "account_id"),
        Index(
            "promotion_wish_pin",
            "account_id",
            "slot_at",
            unique=True,
            postgresql_where=text("kind = 'pin'"),
        ),
        UniqueConstraint("account_id", "slot_at", "kind", "trader_id", name="promotion_wish_key"),
    )

    wish_id: str = id_column(primary=True)
    account_id: str = text_column()
    slot_at: datetime = time_column()
    kind: str = text_column()
    trader_id: str = id_column(of="trader.trader_id")
    product_id: str | None = id_column(nullable=True)
    by: str = text_column()
    reason: str = text_column()
    wished_at: datetime = time_column()


class PublishingStop(MarketplaceTable, table=True):
    """An account at which nothing goes out, or `*` for all, and who said so."""

    __tablename__ = "publishing_stop"

    account_id: str = Field(sa_column=Column(Text, primary_key=True))
    since: datetime = time_column()
    by: str = text_column()
    reason: str = text_column()


class ShortLink(MarketplaceTable, table=True):
    """A link of a slot, or of a product's own page; where it leads is found when it is followed."""

    __tablename__ = "short_link"
    __table_args__ = (
        Index(
            "short_link_own",
            "product_id",
            unique=True,
            postgresql_where=text("account_id IS NULL"),
        ),
    )

    code: str = text_column(primary=True)
    product_id: str = id_column(of="product.product_id")
    account_id: str | None = text_column(nullable=True)
    slot_at: datetime | None = time_column(nullable=True)
    made_at: datetime = time_column()


class ClickCount(MarketplaceTable, table=True):
    """How often a link was followed on a day, by people or robots; nothing of who it was."""

    __tablename__ = "click_count"

    code: str = Field(sa_column=Column(Text, primary_key=True))
    day: date = Field(sa_column=Column(Date, primary_key=True))
    kind: str = Field(sa_column=Column(Text, primary_key=True))
    clicks: int = Field(sa_column=Column(BigInteger, nullable=False))


class ReportedOrder(MarketplaceTable, table=True):
    """What a trader says that a slot, or Lapak at large, has sold. Rupiah."""

    __tablename__ = "reported_order"
    __table_args__ = (Index("reported_order_trader", "trader_id", "reported_at"),)

    order_id: str = id_column(primary=True)
    trader_id: str = id_column(of="trader.trader_id")
    product_id: str = id_column(of="product.product_id")
    slot_id: str | None = id_column(nullable=True, of="promotion_slot.slot_id")
    quantity: int
    amount: int = Field(sa_column=Column(BigInteger, nullable=False))
    chats: int | None
    reported_at: datetime = time_column()
