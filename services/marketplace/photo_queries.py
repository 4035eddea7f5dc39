"""The SQL of photos and of the share pictures that are drawn of them."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlmodel import col

from services.marketplace.tables import Photo, ShareCard


async def insert_photo(connection: AsyncConnection, photo: Photo) -> None:
    """Store what is known of a photo."""
    await connection.execute(insert(Photo).values(photo.model_dump()))


async def find_photo(connection: AsyncConnection, photo_id: str) -> Photo | None:
    """Return a photo."""
    statement = select(Photo).where(col(Photo.photo_id) == photo_id)
    row = (await connection.execute(statement)).first()
    return None if row is None else Photo(**row._mapping)  # noqa: SLF001 - documented API


async def list_photos(
    connection: AsyncConnection, trader_id: str, photo_ids: Collection[str]
) -> set[str]:
    """Return which of these are photos of this trader's, and let nobody delete them meanwhile."""
    statement = (
        select(col(Photo.photo_id))
        .where(col(Photo.trader_id) == trader_id, col(Photo.photo_id).in_(photo_ids))
        .with_for_update(key_share=True)
    )
    return {str(each) for each in (await connection.execute(statement)).scalars()}


async def count_waiting(connection: AsyncConnection, trader_id: str) -> int:
    """Count a trader's photos that no product has taken."""
    statement = select(func.count()).where(
        col(Photo.trader_id) == trader_id, col(Photo.expires_at).is_not(None)
    )
    return int((await connection.execute(statement)).scalar_one())


async def keep_photos(connection: AsyncConnection, photo_ids: Collection[str]) -> None:
    """Note that a product has taken these photos: they stay."""
    await connection.execute(
        update(Photo).where(col(Photo.photo_id).in_(photo_ids)).values(expires_at=None)
    )


async def expire_photos_of(connection: AsyncConnection, trader_id: str, now: datetime) -> None:
    """Let all photos of a trader be deleted at the next chance."""
    await connection.execute(
        update(Photo).where(col(Photo.trader_id) == trader_id).values(expires_at=now)
    )


async def lock_expired(connection: AsyncConnection, now: datetime, limit: int) -> list[Photo]:
    """Return photos whose time is over and that no other replica has in hand."""
    statement = (
        select(Photo)
        .where(col(Photo.expires_at) <= now)
        .order_by(col(Photo.expires_at))
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    rows = (await connection.execute(statement)).all()
    return [Photo(**row._mapping) for row in rows]  # noqa: SLF001 - documented API


async def delete_photos(connection: AsyncConnection, photo_ids: Collection[str]) -> None:
    """Forget photos."""
    await connection.execute(delete(Photo).where(col(Photo.photo_id).in_(photo_ids)))


async def find_card(connection: AsyncConnection, product_id: str) -> ShareCard | None:
    """Return the share picture that was drawn last of a product."""
    statement = select(ShareCard).where(col(ShareCard.product_id) == product_id)
    row = (await connection.execute(statement)).first()
    return None if row is None else ShareCard(**row._mapping)  # noqa: SLF001 - documented API


async def put_card(connection: AsyncConnection, card: ShareCard) -> None:
    """Store which share picture is the last one."""
    values = card.model_dump()
    changed = {name: value for name, value in values.items() if name != "product_id"}
    await connection.execute(
        upsert(ShareCard)
        .values(values)
        .on_conflict_do_update(index_elements=["product_id"], set_=changed)
    )


async def delete_cards_of(connection: AsyncConnection, trader_id: str) -> list[str]:
    """Forget the share pictures of a trader; returns their names in the store."""
    statement = (
        delete(ShareCard)
        .where(col(ShareCard.trader_id) == trader_id)
        .returning(col(ShareCard.content_name))
    )
    return list((await connection.execute(statement)).scalars())
