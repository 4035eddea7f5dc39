"""What staff do with promotion slots: approve, pin, skip, stop, and decide where nobody is sure."""

from typing import Final

from services.marketplace import promotion_queries
from services.marketplace.context import MarketplaceContext
from services.marketplace.errors import Changed
from services.marketplace.listing_queries import list_promotable
from services.marketplace.operations.planning import (
    PREVIEW,
    account_of,
    give_back,
    link_of,
    replan_slot,
)
from services.marketplace.promotion_errors import (
    CaptionUnfit,
    NoSlotThen,
    NotPromotable,
    SlotActionIllegal,
    SlotNotFound,
)
from services.marketplace.promotion_schemas import Pin, Verdict
from services.marketplace.promotion_tables import PromotionSlot, PromotionWish, PublishingStop
from services.marketplace.rules.captions import LONGEST, is_short_enough
from services.marketplace.rules.elsewhere import leads_elsewhere
from services.marketplace.rules.rhythm import is_slot
from services.marketplace.rules.slots import CHANGEABLE, SlotState
from shared.ids import new_id
from shared.unit_of_work import UnitOfWork

_PUBLISHED: Final = SlotState.PUBLISHED


async def known_slot(unit: UnitOfWork, slot_id: str, *, lock: bool = True) -> PromotionSlot:
    """Return a slot; raises SlotNotFound."""
    slot = await promotion_queries.find_slot(unit.connection, slot_id, lock=lock)
    if slot is None:
        raise SlotNotFound
    return slot


async def approve_slot(
    unit: UnitOfWork,
    context: MarketplaceContext,
    slot_id: str,
    by: str,
    *,
    caption: str | None,
    versions: frozenset[str] | None,
) -> PromotionSlot:
    """Let a slot go out at its time.

    Raises SlotNotFound, SlotActionIllegal, Changed, CaptionUnfit.
    """
    slot = await _changeable(unit, slot_id, versions, {SlotState.PROPOSED})
    if caption is not None:
        _check_caption(context, slot, caption)
    changes = {
        "state": SlotState.APPROVED,
        "caption": caption or slot.caption,
        "approved_by": by,
        "approved_at": unit.now,
        "next_try_at": slot.slot_at,
    }
    return await promotion_queries.update_slot(unit.connection, slot, changes)


async def pin_product(
    unit: UnitOfWork, context: MarketplaceContext, pin: Pin, by: str
) -> PromotionSlot | None:
    """Give a slot to a product; returns the slot where it is planned already.

    Raises NoSlotThen, NotPromotable, SlotActionIllegal.
    """
    account = account_of(context, pin.account_id)
    is_near = unit.now < pin.slot_at <= unit.now + PREVIEW
    if account is None or not is_near or not is_slot(account.rhythm, context.zone, pin.slot_at):
        raise NoSlotThen
    day = unit.now.astimezone(context.zone).date()
    products = await list_promotable(unit.connection, day, [pin.product_id])
    if not products:
        raise NotPromotable
    # Before anything of the slot is read: who plans it now is waited for.
    await promotion_queries.read_round(unit.connection, lock=True)
    slot = await promotion_queries.find_slot_at(unit.connection, pin.account_id, pin.slot_at)
    if slot is not None:
        _require(slot, CHANGEABLE)
    wish = PromotionWish(
        wish_id=new_id(),
        account_id=pin.account_id,
        slot_at=pin.slot_at,
        kind="pin",
        trader_id=products[0].trader_id,
        product_id=pin.product_id,
        by=by,
        reason=pin.reason,
        wished_at=unit.now,
    )
    await promotion_queries.insert_wish(unit.connection, wish)
    return None if slot is None else await replan_slot(unit, context, slot)


async def skip_trader(
    unit: UnitOfWork,
    context: MarketplaceContext,
    slot_id: str,
    by: str,
    *,
    reason: str,
    versions: frozenset[str] | None,
) -> PromotionSlot:
    """Pass a slot's trader over in it: the slot is drawn anew, and the trader waits on.

    Raises SlotNotFound, SlotActionIllegal, Changed.
    """
    await promotion_queries.read_round(unit.connection, lock=True)
    slot = await _changeable(unit, slot_id, versions, CHANGEABLE - {SlotState.EMPTY})
    wish = PromotionWish(
        wish_id=new_id(),
        account_id=slot.account_id,
        slot_at=slot.slot_at,
        kind="skip",
        trader_id=slot.trader_id,
        product_id=None,
        by=by,
        reason=reason,
        wished_at=unit.now,
    )
    await promotion_queries.unpin(unit.connection, slot.account_id, slot.slot_at)
    await promotion_queries.insert_wish(unit.connection, wish)
    return await replan_slot(unit, context, slot)


async def stop_publishing(
    unit: UnitOfWork, context: MarketplaceContext, account_id: str | None, by: str, reason: str
) -> None:
    """Let nothing go out on an account, or on any. Raises NoSlotThen for an unknown account."""
    if account_id is not None and account_of(context, account_id) is None:
        raise NoSlotThen
    stop = PublishingStop(
        account_id=account_id or promotion_queries.EVERYWHERE,
        since=unit.now,
        by=by,
        reason=reason,
    )
    await promotion_queries.set_stop(unit.connection, stop)


async def decide_held(unit: UnitOfWork, slot_id: str, verdict: Verdict, by: str) -> PromotionSlot:
    """Say what became of a slot that nobody was sure about. Raises SlotNotFound, …Illegal."""
    slot = await known_slot(unit, slot_id)
    _require(slot, {SlotState.HELD, SlotState.FAILED, SlotState.UNSURE})
    if verdict.decision == "published":
        return await _note_published(unit, slot, by, verdict.platform_id)
    if verdict.decision == "give_up":
        return await give_back(unit, slot, SlotState.FAILED, slot.failure or "given up")
    if slot.state == SlotState.FAILED:
        # The turn was given back, and may have been used since.
        raise SlotActionIllegal(slot.state, [SlotState.HELD])
    changes = {
        "state": SlotState.APPROVED,
        "tries": 0,
        "looks": 0,
        "next_try_at": unit.now,
        "failure": None,
    }
    return await promotion_queries.update_slot(unit.connection, slot, changes)


async def note_posted(
    unit: UnitOfWork, slot_id: str, by: str, platform_id: str | None
) -> PromotionSlot:
    """Note that staff posted a slot themselves; again changes nothing."""
    slot = await known_slot(unit, slot_id)
    if slot.state == _PUBLISHED:
        return slot
    _require(slot, {SlotState.READY})
    return await _note_published(unit, slot, by, platform_id)


async def note_views(unit: UnitOfWork, slot_id: str, views: int) -> PromotionSlot:
    """Note how often the platform says that a post was seen."""
    slot = await known_slot(unit, slot_id)
    _require(slot, {_PUBLISHED})
    return await promotion_queries.update_slot(unit.connection, slot, {"views": views})


async def _note_published(
    unit: UnitOfWork, slot: PromotionSlot, by: str, platform_id: str | None
) -> PromotionSlot:
    if slot.state == SlotState.FAILED:
        await promotion_queries.note_turn(unit.connection, slot.trader_id, slot.slot_at, slot.round)
    changes = {
        "state": _PUBLISHED,
        "published_at": unit.now,
        "published_by": by,
        "platform_id": platform_id,
        "next_try_at": None,
        "failure": None,
    }
    return await promotion_queries.update_slot(unit.connection, slot, changes)


async def _changeable(
    unit: UnitOfWork,
    slot_id: str,
    versions: frozenset[str] | None,
    legal: frozenset[SlotState] | set[SlotState],
) -> PromotionSlot:
    slot = await known_slot(unit, slot_id)
    if versions is not None and f'"{slot.version}"' not in versions:
        raise Changed(slot.version)
    _require(slot, legal)
    return slot


def _require(slot: PromotionSlot, legal: frozenset[SlotState] | set[SlotState]) -> None:
    if slot.state not in legal:
        raise SlotActionIllegal(slot.state, [str(each) for each in legal])


def _check_caption(context: MarketplaceContext, slot: PromotionSlot, caption: str) -> None:
    link = link_of(context, slot.link_code)
    account = account_of(context, slot.account_id)
    if caption.count(link) != 1:
        raise CaptionUnfit(f"Sertakan tautan slot ini tepat satu kali: {link}")
    if leads_elsewhere(caption.replace(link, " ")):
        raise CaptionUnfit("Hapus tautan dan nomor lain; pembeli diarahkan oleh tautan slot.")
    if account is not None and not is_short_enough(caption, link, account.platform):
        raise CaptionUnfit(f"Teks paling panjang {LONGEST[account.platform]} karakter.")
