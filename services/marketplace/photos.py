"""The way of a photo into marketplace and out of it: cleaned, noted, sealed, stored; later deleted.

Cleaning and storing take seconds at times, so that they run in no transaction. A photo's row is
committed before its bytes are stored, and deleted after them: a crash leaves no bytes without one.
"""

import asyncio
from typing import Final

from services.marketplace import photo_queries, trader_queries
from services.marketplace.context import MarketplaceContext
from services.marketplace.errors import TraderSuspended
from services.marketplace.operations.accounts import own_trader, trader_key
from services.marketplace.product_errors import PhotoNotFound, PhotoNotImage, PhotosWaiting
from services.marketplace.rules.states import TraderState, may_offer
from services.marketplace.tables import Photo
from services.marketplace.trader_tables import Trader
from shared.ids import new_id
from shared.media.files import CleanFile
from shared.media.refusals import FileRefused
from shared.media.store import FileMissing, new_name
from shared.unit_of_work import UnitOfWork, UnitsOfWork
from shared.vault import PersonKey

_BATCH: Final = 100
_MOST_WAITING: Final = 30


async def keep_photo(
    units: UnitsOfWork, context: MarketplaceContext, trader_id: str, data: bytes
) -> Photo:
    """Clean a photo and keep it for a while; it is deleted unless a product takes it.

    Raises TraderGone, TraderSuspended, PhotosWaiting, PhotoNotImage, a FileRefused,
    ScannerUnavailable.
    """
    async with units.begin() as unit:
        await _check_may_upload(unit, trader_id)
    try:
        cleaned = await context.photos.workshop.clean(data)
    except FileRefused as refused:
        context.metrics.photos_refused.labels(refused.slug).inc()
        raise
    if cleaned.kind != "image" or cleaned.thumbnail is None:
        context.metrics.photos_refused.labels(PhotoNotImage.slug).inc()
        raise PhotoNotImage
    async with units.begin() as unit:
        trader = await _check_may_upload(unit, trader_id)
        photo = _photo(unit, context, trader_id, cleaned)
        await photo_queries.insert_photo(unit.connection, photo)
    key = _key(context, trader)
    await _store(context, key, photo.content_name, cleaned.content)
    await _store(context, key, photo.thumbnail_name, cleaned.thumbnail)
    return photo


async def open_photo(
    units: UnitsOfWork, context: MarketplaceContext, photo: Photo, *, thumbnail: bool = False
) -> bytes:
    """Return the bytes of a photo, or of its small picture. Raises PhotoNotFound."""
    async with units.database.transaction() as connection:
        trader = await trader_queries.find_trader(connection, photo.trader_id)
    if trader is None:
        raise PhotoNotFound
    name = photo.thumbnail_name if thumbnail else photo.content_name
    return await open_sealed(context, trader, name)


async def open_sealed(context: MarketplaceContext, trader: Trader, name: str) -> bytes:
    """Return what is kept under a name, sealed by a trader's key. Raises PhotoNotFound."""
    try:
        sealed = await context.photos.store.open(name)
    except FileMissing as missing:
        raise PhotoNotFound from missing
    return await asyncio.to_thread(_key(context, trader).open_bytes, sealed, name)


async def seal_and_store(
    context: MarketplaceContext, trader: Trader, name: str, content: bytes
) -> None:
    """Keep bytes under a name, sealed by a trader's key. Raises PhotoNotFound."""
    await _store(context, _key(context, trader), name, content)


async def delete_expired(units: UnitsOfWork, context: MarketplaceContext) -> None:
    """Delete the photos whose time is over: no product has them, or their trader was erased."""
    deleted = _BATCH
    while deleted == _BATCH:
        async with units.begin() as unit:
            expired = await photo_queries.lock_expired(unit.connection, unit.now, _BATCH)
            for each in expired:
                await context.photos.store.delete(each.content_name)
                await context.photos.store.delete(each.thumbnail_name)
            await photo_queries.delete_photos(unit.connection, [each.photo_id for each in expired])
        deleted = len(expired)


async def _check_may_upload(unit: UnitOfWork, trader_id: str) -> Trader:
    trader = await own_trader(unit, trader_id)
    if not may_offer(TraderState(trader.state)):
        raise TraderSuspended
    if await photo_queries.count_waiting(unit.connection, trader_id) >= _MOST_WAITING:
        raise PhotosWaiting
    return trader


def _photo(
    unit: UnitOfWork, context: MarketplaceContext, trader_id: str, cleaned: CleanFile
) -> Photo:
    return Photo(
        photo_id=new_id(),
        trader_id=trader_id,
        media_type=cleaned.media_type,
        size=len(cleaned.content),
        width=cleaned.width or 0,
        height=cleaned.height or 0,
        fingerprint=cleaned.fingerprint,
        content_name=new_name(),
        thumbnail_name=new_name(),
        uploaded_at=unit.now,
        expires_at=unit.now + context.photos.waiting_time,
    )


def _key(context: MarketplaceContext, trader: Trader) -> PersonKey:
    key = trader_key(context, trader)
    if key is None:
        raise PhotoNotFound
    return key


async def _store(context: MarketplaceContext, key: PersonKey, name: str, content: bytes) -> None:
    sealed = await asyncio.to_thread(key.seal_bytes, content, name)
    await context.photos.store.put(name, sealed)
