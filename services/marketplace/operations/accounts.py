"""A trader's own account: seen, changed, appealed for, taken along, erased."""

import json
from typing import Any, Final

from services.marketplace import (
    code_queries,
    photo_queries,
    product_queries,
    promotion_queries,
    trader_queries,
)
from services.marketplace.context import MarketplaceContext
from services.marketplace.errors import (
    Changed,
    FormIncorrect,
    TraderActionIllegal,
    TraderGone,
    TraderNotFound,
    VerifyAgain,
)
from services.marketplace.listing_queries import relist
from services.marketplace.operations.registering import TRADER, check_trader, note
from services.marketplace.rules.states import (
    TraderAction,
    TraderState,
    legal_trader_actions,
    next_trader_state,
)
from services.marketplace.trader_schemas import (
    AppealForm,
    ErasedTrader,
    OwnTrader,
    PointForm,
    TraderChange,
    TraderFactView,
)
from services.marketplace.trader_tables import Trader
from shared.unit_of_work import UnitOfWork
from shared.vault import PersonKey, WrappedKey

#: What a curator has verified; the rest is for the trader alone to say.
_VERIFIED: Final = frozenset({"name", "owner_name", "village", "size", "nib"})


async def own_trader(unit: UnitOfWork, trader_id: str, *, lock: bool = False) -> Trader:
    """Return the trader who calls; raises TraderGone."""
    find = trader_queries.lock_trader if lock else trader_queries.find_trader
    trader = await find(unit.connection, trader_id)
    if trader is None or trader.state == TraderState.ERASED:
        raise TraderGone
    return trader


def show_own(context: MarketplaceContext, trader: Trader) -> OwnTrader:
    """Return what a trader sees of themselves."""
    identity = open_identity(context, trader)
    village = context.villages.get(trader.village)
    point = None
    if trader.lat is not None and trader.lon is not None:
        point = PointForm(lat=trader.lat, lon=trader.lon)
    return OwnTrader.model_validate(
        {
            **trader.model_dump(),
            **identity,
            "show_phone": trader.public_phone is not None,
            "village_name": village.name if village else trader.village,
            "location": point,
            "consent_current": trader.consent_version == context.profile.trade.consent.version,
            "page": trader_page(context, trader.trader_id),
        }
    )


def trader_page(context: MarketplaceContext, trader_id: str) -> str:
    """Return where the public sees a trader."""
    return f"{context.public_url}/marketplace/lapak/{trader_id}"


def trader_key(context: MarketplaceContext, trader: Trader) -> PersonKey | None:
    """Open the trader's own key; None where it was destroyed."""
    if trader.wrapped_key is None:
        return None
    wrapped = WrappedKey(trader.key_id, trader.wrapped_key)
    return context.vault.unwrap(trader.trader_id, wrapped)


def open_identity(context: MarketplaceContext, trader: Trader) -> dict[str, str]:
    """Return owner's name and phone; raises TraderGone where they were erased."""
    key = trader_key(context, trader)
    if key is None or trader.identity is None:
        raise TraderGone
    opened: dict[str, str] = json.loads(key.open(trader.identity, _place(trader)))
    return opened


async def change_trader(
    unit: UnitOfWork,
    context: MarketplaceContext,
    trader_id: str,
    form: TraderChange,
    etags: frozenset[str] | None,
) -> Trader:
    """Change one's account; one who was refused is looked at again.

    Raises TraderGone, Changed, FormIncorrect, VerifyAgain, TraderActionIllegal.
    """
    trader = await own_trader(unit, trader_id, lock=True)
    check_version(trader, etags)
    given = form.given()
    if missing := [
        n for n in ("name", "owner_name", "village", "size", "consent") if _empty(given, n)
    ]:
        raise FormIncorrect([(f"/{name}", "Tidak boleh kosong.") for name in missing])
    changes = check_trader(context, given, form)
    changes |= {name: given[name] for name in ("name", "description") if name in given}
    changes |= {name: None for name in ("nib", "lat", "lon") if _cleared(given, name)}
    changes |= _new_identity(context, trader, given)
    if form.consent is not None:
        changes |= _consented(context, trader, form.consent.show_phone)
        changes |= {"consent_version": form.consent.version, "consented_at": unit.now}
    changes |= _moved(unit, trader, given, verify_again=form.verify_again)
    changed = await trader_queries.update_trader(unit.connection, trader, changes)
    await relist(unit.connection, context.category_names, trader_id)
    await note(unit, trader_id, "change", TRADER, details={"fields": sorted(given)})
    return changed


async def appeal(unit: UnitOfWork, trader_id: str, form: AppealForm) -> Trader:
    """Object to one's suspension; again, in other words, while it is open.

    Raises TraderGone, TraderActionIllegal.
    """
    trader = await own_trader(unit, trader_id, lock=True)
    if trader.state != TraderState.SUSPENDED:
        raise TraderActionIllegal(trader.state, legal_trader_actions(TraderState(trader.state)))
    changes = {"appeal": form.text, "appealed_at": trader.appealed_at or unit.now}
    changed = await trader_queries.update_trader(unit.connection, trader, changes)
    await note(unit, trader_id, "appeal", TRADER, text=form.text)
    return changed


async def list_own_facts(unit: UnitOfWork, trader_id: str) -> list[TraderFactView]:
    """Return what was done to a trader, without who of the staff did it."""
    facts = await trader_queries.list_facts(unit.connection, trader_id)
    return [
        TraderFactView(
            happened_at=each.happened_at,
            action=each.action,
            by=TRADER if each.by == TRADER else "petugas",
            reason=each.reason,
            text=each.text,
        )
        for each in facts
    ]


async def erase_trader(
    unit: UnitOfWork, context: MarketplaceContext, trader_id: str
) -> ErasedTrader:
    """Erase a trader: key, identity, words and photos; what is left names nobody.

    Raises TraderGone.
    """
    trader = await own_trader(unit, trader_id, lock=True)
    changes: dict[str, Any] = {
        "state": TraderState.ERASED,
        "state_since": unit.now,
        "name": "",
        "description": "",
        **dict.fromkeys(
            ("wrapped_key", "identity", "phone_hash", "public_phone", "nib", "lat", "lon"),
        ),
        **dict.fromkeys(("reason_text", "appeal")),
    }
    await trader_queries.update_trader(unit.connection, trader, changes)
    await relist(unit.connection, context.category_names, trader_id)
    await product_queries.blank_products_of(unit.connection, trader_id, unit.now)
    await photo_queries.expire_photos_of(unit.connection, trader_id, unit.now)
    await code_queries.delete_sessions_of(unit.connection, trader_id)
    await trader_queries.forget_words(unit.connection, trader_id)
    await promotion_queries.forget_captions_of(unit.connection, trader_id)
    await note(unit, trader_id, "erase", TRADER)
    return ErasedTrader(trader_id=trader_id, state="erased")


def check_version(trader: Trader, etags: frozenset[str] | None) -> None:
    """Raise Changed where the caller saw another version."""
    if etags is not None and f'"{trader.version}"' not in etags:
        raise Changed(trader.version)


def known_trader(trader: Trader | None) -> Trader:
    """Return a trader that staff may know of; raises TraderNotFound."""
    if trader is None:
        raise TraderNotFound
    return trader


def _empty(given: dict[str, Any], name: str) -> bool:
    return name in given and given[name] is None


def _cleared(given: dict[str, Any], column: str) -> bool:
    return _empty(given, "location" if column in {"lat", "lon"} else column)


def _new_identity(
    context: MarketplaceContext, trader: Trader, given: dict[str, Any]
) -> dict[str, Any]:
    key = trader_key(context, trader)
    if "owner_name" not in given or key is None:
        return {}
    identity = open_identity(context, trader) | {"owner_name": given["owner_name"]}
    return {"identity": key.seal(json.dumps(identity), _place(trader))}


def _consented(context: MarketplaceContext, trader: Trader, show_phone: bool) -> dict[str, Any]:
    phone = open_identity(context, trader)["phone"] if show_phone else None
    return {"public_phone": phone}


def _moved(
    unit: UnitOfWork, trader: Trader, given: dict[str, Any], *, verify_again: bool
) -> dict[str, Any]:
    """Return the state that follows from a change; raises VerifyAgain, TraderActionIllegal."""
    state = TraderState(trader.state)
    if state == TraderState.REFUSED:
        action = TraderAction.RESUBMIT
    elif _VERIFIED & given.keys() and state != TraderState.PENDING:
        action = TraderAction.CHANGE
    else:
        return {}
    after = next_trader_state(state, action)
    if after is None:
        raise TraderActionIllegal(state, legal_trader_actions(state))
    if action == TraderAction.CHANGE and not verify_again:
        raise VerifyAgain
    return {"state": after, "state_since": unit.now, "reason": None, "reason_text": None}


def _place(trader: Trader) -> str:
    return f"{trader.trader_id}:identity"
