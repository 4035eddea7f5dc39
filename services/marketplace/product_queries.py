"""The SQL of products and of their versions."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, func, insert, select, text, tuple_, update
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlmodel import col

from services.marketplace.tables import Product, ProductRevision

_WITHDRAW_ALL = text(
    """
    UPDATE product SET state = 'withdrawn', version = version + 1, open_revision = NULL,
           updated_at = :now, withdrawn_by = 'trader'
    WHERE trader_id = CAST(:trader_id AS uuid)
    """
)
_BLANK_ALL = text(
    """
    UPDATE product_revision
    SET name = '', description = '', photo_ids = '{}', halal_number = NULL, pirt = NULL,
        flags = '[]', reason_text = NULL, state = CASE WHEN state = 'pending' THEN 'replaced'
        ELSE state END
    WHERE product_id IN (SELECT product_id FROM product WHERE trader_id = CAST(:trader_id AS uuid))
    """
)
_NEXT = text(
    """
    SELECT r.product_id FROM product_revision r JOIN product p USING (product_id)
    JOIN trader t USING (trader_id)
    WHERE r.state = 'pending' AND t.state IN ('active', 'pending')
      AND (r.claimed_until IS NULL OR r.claimed_until <= :now OR r.claimed_by = :by)
    ORDER BY r.submitted_at, r.product_id LIMIT 20
    """
)


_BOTH: tuple[Any, ...] = (
    *(getattr(Product, name).label(f"p_{name}") for name in Product.model_fields),
    *(getattr(ProductRevision, name).label(f"r_{name}") for name in ProductRevision.model_fields),
)


@dataclass(frozen=True, slots=True)
class QueueStart:
    """Where a page of what waits begins: after this product."""

    submitted_at: datetime
    product_id: str


@dataclass(frozen=True, slots=True)
class Offered:
    """A product with one version of it."""

    product: Product
    revision: ProductRevision


async def insert_product(connection: AsyncConnection, product: Product) -> None:
    """Store a product."""
    await connection.execute(insert(Product).values(product.model_dump()))


async def insert_revision(connection: AsyncConnection, revision: ProductRevision) -> None:
    """Store a version."""
    await connection.execute(insert(ProductRevision).values(revision.model_dump()))


async def find_product(
    connection: AsyncConnection, product_id: str, *, lock: bool = False
) -> Product | None:
    """Return a product, and with `lock` let nobody else change it meanwhile."""
    statement = select(Product).where(col(Product.product_id) == product_id)
    if lock:
        statement = statement.with_for_update()
    row = (await connection.execute(statement)).first()
    return None if row is None else Product(**row._mapping)  # noqa: SLF001 - documented API


async def find_revision(
    connection: AsyncConnection, product_id: str, revision: int
) -> ProductRevision:
    """Return a version of a product."""
    statement = select(ProductRevision).where(
        col(ProductRevision.product_id) == product_id, col(ProductRevision.revision) == revision
    )
    row = (await connection.execute(statement)).one()
    return _revision(row)


async def count_products(connection: AsyncConnection, trader_id: str) -> int:
    """Count what a trader offers, in whichever state but withdrawn."""
    statement = select(func.count()).where(
        col(Product.trader_id) == trader_id, col(Product.state) != "withdrawn"
    )
    return int((await connection.execute(statement)).scalar_one())


async def update_product(
    connection: AsyncConnection, product: Product, changes: dict[str, Any]
) -> Product:
    """Store changes of a locked product as its next version."""
    changes = {**changes, "version": product.version + 1}
    await connection.execute(
        update(Product).where(col(Product.product_id) == product.product_id).values(changes)
    )
    return product.model_copy(update=changes)


async def update_revision(
    connection: AsyncConnection, product_id: str, revision: int, changes: dict[str, Any]
) -> None:
    """Store what changed about a version; its product is locked."""
    await connection.execute(
        update(ProductRevision)
        .where(
            col(ProductRevision.product_id) == product_id,
            col(ProductRevision.revision) == revision,
        )
        .values(changes)
    )


async def list_products(
    connection: AsyncConnection, trader_id: str, after: str | None, limit: int
) -> list[Offered]:
    """Return a trader's products with their latest version, the newest first."""
    statement = (
        select(*_BOTH)
        .select_from(Product)
        .join(
            ProductRevision,
            (col(ProductRevision.product_id) == col(Product.product_id))
            & (col(ProductRevision.revision) == col(Product.latest_revision)),
        )
        .where(col(Product.trader_id) == trader_id)
    )
    if after is not None:
        statement = statement.where(col(Product.product_id) < after)
    statement = statement.order_by(col(Product.product_id).desc()).limit(limit)
    return [_offered(row) for row in (await connection.execute(statement)).mappings()]


async def list_waiting(
    connection: AsyncConnection, start: QueueStart | None, limit: int, *, flagged: bool
) -> list[Offered]:
    """Return what waits for a curator, the oldest first."""
    order = (col(ProductRevision.submitted_at), col(ProductRevision.product_id))
    statement = (
        select(*_BOTH)
        .select_from(ProductRevision)
        .join(Product, col(ProductRevision.product_id) == col(Product.product_id))
        .where(col(ProductRevision.state) == "pending")
    )
    if flagged:
        statement = statement.where(func.jsonb_array_length(col(ProductRevision.flags)) > 0)
    if start is not None:
        statement = statement.where(tuple_(*order) > (start.submitted_at, start.product_id))
    statement = statement.order_by(*order).limit(limit)
    return [_offered(row) for row in (await connection.execute(statement)).mappings()]


async def list_next_waiting(connection: AsyncConnection, by: str, now: datetime) -> list[str]:
    """Return the products that have waited longest and that nobody else has in hand."""
    found = await connection.execute(_NEXT, {"by": by, "now": now})
    return [str(each) for each in found.scalars()]


async def list_revisions(connection: AsyncConnection, product_id: str) -> list[ProductRevision]:
    """Return all versions of a product, the newest first."""
    statement = (
        select(ProductRevision)
        .where(col(ProductRevision.product_id) == product_id)
        .order_by(col(ProductRevision.revision).desc())
        .limit(100)
    )
    return [_revision(row) for row in (await connection.execute(statement)).all()]


async def blank_products_of(connection: AsyncConnection, trader_id: str, now: datetime) -> None:
    """Withdraw all products of a trader who is erased, and forget what they said."""
    await connection.execute(_WITHDRAW_ALL, {"trader_id": trader_id, "now": now})
    await connection.execute(_BLANK_ALL, {"trader_id": trader_id})


def _revision(row: Row[Any]) -> ProductRevision:
    values = dict(row._mapping)  # noqa: SLF001 - documented API
    return ProductRevision(**values | {"photo_ids": [str(each) for each in row.photo_ids]})


def _offered(row: Any) -> Offered:
    """Take a joined row apart again: its columns carry the names of their tables."""
    product = {name: row[f"p_{name}"] for name in Product.model_fields}
    revision = {name: row[f"r_{name}"] for name in ProductRevision.model_fields}
    revision["photo_ids"] = [str(each) for each in revision["photo_ids"]]
    return Offered(Product(**product), ProductRevision(**revision))
