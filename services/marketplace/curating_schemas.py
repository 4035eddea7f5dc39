"""Requests and answers of staff who verify and suspend traders."""

from datetime import datetime
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from services.marketplace.trader_schemas import Size, TraderStateName
from shared.text import CleanText

ReasonCode = Annotated[CleanText, Field(min_length=1, max_length=64)]
Remark = Annotated[CleanText, Field(max_length=1000)]


class DecisionAgainst(BaseModel):
    """Refuse or suspend a trader, for a reason of the profile and in words of one's own."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"reason": "penipuan", "text": "Dua aduan pembeli."}]},
    )

    reason: ReasonCode
    text: Remark = ""


class DecisionFor(BaseModel):
    """Verify or reinstate a trader."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"text": "Sudah dikunjungi."}]}
    )

    text: Remark = ""


class IdentityWish(BaseModel):
    """Why one has to know who a trader is; it is written down."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"reason": "Menelepon untuk verifikasi"}]}
    )

    reason: Annotated[CleanText, Field(min_length=5, max_length=300)]


class TraderIdentity(BaseModel):
    """Who a trader is."""

    trader_id: str
    owner_name: str
    phone: str


class StaffTrader(BaseModel):
    """A trader as staff see them: without who is behind it, which has a door of its own."""

    trader_id: str
    state: TraderStateName
    state_since: datetime
    version: int
    name: str
    description: str
    nib: str | None
    size: Size
    size_basis: str
    village: str
    lat: float | None
    lon: float | None
    reason: str | None
    reason_text: str | None
    appeal: str | None
    appealed_at: datetime | None
    registered_at: datetime
    verified_at: datetime | None
    legal: list[str] = Field(description="What may be done to them now.")


class StaffTraders(BaseModel):
    """A page of traders."""

    items: list[StaffTrader]
    next: str | None = Field(description="Cursor of the next page, if there is one.")


class StaffFact(BaseModel):
    """What was done to a trader, by whom, and why."""

    happened_at: datetime
    action: str
    by: str
    reason: str | None
    text: str | None
    details: dict[str, Any]


class StaffFacts(BaseModel):
    """The newest facts, the oldest of them first."""

    items: list[StaffFact]
