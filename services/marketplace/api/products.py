"""A trader's own products: every door here is for their own goods alone."""

from typing import Any

from fastapi import APIRouter, Request, Response

from services.marketplace.api.doors import (
    IfMatch,
    ProductKey,
    TheDoors,
    TraderCaller,
    as_json,
    etag_of,
    etags,
)
from services.marketplace.api.paging import CursorText, PageSize, read_id
from services.marketplace.operations.offering import (
    change_product,
    list_own,
    offer_product,
    read_own,
    set_stock,
    submit_product,
    withdraw_product,
)
from services.marketplace.product_schemas import OwnProduct, OwnProducts, ProductForm, StockForm
from shared.cursor import write_cursor
from shared.idempotency import IdempotencyKey, once
from shared.problems import problem_responses
from shared.unit_of_work import UnitOfWork

router = APIRouter(prefix="/marketplace/v1/me/products", tags=["own products"])

_WRITE = problem_responses(400, 401, 403, 404, 409, 412, 413, 422, 503)
_READ = problem_responses(401, 403, 404, 422, 503)


@router.post("", operation_id="marketplace_offer_product", status_code=201, responses=_WRITE)
async def offer(
    doors: TheDoors,
    caller: TraderCaller,
    request: Request,
    response: Response,
    form: ProductForm,
    key: IdempotencyKey = None,
) -> OwnProduct:
    """Write a product and send it to the curators; photos are uploaded before."""

    async def work(unit: UnitOfWork) -> dict[str, Any]:
        return as_json(await offer_product(unit, doors.context, caller, form))

    scope = f"{caller} {request.url.path}"
    answer = await once(doors.units, scope, key, form.model_dump_json().encode(), work)
    product = OwnProduct.model_validate(answer)
    response.headers["ETag"] = etag_of(product.version)
    return product


@router.get("", operation_id="marketplace_list_own_products", responses=_READ)
async def list_products(
    doors: TheDoors, caller: TraderCaller, cursor: CursorText = None, limit: PageSize = 20
) -> OwnProducts:
    """List one's own products in every state, the newest first."""
    after = read_id(cursor) if cursor else None
    async with doors.units.begin() as unit:
        items, last = await list_own(unit, doors.context, caller, after, limit)
    return OwnProducts(items=items, next=None if last is None else write_cursor(last))


@router.get("/{product_id}", operation_id="marketplace_read_own_product", responses=_READ)
async def read_product(
    doors: TheDoors, caller: TraderCaller, product_id: ProductKey, response: Response
) -> OwnProduct:
    """Show one's own product, with what was decided about its latest version and why."""
    async with doors.units.begin() as unit:
        product = await read_own(unit, doors.context, caller, product_id)
    response.headers["ETag"] = etag_of(product.version)
    return product


@router.put("/{product_id}", operation_id="marketplace_change_product", responses=_WRITE)
async def change(
    doors: TheDoors,
    caller: TraderCaller,
    product_id: ProductKey,
    response: Response,
    form: ProductForm,
    if_match: IfMatch = None,
) -> OwnProduct:
    """Write the next version; what was approved stays shown until a curator has looked at it."""
    async with doors.units.begin() as unit:
        product = await change_product(
            unit, doors.context, caller, product_id, form, etags(if_match)
        )
    response.headers["ETag"] = etag_of(product.version)
    return product


@router.post("/{product_id}/submit", operation_id="marketplace_submit_product", responses=_WRITE)
async def submit(
    doors: TheDoors,
    caller: TraderCaller,
    product_id: ProductKey,
    response: Response,
    if_match: IfMatch = None,
) -> OwnProduct:
    """Send a draft to the curators."""
    async with doors.units.begin() as unit:
        product = await submit_product(unit, doors.context, caller, product_id, etags(if_match))
    response.headers["ETag"] = etag_of(product.version)
    return product


@router.put("/{product_id}/stock", operation_id="marketplace_set_stock", responses=_WRITE)
async def change_stock(
    doors: TheDoors,
    caller: TraderCaller,
    product_id: ProductKey,
    response: Response,
    form: StockForm,
) -> OwnProduct:
    """Say how much of it there is; this is shown at once."""
    async with doors.units.begin() as unit:
        product = await set_stock(unit, doors.context, caller, product_id, form)
    response.headers["ETag"] = etag_of(product.version)
    return product


@router.post(
    "/{product_id}/withdraw", operation_id="marketplace_withdraw_product", responses=_WRITE
)
async def withdraw(
    doors: TheDoors,
    caller: TraderCaller,
    product_id: ProductKey,
    response: Response,
    if_match: IfMatch = None,
) -> OwnProduct:
    """Take a product back: it is gone from the catalogue at once."""
    async with doors.units.begin() as unit:
        product = await withdraw_product(unit, doors.context, caller, product_id, etags(if_match))
    response.headers["ETag"] = etag_of(product.version)
    return product
