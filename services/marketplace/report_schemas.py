"""What promotion brought in a month, and whether it was fairly spread."""

from datetime import datetime

from pydantic import BaseModel, Field


class Brought(BaseModel):
    """What some promotions brought together. `amount` is rupiah, as traders report."""

    promotions: int
    views: int
    clicks: int
    chats: int
    orders: int
    quantity: int
    amount: int


class PromotionShown(BaseModel):
    """One promotion."""

    slot_id: str
    account_id: str
    slot_at: datetime
    trader_id: str
    trader: str
    product_id: str
    product: str
    village: str
    category: str
    size: str
    waited_hours: float
    views: int | None
    clicks: int
    robots: int = Field(description="Requests of programs, which do not count as clicks.")
    chats: int
    orders: int
    quantity: int
    amount: int


class GroupShown(Brought):
    """The promotions of one trader, category, village or account."""

    code: str
    name: str


class Spread(BaseModel):
    """How evenly slots were spread over those who could have had one."""

    traders: int = Field(description="Active traders with approved goods.")
    promoted: int
    gini: float | None = Field(
        description="Of slots per trader: 0 all the same, towards 1 one has them all."
    )
    gini_least: float | None = Field(
        description="The least that so many slots over so many traders can have."
    )
    median_wait_hours: float | None
    p90_wait_hours: float | None
    longest_wait_hours: float | None
    sentence: str


class PromotionReport(BaseModel):
    """A month of promotion."""

    month: str = Field(examples=["2026-03"])
    publisher: str
    made_at: datetime
    total: Brought
    promotions: list[PromotionShown]
    by_trader: list[GroupShown]
    by_category: list[GroupShown]
    by_village: list[GroupShown]
    by_account: list[GroupShown]
    spread: Spread
