"""The SQL of what promotion brought: posts, clicks, orders, and who had how many slots."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

_PROMOTIONS = text(
    """
    SELECT s.slot_id, s.account_id, s.slot_at, s.trader_id, t.name AS trader_name, s.product_id,
           r.name AS product_name, s.village, s.category, s.size, s.waiting_since, s.views,
           coalesce(c.people, 0) AS clicks, coalesce(c.robots, 0) AS robots,
           coalesce(o.orders, 0) AS orders, coalesce(o.quantity, 0) AS quantity,
           coalesce(o.amount, 0) AS amount, coalesce(o.chats, 0) AS chats
    FROM promotion_slot s
    JOIN trader t ON t.trader_id = s.trader_id
    JOIN product_revision r ON r.product_id = s.product_id AND r.revision = s.revision
    LEFT JOIN LATERAL (
        SELECT sum(clicks) FILTER (WHERE kind = 'person') AS people,
               sum(clicks) FILTER (WHERE kind = 'robot') AS robots
        FROM click_count WHERE code = s.link_code) c ON true
    LEFT JOIN LATERAL (
        SELECT count(*) AS orders, sum(quantity) AS quantity, sum(amount) AS amount,
               sum(chats) AS chats
        FROM reported_order WHERE slot_id = s.slot_id) o ON true
    WHERE s.state = 'published' AND s.slot_at >= :since AND s.slot_at < :until
    ORDER BY s.slot_at, s.account_id
    """
)
# Whoever had goods to show at some time of the period waits for a turn, also who got none.
_TURNS = text(
    """
    SELECT t.trader_id, count(s.slot_id) AS slots
    FROM trader t
    LEFT JOIN promotion_slot s ON s.trader_id = t.trader_id AND s.state = 'published'
         AND s.slot_at >= :since AND s.slot_at < :until
    WHERE EXISTS (SELECT 1 FROM product p WHERE p.trader_id = t.trader_id
                  AND p.approved_at < :until)
      AND t.verified_at < :until AND (t.state = 'active' OR s.slot_id IS NOT NULL)
    GROUP BY t.trader_id
    """
)


@dataclass(frozen=True, slots=True)
class PromotionRow:
    """One promotion that went out, and what it brought."""

    slot_id: str
    account_id: str
    slot_at: datetime
    trader_id: str
    trader_name: str
    product_id: str
    product_name: str
    village: str
    category: str
    size: str
    waiting_since: datetime
    views: int | None
    clicks: int
    robots: int
    orders: int
    quantity: int
    amount: int
    chats: int


async def list_promotions(
    connection: AsyncConnection, since: datetime, until: datetime
) -> list[PromotionRow]:
    """Return the promotions of the half-open time [since, until), in its order."""
    rows = await connection.execute(_PROMOTIONS, {"since": since, "until": until})
    return [
        PromotionRow(
            **{
                **row._mapping,  # noqa: SLF001 - documented API
                "slot_id": str(row.slot_id),
                "trader_id": str(row.trader_id),
                "product_id": str(row.product_id),
                "quantity": int(row.quantity),
                "amount": int(row.amount),
                "clicks": int(row.clicks),
                "robots": int(row.robots),
                "chats": int(row.chats),
            }
        )
        for row in rows
    ]


async def count_turns(
    connection: AsyncConnection, since: datetime, until: datetime
) -> Sequence[int]:
    """Return how many slots each trader had who could have had one."""
    rows = await connection.execute(_TURNS, {"since": since, "until": until})
    return [int(row.slots) for row in rows]
