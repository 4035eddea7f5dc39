"""The public looks through the catalogue: searches, and opens products and traders."""

from dataclasses import replace
from datetime import date, datetime
from typing import Any
from urllib.parse import quote
from uuid import UUID

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from services.marketplace import catalogue_queries
from services.marketplace.catalogue_queries import Position
from services.marketplace.catalogue_schemas import (
    FoundProducts,
    ListedProduct,
    PublicProduct,
    PublicTrader,
)
from services.marketplace.context import MarketplaceContext
from services.marketplace.errors import TraderNotFound
from services.marketplace.operations.accounts import trader_page
from services.marketplace.operations.offering import product_page
from services.marketplace.product_errors import ProductNotFound
from services.marketplace.rules.listing import Order, Wanted, is_in_season, metres_between
from services.marketplace.rules.spelling import set_right, words_of
from services.marketplace.rules.wording import buyers_message
from shared.cursor import read_cursor, write_cursor
from shared.errors import Invalid


async def find_products(
    connection: AsyncConnection,
    context: MarketplaceContext,
    wanted: Wanted,
    order: Order,
    cursor: str | None,
    limit: int,
    now: datetime,
) -> FoundProducts:
    """Return a page of products. Raises Invalid for a cursor of another list."""
    start = read_position(cursor, order) if cursor else None
    found = await catalogue_queries.search(connection, wanted, order, start, limit + 1)
    similar = False
    if not found.rows and wanted.text and start is None:
        right = await _set_right(connection, wanted.text)
        if right is not None:
            wanted = replace(wanted, text=right)
            found = await catalogue_queries.search(connection, wanted, order, start, limit + 1)
            similar = bool(found.rows)
    rows = found.rows
    day = now.astimezone(context.zone).date()
    more = None
    if len(rows) > limit:
        more = write_position(found.many, order, rows[limit - 1])
    by: Order = "newest" if found.many and order == "relevance" else order
    return FoundProducts(
        items=[
            ListedProduct.model_validate(_listed(context, row, wanted, day)) for row in rows[:limit]
        ],
        order=by,
        similar=similar,
        words=wanted.text or None,
        next=more,
    )


async def _set_right(connection: AsyncConnection, text: str) -> str | None:
    words = words_of(text)
    known = await catalogue_queries.find_known(connection, words)
    alike = await catalogue_queries.find_alike(connection, [w for w in words if w not in known])
    return set_right(text, known, alike)


async def open_product(
    connection: AsyncConnection, context: MarketplaceContext, product_id: str, now: datetime
) -> PublicProduct:
    """Return what a product's page shows. Raises ProductNotFound."""
    row = await catalogue_queries.find_listing(connection, product_id)
    if row is None:
        raise ProductNotFound
    page = product_page(context, product_id)
    return PublicProduct.model_validate(
        {
            **_listed(context, row, Wanted(), now.astimezone(context.zone).date()),
            "description": row.description,
            "photos": [photo_address(context, str(each)) for each in row.photo_ids],
            "halal": row.halal,
            "halal_number": row.halal_number,
            "pirt": row.pirt,
            "season_months": row.season_months,
            "available_from": row.available_from,
            "available_until": row.available_until,
            "quantity": row.quantity,
            "trader_has_nib": row.has_nib,
            "trader_page": trader_page(context, str(row.trader_id)),
            "whatsapp": whatsapp_link(row.public_phone, buyers_message(row.name, page)),
            "share_picture": f"{page}/kartu.jpg",
            "listed_at": row.listed_at,
        }
    )


async def open_trader(
    connection: AsyncConnection, context: MarketplaceContext, trader_id: str
) -> PublicTrader:
    """Return what a trader's page shows. Raises TraderNotFound."""
    row = await catalogue_queries.find_public_trader(connection, trader_id)
    if row is None:
        raise TraderNotFound
    values: dict[str, Any] = dict(row._mapping)  # noqa: SLF001 - documented API
    page = trader_page(context, trader_id)
    return PublicTrader.model_validate(
        {
            **values,
            "trader_id": str(row.trader_id),
            "village_name": _village(context, row.village),
            "whatsapp": whatsapp_link(row.public_phone, buyers_message(row.name, page)),
            "page": page,
        }
    )


def photo_address(context: MarketplaceContext, photo_id: str) -> str:
    """Return where a photo is shown to the public."""
    return f"{context.public_url}/marketplace/foto/{photo_id}"


def whatsapp_link(phone: str | None, message: str) -> str | None:
    """Return a link that opens a chat with a prepared message, where the number is public."""
    if phone is None:
        return None
    return f"https://wa.me/{phone.removeprefix('+')}?text={quote(message, safe='')}"


def write_position(many: bool, order: Order, row: Row[Any]) -> str:
    """Write where the next page begins."""
    key = row.key.isoformat() if isinstance(row.key, datetime) else repr(row.key)
    return write_cursor("m" if many else "f", order, key, str(row.product_id))


def read_position(cursor: str, order: Order) -> Position:
    """Read where a page begins. Raises Invalid for a cursor of another list."""
    way, of_order, written, product_id = map(str, read_cursor(cursor, str, str, str, str))
    many = way == "m"
    by: Order = "newest" if many and order == "relevance" else order
    try:
        key = _read_key(catalogue_queries.key_type(by), written)
        found = str(UUID(product_id))
    except (ValueError, OverflowError) as error:
        raise _refused() from error
    if of_order != order or way not in {"m", "f"}:
        raise _refused()
    return Position(many, key, found)


def _read_key(kind: type, written: str) -> Any:
    if kind is datetime:
        moment = datetime.fromisoformat(written)
        if moment.tzinfo is None:
            raise ValueError(written)
        return moment
    key = kind(written)
    if isinstance(key, int) and abs(key) >= 2**63:
        raise ValueError(written)
    return key


def _refused() -> Invalid:
    return Invalid("Kursor tidak dikenal. Mulai lagi dari halaman pertama.")


def _listed(
    context: MarketplaceContext, row: Row[Any], wanted: Wanted, day: date
) -> dict[str, Any]:
    category = context.categories.get(row.category)
    photo = None if row.photo_id is None else photo_address(context, str(row.photo_id))
    distance = None
    if wanted.lat is not None and wanted.lon is not None and row.lat is not None:
        distance = round(metres_between(wanted.lat, wanted.lon, row.lat, row.lon))
    return {
        "product_id": str(row.product_id),
        "name": row.name,
        "price": row.price,
        "unit": row.unit,
        "category": row.category,
        "category_name": category.name if category else row.category,
        "trader_id": str(row.trader_id),
        "trader_name": row.trader_name,
        "village": row.village,
        "village_name": _village(context, row.village),
        "size": row.size,
        "stock": row.stock,
        "in_season": is_in_season(row.available_from, row.available_until, day),
        "distance_metres": distance,
        "photo": photo,
        "thumbnail": None if photo is None else f"{photo}?kecil=1",
        "page": product_page(context, str(row.product_id)),
    }


def _village(context: MarketplaceContext, code: str) -> str:
    village = context.villages.get(code)
    return village.name if village else code
