"""What the doors of promotion take and give."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from shared.ids import UUID_PATTERN
from shared.text import CleanText
from shared.written import WrittenTime

Uuid = Annotated[str, StringConstraints(pattern=UUID_PATTERN)]
Reason = Annotated[CleanText, Field(min_length=5, max_length=500)]
AccountId = Annotated[str, StringConstraints(pattern=r"^[a-z0-9-]{1,64}$")]
PlatformId = Annotated[CleanText, Field(min_length=1, max_length=300)]
_PRODUCT = "019b76da-a800-7000-8000-00000000d003"
_AT = "2026-03-10T00:00:00Z"


class Form(BaseModel):
    """What comes in: nothing beside the fields, and no text that Postgres cannot hold."""

    model_config = ConfigDict(extra="forbid")


class SlotCandidate(BaseModel):
    """One who drew lots: the weight, hours of waiting, and how often the like was shown lately."""

    trader_id: str
    product_id: str
    weight: int
    chance: float = Field(description="Share of all weights.", examples=[0.25])
    waited_hours: int
    seen_lately: int


class SlotExplanation(BaseModel):
    """Why this trader: the draw as anybody can repeat it, or who pinned it and why."""

    sentence: str = Field(
        examples=["Diundi di antara 12 usaha yang menunggu; peluangnya 9 %, menunggu 71 jam."]
    )
    is_newcomer: bool = False
    seed: str | None = None
    draw: int | None = None
    is_as_drawn: bool | None = Field(
        None, description="Whether drawing again from seed and weights gives the same trader."
    )
    candidates: list[SlotCandidate] = []


class Slot(BaseModel):
    """One slot of one account."""

    slot_id: str | None = Field(None, description="None while it is only foreseen.")
    account_id: str
    platform: str
    slot_at: datetime
    state: str = Field(examples=["proposed"])
    trader_id: str
    product_id: str
    caption: str
    link: str | None
    version: int | None = None
    reason: str | None = None
    failure: str | None = None
    published_at: datetime | None = None
    platform_id: str | None = None
    views: int | None = None


class SlotWithReasons(Slot):
    """A slot, and whose turn it was for which reasons."""

    explanation: SlotExplanation


class SlotList(BaseModel):
    """Slots in the order of time."""

    slots: list[Slot]


class Preview(BaseModel):
    """The next weeks: what is planned, and what would follow if nothing changed."""

    until: datetime
    slots: list[Slot]


class Approval(Form):
    """Let a slot go out, with the caption as it is or another one."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"caption": None}]})

    caption: Annotated[CleanText, Field(min_length=10, max_length=5000)] | None = Field(
        None, description="Words in place of the template's; the slot's link must be in them."
    )


class Pin(Form):
    """Give a slot of an account to a product."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "account_id": "wali-kota-instagram",
                    "slot_at": _AT,
                    "product_id": _PRODUCT,
                    "reason": "Pekan batik kota",
                }
            ]
        },
    )

    account_id: AccountId
    slot_at: WrittenTime
    product_id: Uuid
    reason: Reason


class Skip(Form):
    """Pass a trader over in one slot; they come next."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"reason": "Fotonya sedang diganti"}]}
    )

    reason: Reason


class Stop(Form):
    """Let nothing go out, on one account or on all."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"reason": "Hari berkabung daerah"}]}
    )

    account_id: AccountId | None = Field(None, description="None is all accounts.")
    reason: Reason


class StopShown(BaseModel):
    """An account at which nothing goes out; `account_id` is None for all."""

    account_id: str | None
    since: datetime
    by: str
    reason: str


class StopList(BaseModel):
    """Where nothing goes out."""

    stops: list[StopShown]


class Verdict(Form):
    """What a person saw at the platform of a slot that nobody is sure about."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"decision": "published"}]}
    )

    decision: Literal["published", "again", "give_up"]
    platform_id: PlatformId | None = None


class Posted(Form):
    """Staff posted it themselves."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"platform_id": "https://tiktok.example/video/1"}]},
    )

    platform_id: PlatformId | None = None


class Views(Form):
    """How often the platform says that a post was seen."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"views": 1250}]})

    views: Annotated[int, Field(strict=True, ge=0, le=10**9)]


class OrderForm(Form):
    """What a trader sold, by their own account; of a slot where it came from one."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [{"product_id": _PRODUCT, "quantity": 12, "amount": 300000, "chats": 20}]
        },
    )

    product_id: Uuid
    slot_id: Uuid | None = None
    quantity: Annotated[int, Field(strict=True, ge=0, le=10**6)]
    amount: Annotated[int, Field(strict=True, ge=0, le=10**12, description="Rupiah in all.")]
    chats: Annotated[int, Field(strict=True, ge=0, le=10**6)] | None = Field(
        None, description="How many people wrote."
    )


class OrderShown(BaseModel):
    """A reported order."""

    order_id: str
    product_id: str
    slot_id: str | None
    quantity: int
    amount: int
    chats: int | None
    reported_at: datetime


class ProductLink(BaseModel):
    """The short link of a product's own page."""

    link: str


def explain_choice(kept: dict[str, Any]) -> list[SlotCandidate]:
    """Return the candidates of a kept choice, with their chances."""
    total = sum(each[2] for each in kept["candidates"]) or 1
    return [
        SlotCandidate(
            trader_id=trader_id,
            product_id=product_id,
            weight=weight,
            chance=round(weight / total, 4),
            waited_hours=hours,
            seen_lately=seen,
        )
        for trader_id, product_id, weight, hours, seen in kept["candidates"]
    ]
