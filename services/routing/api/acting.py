"""HTTP in: what officers and the triage desk do with a case."""

from typing import Annotated

from fastapi import APIRouter

from services.routing.api.doors import ACTION_PROBLEMS, Door, door_to
from services.routing.operations import desk, officers
from services.routing.schemas import (
    ActionDone,
    Answer,
    Assignment,
    Closing,
    Question,
    Reconsideration,
    Rejection,
    Reopening,
    Resolution,
    Return,
)
from services.routing.states import Action

router = APIRouter(prefix="/routing/v1/cases", tags=["cases"])


@router.post(
    "/{complaint_id}/assign", operation_id="routing_assign_case", responses=ACTION_PROBLEMS
)
async def assign_case(
    body: Assignment, door: Annotated[Door, door_to(Action.ASSIGN)]
) -> ActionDone:
    """Give the case to an OPD, or transfer it to another."""
    return await door.do(desk.assign_case, body)


@router.post(
    "/{complaint_id}/return", operation_id="routing_return_case", responses=ACTION_PROBLEMS
)
async def return_case(body: Return, door: Annotated[Door, door_to(Action.RETURN)]) -> ActionDone:
    """Give the case back to the triage desk."""
    return await door.do(officers.return_case, body)


@router.post("/{complaint_id}/respond", operation_id="routing_respond", responses=ACTION_PROBLEMS)
async def respond(body: Answer, door: Annotated[Door, door_to(Action.RESPOND)]) -> ActionDone:
    """Answer the citizen."""
    return await door.do(officers.respond_to_citizen, body)


@router.post(
    "/{complaint_id}/progress", operation_id="routing_report_progress", responses=ACTION_PROBLEMS
)
async def report_progress(
    body: Answer, door: Annotated[Door, door_to(Action.PROGRESS)]
) -> ActionDone:
    """Tell the citizen how the work goes."""
    return await door.do(officers.report_progress, body)


@router.post(
    "/{complaint_id}/request-information",
    operation_id="routing_request_information",
    responses=ACTION_PROBLEMS,
)
async def request_information(
    body: Question, door: Annotated[Door, door_to(Action.REQUEST_INFORMATION)]
) -> ActionDone:
    """Ask the citizen something; the work waits for the answer."""
    return await door.do(officers.request_information, body)


@router.post(
    "/{complaint_id}/resolve", operation_id="routing_resolve_case", responses=ACTION_PROBLEMS
)
async def resolve_case(
    body: Resolution, door: Annotated[Door, door_to(Action.RESOLVE)]
) -> ActionDone:
    """Say that the matter is done; the citizen may confirm or object."""
    return await door.do(officers.resolve_case, body)


@router.post(
    "/{complaint_id}/reject", operation_id="routing_reject_case", responses=ACTION_PROBLEMS
)
async def reject_case(body: Rejection, door: Annotated[Door, door_to(Action.REJECT)]) -> ActionDone:
    """Do not take the case up, and tell the citizen why."""
    return await door.do(desk.reject_case, body)


@router.post("/{complaint_id}/close", operation_id="routing_close_case", responses=ACTION_PROBLEMS)
async def close_case(
    door: Annotated[Door, door_to(Action.CLOSE)], body: Closing | None = None
) -> ActionDone:
    """Close a resolved case without waiting for the citizen."""
    return await door.do(desk.close_case, body or Closing())


@router.post(
    "/{complaint_id}/reconsider", operation_id="routing_reconsider_case", responses=ACTION_PROBLEMS
)
async def reconsider_case(
    body: Reconsideration, door: Annotated[Door, door_to(Action.RECONSIDER)]
) -> ActionDone:
    """Take a rejected case back to the triage desk."""
    return await door.do(desk.reconsider_case, body)


@router.post(
    "/{complaint_id}/reopen", operation_id="routing_reopen_case", responses=ACTION_PROBLEMS
)
async def reopen_case(body: Reopening, door: Annotated[Door, door_to(Action.REOPEN)]) -> ActionDone:
    """Let the OPD that resolved a case work on it again; its history is kept."""
    return await door.do(desk.reopen_case, body)
