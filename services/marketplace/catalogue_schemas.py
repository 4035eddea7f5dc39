"""What the public is shown of products and traders."""

from datetime import date, datetime
from typing import Literal

from pydantic import BaseModel, Field

from services.marketplace.product_schemas import Halal, Stock
from services.marketplace.trader_schemas import Size


class ListedProduct(BaseModel):
    """A product in a list."""

    product_id: str
    name: str
    price: int = Field(description="Whole rupiah per unit.")
    unit: str
    category: str
    category_name: str
    trader_id: str
    trader_name: str
    village: str
    village_name: str
    size: Size
    stock: Stock
    in_season: bool
    distance_metres: int | None = Field(description="From the point that was asked about.")
    photo: str | None = Field(description="Address of the photo.")
    thumbnail: str | None
    page: str


class FoundProducts(BaseModel):
    """A page of what was found."""

    items: list[ListedProduct]
    order: Literal["relevance", "newest", "cheapest", "dearest", "nearest"] = Field(
        description="The order that they come in; what very many products have is newest first."
    )
    similar: bool = Field(
        description="Whether nothing has the words, and they were set right to find these."
    )
    words: str | None = Field(
        description="The words that these were found by; search by them for the next page."
    )
    next: str | None = Field(description="Cursor of the next page, if there is one.")


class PublicProduct(ListedProduct):
    """A product on its page."""

    description: str
    photos: list[str]
    halal: Halal
    halal_number: str | None
    pirt: str | None
    season_months: list[int]
    available_from: date | None
    available_until: date | None
    quantity: int | None
    trader_has_nib: bool
    trader_page: str
    whatsapp: str | None = Field(description="A link with a prepared message, by consent.")
    share_picture: str
    listed_at: datetime


class PublicTrader(BaseModel):
    """A trader on their page; their products are found with `trader` in a search."""

    trader_id: str
    name: str
    description: str
    village: str
    village_name: str
    size: Size
    has_nib: bool
    lat: float | None
    lon: float | None
    whatsapp: str | None = Field(description="By consent.")
    verified_at: datetime | None
    page: str


class CatalogueWord(BaseModel):
    """A code, and what it is called."""

    code: str
    name: str


class CatalogueWords(BaseModel):
    """By what products can be chosen."""

    categories: list[CatalogueWord]
    villages: list[CatalogueWord]
