"""Staff and traders: lists, verification, suspension, appeals, identities with a reason."""

from typing import Annotated, Literal

from fastapi import APIRouter, Query, Response

from services.marketplace import trader_queries
from services.marketplace.api.doors import (
    Curator,
    Doors,
    IfMatch,
    TheDoors,
    TraderKey,
    Watcher,
    etag_of,
    etags,
)
from services.marketplace.api.paging import CursorText, PageSize, read_time_and_id
from services.marketplace.curating_schemas import (
    DecisionAgainst,
    DecisionFor,
    IdentityWish,
    StaffFact,
    StaffFacts,
    StaffTrader,
    StaffTraders,
    TraderIdentity,
)
from services.marketplace.operations.accounts import known_trader
from services.marketplace.operations.curating import (
    Deciding,
    decide,
    show_identity,
    show_to_staff,
    turn_down_appeal,
)
from services.marketplace.rules.states import TraderAction
from services.marketplace.trader_queries import TraderStart
from services.marketplace.trader_tables import Trader
from shared.cursor import write_cursor
from shared.problems import problem_responses

router = APIRouter(prefix="/marketplace/v1/staff/traders", tags=["curating"])

_READ = problem_responses(401, 403, 404, 422, 503)
_DECIDE = problem_responses(400, 401, 403, 404, 409, 412, 413, 422, 503)


@router.get("", operation_id="marketplace_list_traders", responses=_READ)
async def list_traders(
    doors: TheDoors,
    _caller: Watcher,
    state: Annotated[
        Literal["pending", "active", "refused", "suspended"],
        Query(description="Traders in this state, those first that have been in it longest."),
    ] = "pending",
    appealed: Annotated[bool, Query(description="Only those with an open appeal.")] = False,
    cursor: CursorText = None,
    limit: PageSize = 20,
) -> StaffTraders:
    """List traders; the desk begins with those that wait longest for verification."""
    start = TraderStart(*read_time_and_id(cursor)) if cursor else None
    async with doors.units.database.transaction() as connection:
        found = await trader_queries.list_traders(
            connection, state, start, limit + 1, with_appeal=appealed
        )
    page = found[:limit]
    more = None
    if len(found) > limit:
        more = write_cursor(page[-1].state_since.isoformat(), page[-1].trader_id)
    return StaffTraders(items=[show_to_staff(each) for each in page], next=more)


@router.get("/{trader_id}", operation_id="marketplace_read_trader", responses=_READ)
async def read_trader(
    doors: TheDoors, _caller: Watcher, trader_id: TraderKey, response: Response
) -> StaffTrader:
    """Show a trader in any state."""
    async with doors.units.database.transaction() as connection:
        trader = known_trader(await trader_queries.find_trader(connection, trader_id))
    response.headers["ETag"] = etag_of(trader.version)
    return show_to_staff(trader)


@router.get("/{trader_id}/history", operation_id="marketplace_list_facts", responses=_READ)
async def list_facts(doors: TheDoors, _caller: Watcher, trader_id: TraderKey) -> StaffFacts:
    """Show what was done to a trader, by whom, and why; also who was shown their identity."""
    async with doors.units.database.transaction() as connection:
        known_trader(await trader_queries.find_trader(connection, trader_id))
        facts = await trader_queries.list_facts(connection, trader_id)
    return StaffFacts(items=[StaffFact.model_validate(each.model_dump()) for each in facts])


@router.post("/{trader_id}/verify", operation_id="marketplace_verify_trader", responses=_DECIDE)
async def verify_trader(
    doors: TheDoors,
    caller: Curator,
    trader_id: TraderKey,
    form: DecisionFor,
    response: Response,
    if_match: IfMatch = None,
) -> StaffTrader:
    """Say that a trader is who they say; approved products are shown from now on."""
    deciding = Deciding(caller.subject, trader_id, etags(if_match))
    return await _decide(doors, response, deciding, TraderAction.VERIFY, text=form.text)


@router.post("/{trader_id}/refuse", operation_id="marketplace_refuse_trader", responses=_DECIDE)
async def refuse_trader(
    doors: TheDoors,
    caller: Curator,
    trader_id: TraderKey,
    form: DecisionAgainst,
    response: Response,
    if_match: IfMatch = None,
) -> StaffTrader:
    """Refuse a trader with a reason; once they have changed their account they wait again."""
    deciding = Deciding(caller.subject, trader_id, etags(if_match))
    return await _decide(doors, response, deciding, TraderAction.REFUSE, form.reason, form.text)


@router.post("/{trader_id}/suspend", operation_id="marketplace_suspend_trader", responses=_DECIDE)
async def suspend_trader(
    doors: TheDoors,
    caller: Curator,
    trader_id: TraderKey,
    form: DecisionAgainst,
    response: Response,
    if_match: IfMatch = None,
) -> StaffTrader:
    """Suspend a trader with a reason; their goods are gone from the catalogue at once."""
    deciding = Deciding(caller.subject, trader_id, etags(if_match))
    return await _decide(doors, response, deciding, TraderAction.SUSPEND, form.reason, form.text)


@router.post(
    "/{trader_id}/reinstate", operation_id="marketplace_reinstate_trader", responses=_DECIDE
)
async def reinstate_trader(
    doors: TheDoors,
    caller: Curator,
    trader_id: TraderKey,
    form: DecisionFor,
    response: Response,
    if_match: IfMatch = None,
) -> StaffTrader:
    """Lift a suspension; not by the curator who imposed it."""
    deciding = Deciding(caller.subject, trader_id, etags(if_match))
    return await _decide(doors, response, deciding, TraderAction.REINSTATE, text=form.text)


@router.post(
    "/{trader_id}/appeal/turn-down",
    operation_id="marketplace_turn_down_appeal",
    responses=_DECIDE,
)
async def turn_down(
    doors: TheDoors,
    caller: Curator,
    trader_id: TraderKey,
    form: DecisionFor,
    response: Response,
    if_match: IfMatch = None,
) -> StaffTrader:
    """Leave a trader suspended in spite of their appeal; not by the curator who suspended."""
    async with doors.units.begin() as unit:
        deciding = Deciding(caller.subject, trader_id, etags(if_match))
        trader = await turn_down_appeal(unit, deciding, form.text)
    return _answer(response, trader)


@router.post("/{trader_id}/identity", operation_id="marketplace_show_identity", responses=_DECIDE)
async def read_identity(
    doors: TheDoors, caller: Curator, trader_id: TraderKey, form: IdentityWish, response: Response
) -> TraderIdentity:
    """Show owner's name and number, for a reason that the trader can read as well."""
    response.headers["Cache-Control"] = "no-store"
    async with doors.units.begin() as unit:
        return await show_identity(unit, doors.context, caller.subject, trader_id, form.reason)


async def _decide(
    doors: Doors,
    response: Response,
    deciding: Deciding,
    action: TraderAction,
    reason: str | None = None,
    text: str = "",
) -> StaffTrader:
    async with doors.units.begin() as unit:
        trader = await decide(unit, doors.context, deciding, action, reason=reason, text=text)
    return _answer(response, trader)


def _answer(response: Response, trader: Trader) -> StaffTrader:
    response.headers["ETag"] = etag_of(trader.version)
    return show_to_staff(trader)
