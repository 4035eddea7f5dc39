"""Publishes what is due, each slot once: claimed, sent outside of any transaction, and noted.

A request that left and was not answered may have had an effect. Where the platform tells what an
account has posted, it is asked; where not, or where it does not know, a person decides.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Final

from services.marketplace import promotion_queries
from services.marketplace.context import MarketplaceContext
from services.marketplace.listing_queries import list_promotable
from services.marketplace.operations.planning import (
    account_of,
    give_back,
    link_of,
    write_caption,
)
from services.marketplace.promotion_metrics import PromotionMetrics
from services.marketplace.promotion_profile import PromotionAccount
from services.marketplace.promotion_tables import PromotionSlot
from services.marketplace.publishers.port import Post, Posted, Publisher
from services.marketplace.rules.slots import (
    LOOK_SECONDS,
    LOOKS,
    SlotState,
    back_off_seconds,
)
from services.marketplace.trader_queries import hold_trader
from shared.messaging.port import Refused, SendingFailed, TryLater
from shared.unit_of_work import UnitOfWork, UnitsOfWork

#: How long a stopped account's slot waits before it is looked at again.
_STOPPED: Final = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class Publishing:
    """What publishing needs: the units, the profile, a publisher per platform, the metrics."""

    units: UnitsOfWork
    context: MarketplaceContext
    publishers: Mapping[str, Publisher]
    metrics: PromotionMetrics
    lease: timedelta


@dataclass(frozen=True, slots=True)
class _Task:
    """A slot that this process may publish, or ask about, until the lease is over."""

    slot: PromotionSlot
    post: Post
    publisher: Publisher
    ask_first: bool
    may_publish: bool


async def publish_next(publishing: Publishing) -> bool:
    """Do what is due first; tells whether anything was."""
    async with publishing.units.begin() as unit:
        slot = await promotion_queries.claim_due_slot(unit.connection, unit.now)
        if slot is None:
            return False
        task = await _take(unit, publishing, slot)
    if task is not None:
        await _carry_out(publishing, task)
    return True


async def _take(unit: UnitOfWork, publishing: Publishing, slot: PromotionSlot) -> _Task | None:
    """Decide what to do with a due slot; what has no need of the platform is done here."""
    account = account_of(publishing.context, slot.account_id)
    if slot.state in {SlotState.PUBLISHING, SlotState.UNSURE}:
        return await _take_unsure(unit, publishing, slot, account)
    late = timedelta(minutes=publishing.context.profile.promotion.late_minutes)
    if account is None or unit.now >= slot.slot_at + late:
        why = "not approved in time" if slot.state == SlotState.PROPOSED else "too late"
        await _end(unit, publishing, slot, SlotState.MISSED, why)
        return None
    if await promotion_queries.is_stopped(unit.connection, slot.account_id):
        changes = {"next_try_at": unit.now + _STOPPED, "failure": "stopped"}
        await promotion_queries.update_slot(unit.connection, slot, changes)
        return None
    if not await _is_still_good(unit, publishing, slot, account):
        return None
    return await _begin(unit, publishing, slot, account)


async def _begin(
    unit: UnitOfWork, publishing: Publishing, slot: PromotionSlot, account: PromotionAccount
) -> _Task | None:
    publisher = publishing.publishers.get(account.platform)
    if account.publish == "copy" or publisher is None:
        ready = {"state": SlotState.READY, "next_try_at": None, "failure": None}
        await promotion_queries.update_slot(unit.connection, slot, ready)
        return None
    changes = {
        "next_try_at": unit.now + publishing.lease,
        "state": SlotState.PUBLISHING,
        "tries": slot.tries + 1,
        "failure": None,
    }
    slot = await promotion_queries.update_slot(unit.connection, slot, changes)
    return _Task(
        slot=slot,
        post=_post(publishing.context, slot),
        publisher=publisher,
        # After a refusal in passing the platform may have it all the same.
        ask_first=slot.tries > 1 and publisher.can_ask,
        may_publish=True,
    )


async def _take_unsure(
    unit: UnitOfWork,
    publishing: Publishing,
    slot: PromotionSlot,
    account: PromotionAccount | None,
) -> _Task | None:
    """Ask about a slot whose publishing was not answered, or whose process is gone."""
    publisher = publishing.publishers.get(account.platform) if account else None
    if publisher is None or not publisher.can_ask or slot.looks >= LOOKS:
        await _hold(unit, publishing, slot)
        return None
    changes = {
        "state": SlotState.UNSURE,
        "looks": slot.looks + 1,
        "next_try_at": unit.now + max(publishing.lease, timedelta(seconds=LOOK_SECONDS)),
    }
    slot = await promotion_queries.update_slot(unit.connection, slot, changes)
    return _Task(
        slot=slot,
        post=_post(publishing.context, slot),
        publisher=publisher,
        ask_first=True,
        may_publish=False,
    )


async def _is_still_good(
    unit: UnitOfWork, publishing: Publishing, slot: PromotionSlot, account: PromotionAccount
) -> bool:
    """Look again at trader and product; a suspension comes before this, or waits for it."""
    await hold_trader(unit.connection, slot.trader_id)
    day = unit.now.astimezone(publishing.context.zone).date()
    found = await list_promotable(unit.connection, day, [slot.product_id])
    if not found or found[0].trader_id != slot.trader_id:
        await _end(unit, publishing, slot, SlotState.CANCELLED, "no longer promotable")
        return False
    if found[0].revision != slot.revision:
        # Staff approved words about another version: they look at the new ones first.
        link = link_of(publishing.context, slot.link_code)
        late = timedelta(minutes=publishing.context.profile.promotion.late_minutes)
        changes = {
            "state": SlotState.PROPOSED,
            "revision": found[0].revision,
            "caption": write_caption(publishing.context, account, found[0], link),
            "approved_by": None,
            "approved_at": None,
            "next_try_at": slot.slot_at + late,
        }
        await promotion_queries.update_slot(unit.connection, slot, changes)
        return False
    return True


async def _carry_out(publishing: Publishing, task: _Task) -> None:
    try:
        posted = await task.publisher.find(task.post) if task.ask_first else None
        if posted is None and task.may_publish:
            posted = await task.publisher.publish(task.post)
    except SendingFailed as error:
        async with publishing.units.begin() as unit:
            await _note_failure(unit, publishing, task, error)
        return
    async with publishing.units.begin() as unit:
        await _note_answer(unit, publishing, task, posted)


async def _note_answer(
    unit: UnitOfWork, publishing: Publishing, task: _Task, posted: Posted | None
) -> None:
    slot = await _own(unit, task)
    if slot is None:
        return
    if posted is None:
        # Asked, and not there yet: platforms list what is new with a delay.
        if slot.looks >= LOOKS:
            await _hold(unit, publishing, slot)
            return
        later = unit.now + timedelta(seconds=LOOK_SECONDS)
        await promotion_queries.update_slot(unit.connection, slot, {"next_try_at": later})
        return
    changes = {
        "state": SlotState.PUBLISHED,
        "published_at": unit.now,
        "published_by": "tanggap",
        "platform_id": posted.platform_id,
        "next_try_at": None,
        "failure": None,
    }
    await promotion_queries.update_slot(unit.connection, slot, changes)
    _count(unit, publishing, slot, "published")


async def _note_failure(
    unit: UnitOfWork, publishing: Publishing, task: _Task, error: SendingFailed
) -> None:
    slot = await _own(unit, task)
    if slot is None:
        return
    reason = str(error)[:200]
    if not task.may_publish:
        # The question failed, not the post: it is asked again, until a person is.
        later = unit.now + timedelta(seconds=LOOK_SECONDS)
        changes = {"next_try_at": later, "failure": reason}
        await promotion_queries.update_slot(unit.connection, slot, changes)
    elif isinstance(error, Refused):
        await _end(unit, publishing, slot, SlotState.FAILED, reason)
    elif isinstance(error, TryLater):
        later = unit.now + timedelta(seconds=back_off_seconds(slot.tries, error.retry_after))
        changes = {"state": SlotState.APPROVED, "next_try_at": later, "failure": reason}
        await promotion_queries.update_slot(unit.connection, slot, changes)
    else:
        later = unit.now + timedelta(seconds=LOOK_SECONDS)
        changes = {"state": SlotState.UNSURE, "next_try_at": later, "failure": reason}
        await promotion_queries.update_slot(unit.connection, slot, changes)
        _count(unit, publishing, slot, "unsure")


async def _own(unit: UnitOfWork, task: _Task) -> PromotionSlot | None:
    """Return the slot, locked, unless somebody else took it over meanwhile."""
    slot = await promotion_queries.find_slot(unit.connection, task.slot.slot_id, lock=True)
    return slot if slot is not None and slot.version == task.slot.version else None


async def _hold(unit: UnitOfWork, publishing: Publishing, slot: PromotionSlot) -> None:
    changes = {"state": SlotState.HELD, "next_try_at": None}
    await promotion_queries.update_slot(unit.connection, slot, changes)
    _count(unit, publishing, slot, "held")


async def _end(
    unit: UnitOfWork, publishing: Publishing, slot: PromotionSlot, state: SlotState, why: str
) -> None:
    await give_back(unit, slot, state, why)
    _count(unit, publishing, slot, state)


def _count(unit: UnitOfWork, publishing: Publishing, slot: PromotionSlot, outcome: str) -> None:
    account = account_of(publishing.context, slot.account_id)
    platform = account.platform if account else "none"
    unit.after_commit(partial(publishing.metrics.count, platform, str(outcome)))


def _post(context: MarketplaceContext, slot: PromotionSlot) -> Post:
    return Post(
        account_id=slot.account_id,
        caption=slot.caption,
        link=link_of(context, slot.link_code),
        picture_url=context.share_card_url(slot.product_id),
    )
