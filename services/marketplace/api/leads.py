"""Short links that lead to traders, and what traders say that they sold."""

import asyncio
import re
from collections.abc import Callable, Coroutine
from time import monotonic
from typing import Any, Final

from fastapi import APIRouter, Request, Response
from fastapi.routing import APIRoute

from services.marketplace import lead_queries, promotion_queries
from services.marketplace.api.doors import (
    Doors,
    ProductKey,
    TheDoors,
    TraderCaller,
    as_json,
    doors_of,
)
from services.marketplace.api.promoting import show_slot
from services.marketplace.lead_queries import LinkTarget
from services.marketplace.operations.accounts import own_trader
from services.marketplace.operations.leads import (
    Click,
    address_of,
    count_clicks,
    link_for_product,
    report_order,
)
from services.marketplace.operations.planning import PREVIEW
from services.marketplace.product_errors import ProductNotFound
from services.marketplace.product_queries import find_product
from services.marketplace.promotion_errors import LinkUnknown
from services.marketplace.promotion_schemas import OrderForm, OrderShown, ProductLink, SlotList
from services.marketplace.rules.robots import is_robot
from shared.group_commit import GroupWriter
from shared.idempotency import IdempotencyKey, once
from shared.problems import problem_responses
from shared.unit_of_work import UnitOfWork

_CODE: Final = re.compile(r"[0-9a-z]{4,16}")
_KNOWN_SECONDS: Final = 2.0
_MOST_KNOWN: Final = 10_000
_WRITE = problem_responses(400, 401, 403, 404, 409, 413, 422, 503)
_READ = problem_responses(401, 403, 503)


class LinkBook:
    """Where links lead, known for two seconds, and their clicks, each on stable storage.

    A click is answered when its count is committed: those that come together share a transaction.
    """

    def __init__(self, doors: Doors) -> None:
        """Begin with nothing known."""
        self._doors = doors
        self._targets: dict[str, tuple[float, LinkTarget | None]] = {}
        self._clicks: GroupWriter[Click, None] = GroupWriter(
            doors.units, count_clicks, largest_group=256
        )
        self._looking: dict[str, asyncio.Task[LinkTarget | None]] = {}

    async def target_of(self, code: str) -> LinkTarget | None:
        """Return where a link leads."""
        known = self._targets.get(code)
        if known is not None and monotonic() < known[0]:
            return known[1]
        task = self._looking.get(code)
        if task is None:
            task = asyncio.create_task(self._look(code))
            self._looking[code] = task
            task.add_done_callback(lambda _: self._looking.pop(code, None))
        return await asyncio.shield(task)

    async def count(self, code: str, kind: str) -> None:
        """Count a click; it stays counted once this returns."""
        await self._clicks.submit((code, kind))

    async def _look(self, code: str) -> LinkTarget | None:
        async with self._doors.units.database.transaction() as connection:
            target = await lead_queries.find_target(connection, code)
        if len(self._targets) >= _MOST_KNOWN:
            self._targets.clear()
        self._targets[code] = (monotonic() + _KNOWN_SECONDS, target)
        return target


class LinkRoute(APIRoute):
    """Calls its function with the request alone: no parameter of it needs to be resolved."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return what serves a request."""
        endpoint = self.endpoint

        async def handle(request: Request) -> Response:
            response: Response = await endpoint(request)
            return response

        return handle


links = APIRouter(prefix="/marketplace/l", tags=["leads"], route_class=LinkRoute)
router = APIRouter(prefix="/marketplace/v1/me", tags=["leads"])


@links.api_route(
    "/{code}",
    methods=["GET"],
    operation_id="marketplace_follow_link",
    status_code=302,
    response_class=Response,
    responses={
        302: {"description": "To the trader's chat, or to the product's page."},
        **problem_responses(404, 422, 503),
    },
    openapi_extra={
        "parameters": [
            {
                "name": "code",
                "in": "path",
                "required": True,
                "schema": {"type": "string", "pattern": "^[0-9a-z]{4,16}$"},
                "example": "k7m2pqr",
            }
        ]
    },
)
async def follow_link(request: Request) -> Response:
    """Lead to whoever sells the product; the click is counted, and nothing of who it was."""
    code = request.path_params["code"]
    doors = doors_of(request)
    book: LinkBook = request.app.state.links
    target = await book.target_of(code) if _CODE.fullmatch(code) else None
    if target is None:
        raise LinkUnknown
    kind = "robot" if is_robot(request.method, request.headers) else "person"
    await book.count(code, kind)
    request.app.state.promotion_metrics.clicks.labels(kind).inc()
    return Response(
        status_code=302,
        headers={
            "Location": address_of(doors.context, target),
            # Each click comes here, or it would not be counted.
            "Cache-Control": "no-store",
            "Referrer-Policy": "no-referrer",
        },
    )


@router.get("/slots", operation_id="marketplace_list_own_slots", responses=_READ)
async def list_own_slots(doors: TheDoors, trader_id: TraderCaller) -> SlotList:
    """List your own slots of the last half year, and those that are planned."""
    now = doors.units.clock.now()
    async with doors.units.begin() as unit:
        await own_trader(unit, trader_id)
        found = await promotion_queries.list_slots(
            unit.connection, now - PREVIEW * 7, now + PREVIEW, trader_id=trader_id
        )
    return SlotList(slots=[show_slot(doors.context, each) for each in found])


@router.post("/orders", operation_id="marketplace_report_order", status_code=201, responses=_WRITE)
async def add_order(
    doors: TheDoors, trader_id: TraderCaller, form: OrderForm, key: IdempotencyKey = None
) -> OrderShown:
    """Note what you sold, of a promotion or otherwise."""

    async def work(unit: UnitOfWork) -> dict[str, Any]:
        await own_trader(unit, trader_id)
        order = await report_order(unit, trader_id, form)
        return as_json(OrderShown.model_validate(order.model_dump()))

    request = form.model_dump_json().encode()
    answer = await once(doors.units, f"order {trader_id}", key, request, work)
    return OrderShown.model_validate(answer)


@router.get(
    "/products/{product_id}/link",
    operation_id="marketplace_read_product_link",
    responses=problem_responses(401, 403, 404, 422, 503),
)
async def read_product_link(
    doors: TheDoors, trader_id: TraderCaller, product_id: ProductKey
) -> ProductLink:
    """Give the short link of your own product, whose clicks are counted apart from promotions."""
    async with doors.units.begin() as unit:
        product = await find_product(unit.connection, product_id)
        if product is None or product.trader_id != trader_id:
            raise ProductNotFound
        link = await link_for_product(unit, doors.context, product_id)
    return ProductLink(link=link)
