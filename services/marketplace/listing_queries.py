"""The SQL of what the public may see: the rows of `listing`, which follow products and traders.

Who changes a product or its trader calls `relist` in the same transaction, with the trader held or
locked: what is not approved, or whose trader is not active, is gone with the commit.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection

_DELETE: Final = text(
    """
    DELETE FROM listing WHERE trader_id = ANY (CAST(:trader_ids AS uuid[]))
      AND (CAST(:product_id AS uuid) IS NULL OR product_id = CAST(:product_id AS uuid))
    """
)
# `listed_at` is when the product was first approved: no edit moves it to the front.
_SELECT: Final = """
    INSERT INTO listing (product_id, trader_id, trader_name, revision, name, price, unit, category,
                         village, size, stock, lat, lon, photo_id, available_from, available_until,
                         listed_at, words)
    SELECT p.product_id, t.trader_id, t.name, r.revision, r.name, r.price, r.unit, r.category,
           t.village, t.size, p.stock, t.lat, t.lon, r.photo_ids[1], r.available_from,
           r.available_until, p.approved_at,
           setweight(to_tsvector('indonesian', r.name), 'A')
           || setweight(to_tsvector('indonesian', coalesce(c.name, '')), 'B')
           || setweight(to_tsvector('indonesian', t.name), 'C')
           || setweight(to_tsvector('indonesian', r.description), 'D')
           || array_to_tsvector(array_remove(ARRAY[
                '=category:' || r.category, '=village:' || t.village,
                '=district:' || regexp_replace(t.village, '[.][^.]*$', ''), '=size:' || t.size,
                '=trader:' || t.trader_id,
                CASE WHEN p.stock <> 'sold_out' THEN '=stock' END], NULL))
    FROM product p
    JOIN trader t ON t.trader_id = p.trader_id AND t.state = 'active'
    JOIN product_revision r ON r.product_id = p.product_id AND r.revision = p.approved_revision
    LEFT JOIN unnest(CAST(:codes AS text[]), CAST(:names AS text[])) AS c (code, name)
      ON c.code = r.category
    WHERE p.state = 'approved'
    """
_INSERT: Final = text(
    f"""
    {_SELECT} AND p.trader_id = ANY (CAST(:trader_ids AS uuid[]))
      AND (CAST(:product_id AS uuid) IS NULL OR p.product_id = CAST(:product_id AS uuid))
    """
)
_PROMOTABLE: Final = text(
    """
    SELECT product_id, trader_id, trader_name, revision, name, price, unit, category, village, size,
           photo_id, listed_at
    FROM listing
    WHERE stock <> 'sold_out' AND photo_id IS NOT NULL
      AND coalesce(available_from, CAST(:day AS date)) <= CAST(:day AS date)
      AND coalesce(available_until, CAST(:day AS date)) >= CAST(:day AS date)
      AND (NOT CAST(:named AS boolean) OR product_id = ANY (CAST(:ids AS uuid[])))
    ORDER BY product_id
    """
)


@dataclass(frozen=True, slots=True)
class Promotable:
    """An approved product of an active trader that is there, and that there is a photo of."""

    product_id: str
    trader_id: str
    trader_name: str
    revision: int
    name: str
    price: int
    unit: str
    category: str
    village: str
    size: str
    photo_id: str
    listed_at: datetime


async def relist(
    connection: AsyncConnection,
    category_names: dict[str, str],
    trader_id: str,
    product_id: str | None = None,
) -> int:
    """Write anew what is shown of a trader's products, or of one; returns how many are shown.

    The trader must be locked or held by this transaction.
    """
    values = {"trader_ids": [trader_id], "product_id": product_id}
    await connection.execute(_DELETE, values)
    names = {"codes": list(category_names), "names": list(category_names.values())}
    return (await connection.execute(_INSERT, {**values, **names})).rowcount


async def relist_traders(
    connection: AsyncConnection, category_names: dict[str, str], trader_ids: Sequence[str]
) -> int:
    """Write anew what is shown of these traders' products; returns how many are shown.

    The traders must be locked or held by this transaction.
    """
    values = {"trader_ids": list(trader_ids), "product_id": None}
    await connection.execute(_DELETE, values)
    names = {"codes": list(category_names), "names": list(category_names.values())}
    return (await connection.execute(_INSERT, {**values, **names})).rowcount


async def list_promotable(
    connection: AsyncConnection, day: date, product_ids: Collection[str] | None = None
) -> list[Promotable]:
    """Return what may be promoted on a day: all of it, or which of these products still may be.

    Ask again, with the trader held, before anything goes out.
    """
    values = {"day": day, "named": product_ids is not None, "ids": list(product_ids or ())}
    rows: Sequence[Row[Any]] = (await connection.execute(_PROMOTABLE, values)).all()
    return [
        Promotable(
            **{
                **row._mapping,  # noqa: SLF001 - documented API
                "product_id": str(row.product_id),
                "trader_id": str(row.trader_id),
                "photo_id": str(row.photo_id),
            }
        )
        for row in rows
    ]
