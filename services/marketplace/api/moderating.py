"""Curators and products: the queue, claims, decisions."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from services.marketplace import product_queries
from services.marketplace.api.doors import (
    Curator,
    IfMatch,
    ProductKey,
    TheDoors,
    Watcher,
    etag_of,
    etags,
)
from services.marketplace.api.paging import CursorText, PageSize, read_time_and_id
from services.marketplace.operations.moderating import (
    approve_product,
    claim_next,
    claim_product,
    read_item,
    reject_product,
    release_product,
    take_down,
)
from services.marketplace.product_queries import QueueStart
from services.marketplace.product_schemas import (
    ModerationItem,
    ModerationQueue,
    ProductApproval,
    ProductDecision,
    ProductRejection,
    ProductTakeDown,
)
from shared.cursor import write_cursor
from shared.problems import problem_responses

router = APIRouter(prefix="/marketplace/v1/staff/products", tags=["moderating"])

_READ = problem_responses(401, 403, 404, 422, 503)
_ACT = problem_responses(400, 401, 403, 404, 409, 412, 413, 422, 503)


@router.get("", operation_id="marketplace_list_waiting", responses=_READ)
async def list_waiting(
    doors: TheDoors,
    _caller: Watcher,
    flagged: Annotated[bool, Query(description="Only what the rules found words in.")] = False,
    cursor: CursorText = None,
    limit: PageSize = 20,
) -> ModerationQueue:
    """List what waits for a curator, the oldest first."""
    start = QueueStart(*read_time_and_id(cursor)) if cursor else None
    async with doors.units.begin() as unit:
        found = await product_queries.list_waiting(
            unit.connection, start, limit + 1, flagged=flagged
        )
        items = [await read_item(unit, each.product.product_id) for each in found[:limit]]
    more = None
    if len(found) > limit:
        last = found[limit - 1].revision
        submitted_at = last.submitted_at or last.written_at
        more = write_cursor(submitted_at.isoformat(), last.product_id)
    return ModerationQueue(items=items, next=more)


@router.post("/next", operation_id="marketplace_claim_next", responses=_ACT)
async def take_next(doors: TheDoors, caller: Curator, response: Response) -> ModerationItem:
    """Take in hand what has waited longest and no colleague has."""
    async with doors.units.begin() as unit:
        item = await claim_next(unit, doors.context, caller.subject)
    response.headers["ETag"] = etag_of(item.version)
    return item


@router.get("/{product_id}", operation_id="marketplace_read_product", responses=_READ)
async def read_product(
    doors: TheDoors, _caller: Watcher, product_id: ProductKey, response: Response
) -> ModerationItem:
    """Show a product in any state: its latest version, and the one that the public sees."""
    async with doors.units.begin() as unit:
        item = await read_item(unit, product_id)
    response.headers["ETag"] = etag_of(item.version)
    return item


@router.post("/{product_id}/claim", operation_id="marketplace_claim_product", responses=_ACT)
async def claim(
    doors: TheDoors,
    caller: Curator,
    product_id: ProductKey,
    response: Response,
    if_match: IfMatch = None,
) -> ModerationItem:
    """Take a product in hand, so that no colleague decides on it meanwhile."""
    async with doors.units.begin() as unit:
        item = await claim_product(unit, doors.context, caller.subject, product_id, etags(if_match))
    response.headers["ETag"] = etag_of(item.version)
    return item


@router.post("/{product_id}/release", operation_id="marketplace_release_product", responses=_ACT)
async def release(doors: TheDoors, caller: Curator, product_id: ProductKey) -> ModerationItem:
    """Give a product back undecided."""
    async with doors.units.begin() as unit:
        return await release_product(unit, caller.subject, product_id)


@router.post("/{product_id}/approve", operation_id="marketplace_approve_product", responses=_ACT)
async def approve(
    doors: TheDoors,
    caller: Curator,
    product_id: ProductKey,
    response: Response,
    form: ProductApproval,
    if_match: IfMatch = None,
) -> ProductDecision:
    """Let the public see the version that one has looked at."""
    async with doors.units.begin() as unit:
        decision = await approve_product(
            unit, doors.context, caller.subject, product_id, form.revision, etags(if_match)
        )
    response.headers["ETag"] = etag_of(decision.version)
    return decision


@router.post("/{product_id}/reject", operation_id="marketplace_reject_product", responses=_ACT)
async def reject(
    doors: TheDoors,
    caller: Curator,
    product_id: ProductKey,
    response: Response,
    form: ProductRejection,
    if_match: IfMatch = None,
) -> ProductDecision:
    """Refuse the version that one has looked at, for a reason that its trader reads."""
    async with doors.units.begin() as unit:
        decision = await reject_product(
            unit,
            doors.context,
            caller.subject,
            product_id,
            form.revision,
            etags(if_match),
            form.reason,
            form.text,
        )
    response.headers["ETag"] = etag_of(decision.version)
    return decision


@router.post(
    "/{product_id}/take-down", operation_id="marketplace_take_down_product", responses=_ACT
)
async def take_product_down(
    doors: TheDoors,
    caller: Curator,
    product_id: ProductKey,
    response: Response,
    form: ProductTakeDown,
    if_match: IfMatch = None,
) -> ProductDecision:
    """Take an approved product out of the catalogue at once."""
    async with doors.units.begin() as unit:
        decision = await take_down(
            unit,
            doors.context,
            caller.subject,
            product_id,
            etags(if_match),
            form.reason,
            form.text,
        )
    response.headers["ETag"] = etag_of(decision.version)
    return decision
