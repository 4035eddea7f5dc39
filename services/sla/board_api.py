"""HTTP in: the board, once and as a stream of events."""

from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, Depends, Header, Request, Response
from fastapi.sse import EventSourceResponse, ServerSentEvent

from services.sla.board import BoardKeeper
from services.sla.board_access import VIEWERS, AskedOpd, choose_scope
from services.sla.board_schemas import Board
from services.sla.context import SlaContext
from shared.auth import Principal, require
from shared.parameters import OrAbsent
from shared.problems import problem_responses

router = APIRouter(prefix="/sla/v1/board", tags=["boards"])

_PROBLEMS = problem_responses(401, 403, 422, 503)
Viewer = Annotated[Principal, Depends(require(*VIEWERS))]


async def scope_of(request: Request, caller: Viewer, opd: AskedOpd = None) -> str | None:
    """Return whose board the caller may and wants to see; None is everybody's."""
    context: SlaContext = request.app.state.context
    return choose_scope(caller, opd, context.opds)


async def keeper_of(request: Request) -> BoardKeeper:
    """Return the keeper, once it has something to show: after that a stream cannot fail."""
    keeper: BoardKeeper = request.app.state.boards
    await keeper.current()
    return keeper


Scope = Annotated[str | None, Depends(scope_of)]
# The order matters: a stranger is refused before anything is read.
TheKeeper = Annotated[BoardKeeper, Depends(keeper_of)]


@router.get("", operation_id="read_board", response_model=Board, responses=_PROBLEMS)
async def read_board(scope: Scope, keeper: TheKeeper) -> Response:
    """Show what waits, what is late, and how fast people were answered.

    Leader, Sekda, auditor and admin see all OPDs; heads and officers see their own. Figures are at
    most a few seconds old (`as_of`).
    """
    frame = (await keeper.current()).frame(scope)
    return Response(
        frame.json, media_type="application/json", headers={"Cache-Control": "no-store"}
    )


@router.get(
    "/stream",
    operation_id="follow_board",
    response_class=EventSourceResponse,
    responses={
        200: {"description": "Events named `board`, each of which holds a whole Board as JSON"},
        **_PROBLEMS,
    },
)
async def follow_board(
    request: Request,
    scope: Scope,
    keeper: TheKeeper,
    last_event_id: Annotated[
        OrAbsent[str],
        Header(max_length=200, description="The event that the listener had last."),
    ] = None,
) -> AsyncIterator[ServerSentEvent]:
    """Send the board now, and again whenever its figures change.

    Every event is the whole board, so that a listener who was away misses nothing: with
    `Last-Event-ID` the first event comes once the figures differ from those of that event. A stream
    ends after some minutes, so that nobody listens on a token that has expired; connect again.
    """
    seconds: float = request.app.state.stream_seconds
    async for frame in keeper.follow(scope, last_event_id, seconds):
        yield ServerSentEvent(raw_data=frame.json, event="board", id=frame.id)
