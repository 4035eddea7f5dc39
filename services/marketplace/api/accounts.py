"""A trader's own account: the doors that a trader's token opens."""

from fastapi import APIRouter, Response
from pydantic import BaseModel

from services.marketplace import photo_queries
from services.marketplace.api.doors import IfMatch, TheDoors, TraderCaller, etag_of, etags
from services.marketplace.operations.accounts import (
    appeal,
    change_trader,
    erase_trader,
    list_own_facts,
    own_trader,
    show_own,
)
from services.marketplace.operations.offering import list_own
from services.marketplace.product_schemas import OwnProduct
from services.marketplace.trader_schemas import (
    AccountErasure,
    AppealForm,
    ErasedTrader,
    OwnTrader,
    TraderChange,
    TraderFactView,
)
from shared.problems import problem_responses

router = APIRouter(prefix="/marketplace/v1/me", tags=["own account"])

_PROBLEMS = problem_responses(400, 401, 403, 409, 412, 413, 422, 503)
_MOST_TAKEN = 10_000


class OwnData(BaseModel):
    """All that is held about a trader, to take along."""

    trader: OwnTrader
    history: list[TraderFactView]
    products: list[OwnProduct]


@router.get(
    "", operation_id="marketplace_read_own_trader", responses=problem_responses(401, 403, 503)
)
async def read_own_trader(doors: TheDoors, caller: TraderCaller, response: Response) -> OwnTrader:
    """Show the trader's own account: its state, and why it is so."""
    async with doors.units.begin() as unit:
        trader = await own_trader(unit, caller)
    response.headers["ETag"] = etag_of(trader.version)
    response.headers["Cache-Control"] = "no-store"
    return show_own(doors.context, trader)


@router.patch("", operation_id="marketplace_change_own_trader", responses=_PROBLEMS)
async def change_own_trader(
    doors: TheDoors,
    caller: TraderCaller,
    response: Response,
    form: TraderChange,
    if_match: IfMatch = None,
) -> OwnTrader:
    """Change the account; who was refused is looked at again.

    A verified trader who changes what was verified says so with `verify_again`.
    """
    async with doors.units.begin() as unit:
        trader = await change_trader(unit, doors.context, caller, form, etags(if_match))
    response.headers["ETag"] = etag_of(trader.version)
    return show_own(doors.context, trader)


@router.post("/appeal", operation_id="marketplace_appeal", responses=_PROBLEMS)
async def send_appeal(doors: TheDoors, caller: TraderCaller, form: AppealForm) -> OwnTrader:
    """Object to a suspension; another curator than the one who suspended decides."""
    async with doors.units.begin() as unit:
        trader = await appeal(unit, caller, form)
    return show_own(doors.context, trader)


@router.get(
    "/data", operation_id="marketplace_export_own_data", responses=problem_responses(401, 403, 503)
)
async def export_own_data(doors: TheDoors, caller: TraderCaller, response: Response) -> OwnData:
    """Take along all that is held about oneself."""
    response.headers["Cache-Control"] = "no-store"
    async with doors.units.begin() as unit:
        trader = await own_trader(unit, caller)
        products, _ = await list_own(unit, doors.context, caller, None, _MOST_TAKEN)
        history = await list_own_facts(unit, caller)
    return OwnData(trader=show_own(doors.context, trader), history=history, products=products)


@router.post(
    "/erasure",
    operation_id="marketplace_erase_own_account",
    responses=problem_responses(400, 401, 403, 413, 422, 503),
)
async def erase_own_account(
    doors: TheDoors, caller: TraderCaller, form: AccountErasure
) -> ErasedTrader:
    """Erase the account for good: name, number, photos and products are gone at once."""
    del form
    async with doors.units.begin() as unit:
        cards = await photo_queries.delete_cards_of(unit.connection, caller)
        erased = await erase_trader(unit, doors.context, caller)
    # Their key is destroyed; what is left of share pictures opens for nobody.
    for name in cards:
        await doors.context.photos.store.delete(name)
    return erased
