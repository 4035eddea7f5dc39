"""HTTP in: cases about one matter are merged, a case about several is split."""

from typing import Annotated

from fastapi import APIRouter

from services.routing.api.doors import ACTION_PROBLEMS, Door, door_to
from services.routing.operations import joining, splitting
from services.routing.schemas import (
    ActionDone,
    Merging,
    Splitting,
    Unmerging,
)
from services.routing.states import Action

router = APIRouter(prefix="/routing/v1/cases", tags=["cases"])


@router.post("/{complaint_id}/merge", operation_id="routing_merge_case", responses=ACTION_PROBLEMS)
async def merge_case(body: Merging, door: Annotated[Door, door_to(Action.MERGE)]) -> ActionDone:
    """Make the case part of another about the same matter; its reporter gets that one's answers."""
    return await door.do(joining.merge_case, body)


@router.post(
    "/{complaint_id}/unmerge", operation_id="routing_unmerge_case", responses=ACTION_PROBLEMS
)
async def unmerge_case(
    door: Annotated[Door, door_to(Action.UNMERGE)], body: Unmerging | None = None
) -> ActionDone:
    """Let a merged case be its own again, in the state that it had."""
    return await door.do(joining.unmerge_case, body or Unmerging())


@router.post("/{complaint_id}/split", operation_id="routing_split_case", responses=ACTION_PROBLEMS)
async def split_case(body: Splitting, door: Annotated[Door, door_to(Action.SPLIT)]) -> ActionDone:
    """Give each matter of a complaint to an OPD of its own, with clocks of its own."""
    return await door.do(splitting.split_case, body)
