"""Plans promotion slots, and previews them: whose turn it is, and the caption that goes out."""

import secrets
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy.ext.asyncio import AsyncConnection

from services.marketplace import lead_queries, promotion_queries
from services.marketplace.context import MarketplaceContext
from services.marketplace.listing_queries import Promotable, list_promotable
from services.marketplace.promotion_profile import PromotionAccount
from services.marketplace.promotion_tables import PromotionSlot, PromotionWish
from services.marketplace.rules.captions import fill_caption, write_hashtags
from services.marketplace.rules.fairness import FairnessRule, Shown, Waiting
from services.marketplace.rules.planning import Planned, Queue, SlotKey, Wishes
from services.marketplace.rules.rhythm import slots_between
from services.marketplace.rules.slots import IN_VAIN, SlotState
from shared.ids import new_id
from shared.indonesian import write_rupiah
from shared.unit_of_work import UnitOfWork

#: Letters and digits that nobody confuses, also not when they are read aloud.
_LETTERS: Final = "23456789abcdefghjkmnpqrstuvwxyz"
_CODE_LENGTH: Final = 7
PREVIEW: Final = timedelta(days=28)


@dataclass(frozen=True, slots=True)
class Foreseen:
    """A slot that is not planned yet, and what would be in it."""

    planned: Planned
    caption: str


async def plan_slots(unit: UnitOfWork, context: MarketplaceContext) -> list[PromotionSlot]:
    """Plan every slot of the next `plan_hours` that is not planned; returns the new ones."""
    connection = unit.connection
    round_ = await promotion_queries.read_round(connection, lock=True)
    until = unit.now + timedelta(hours=context.profile.promotion.plan_hours)
    keys = await _free_keys(connection, context, unit.now, until)
    if not keys:
        return []
    desk = await _open_desk(connection, context, round_, unit.now, until)
    planned = desk.queue.fill(keys, desk.wishes, rule_of(context), salt_of(context))
    slots = [await _write(unit, context, desk, each) for each in planned]
    await promotion_queries.insert_slots(connection, slots)
    await promotion_queries.set_round(connection, desk.queue.round)
    return slots


async def replan_slot(
    unit: UnitOfWork, context: MarketplaceContext, slot: PromotionSlot
) -> PromotionSlot:
    """Fill a locked slot anew, by the wishes that there are now; its trader gets the turn back."""
    connection = unit.connection
    round_ = await promotion_queries.read_round(connection, lock=True)
    slot = await give_back(unit, slot, SlotState.EMPTY)
    key = SlotKey(slot.slot_at, slot.account_id)
    desk = await _open_desk(connection, context, round_, unit.now, slot.slot_at)
    planned = desk.queue.fill([key], desk.wishes, rule_of(context), salt_of(context))
    if not planned:
        return slot
    written = await _write(unit, context, desk, planned[0], slot.link_code)
    changes = written.model_dump(exclude={"slot_id", "version"})
    await promotion_queries.set_round(connection, desk.queue.round)
    return await promotion_queries.update_slot(connection, slot, changes)


async def give_back(
    unit: UnitOfWork, slot: PromotionSlot, state: SlotState, failure: str | None = None
) -> PromotionSlot:
    """End a locked slot of which nothing came; its trader waits as if it had not been."""
    if slot.state not in IN_VAIN:
        await promotion_queries.give_turn_back(
            unit.connection, slot.trader_id, slot.waiting_since, slot.turn_before
        )
    changes = {"state": state, "failure": failure, "next_try_at": None}
    return await promotion_queries.update_slot(unit.connection, slot, changes)


async def foresee(
    connection: AsyncConnection, context: MarketplaceContext, now: datetime
) -> list[Foreseen]:
    """Return what the slots of the next four weeks would hold, beyond those that are planned."""
    round_ = await promotion_queries.read_round(connection, lock=False)
    keys = await _free_keys(connection, context, now, now + PREVIEW)
    desk = await _open_desk(connection, context, round_, now, now + PREVIEW)
    planned = desk.queue.fill(keys, desk.wishes, rule_of(context), salt_of(context))
    return [Foreseen(each, _caption(context, desk, each, "…")) for each in planned]


def account_of(context: MarketplaceContext, account_id: str) -> PromotionAccount | None:
    """Return an account of the profile."""
    return next((each for each in context.profile.accounts if each.id == account_id), None)


def link_of(context: MarketplaceContext, code: str) -> str:
    """Return the address of a short link."""
    return f"{context.public_url}/marketplace/l/{code}"


def rule_of(context: MarketplaceContext) -> FairnessRule:
    """Return how lots are drawn."""
    fairness = context.profile.promotion.fairness
    return FairnessRule(fairness.window, fairness.spread_over)


def salt_of(context: MarketplaceContext) -> str:
    """Return what keeps draws from being foretold by anybody but the Pemda."""
    return context.vault.blind_index("promotion", "salt").hex()


def new_code() -> str:
    """Draw the code of a short link."""
    return "".join(secrets.choice(_LETTERS) for _ in range(_CODE_LENGTH))


def write_caption(
    context: MarketplaceContext, account: PromotionAccount, product: Promotable, link: str
) -> str:
    """Fill the account's caption in."""
    promotion = context.profile.promotion
    template = next(each for each in promotion.captions if each.id == account.caption)
    village = context.villages.get(product.village)
    category = context.categories.get(product.category)
    fields = {
        "name": product.name,
        "price": write_rupiah(product.price),
        "unit": product.unit,
        "trader": product.trader_name,
        "village": village.name if village else product.village,
        "district": village.district if village else "",
        "category": category.name if category else product.category,
        "hashtags": write_hashtags(promotion.hashtags),
        "link": link,
    }
    return fill_caption(template.text, fields, account.platform)


@dataclass(frozen=True, slots=True)
class _Desk:
    queue: Queue
    before: Mapping[str, Waiting]
    products: Mapping[str, Promotable]
    wishes: Mapping[SlotKey, Wishes]
    pins: Mapping[SlotKey, PromotionWish]


async def _open_desk(
    connection: AsyncConnection,
    context: MarketplaceContext,
    round_: int,
    now: datetime,
    until: datetime,
) -> _Desk:
    rule = rule_of(context)
    products = await list_promotable(connection, now.astimezone(context.zone).date())
    waiting, offers = await _waiting(connection, products, now)
    newest = await promotion_queries.list_newest_slots(connection, rule.spread_over)
    shown = [Shown(each.village, each.category, each.size) for each in newest]
    wishes = await promotion_queries.list_wishes(connection, now, until)
    return _Desk(
        queue=Queue(dict(waiting), offers, round_, shown),
        before=waiting,
        products={each.product_id: each for each in products},
        wishes=_wishes(wishes),
        pins={
            SlotKey(each.slot_at, each.account_id): each for each in wishes if each.kind == "pin"
        },
    )


async def _waiting(
    connection: AsyncConnection, products: Sequence[Promotable], now: datetime
) -> tuple[dict[str, Waiting], dict[str, Waiting]]:
    """Return each trader with the product that would be shown, and each product with its trader."""
    last_shown = await promotion_queries.read_last_shown(connection)
    turns = await promotion_queries.read_turns(connection, {each.trader_id for each in products})
    by_trader: dict[str, list[Promotable]] = defaultdict(list)
    for product in products:
        by_trader[product.trader_id].append(product)
    waiting: dict[str, Waiting] = {}
    offers: dict[str, Waiting] = {}
    for trader_id, offered in by_trader.items():
        turn = turns.get(trader_id)
        since = turn.since if turn else min(now, *(each.listed_at for each in offered))
        made = {
            each.product_id: Waiting(
                trader_id=trader_id,
                product_id=each.product_id,
                since=since,
                round=turn.round if turn else None,
                village=each.village,
                category=each.category,
                size=each.size,
            )
            for each in offered
        }
        offers |= made
        # What was not shown for longest; of those that never were, the one that is there longest.
        first = min(
            offered,
            key=lambda each: (
                each.product_id in last_shown,
                last_shown.get(each.product_id, each.listed_at),
                each.product_id,
            ),
        )
        waiting[trader_id] = made[first.product_id]
    return waiting, offers


def _wishes(wishes: Iterable[PromotionWish]) -> dict[SlotKey, Wishes]:
    pins: dict[SlotKey, str] = {}
    skips: dict[SlotKey, set[str]] = defaultdict(set)
    for wish in wishes:
        key = SlotKey(wish.slot_at, wish.account_id)
        if wish.kind == "pin" and wish.product_id is not None:
            pins[key] = str(wish.product_id)
        else:
            skips[key].add(str(wish.trader_id))
    return {key: Wishes(pins.get(key), frozenset(skips.get(key, ()))) for key in {*pins, *skips}}


async def _free_keys(
    connection: AsyncConnection, context: MarketplaceContext, now: datetime, until: datetime
) -> list[SlotKey]:
    taken = {
        SlotKey(each.slot_at, each.account_id)
        for each in await promotion_queries.list_slots(
            connection, now, until + timedelta(seconds=1)
        )
    }
    keys = [
        SlotKey(at, account.id)
        for account in context.profile.accounts
        for at in slots_between(account.rhythm, context.zone, now, until)
    ]
    return [key for key in keys if key not in taken]


async def _write(
    unit: UnitOfWork,
    context: MarketplaceContext,
    desk: _Desk,
    planned: Planned,
    code: str | None = None,
) -> PromotionSlot:
    connection, slot_at = unit.connection, planned.slot.slot_at
    if code is None:
        code = new_code()
        await lead_queries.insert_link(
            connection,
            code,
            planned.product_id,
            unit.now,
            account_id=planned.slot.account_id,
            slot_at=slot_at,
        )
    else:
        await lead_queries.point_link(connection, code, planned.product_id)
    await promotion_queries.note_turn(connection, planned.trader_id, slot_at, planned.round)
    late = timedelta(minutes=context.profile.promotion.late_minutes)
    values = _values(desk, planned) | {
        "caption": _caption(context, desk, planned, link_of(context, code)),
        "link_code": code,
        # Nobody may have approved it by then.
        "next_try_at": slot_at + late,
    }
    return PromotionSlot(slot_id=new_id(), slot_at=slot_at, **values)


def _values(desk: _Desk, planned: Planned) -> dict[str, Any]:
    product = desk.products[planned.product_id]
    pin = desk.pins.get(planned.slot) if planned.choice is None else None
    return {
        "account_id": planned.slot.account_id,
        "state": SlotState.PROPOSED,
        "version": 1,
        "trader_id": planned.trader_id,
        "product_id": planned.product_id,
        "revision": product.revision,
        "village": product.village,
        "category": product.category,
        "size": product.size,
        "round": planned.round,
        "turn_before": planned.turn_before,
        "waiting_since": desk.before[planned.trader_id].since,
        "choice": planned.choice.as_json() if planned.choice else None,
        "pinned_by": pin.by if pin else None,
        "reason": pin.reason if pin else None,
        "approved_by": None,
        "approved_at": None,
        "tries": 0,
        "looks": 0,
        "failure": None,
        "platform_id": None,
        "published_at": None,
        "published_by": None,
        "followed_up_at": None,
        "views": None,
    }


def _caption(context: MarketplaceContext, desk: _Desk, planned: Planned, link: str) -> str:
    account = account_of(context, planned.slot.account_id)
    if account is None:
        raise LookupError(f"no account {planned.slot.account_id}")
    return write_caption(context, account, desk.products[planned.product_id], link)
