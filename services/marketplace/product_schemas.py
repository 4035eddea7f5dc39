"""Requests and answers about products: what a trader writes, and what a curator decides."""

from datetime import date, datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from services.marketplace.curating_schemas import ReasonCode, Remark
from shared.ids import UUID_PATTERN
from shared.text import CleanText

Stock = Literal["available", "limited", "preorder", "sold_out"]
Halal = Literal["none", "self_declared", "certified"]
ProductStateName = Literal["draft", "pending", "approved", "rejected", "withdrawn"]
RevisionStateName = Literal["draft", "pending", "approved", "rejected", "replaced"]
PhotoId = Annotated[str, Field(pattern=UUID_PATTERN)]
Month = Annotated[int, Field(strict=True, ge=1, le=12)]
PermitNumber = Annotated[CleanText, Field(min_length=3, max_length=40)]

_PHOTO_ID = "019b76da-a800-7000-8000-00000000d004"


class _Form(BaseModel):
    model_config = ConfigDict(extra="forbid")


class ProduceForm(_Form):
    """Of what is grown or caught: in which months, between which days, and how much there is."""

    season_months: list[Month] = Field(default_factory=list, max_length=12)
    available_from: date | None = None
    available_until: date | None = None
    quantity: Annotated[int, Field(strict=True, ge=0, le=10**7)] | None = Field(
        None, description="How much there is, in units of the price."
    )


class ProductForm(_Form):
    """A product, whole; it is looked at by a curator before it is shown, after each change too."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "name": "Keripik singkong pedas 250 g",
                    "description": "Singkong dari kebun sendiri, digoreng setiap pagi.",
                    "price": 15000,
                    "unit": "bungkus",
                    "category": "makanan",
                    "photo_ids": [_PHOTO_ID],
                    "halal": "self_declared",
                    "pirt": "2063571010001-29",
                }
            ]
        },
    )

    name: Annotated[CleanText, Field(min_length=3, max_length=100)]
    description: Annotated[CleanText, Field(max_length=3000)] = ""
    price: Annotated[int, Field(strict=True, ge=1, le=10**15)] = Field(
        description="Whole rupiah per unit."
    )
    unit: Annotated[CleanText, Field(min_length=1, max_length=30)]
    category: Annotated[CleanText, Field(min_length=1, max_length=64)]
    stock: Stock = "available"
    photo_ids: list[PhotoId] = Field(default_factory=list, max_length=20)
    halal: Halal = "none"
    halal_number: PermitNumber | None = None
    pirt: PermitNumber | None = None
    produce: ProduceForm | None = None
    submit: bool = Field(True, description="Whether it goes to the curators now, or stays a draft.")


class StockForm(_Form):
    """How much of it there is; this alone changes without a curator."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"stock": "sold_out"}]}
    )

    stock: Stock


class RevisionView(BaseModel):
    """One version of a product."""

    revision: int
    state: RevisionStateName
    name: str
    description: str
    price: int
    unit: str
    category: str
    photo_ids: list[str]
    halal: Halal
    halal_number: str | None
    pirt: str | None
    season_months: list[int]
    available_from: date | None
    available_until: date | None
    quantity: int | None
    written_at: datetime
    submitted_at: datetime | None
    decided_at: datetime | None
    reason: str | None
    reason_text: str | None


class OwnProduct(BaseModel):
    """A product as its trader sees it: its latest version, and whether the public sees one."""

    product_id: str
    state: ProductStateName
    version: int
    stock: Stock
    shown_revision: int | None = Field(description="The version that was approved, if any.")
    latest: RevisionView
    created_at: datetime
    updated_at: datetime
    withdrawn_reason: str | None
    page: str = Field(description="Where the public sees it, once it is approved.")


class OwnProducts(BaseModel):
    """A page of the trader's own products, the newest first."""

    items: list[OwnProduct]
    next: str | None = Field(description="Cursor of the next page, if there is one.")


class PhotoForm(BaseModel):
    """A form with a photo."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"file": "(the bytes of a JPEG)"}]}
    )

    file: bytes = Field(json_schema_extra={"format": "binary"})


class KeptPhoto(BaseModel):
    """A photo that was made clean and is kept; without a product it is deleted after a day."""

    photo_id: str = Field(examples=[_PHOTO_ID])
    media_type: str
    width: int
    height: int
    expires_at: datetime | None


class ModerationItem(BaseModel):
    """What waits for a curator: the new version, the one that is shown, and what the rules say."""

    product_id: str
    trader_id: str
    trader_name: str
    trader_state: str
    state: ProductStateName
    version: int
    proposed: RevisionView
    shown: RevisionView | None
    flags: list[dict[str, Any]] = Field(description="Entries of the profile's list, and the word.")
    claimed_by: str | None
    claimed_until: datetime | None


class ModerationQueue(BaseModel):
    """A page of what waits, the oldest first."""

    items: list[ModerationItem]
    next: str | None = Field(description="Cursor of the next page, if there is one.")


class ProductApproval(BaseModel):
    """Approve the version that one has looked at."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"revision": 1}]})

    revision: Annotated[int, Field(strict=True, ge=1, le=10**6)]


class ProductRejection(ProductApproval):
    """Reject the version that one has looked at, for a reason of the profile."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"revision": 1, "reason": "foto-tidak-jelas"}]},
    )

    reason: ReasonCode
    text: Remark = ""


class ProductTakeDown(BaseModel):
    """Take an approved product out of the catalogue, for a reason of the profile."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"reason": "barang-terlarang"}]}
    )

    reason: ReasonCode
    text: Remark = ""


class ProductDecision(BaseModel):
    """What became of a product."""

    product_id: str
    state: ProductStateName
    version: int
    shown_revision: int | None
