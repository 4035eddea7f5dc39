"""Leads: links are followed and counted, traders report orders, and are asked a week later."""

from collections import Counter
from collections.abc import Sequence
from datetime import timedelta
from typing import Final
from urllib.parse import quote

from services.marketplace import lead_queries, promotion_queries
from services.marketplace.context import MarketplaceContext
from services.marketplace.lead_queries import LinkTarget
from services.marketplace.operations.planning import link_of, new_code
from services.marketplace.product_queries import find_product
from services.marketplace.promotion_errors import OrderUnfit
from services.marketplace.promotion_schemas import OrderForm
from services.marketplace.promotion_tables import ReportedOrder
from shared.ids import new_id
from shared.unit_of_work import UnitOfWork

#: How long after its slot a trader is asked what came of it.
FOLLOW_UP_AFTER: Final = timedelta(days=7)

#: The code of a link, and who followed it: `person` or `robot`.
Click = tuple[str, str]


async def count_clicks(unit: UnitOfWork, clicks: Sequence[Click]) -> Sequence[None]:
    """Count clicks that came together, by day (UTC)."""
    counted = Counter(clicks)
    await lead_queries.count_clicks(unit.connection, unit.now.date(), counted)
    return [None] * len(clicks)


def address_of(context: MarketplaceContext, target: LinkTarget) -> str:
    """Return where a link leads: to a chat with the trader, who agreed to it, or to the product."""
    if target.public_phone is None or target.name is None:
        return context.product_url(target.product_id)
    text = context.profile.promotion.order_text.replace("{name}", target.name)
    return f"https://wa.me/{target.public_phone.removeprefix('+')}?text={quote(text)}"


async def link_for_product(unit: UnitOfWork, context: MarketplaceContext, product_id: str) -> str:
    """Return the short link of a product's own page; the same each time."""
    code = await lead_queries.own_link(unit.connection, product_id, new_code(), unit.now)
    return link_of(context, code)


async def report_order(unit: UnitOfWork, trader_id: str, form: OrderForm) -> ReportedOrder:
    """Note what a trader sold. Raises OrderUnfit."""
    product = await find_product(unit.connection, form.product_id)
    if product is None or product.trader_id != trader_id:
        raise OrderUnfit
    if form.slot_id is not None:
        slot = await promotion_queries.find_slot(unit.connection, form.slot_id)
        if slot is None or slot.trader_id != trader_id:
            raise OrderUnfit
    order = ReportedOrder(
        order_id=new_id(),
        trader_id=trader_id,
        product_id=form.product_id,
        slot_id=form.slot_id,
        quantity=form.quantity,
        amount=form.amount,
        chats=form.chats,
        reported_at=unit.now,
    )
    await lead_queries.insert_order(unit.connection, order)
    return order
