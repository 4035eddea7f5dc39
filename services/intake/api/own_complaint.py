"""The complaint that a citizen holds the code and the secret of, at each door that needs both."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Depends, Header, Path, Request
from pydantic import BaseModel

from services.intake.api.doors import Doors, TheDoors
from services.intake.context import IntakeContext
from services.intake.errors import TrackingSecretWrong
from services.intake.operations import reading
from services.intake.tables import Complaint
from shared.idempotency import IdempotencyKey, once
from shared.parameters import OrAbsent
from shared.problems import problem_responses
from shared.unit_of_work import UnitOfWork

TrackingCode = Annotated[
    str,
    Path(
        max_length=40,
        description="As it was given; case, spaces and dashes do not matter.",
        examples=["K7M3PXA92W"],
    ),
]
TrackingSecret = Annotated[
    OrAbsent[str],
    Header(
        alias="X-Tracking-Secret",
        max_length=64,
        description="The secret from the answer to the submission.",
    ),
]
Operation = Callable[[UnitOfWork, IntakeContext, Complaint], Awaitable[BaseModel]]

#: What a door that changes one's own complaint may refuse with.
CHANGING = problem_responses(400, 403, 404, 409, 413, 422, 503)


@dataclass(frozen=True, slots=True)
class OwnComplaint:
    """What a request says of the complaint that it is about; nothing is checked before `find`."""

    doors: Doors
    tracking_code: str
    secret: str | None

    async def find(self) -> Complaint:
        """Return the complaint; raises what `find_by_code` and `check_secret` refuse."""
        async with self.doors.units.database.transaction() as connection:
            complaint = await reading.find_by_code(connection, self.tracking_code)
        if self.secret is None:
            raise TrackingSecretWrong
        reading.check_secret(self.doors.context, complaint, self.secret)
        return complaint


@dataclass(frozen=True, slots=True)
class OwnChange:
    """A request that changes one's complaint, once for each Idempotency-Key."""

    own: OwnComplaint
    request: Request
    key: str | None

    async def make(self, operation: Operation) -> dict[str, Any]:
        """Return the operation's answer, or the one it had before; raises what `find` does."""
        doors = self.own.doors
        context = doors.context
        complaint = await self.own.find()

        async def work(unit: UnitOfWork) -> dict[str, Any]:
            answer = await operation(unit, context, complaint)
            return answer.model_dump(mode="json")

        step = self.request.url.path.rpartition("/")[2]
        # A keyed hash: nobody can find out from the stored one what a citizen wrote.
        body = context.vault.blind_index("request", await self.request.body())
        scope = f"{complaint.complaint_id}/{step}"
        return await once(doors.units, scope, self.key, body, work)


async def _read_own(
    doors: TheDoors, tracking_code: TrackingCode, secret: TrackingSecret = None
) -> OwnComplaint:
    return OwnComplaint(doors, tracking_code, secret)


Own = Annotated[OwnComplaint, Depends(_read_own)]


async def _read_change(own: Own, request: Request, key: IdempotencyKey = None) -> OwnChange:
    return OwnChange(own, request, key)


Change = Annotated[OwnChange, Depends(_read_change)]
