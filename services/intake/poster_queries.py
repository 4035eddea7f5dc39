"""The SQL of QR sheets: how many complaints came by each."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

#: A code is whatever a link says: no more of them are shown than a Pemda has walls.
MOST_CODES = 1000

_COUNT = text(
    """
    SELECT via, count(*) AS complaints,
           count(*) FILTER (WHERE submitted_at >= :recent) AS lately, max(submitted_at) AS last_at
    FROM complaint WHERE via IS NOT NULL
    GROUP BY via ORDER BY complaints DESC, via LIMIT :most
    """
)


@dataclass(frozen=True, slots=True)
class Arrivals:
    """What came by one code."""

    complaints: int
    lately: int
    last_at: datetime


async def count_arrivals(connection: AsyncConnection, recent: datetime) -> dict[str, Arrivals]:
    """Return what came by each code, the most fruitful first."""
    rows = await connection.execute(_COUNT, {"recent": recent, "most": MOST_CODES})
    return {row.via: Arrivals(row.complaints, row.lately, row.last_at) for row in rows}
