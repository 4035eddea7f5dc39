"""The SQL of short links, clicks, and orders that traders report."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import insert, text, update
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlmodel import col

from services.marketplace.promotion_tables import ReportedOrder, ShortLink

_TARGET = text(
    """
    SELECT l.product_id, g.name, t.public_phone
    FROM short_link l
    LEFT JOIN listing g ON g.product_id = l.product_id
    LEFT JOIN trader t ON t.trader_id = g.trader_id
    WHERE l.code = :code
    """
)
_OWN_CODE = text(
    """
    INSERT INTO short_link (code, product_id, account_id, slot_at, made_at)
    VALUES (:code, CAST(:product_id AS uuid), NULL, NULL, :now)
    ON CONFLICT (product_id) WHERE account_id IS NULL DO UPDATE SET product_id = EXCLUDED.product_id
    RETURNING code
    """
)
# Codes and kinds are sorted, so that two writers lock the rows in one order.
_COUNT = text(
    """
    INSERT INTO click_count (code, day, kind, clicks)
    SELECT code, :day, kind, clicks
    FROM unnest(CAST(:codes AS text[]), CAST(:kinds AS text[]), CAST(:clicks AS bigint[]))
         AS n (code, kind, clicks)
    ORDER BY code, kind
    ON CONFLICT (code, day, kind) DO UPDATE SET clicks = click_count.clicks + EXCLUDED.clicks
    """
)


@dataclass(frozen=True, slots=True)
class LinkTarget:
    """What a link leads to: a product, and its trader's number, as far as it is shown now."""

    product_id: str
    name: str | None
    public_phone: str | None


async def insert_link(
    connection: AsyncConnection,
    code: str,
    product_id: str,
    now: datetime,
    *,
    account_id: str,
    slot_at: datetime,
) -> None:
    """Store the link of a slot."""
    link = ShortLink(
        code=code, product_id=product_id, account_id=account_id, slot_at=slot_at, made_at=now
    )
    await connection.execute(insert(ShortLink).values(link.model_dump()))


async def point_link(connection: AsyncConnection, code: str, product_id: str) -> None:
    """Let a slot's link lead to another product: nothing with it has gone out yet."""
    await connection.execute(
        update(ShortLink).where(col(ShortLink.code) == code).values(product_id=product_id)
    )


async def own_link(connection: AsyncConnection, product_id: str, code: str, now: datetime) -> str:
    """Return the code of a product's own link; `code` where it has none yet."""
    values = {"code": code, "product_id": product_id, "now": now}
    return str((await connection.execute(_OWN_CODE, values)).scalar_one())


async def find_target(connection: AsyncConnection, code: str) -> LinkTarget | None:
    """Return where a link leads; None for a link that there is not."""
    row = (await connection.execute(_TARGET, {"code": code})).one_or_none()
    if row is None:
        return None
    return LinkTarget(str(row.product_id), row.name, row.public_phone)


async def count_clicks(
    connection: AsyncConnection, day: date, clicks: Mapping[tuple[str, str], int]
) -> None:
    """Add clicks by code and kind."""
    keys: Sequence[tuple[str, str]] = sorted(clicks)
    values: dict[str, Any] = {
        "day": day,
        "codes": [code for code, _ in keys],
        "kinds": [kind for _, kind in keys],
        "clicks": [clicks[key] for key in keys],
    }
    await connection.execute(_COUNT, values)


async def insert_order(connection: AsyncConnection, order: ReportedOrder) -> None:
    """Store what a trader reports."""
    await connection.execute(insert(ReportedOrder).values(order.model_dump()))
