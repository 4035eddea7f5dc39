"""Tables of traders: who they are, what was decided, their codes and sessions."""

from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import BigInteger, Column, Float, Identity, Index, MetaData
from sqlalchemy import text as sql
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from shared.columns import bytes_column, id_column, text_column, time_column

metadata = MetaData()


class MarketplaceTable(SQLModel):
    """Gives marketplace's tables a schema of their own, apart from the other services'."""

    metadata: ClassVar[MetaData] = metadata


class Trader(MarketplaceTable, table=True):
    """A small business.

    `identity` is sealed JSON of owner's name and phone, under the trader's own key; `phone_hash` is
    keyed and finds the number again. `public_phone` is there, in clear, exactly while its owner
    consents to its being shown. Without `wrapped_key` nothing of this person opens any more: that
    is what erasing means. `size_basis` says by which figure the size was told; the figure itself
    is not kept. `reason` is the last decision's, a code of the profile with `reason_text`.
    """

    __tablename__ = "trader"
    __table_args__ = (
        Index(
            "trader_phone",
            "phone_hash",
            unique=True,
            postgresql_where=sql("phone_hash IS NOT NULL"),
        ),
        Index("trader_state", "state", "state_since", "trader_id"),
    )

    trader_id: str = id_column(primary=True)
    state: str = text_column()
    state_since: datetime = time_column()
    version: int
    key_id: str = text_column()
    wrapped_key: bytes | None = bytes_column(nullable=True)
    identity: bytes | None = bytes_column(nullable=True)
    phone_hash: bytes | None = bytes_column(nullable=True)
    public_phone: str | None = text_column(nullable=True)
    name: str = text_column()
    description: str = text_column(default="")
    nib: str | None = text_column(nullable=True)
    size: str = text_column()
    size_basis: str = text_column()
    village: str = text_column()
    lat: float | None = Field(sa_column=Column(Float))
    lon: float | None = Field(sa_column=Column(Float))
    consent_version: str = text_column()
    consented_at: datetime = time_column()
    reason: str | None = text_column(nullable=True)
    reason_text: str | None = text_column(nullable=True)
    appeal: str | None = text_column(nullable=True)
    appealed_at: datetime | None = time_column(nullable=True)
    registered_at: datetime = time_column()
    verified_at: datetime | None = time_column(nullable=True)


class TraderFact(MarketplaceTable, table=True):
    """What was done to a trader, by whom, and why: also who was shown their identity."""

    __tablename__ = "trader_fact"
    __table_args__ = (Index("trader_fact_of_trader", "trader_id", "seq"),)

    seq: int = Field(sa_column=Column(BigInteger, Identity(always=True), primary_key=True))
    trader_id: str = id_column(of="trader.trader_id")
    happened_at: datetime = time_column()
    action: str = text_column()
    by: str = text_column()
    reason: str | None = text_column(nullable=True)
    text: str | None = text_column(nullable=True)
    details: dict[str, Any] = Field(
        sa_column=Column(JSONB, nullable=False, server_default=sql("'{}'"))
    )


class OneTimeCode(MarketplaceTable, table=True):
    """A code that was sent to a number: its keyed hash, the tries, and until when it is valid."""

    __tablename__ = "one_time_code"
    __table_args__ = (Index("one_time_code_of_phone", "phone_hash", "sent_at"),)

    code_id: str = id_column(primary=True)
    phone_hash: bytes = bytes_column()
    key_id: str = text_column()
    wrapped_key: bytes = bytes_column()
    phone: bytes = bytes_column()
    code_hash: bytes = bytes_column()
    tries: int = Field(sa_column_kwargs={"server_default": "0"})
    sent_at: datetime = time_column()
    expires_at: datetime = time_column()
    used_at: datetime | None = time_column(nullable=True)


class TraderSession(MarketplaceTable, table=True):
    """A device on which a trader is logged in.

    Refresh tokens are derived from id and generation and stored nowhere; each use begins the next
    generation.
    """

    __tablename__ = "trader_session"
    __table_args__ = (Index("trader_session_of_trader", "trader_id"),)

    session_id: str = id_column(primary=True)
    trader_id: str = id_column(of="trader.trader_id")
    key_id: str = text_column()
    generation: int
    refreshed_at: datetime = time_column()
    expires_at: datetime = time_column()
