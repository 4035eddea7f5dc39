"""Curators look at products: claimed for a while, approved, rejected, taken down."""

from contextlib import suppress
from typing import Any

from services.marketplace import product_queries, trader_queries
from services.marketplace.context import MarketplaceContext
from services.marketplace.errors import Changed, ReasonUnknown
from services.marketplace.listing_queries import relist
from services.marketplace.operations.offering import show_revision
from services.marketplace.product_errors import (
    NothingWaits,
    ProductActionIllegal,
    ProductClaimed,
    ProductNotFound,
    RevisionReplaced,
)
from services.marketplace.product_schemas import ModerationItem, ProductDecision
from services.marketplace.rules.states import ProductState, RevisionState
from services.marketplace.tables import Product, ProductRevision
from services.marketplace.trader_tables import Trader
from shared.unit_of_work import UnitOfWork


async def claim_product(
    unit: UnitOfWork,
    context: MarketplaceContext,
    by: str,
    product_id: str,
    etags: frozenset[str] | None = None,
) -> ModerationItem:
    """Take a product in hand for a while; again prolongs it.

    Raises ProductNotFound, Changed, RevisionReplaced, ProductClaimed.
    """
    trader, product = await _lock(unit, product_id, etags)
    proposed = await _open_revision(unit, product)
    _check_claim(unit, proposed, by)
    claim = {"claimed_by": by, "claimed_until": unit.now + context.claim_time}
    await product_queries.update_revision(unit.connection, product_id, proposed.revision, claim)
    return await _item(unit, trader, product, proposed.model_copy(update=claim))


async def claim_next(unit: UnitOfWork, context: MarketplaceContext, by: str) -> ModerationItem:
    """Take in hand what has waited longest and nobody else has. Raises NothingWaits."""
    for product_id in await product_queries.list_next_waiting(unit.connection, by, unit.now):
        # A colleague, or the trader, may have been there a moment earlier: then it is the next.
        with suppress(ProductClaimed, RevisionReplaced, ProductNotFound):
            return await claim_product(unit, context, by, product_id)
    raise NothingWaits


async def release_product(unit: UnitOfWork, by: str, product_id: str) -> ModerationItem:
    """Give a product back that one has in hand.

    Raises ProductNotFound, RevisionReplaced, ProductClaimed.
    """
    trader, product = await _lock(unit, product_id, None)
    proposed = await _open_revision(unit, product)
    _check_claim(unit, proposed, by)
    free = {"claimed_by": None, "claimed_until": None}
    await product_queries.update_revision(unit.connection, product_id, proposed.revision, free)
    return await _item(unit, trader, product, proposed.model_copy(update=free))


async def approve_product(
    unit: UnitOfWork,
    context: MarketplaceContext,
    by: str,
    product_id: str,
    revision: int,
    etags: frozenset[str] | None,
) -> ProductDecision:
    """Let the public see a version, once its trader is verified.

    Raises ProductNotFound, Changed, RevisionReplaced, ProductClaimed.
    """
    trader, product = await _lock(unit, product_id, etags)
    proposed = await _to_decide(unit, product, by, revision)
    if product.approved_revision is not None:
        await product_queries.update_revision(
            unit.connection,
            product_id,
            product.approved_revision,
            {"state": RevisionState.REPLACED},
        )
    await _decide(unit, proposed, by, RevisionState.APPROVED)
    changes = {
        "state": ProductState.APPROVED,
        "approved_revision": revision,
        "open_revision": None,
        "approved_at": product.approved_at or unit.now,
        "updated_at": unit.now,
    }
    changed = await product_queries.update_product(unit.connection, product, changes)
    await relist(unit.connection, context.category_names, trader.trader_id, product_id)
    unit.after_commit(context.metrics.decisions.labels("approved").inc)
    return _decision(changed)


async def reject_product(
    unit: UnitOfWork,
    context: MarketplaceContext,
    by: str,
    product_id: str,
    revision: int,
    etags: frozenset[str] | None,
    reason: str,
    text: str,
) -> ProductDecision:
    """Refuse a version with a reason; what was approved before stays shown.

    Raises ProductNotFound, Changed, RevisionReplaced, ProductClaimed, ReasonUnknown.
    """
    _, product = await _lock(unit, product_id, etags)
    proposed = await _to_decide(unit, product, by, revision)
    sentence = _sentence(context, reason, text)
    await _decide(unit, proposed, by, RevisionState.REJECTED, reason=reason, reason_text=sentence)
    state = ProductState(product.state)
    if state != ProductState.APPROVED:
        state = ProductState.REJECTED
    changes = {"state": state, "open_revision": None, "updated_at": unit.now}
    changed = await product_queries.update_product(unit.connection, product, changes)
    unit.after_commit(context.metrics.decisions.labels("rejected").inc)
    return _decision(changed)


async def take_down(
    unit: UnitOfWork,
    context: MarketplaceContext,
    by: str,
    product_id: str,
    etags: frozenset[str] | None,
    reason: str,
    text: str,
) -> ProductDecision:
    """Take an approved product out of the catalogue at once; its trader may write it anew.

    Raises ProductNotFound, Changed, ProductActionIllegal, ReasonUnknown.
    """
    trader, product = await _lock(unit, product_id, etags)
    if product.approved_revision is None:
        raise ProductActionIllegal(product.state, "Produk ini tidak ditampilkan.")
    sentence = _sentence(context, reason, text)
    decided: dict[str, Any] = {
        "state": RevisionState.REJECTED,
        "decided_by": by,
        "decided_at": unit.now,
        "reason": reason,
        "reason_text": sentence,
    }
    await product_queries.update_revision(
        unit.connection, product_id, product.approved_revision, decided
    )
    changes = {
        "state": ProductState.REJECTED if product.open_revision is None else ProductState.PENDING,
        "approved_revision": None,
        "updated_at": unit.now,
        "withdrawn_by": by,
        "withdrawn_reason": sentence,
    }
    changed = await product_queries.update_product(unit.connection, product, changes)
    await relist(unit.connection, context.category_names, trader.trader_id, product_id)
    return _decision(changed)


async def read_item(unit: UnitOfWork, product_id: str) -> ModerationItem:
    """Return a product with its latest version and the one that is shown.

    Raises ProductNotFound.
    """
    product = await product_queries.find_product(unit.connection, product_id)
    if product is None:
        raise ProductNotFound
    trader = await trader_queries.find_trader(unit.connection, product.trader_id)
    if trader is None:
        raise ProductNotFound
    number = product.open_revision or product.latest_revision
    proposed = await product_queries.find_revision(unit.connection, product_id, number)
    return await _item(unit, trader, product, proposed)


async def _lock(
    unit: UnitOfWork, product_id: str, etags: frozenset[str] | None
) -> tuple[Trader, Product]:
    """Lock a product, its trader first: everybody takes them in this order."""
    seen = await product_queries.find_product(unit.connection, product_id)
    if seen is None:
        raise ProductNotFound
    trader = await trader_queries.hold_trader(unit.connection, seen.trader_id)
    product = await product_queries.find_product(unit.connection, product_id, lock=True)
    if trader is None or product is None:
        raise ProductNotFound
    if etags is not None and f'"{product.version}"' not in etags:
        raise Changed(product.version)
    return trader, product


async def _open_revision(unit: UnitOfWork, product: Product) -> ProductRevision:
    if product.open_revision is None:
        raise RevisionReplaced(None)
    proposed = await product_queries.find_revision(
        unit.connection, product.product_id, product.open_revision
    )
    if proposed.state != RevisionState.PENDING:
        raise RevisionReplaced(None)
    return proposed


def _check_claim(unit: UnitOfWork, proposed: ProductRevision, by: str) -> None:
    until = proposed.claimed_until
    if until is not None and until > unit.now and proposed.claimed_by != by:
        raise ProductClaimed(until)


async def _to_decide(unit: UnitOfWork, product: Product, by: str, revision: int) -> ProductRevision:
    proposed = await _open_revision(unit, product)
    if proposed.revision != revision:
        raise RevisionReplaced(proposed.revision)
    _check_claim(unit, proposed, by)
    return proposed


async def _decide(
    unit: UnitOfWork, proposed: ProductRevision, by: str, state: RevisionState, **more: Any
) -> None:
    changes: dict[str, Any] = {
        "state": state,
        "decided_by": by,
        "decided_at": unit.now,
        "claimed_by": None,
        "claimed_until": None,
        **more,
    }
    await product_queries.update_revision(
        unit.connection, proposed.product_id, proposed.revision, changes
    )


def _sentence(context: MarketplaceContext, reason: str, text: str) -> str:
    reasons = {each.code: each.text for each in context.profile.trade.reasons.moderation}
    if reason not in reasons:
        raise ReasonUnknown(list(reasons))
    return f"{reasons[reason]} {text}".strip()


async def _item(
    unit: UnitOfWork, trader: Trader, product: Product, proposed: ProductRevision
) -> ModerationItem:
    shown = None
    if product.approved_revision not in {None, proposed.revision}:
        shown = await product_queries.find_revision(
            unit.connection, product.product_id, product.approved_revision or 0
        )
    return ModerationItem(
        product_id=product.product_id,
        trader_id=trader.trader_id,
        trader_name=trader.name,
        trader_state=trader.state,
        state=product.state,
        version=product.version,
        proposed=show_revision(proposed),
        shown=None if shown is None else show_revision(shown),
        flags=proposed.flags,
        claimed_by=proposed.claimed_by,
        claimed_until=proposed.claimed_until,
    )


def _decision(product: Product) -> ProductDecision:
    return ProductDecision(
        product_id=product.product_id,
        state=product.state,
        version=product.version,
        shown_revision=product.approved_revision,
    )
