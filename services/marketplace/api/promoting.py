"""Promotion slots for the leader's staff: what is planned and why, approval, pins, skips, stops."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Annotated, Final, Literal

from fastapi import APIRouter, Depends, Path, Query, Response

from services.marketplace import promotion_queries
from services.marketplace.api.doors import IfMatch, TheDoors, Watcher, etag_of, etags
from services.marketplace.context import MarketplaceContext
from services.marketplace.operations.planning import PREVIEW, Foreseen, account_of, foresee, link_of
from services.marketplace.operations.promoting import (
    approve_slot,
    decide_held,
    note_posted,
    note_views,
    pin_product,
    skip_trader,
    stop_publishing,
)
from services.marketplace.promotion_errors import SlotNotFound
from services.marketplace.promotion_schemas import (
    Approval,
    Pin,
    Posted,
    Preview,
    Skip,
    Slot,
    SlotExplanation,
    SlotList,
    SlotWithReasons,
    Stop,
    StopList,
    StopShown,
    Verdict,
    Views,
    explain_choice,
)
from services.marketplace.promotion_tables import PromotionSlot, PublishingStop
from services.marketplace.rules.fairness import Choice, is_as_drawn
from services.marketplace.rules.slots import SlotState
from shared.auth import Principal, Role, require
from shared.ids import UUID_PATTERN
from shared.parameters import OrAbsent
from shared.problems import problem_responses
from shared.written import WrittenTime

router = APIRouter(prefix="/marketplace/v1/staff", tags=["promotion"])

_READ = problem_responses(401, 403, 404, 422, 503)
_ACT = problem_responses(400, 401, 403, 404, 409, 412, 413, 422, 503)

#: The leader's staff, who decide what goes out on the leader's accounts.
Promoter = Annotated[Principal, Depends(require(Role.PUBLISHER, Role.LEADER, Role.ADMIN))]
SlotKeyPath = Annotated[
    str, Path(pattern=UUID_PATTERN, examples=["019b76da-a800-7000-8000-00000000d005"])
]
_LONGEST: Final = timedelta(days=100)
_Time = OrAbsent[WrittenTime]
_StateName = Literal[
    "proposed", "approved", "publishing", "unsure", "held", "ready", "published", "failed",
    "missed", "cancelled", "empty",
]  # fmt: skip


@router.get("/slots", operation_id="marketplace_list_slots", responses=_READ)
async def list_slots(
    doors: TheDoors,
    _caller: Watcher,
    since: Annotated[_Time, Query(description="From when; left out: a week ago.")] = None,
    until: Annotated[_Time, Query(description="Before when; left out: four weeks on.")] = None,
    account: Annotated[
        OrAbsent[str], Query(pattern=r"^[a-z0-9-]{1,64}$", description="One account.")
    ] = None,
    state: Annotated[OrAbsent[_StateName], Query(description="One state.")] = None,
) -> SlotList:
    """List the slots of a time, in its order; at most 100 days."""
    now = doors.units.clock.now()
    begin = since or now - PREVIEW / 4
    end = min(until or now + PREVIEW, begin + _LONGEST)
    async with doors.units.database.transaction() as connection:
        found = await promotion_queries.list_slots(
            connection, begin, end, account_id=account, state=state
        )
    return SlotList(slots=[show_slot(doors.context, each) for each in found])


@router.get("/slots/preview", operation_id="marketplace_preview_slots", responses=_READ)
async def preview(doors: TheDoors, _caller: Watcher) -> Preview:
    """Show the next four weeks: what is planned, and what follows if nothing changes.

    Who joins, is pinned or skipped changes what is only foreseen.
    """
    now = doors.units.clock.now()
    async with doors.units.database.transaction() as connection:
        planned = await promotion_queries.list_slots(connection, now, now + PREVIEW)
        foreseen = await foresee(connection, doors.context, now)
    slots = [show_slot(doors.context, each) for each in planned]
    slots += [_show_foreseen(doors.context, each) for each in foreseen]
    slots.sort(key=lambda each: (each.slot_at, each.account_id))
    return Preview(until=now + PREVIEW, slots=slots)


@router.get("/slots/{slot_id}", operation_id="marketplace_read_slot", responses=_READ)
async def read_slot(
    doors: TheDoors, _caller: Watcher, slot_id: SlotKeyPath, response: Response
) -> SlotWithReasons:
    """Show a slot, and why it is this trader's turn: weights, seed and draw."""
    async with doors.units.database.transaction() as connection:
        slot = await promotion_queries.find_slot(connection, slot_id)
    if slot is None:
        raise SlotNotFound
    response.headers["ETag"] = etag_of(slot.version)
    shown = show_slot(doors.context, slot).model_dump()
    return SlotWithReasons(**shown, explanation=_explain(slot))


@router.post("/slots/{slot_id}/approve", operation_id="marketplace_approve_slot", responses=_ACT)
async def approve(
    doors: TheDoors,
    caller: Promoter,
    slot_id: SlotKeyPath,
    form: Approval,
    response: Response,
    if_match: IfMatch = None,
) -> Slot:
    """Let a slot go out at its time, with its caption or with words of your own."""
    async with doors.units.begin() as unit:
        slot = await approve_slot(
            unit,
            doors.context,
            slot_id,
            caller.subject,
            caption=form.caption,
            versions=etags(if_match),
        )
    return _answer(doors.context, slot, response)


@router.post("/slots/{slot_id}/skip", operation_id="marketplace_skip_slot", responses=_ACT)
async def skip(
    doors: TheDoors,
    caller: Promoter,
    slot_id: SlotKeyPath,
    form: Skip,
    response: Response,
    if_match: IfMatch = None,
) -> Slot:
    """Pass a trader over in this slot, with a reason; it is drawn anew, and they wait on."""
    async with doors.units.begin() as unit:
        slot = await skip_trader(
            unit,
            doors.context,
            slot_id,
            caller.subject,
            reason=form.reason,
            versions=etags(if_match),
        )
    return _answer(doors.context, slot, response)


@router.post("/slots/{slot_id}/decide", operation_id="marketplace_decide_slot", responses=_ACT)
async def decide(
    doors: TheDoors, caller: Promoter, slot_id: SlotKeyPath, form: Verdict, response: Response
) -> Slot:
    """Say what you saw at the platform, where nobody could tell whether a slot went out."""
    async with doors.units.begin() as unit:
        slot = await decide_held(unit, slot_id, form, caller.subject)
    return _answer(doors.context, slot, response)


@router.post("/slots/{slot_id}/posted", operation_id="marketplace_note_posted", responses=_ACT)
async def posted(
    doors: TheDoors, caller: Promoter, slot_id: SlotKeyPath, form: Posted, response: Response
) -> Slot:
    """Note that you copied and posted a slot yourself."""
    async with doors.units.begin() as unit:
        slot = await note_posted(unit, slot_id, caller.subject, form.platform_id)
    return _answer(doors.context, slot, response)


@router.post("/slots/{slot_id}/views", operation_id="marketplace_note_views", responses=_ACT)
async def views(
    doors: TheDoors, _caller: Promoter, slot_id: SlotKeyPath, form: Views, response: Response
) -> Slot:
    """Note how often the platform says that a post was seen."""
    async with doors.units.begin() as unit:
        slot = await note_views(unit, slot_id, form.views)
    return _answer(doors.context, slot, response)


@router.post("/pins", operation_id="marketplace_pin_product", responses=_ACT)
async def pin(doors: TheDoors, caller: Promoter, form: Pin) -> Slot | None:
    """Give a slot to a product, with a reason; null where the slot is not planned yet.

    Who is pinned has had a turn: it is no second chance.
    """
    async with doors.units.begin() as unit:
        slot = await pin_product(unit, doors.context, form, caller.subject)
    return None if slot is None else show_slot(doors.context, slot)


@router.get("/publishing/stops", operation_id="marketplace_list_stops", responses=_READ)
async def list_stops(doors: TheDoors, _caller: Watcher) -> StopList:
    """List the accounts at which nothing goes out."""
    async with doors.units.database.transaction() as connection:
        return _show_stops(await promotion_queries.list_stops(connection))


@router.post("/publishing/stop", operation_id="marketplace_stop_publishing", responses=_ACT)
async def stop(doors: TheDoors, caller: Promoter, form: Stop) -> StopList:
    """Let nothing go out, on one account or on all; what is being sent now still goes."""
    async with doors.units.begin() as unit:
        await stop_publishing(unit, doors.context, form.account_id, caller.subject, form.reason)
        return _show_stops(await promotion_queries.list_stops(unit.connection))


@router.post("/publishing/resume", operation_id="marketplace_resume_publishing", responses=_ACT)
async def resume(
    doors: TheDoors,
    _caller: Promoter,
    account: Annotated[
        OrAbsent[str],
        Query(pattern=r"^[a-z0-9-]{1,64}$", description="Left out: the stop of all accounts."),
    ] = None,
) -> StopList:
    """Let slots go out again; those whose time is long over are missed."""
    async with doors.units.begin() as unit:
        await promotion_queries.lift_stop(unit.connection, account or promotion_queries.EVERYWHERE)
        return _show_stops(await promotion_queries.list_stops(unit.connection))


def _show_stops(stops: Iterable[PublishingStop]) -> StopList:
    everywhere = promotion_queries.EVERYWHERE
    return StopList(
        stops=[
            StopShown(
                account_id=None if each.account_id == everywhere else each.account_id,
                since=each.since,
                by=each.by,
                reason=each.reason,
            )
            for each in stops
        ]
    )


def show_slot(context: MarketplaceContext, slot: PromotionSlot) -> Slot:
    """Return a slot the way staff and its trader see it."""
    account = account_of(context, slot.account_id)
    return Slot(
        slot_id=slot.slot_id,
        account_id=slot.account_id,
        platform=account.platform if account else "",
        slot_at=slot.slot_at,
        state=slot.state,
        trader_id=slot.trader_id,
        product_id=slot.product_id,
        caption=slot.caption,
        link=link_of(context, slot.link_code),
        version=slot.version,
        reason=slot.reason,
        failure=slot.failure,
        published_at=slot.published_at,
        platform_id=slot.platform_id,
        views=slot.views,
    )


def _answer(context: MarketplaceContext, slot: PromotionSlot, response: Response) -> Slot:
    response.headers["ETag"] = etag_of(slot.version)
    return show_slot(context, slot)


def _show_foreseen(context: MarketplaceContext, foreseen: Foreseen) -> Slot:
    planned = foreseen.planned
    account = account_of(context, planned.slot.account_id)
    return Slot(
        account_id=planned.slot.account_id,
        platform=account.platform if account else "",
        slot_at=planned.slot.slot_at,
        state="foreseen",
        trader_id=planned.trader_id,
        product_id=planned.product_id,
        caption=foreseen.caption,
        link=None,
    )


def _explain(slot: PromotionSlot) -> SlotExplanation:
    if slot.choice is None:
        sentence = f"Dipilih oleh staf. Alasan: {slot.reason or 'tidak dicatat'}"
        if slot.state == SlotState.EMPTY:
            sentence = "Tidak ada usaha yang menunggu."
        return SlotExplanation(sentence=sentence)
    choice = Choice.from_json(slot.trader_id, slot.product_id, slot.choice)
    own = next(each for each in choice.candidates if each.trader_id == slot.trader_id)
    kind = "usaha baru" if choice.is_newcomer else "usaha"
    return SlotExplanation(
        sentence=(
            f"Diundi di antara {len(choice.candidates)} {kind} yang menunggu paling lama; "
            f"peluangnya {choice.chance:.0%}, setelah menunggu {own.waited_hours} jam."
        ),
        is_newcomer=choice.is_newcomer,
        seed=choice.seed,
        draw=choice.draw,
        is_as_drawn=is_as_drawn(choice),
        candidates=explain_choice(slot.choice),
    )
