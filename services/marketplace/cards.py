"""Share pictures: drawn when somebody first asks, and kept in the store until they would differ."""

import asyncio
import hashlib
import json
from contextlib import suppress

from services.marketplace import catalogue_queries, photo_queries, trader_queries
from services.marketplace.catalogue_schemas import PublicProduct
from services.marketplace.context import MarketplaceContext
from services.marketplace.drawing import Card, draw_card
from services.marketplace.operations.browsing import open_product
from services.marketplace.photos import open_photo, open_sealed, seal_and_store
from services.marketplace.product_errors import PhotoNotFound, ProductNotFound
from services.marketplace.tables import ShareCard
from services.marketplace.trader_tables import Trader
from shared.indonesian import write_rupiah
from shared.media.store import new_name
from shared.unit_of_work import UnitsOfWork

#: Count up when the drawing changes: then each is drawn anew.
_DESIGN = 1


async def share_picture(units: UnitsOfWork, context: MarketplaceContext, product_id: str) -> bytes:
    """Return the share picture of a product that is shown, as a JPEG. Raises ProductNotFound."""
    async with units.database.transaction() as connection:
        product = await open_product(connection, context, product_id, units.clock.now())
        row = await catalogue_queries.find_listing(connection, product_id)
        kept = await photo_queries.find_card(connection, product_id)
        trader = await trader_queries.find_trader(connection, product.trader_id)
        photo = None
        if row is not None and row.photo_id is not None:
            photo = await photo_queries.find_photo(connection, str(row.photo_id))
    if trader is None:
        raise ProductNotFound
    card = _card(context, product)
    drawn_of = _digest(card, None if photo is None else photo.photo_id)
    if kept is not None and kept.drawn_of == drawn_of:
        # Where somebody cleared the store, it is drawn again.
        with suppress(PhotoNotFound):
            return await open_sealed(context, trader, kept.content_name)
    content = None
    if photo is not None:
        # A photo whose bytes were lost leaves its place empty, and the product can still be shown.
        with suppress(PhotoNotFound):
            content = await open_photo(units, context, photo)
    drawn = await asyncio.to_thread(draw_card, card, content)
    await _keep(units, context, trader, product_id, drawn_of, drawn, kept)
    return drawn


async def _keep(
    units: UnitsOfWork,
    context: MarketplaceContext,
    trader: Trader,
    product_id: str,
    drawn_of: bytes,
    drawn: bytes,
    before: ShareCard | None,
) -> None:
    """Store a picture, then say so, then let go of the one before."""
    name = new_name()
    await seal_and_store(context, trader, name, drawn)
    async with units.begin() as unit:
        card = ShareCard(
            product_id=product_id,
            trader_id=trader.trader_id,
            drawn_of=drawn_of,
            content_name=name,
            drawn_at=unit.now,
        )
        await photo_queries.put_card(unit.connection, card)
    if before is not None:
        await context.photos.store.delete(before.content_name)


def _card(context: MarketplaceContext, product: PublicProduct) -> Card:
    return Card(
        name=product.name,
        price=write_rupiah(product.price),
        unit=product.unit,
        trader=product.trader_name,
        place=product.village_name,
        lapak=f"Lapak {context.profile.place.short_name}",
        link=product.page,
    )


def _digest(card: Card, photo_id: str | None) -> bytes:
    shown = [getattr(card, name) for name in Card.__slots__]
    return hashlib.sha256(json.dumps([_DESIGN, photo_id, *shown]).encode()).digest()
