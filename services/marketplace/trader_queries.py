"""The SQL of traders and of what was done to them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, insert, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlmodel import col

from services.marketplace.trader_tables import Trader, TraderFact

MOST_FACTS = 200


@dataclass(frozen=True, slots=True)
class TraderStart:
    """Where a page of traders begins: after this one."""

    state_since: datetime
    trader_id: str


async def insert_trader(connection: AsyncConnection, trader: Trader) -> None:
    """Store a trader."""
    await connection.execute(insert(Trader).values(trader.model_dump()))


async def find_trader(connection: AsyncConnection, trader_id: str) -> Trader | None:
    """Return a trader."""
    statement = select(Trader).where(col(Trader.trader_id) == trader_id)
    return _trader((await connection.execute(statement)).first())


async def lock_trader(connection: AsyncConnection, trader_id: str) -> Trader | None:
    """Return a trader, and let nobody else change it, or rely on its state, meanwhile."""
    statement = select(Trader).where(col(Trader.trader_id) == trader_id).with_for_update()
    return _trader((await connection.execute(statement)).first())


async def hold_trader(connection: AsyncConnection, trader_id: str) -> Trader | None:
    """Return a trader whose state stays as it is until the transaction ends.

    Whoever shows or publishes goods holds their trader: a suspension comes before, or waits.
    """
    statement = select(Trader).where(col(Trader.trader_id) == trader_id)
    row = (await connection.execute(statement.with_for_update(read=True))).first()
    return _trader(row)


async def find_by_phone(
    connection: AsyncConnection, phone_hashes: Sequence[bytes]
) -> Trader | None:
    """Return the trader with this number, by any of its hashes."""
    statement = select(Trader).where(col(Trader.phone_hash).in_(phone_hashes))
    return _trader((await connection.execute(statement)).first())


async def update_trader(
    connection: AsyncConnection, trader: Trader, changes: dict[str, Any]
) -> Trader:
    """Store changes of a locked trader as its next version."""
    changes = {**changes, "version": trader.version + 1}
    statement = (
        update(Trader)
        .where(col(Trader.trader_id) == trader.trader_id)
        .values(changes)
        .returning(*Trader.__table__.c)  # type: ignore[attr-defined]
    )
    row = (await connection.execute(statement)).one()
    return Trader(**row._mapping)  # noqa: SLF001 - documented API


async def list_traders(
    connection: AsyncConnection,
    state: str,
    start: TraderStart | None,
    limit: int,
    *,
    with_appeal: bool,
) -> list[Trader]:
    """Return traders in a state, those first that have been in it longest."""
    order = (col(Trader.state_since), col(Trader.trader_id))
    statement = select(Trader).where(col(Trader.state) == state)
    if with_appeal:
        statement = statement.where(col(Trader.appealed_at).is_not(None))
    if start is not None:
        statement = statement.where(tuple_(*order) > (start.state_since, start.trader_id))
    rows = await connection.execute(statement.order_by(*order).limit(limit))
    return [Trader(**row._mapping) for row in rows]  # noqa: SLF001 - documented API


async def insert_fact(connection: AsyncConnection, fact: TraderFact) -> None:
    """Write down what was done."""
    await connection.execute(insert(TraderFact).values(fact.model_dump(exclude={"seq"})))


async def list_facts(connection: AsyncConnection, trader_id: str) -> list[TraderFact]:
    """Return the newest facts of a trader, the oldest of them first."""
    statement = (
        select(TraderFact)
        .where(col(TraderFact.trader_id) == trader_id)
        .order_by(col(TraderFact.seq).desc())
        .limit(MOST_FACTS)
    )
    rows = (await connection.execute(statement)).all()
    return [TraderFact(**row._mapping) for row in reversed(rows)]  # noqa: SLF001 - documented API


async def forget_words(connection: AsyncConnection, trader_id: str) -> None:
    """Take the words out of the facts of a trader who is erased; that they happened stays."""
    await connection.execute(
        update(TraderFact)
        .where(col(TraderFact.trader_id) == trader_id)
        .values(text=None, details={})
    )


def _trader(row: Row[Any] | None) -> Trader | None:
    return None if row is None else Trader(**row._mapping)  # noqa: SLF001 - documented API
