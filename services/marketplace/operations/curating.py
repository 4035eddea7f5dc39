"""Staff decide about traders: verified, refused, suspended, reinstated, appeals turned down."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from services.marketplace import trader_queries
from services.marketplace.context import MarketplaceContext
from services.marketplace.curating_schemas import StaffTrader, TraderIdentity
from services.marketplace.errors import (
    DecidedByYourself,
    NoAppeal,
    ReasonUnknown,
    TraderActionIllegal,
)
from services.marketplace.listing_queries import relist
from services.marketplace.operations.accounts import check_version, known_trader, open_identity
from services.marketplace.operations.registering import note
from services.marketplace.rules.states import (
    TraderAction,
    TraderState,
    legal_trader_actions,
    next_trader_state,
)
from services.marketplace.trade_profile import Reason
from services.marketplace.trader_tables import Trader
from shared.unit_of_work import UnitOfWork


@dataclass(frozen=True, slots=True)
class Deciding:
    """Who decides about which trader; `etags` are the versions that they saw, if they say."""

    by: str
    trader_id: str
    etags: frozenset[str] | None = None


async def decide(
    unit: UnitOfWork,
    context: MarketplaceContext,
    deciding: Deciding,
    action: TraderAction,
    *,
    reason: str | None = None,
    text: str = "",
) -> Trader:
    """Move a trader along the table of states; goods are shown, or gone, with the commit.

    Raises TraderNotFound, Changed, TraderActionIllegal, ReasonUnknown, DecidedByYourself.
    """
    trader = await _lock(unit, deciding)
    state = TraderState(trader.state)
    after = next_trader_state(state, action)
    if after is None:
        raise TraderActionIllegal(state, legal_trader_actions(state))
    changes: dict[str, Any] = {
        "state": after,
        "state_since": unit.now,
        "reason": None,
        "reason_text": None,
        "appeal": None,
        "appealed_at": None,
    }
    if action == TraderAction.REINSTATE:
        await _check_is_another(unit, deciding)
    if action == TraderAction.VERIFY:
        changes["verified_at"] = unit.now
    if reason is not None:
        sentence = _reason(_reasons(context, action), reason).text
        changes |= {"reason": reason, "reason_text": f"{sentence} {text}".strip()}
    changed = await trader_queries.update_trader(unit.connection, trader, changes)
    await relist(unit.connection, context.category_names, trader.trader_id)
    await note(unit, trader.trader_id, action, deciding.by, reason=reason, text=text or None)
    return changed


async def turn_down_appeal(unit: UnitOfWork, deciding: Deciding, text: str) -> Trader:
    """Leave a trader suspended in spite of their appeal.

    Raises TraderNotFound, Changed, NoAppeal, DecidedByYourself.
    """
    trader = await _lock(unit, deciding)
    if trader.appealed_at is None:
        raise NoAppeal
    await _check_is_another(unit, deciding)
    changes = {"appeal": None, "appealed_at": None}
    changed = await trader_queries.update_trader(unit.connection, trader, changes)
    await note(unit, trader.trader_id, "turn_down_appeal", deciding.by, text=text or None)
    return changed


async def show_identity(
    unit: UnitOfWork, context: MarketplaceContext, by: str, trader_id: str, reason: str
) -> TraderIdentity:
    """Show who a trader is, and write down to whom and why. Raises TraderNotFound, TraderGone."""
    trader = known_trader(await trader_queries.find_trader(unit.connection, trader_id))
    identity = open_identity(context, trader)
    await note(unit, trader_id, "show_identity", by, text=reason)
    return TraderIdentity(trader_id=trader_id, **identity)


def show_to_staff(trader: Trader) -> StaffTrader:
    """Return what staff see of a trader."""
    legal = legal_trader_actions(TraderState(trader.state))
    own = {TraderAction.CHANGE, TraderAction.RESUBMIT, TraderAction.ERASE}
    shown = [each.value for each in legal if each not in own]
    return StaffTrader.model_validate({**trader.model_dump(), "legal": shown})


async def _lock(unit: UnitOfWork, deciding: Deciding) -> Trader:
    trader = known_trader(await trader_queries.lock_trader(unit.connection, deciding.trader_id))
    check_version(trader, deciding.etags)
    return trader


async def _check_is_another(unit: UnitOfWork, deciding: Deciding) -> None:
    facts = await trader_queries.list_facts(unit.connection, deciding.trader_id)
    suspended = [each for each in facts if each.action == TraderAction.SUSPEND]
    if suspended and suspended[-1].by == deciding.by:
        raise DecidedByYourself


def _reasons(context: MarketplaceContext, action: TraderAction) -> Sequence[Reason]:
    reasons = context.profile.trade.reasons
    return reasons.suspension if action == TraderAction.SUSPEND else reasons.verification


def _reason(reasons: Sequence[Reason], code: str) -> Reason:
    for each in reasons:
        if each.code == code:
            return each
    raise ReasonUnknown([each.code for each in reasons])
