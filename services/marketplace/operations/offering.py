"""A trader's own products: written, changed, sent in, withdrawn. Another trader's are not there."""

from typing import Any

from services.marketplace import photo_queries, product_queries
from services.marketplace.context import MarketplaceContext
from services.marketplace.errors import Changed, FormIncorrect, TraderSuspended
from services.marketplace.listing_queries import relist
from services.marketplace.operations.accounts import own_trader
from services.marketplace.operations.goods import check_product
from services.marketplace.product_errors import (
    ProductActionIllegal,
    ProductNotFound,
    TooManyProducts,
)
from services.marketplace.product_queries import Offered
from services.marketplace.product_schemas import OwnProduct, ProductForm, RevisionView, StockForm
from services.marketplace.rules.states import (
    ProductState,
    RevisionState,
    TraderState,
    may_offer,
)
from services.marketplace.tables import Product, ProductRevision
from shared.ids import new_id
from shared.unit_of_work import UnitOfWork


async def offer_product(
    unit: UnitOfWork, context: MarketplaceContext, trader_id: str, form: ProductForm
) -> OwnProduct:
    """Write a new product, and send it in unless it is to stay a draft.

    Raises TraderGone, TraderSuspended, TooManyProducts, FormIncorrect.
    """
    await _offering_trader(unit, trader_id)
    most = context.profile.trade.most_products
    if await product_queries.count_products(unit.connection, trader_id) >= most:
        raise TooManyProducts(most)
    values = await check_product(unit, context, trader_id, form)
    product = Product(
        product_id=new_id(),
        trader_id=trader_id,
        state=ProductState.PENDING if form.submit else ProductState.DRAFT,
        version=1,
        latest_revision=1,
        open_revision=1,
        approved_revision=None,
        stock=form.stock,
        created_at=unit.now,
        updated_at=unit.now,
    )
    await product_queries.insert_product(unit.connection, product)
    revision = await _write(unit, product.product_id, 1, values, submit=form.submit)
    return show_product(context, Offered(product, revision))


async def change_product(
    unit: UnitOfWork,
    context: MarketplaceContext,
    trader_id: str,
    product_id: str,
    form: ProductForm,
    etags: frozenset[str] | None,
) -> OwnProduct:
    """Write the next version; what was approved stays shown until this one is decided on.

    Raises TraderGone, TraderSuspended, ProductNotFound, Changed, FormIncorrect.
    """
    await _offering_trader(unit, trader_id)
    product = await _own(unit, trader_id, product_id, etags)
    values = await check_product(unit, context, trader_id, form)
    number = product.latest_revision + 1
    if product.open_revision is not None:
        replaced = {"state": RevisionState.REPLACED, "claimed_by": None, "claimed_until": None}
        await product_queries.update_revision(
            unit.connection, product_id, product.open_revision, replaced
        )
    revision = await _write(unit, product_id, number, values, submit=form.submit)
    state = ProductState(product.state)
    if state != ProductState.APPROVED:
        state = ProductState.PENDING if form.submit else ProductState.DRAFT
    changes: dict[str, Any] = {
        "state": state,
        "latest_revision": number,
        "open_revision": number,
        "stock": form.stock,
        "updated_at": unit.now,
        "withdrawn_by": None,
        "withdrawn_reason": None,
    }
    changed = await product_queries.update_product(unit.connection, product, changes)
    await relist(unit.connection, context.category_names, trader_id, product_id)
    return show_product(context, Offered(changed, revision))


async def submit_product(
    unit: UnitOfWork,
    context: MarketplaceContext,
    trader_id: str,
    product_id: str,
    etags: frozenset[str] | None,
) -> OwnProduct:
    """Send a draft in. Raises what `change_product` raises, and ProductActionIllegal."""
    await _offering_trader(unit, trader_id)
    product = await _own(unit, trader_id, product_id, etags)
    draft = None
    if product.open_revision is not None:
        draft = await product_queries.find_revision(
            unit.connection, product_id, product.open_revision
        )
    if draft is None or draft.state != RevisionState.DRAFT:
        raise ProductActionIllegal(product.state, "Ubah produk lebih dahulu, lalu kirim.")
    if not draft.photo_ids:
        raise FormIncorrect([("/photo_ids", "Unggah paling sedikit satu foto.")])
    sent = {"state": RevisionState.PENDING, "submitted_at": unit.now}
    await product_queries.update_revision(unit.connection, product_id, draft.revision, sent)
    state = product.state if product.state == ProductState.APPROVED else ProductState.PENDING
    changes = {"state": state, "updated_at": unit.now}
    changed = await product_queries.update_product(unit.connection, product, changes)
    return show_product(context, Offered(changed, draft.model_copy(update=sent)))


async def set_stock(
    unit: UnitOfWork, context: MarketplaceContext, trader_id: str, product_id: str, form: StockForm
) -> OwnProduct:
    """Say how much of it there is. Raises TraderGone, TraderSuspended, ProductNotFound."""
    await _offering_trader(unit, trader_id)
    product = await _own(unit, trader_id, product_id, None)
    changes = {"stock": form.stock, "updated_at": unit.now}
    changed = await product_queries.update_product(unit.connection, product, changes)
    await relist(unit.connection, context.category_names, trader_id, product_id)
    return await _shown(unit, context, changed)


async def withdraw_product(
    unit: UnitOfWork,
    context: MarketplaceContext,
    trader_id: str,
    product_id: str,
    etags: frozenset[str] | None,
) -> OwnProduct:
    """Take a product back; it is gone from the catalogue at once, and can be written anew.

    Raises TraderGone, ProductNotFound, Changed.
    """
    await own_trader(unit, trader_id, lock=True)
    product = await _own(unit, trader_id, product_id, etags)
    if product.state != ProductState.WITHDRAWN:
        if product.open_revision is not None:
            await product_queries.update_revision(
                unit.connection,
                product_id,
                product.open_revision,
                {"state": RevisionState.REPLACED, "claimed_by": None, "claimed_until": None},
            )
        changes = {
            "state": ProductState.WITHDRAWN,
            "open_revision": None,
            "approved_revision": None,
            "updated_at": unit.now,
            "withdrawn_by": "trader",
        }
        product = await product_queries.update_product(unit.connection, product, changes)
        await relist(unit.connection, context.category_names, trader_id, product_id)
    return await _shown(unit, context, product)


async def read_own(
    unit: UnitOfWork, context: MarketplaceContext, trader_id: str, product_id: str
) -> OwnProduct:
    """Return one of the trader's products. Raises TraderGone, ProductNotFound."""
    await own_trader(unit, trader_id)
    product = await product_queries.find_product(unit.connection, product_id)
    if product is None or product.trader_id != trader_id:
        raise ProductNotFound
    return await _shown(unit, context, product)


async def list_own(
    unit: UnitOfWork, context: MarketplaceContext, trader_id: str, after: str | None, limit: int
) -> tuple[list[OwnProduct], str | None]:
    """Return a page of the trader's products, and after which one the next begins."""
    await own_trader(unit, trader_id)
    found = await product_queries.list_products(unit.connection, trader_id, after, limit + 1)
    page = [show_product(context, each) for each in found[:limit]]
    return page, page[-1].product_id if len(found) > limit else None


def show_product(context: MarketplaceContext, offered: Offered) -> OwnProduct:
    """Return what a trader sees of a product."""
    product = offered.product
    return OwnProduct.model_validate(
        {
            **product.model_dump(),
            "shown_revision": product.approved_revision,
            "latest": show_revision(offered.revision),
            "page": product_page(context, product.product_id),
        }
    )


def show_revision(revision: ProductRevision) -> RevisionView:
    """Return what is shown of a version."""
    return RevisionView.model_validate(revision.model_dump())


def product_page(context: MarketplaceContext, product_id: str) -> str:
    """Return where the public sees a product."""
    return f"{context.public_url}/marketplace/produk/{product_id}"


async def _offering_trader(unit: UnitOfWork, trader_id: str) -> None:
    # Locked, for how many products there are and what is shown hang on it.
    trader = await own_trader(unit, trader_id, lock=True)
    if not may_offer(TraderState(trader.state)):
        raise TraderSuspended


async def _own(
    unit: UnitOfWork, trader_id: str, product_id: str, etags: frozenset[str] | None
) -> Product:
    product = await product_queries.find_product(unit.connection, product_id, lock=True)
    if product is None or product.trader_id != trader_id:
        raise ProductNotFound
    if etags is not None and f'"{product.version}"' not in etags:
        raise Changed(product.version)
    return product


async def _write(
    unit: UnitOfWork, product_id: str, number: int, values: dict[str, Any], *, submit: bool
) -> ProductRevision:
    revision = ProductRevision(
        product_id=product_id,
        revision=number,
        state=RevisionState.PENDING if submit else RevisionState.DRAFT,
        **values,
        written_at=unit.now,
        submitted_at=unit.now if submit else None,
    )
    await product_queries.insert_revision(unit.connection, revision)
    await photo_queries.keep_photos(unit.connection, revision.photo_ids)
    return revision


async def _shown(unit: UnitOfWork, context: MarketplaceContext, product: Product) -> OwnProduct:
    revision = await product_queries.find_revision(
        unit.connection, product.product_id, product.latest_revision
    )
    return show_product(context, Offered(product, revision))
