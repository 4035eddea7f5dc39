"""The doors by which an admin sees what is held in a service's queue, and decides on it."""

from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Path, Request
from pydantic import BaseModel, ConfigDict

from shared.auth import Principal, Role, require
from shared.ids import UUID_PATTERN
from shared.messaging import held
from shared.problems import problem_responses
from shared.unit_of_work import UnitsOfWork

Admin = Annotated[Principal, Depends(require(Role.ADMIN))]
MessageKey = Annotated[
    str, Path(pattern=UUID_PATTERN, examples=["019b76da-a800-7000-8000-00000000c001"])
]


class HeldMessage(BaseModel):
    """A message that waits for a person: what it is, never to whom or what it says."""

    message_id: str
    channel: str
    template: str
    state: Literal["unsure", "dead"]
    attempts: int
    reason: str | None
    created_at: datetime
    claimed_at: datetime | None
    decisions: list[held.Decision]


class HeldMessages(BaseModel):
    """The oldest messages that wait for a person."""

    messages: list[HeldMessage]


class DecisionForm(BaseModel):
    """What becomes of a message that was perhaps sent, or failed for good."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"decision": "was_sent"}]}
    )

    decision: held.Decision


class Decided(BaseModel):
    """The state that follows from a decision."""

    message_id: str
    state: Literal["queued", "sent", "dropped"]


def held_messages_router(service: str, units: Callable[[Request], UnitsOfWork]) -> APIRouter:
    """Return the routes of a service's queue; `units` finds the running app's."""
    router = APIRouter(prefix=f"/{service}/v1/staff/held-messages", tags=["messages"])

    @router.get(
        "",
        operation_id=f"{service}_list_held_messages",
        response_model=HeldMessages,
        responses=problem_responses(401, 403, 503),
    )
    async def list_held_messages(request: Request, _caller: Admin) -> dict[str, object]:
        """List the messages that may or may not have been sent, and those that failed for good."""
        async with units(request).database.transaction() as connection:
            return {"messages": await held.list_held(connection)}

    @router.post(
        "/{message_id}/decision",
        operation_id=f"{service}_decide_held_message",
        response_model=Decided,
        responses=problem_responses(400, 401, 403, 404, 409, 413, 422, 503),
    )
    async def decide_held_message(
        request: Request, _caller: Admin, form: DecisionForm, message_id: MessageKey
    ) -> dict[str, object]:
        """Send it again, count it as sent, or drop it."""
        async with units(request).begin() as unit:
            state = await held.decide(unit.connection, message_id, form.decision, unit.now)
        return {"message_id": message_id, "state": state}

    return router
