"""The SQL of slots, turns, wishes and stops."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Row, delete, func, insert, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlmodel import col

from services.marketplace.promotion_tables import PromotionSlot, PromotionWish, PublishingStop
from services.marketplace.rules.slots import IN_VAIN, WATCHED

EVERYWHERE: Final = "*"

_LOCK_ROUND = text("SELECT round FROM promotion_round WHERE one = 1 FOR UPDATE")
_READ_ROUND = text("SELECT round FROM promotion_round WHERE one = 1")
_SET_ROUND = text("UPDATE promotion_round SET round = :round WHERE one = 1")
_TURNS = text(
    """
    SELECT trader_id, since, round FROM promotion_turn
    WHERE trader_id = ANY (CAST(:ids AS uuid[]))
    """
)
_HAD_TURN = text(
    """
    INSERT INTO promotion_turn (trader_id, since, round, times)
    VALUES (CAST(:trader_id AS uuid), :since, :round, 1)
    ON CONFLICT (trader_id) DO UPDATE
    SET since = :since, round = :round, times = promotion_turn.times + 1
    """
)
_GIVE_BACK = text(
    """
    UPDATE promotion_turn SET since = :since, round = :round, times = times - 1
    WHERE trader_id = CAST(:trader_id AS uuid)
    """
)
# A product that is shown again and again is one that its trader has shown for long: the others
# of the same trader come first.
_LAST_SHOWN = text(
    """
    SELECT product_id, max(slot_at) AS shown_at FROM promotion_slot
    WHERE state <> ALL (:in_vain) GROUP BY product_id
    """
)
_NAME = text(
    """
    SELECT name FROM product_revision
    WHERE product_id = CAST(:product_id AS uuid) AND revision = :revision
    """
)
_FORGET = text(
    """
    UPDATE promotion_slot SET caption = '', version = version + 1,
        state = CASE WHEN state IN ('proposed', 'approved', 'ready')
                     THEN 'cancelled' ELSE state END,
        next_try_at = CASE WHEN state IN ('proposed', 'approved') THEN NULL ELSE next_try_at END
    WHERE trader_id = CAST(:trader_id AS uuid)
    """
)
_TAKE_FOLLOW_UPS = text(
    """
    UPDATE promotion_slot SET followed_up_at = :now
    WHERE slot_id IN (
        SELECT slot_id FROM promotion_slot
        WHERE state = 'published' AND followed_up_at IS NULL AND slot_at <= :before
        ORDER BY slot_at LIMIT :limit FOR UPDATE SKIP LOCKED)
    RETURNING *
    """
)
_CLAIM_DUE = text(
    """
    SELECT slot_id FROM promotion_slot
    WHERE next_try_at <= :now AND state = ANY (:watched)
    ORDER BY next_try_at, slot_id LIMIT 1 FOR UPDATE SKIP LOCKED
    """
)


@dataclass(frozen=True, slots=True)
class Turn:
    """Since when a trader waits, and the round of their last slot."""

    since: datetime
    round: int | None


async def read_round(connection: AsyncConnection, *, lock: bool) -> int:
    """Return which round it is; with `lock` nobody else plans until the transaction ends."""
    found = await connection.execute(_LOCK_ROUND if lock else _READ_ROUND)
    return int(found.scalar_one())


async def set_round(connection: AsyncConnection, number: int) -> None:
    """Begin a round; the old one is locked."""
    await connection.execute(_SET_ROUND, {"round": number})


async def read_turns(connection: AsyncConnection, trader_ids: Collection[str]) -> dict[str, Turn]:
    """Return the turns of traders who have waited before."""
    rows = await connection.execute(_TURNS, {"ids": list(trader_ids)})
    return {str(row.trader_id): Turn(row.since, row.round) for row in rows}


async def note_turn(
    connection: AsyncConnection, trader_id: str, since: datetime, round_: int
) -> None:
    """Note that a trader had a turn."""
    values = {"trader_id": trader_id, "since": since, "round": round_}
    await connection.execute(_HAD_TURN, values)


async def give_turn_back(
    connection: AsyncConnection, trader_id: str, since: datetime, round_: int | None
) -> None:
    """Let a trader wait as if the turn had not been."""
    values = {"trader_id": trader_id, "since": since, "round": round_}
    await connection.execute(_GIVE_BACK, values)


async def read_last_shown(connection: AsyncConnection) -> dict[str, datetime]:
    """Return when each product had its last slot."""
    values = {"in_vain": sorted(IN_VAIN)}
    rows = await connection.execute(_LAST_SHOWN, values)
    return {str(row.product_id): row.shown_at for row in rows}


async def list_newest_slots(connection: AsyncConnection, count: int) -> list[PromotionSlot]:
    """Return the newest slots that show something, the newest last."""
    statement = (
        select(PromotionSlot)
        .where(col(PromotionSlot.state).not_in(IN_VAIN))
        .order_by(col(PromotionSlot.slot_at).desc(), col(PromotionSlot.account_id).desc())
        .limit(count)
    )
    return [_slot(row) for row in reversed((await connection.execute(statement)).all())]


async def insert_slots(connection: AsyncConnection, slots: Iterable[PromotionSlot]) -> None:
    """Store new slots."""
    values = [each.model_dump() for each in slots]
    if values:
        await connection.execute(insert(PromotionSlot), values)


async def find_slot(
    connection: AsyncConnection, slot_id: str, *, lock: bool = False
) -> PromotionSlot | None:
    """Return a slot, and with `lock` let nobody else change it meanwhile."""
    statement = select(PromotionSlot).where(col(PromotionSlot.slot_id) == slot_id)
    if lock:
        statement = statement.with_for_update()
    row = (await connection.execute(statement)).first()
    return None if row is None else _slot(row)


async def find_slot_at(
    connection: AsyncConnection, account_id: str, slot_at: datetime
) -> PromotionSlot | None:
    """Return the slot of an account at a time, locked."""
    statement = (
        select(PromotionSlot)
        .where(col(PromotionSlot.account_id) == account_id, col(PromotionSlot.slot_at) == slot_at)
        .with_for_update()
    )
    row = (await connection.execute(statement)).first()
    return None if row is None else _slot(row)


async def list_slots(
    connection: AsyncConnection,
    since: datetime,
    until: datetime,
    *,
    account_id: str | None = None,
    state: str | None = None,
    trader_id: str | None = None,
) -> list[PromotionSlot]:
    """Return the slots of the half-open time [since, until), in the order of time."""
    statement = select(PromotionSlot).where(
        col(PromotionSlot.slot_at) >= since, col(PromotionSlot.slot_at) < until
    )
    if account_id is not None:
        statement = statement.where(col(PromotionSlot.account_id) == account_id)
    if state is not None:
        statement = statement.where(col(PromotionSlot.state) == state)
    if trader_id is not None:
        statement = statement.where(col(PromotionSlot.trader_id) == trader_id)
    statement = statement.order_by(col(PromotionSlot.slot_at), col(PromotionSlot.account_id))
    return [_slot(row) for row in await connection.execute(statement)]


async def update_slot(
    connection: AsyncConnection, slot: PromotionSlot, changes: dict[str, Any]
) -> PromotionSlot:
    """Store changes of a locked slot as its next version."""
    changes = {**changes, "version": slot.version + 1}
    await connection.execute(
        update(PromotionSlot).where(col(PromotionSlot.slot_id) == slot.slot_id).values(changes)
    )
    return slot.model_copy(update=changes)


async def claim_due_slot(connection: AsyncConnection, now: datetime) -> PromotionSlot | None:
    """Return the slot that is due first, locked; another worker gets another."""
    values = {"now": now, "watched": sorted(WATCHED)}
    slot_id = (await connection.execute(_CLAIM_DUE, values)).scalar_one_or_none()
    return None if slot_id is None else await find_slot(connection, str(slot_id), lock=True)


async def forget_captions_of(connection: AsyncConnection, trader_id: str) -> None:
    """Blank the words of an erased trader's slots, and let none of them go out any more."""
    await connection.execute(_FORGET, {"trader_id": trader_id})


async def take_follow_ups(
    connection: AsyncConnection, before: datetime, now: datetime, limit: int
) -> list[PromotionSlot]:
    """Mark slots that went out before a time as followed up, and return them; each once."""
    values = {"before": before, "now": now, "limit": limit}
    return [_slot(row) for row in (await connection.execute(_TAKE_FOLLOW_UPS, values)).all()]


async def product_name(connection: AsyncConnection, product_id: str, revision: int) -> str:
    """Return what a product was called in a revision."""
    values = {"product_id": product_id, "revision": revision}
    return str((await connection.execute(_NAME, values)).scalar_one())


async def insert_wish(connection: AsyncConnection, wish: PromotionWish) -> None:
    """Store a wish; a pin takes the place of an earlier one."""
    if wish.kind == "pin":
        await unpin(connection, wish.account_id, wish.slot_at)
    await connection.execute(insert(PromotionWish).values(wish.model_dump()))


async def unpin(connection: AsyncConnection, account_id: str, slot_at: datetime) -> None:
    """Take back what is pinned to a slot."""
    await connection.execute(
        delete(PromotionWish).where(
            col(PromotionWish.account_id) == account_id,
            col(PromotionWish.slot_at) == slot_at,
            col(PromotionWish.kind) == "pin",
        )
    )


async def list_wishes(
    connection: AsyncConnection, since: datetime, until: datetime
) -> list[PromotionWish]:
    """Return the wishes for slots of the closed time [since, until]."""
    statement = select(PromotionWish).where(
        col(PromotionWish.slot_at) >= since, col(PromotionWish.slot_at) <= until
    )
    rows = (await connection.execute(statement)).all()
    return [PromotionWish(**row._mapping) for row in rows]  # noqa: SLF001 - documented API


async def list_stops(connection: AsyncConnection) -> list[PublishingStop]:
    """Return where nothing goes out."""
    rows: Sequence[Row[Any]] = (await connection.execute(select(PublishingStop))).all()
    return [PublishingStop(**row._mapping) for row in rows]  # noqa: SLF001 - documented API


async def is_stopped(connection: AsyncConnection, account_id: str) -> bool:
    """Tell whether nothing may go out on an account; who stops it waits for who publishes."""
    statement = (
        select(func.count())
        .select_from(PublishingStop)
        .where(col(PublishingStop.account_id).in_((account_id, EVERYWHERE)))
    )
    return bool((await connection.execute(statement)).scalar_one())


async def set_stop(connection: AsyncConnection, stop: PublishingStop) -> None:
    """Stop an account, or all; the newest reason counts."""
    await lift_stop(connection, stop.account_id)
    await connection.execute(insert(PublishingStop).values(stop.model_dump()))


async def lift_stop(connection: AsyncConnection, account_id: str) -> bool:
    """Let an account go on; tells whether it was stopped."""
    statement = delete(PublishingStop).where(col(PublishingStop.account_id) == account_id)
    return bool((await connection.execute(statement)).rowcount)


def _slot(row: Row[Any]) -> PromotionSlot:
    values = dict(row._mapping)  # noqa: SLF001 - documented API
    for name in ("slot_id", "trader_id", "product_id"):
        values[name] = str(values[name])
    return PromotionSlot(**values)
