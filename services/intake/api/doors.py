"""What intake's routes are given, kept on the app once the service has started."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Annotated, Final, TypeVar

from fastapi import Depends, Request
from sqlalchemy.ext.asyncio import AsyncConnection

from services.intake.api.admission import Admission
from services.intake.context import IntakeContext
from services.intake.errors import BeginAnew, SenderBlocked, TrackingCodeTaken
from services.intake.operations.searching import Bank
from services.intake.operations.submission import Outcome, Receipt, Submission, redraw_code
from services.intake.settings import IntakeSettings
from shared.group_commit import GroupWriter
from shared.idempotency import KeyReused
from shared.unit_of_work import UnitOfWork, UnitsOfWork

_MOST_DRAWS: Final = 5
# More at a time than there are processors find nothing sooner.
_SEARCHES: Final = 4
ResultT = TypeVar("ResultT")


@dataclass(frozen=True, slots=True)
class Doors:
    """The context of operations, units of work, the writer of submissions, limits and settings.

    `partner_keys` are the keys by which each partner signs; a partner without any is refused.
    `bank` finds the newest for those who search at the same time; `searches` lets few of those who
    count, or want another order, read at a time.
    """

    context: IntakeContext
    units: UnitsOfWork
    writer: GroupWriter[Submission, Outcome]
    admission: Admission
    partner_keys: Mapping[str, Sequence[bytes]]
    settings: IntakeSettings
    bank: Bank
    searches: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(_SEARCHES))

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncConnection]:
        """Open a connection for who searches or counts; they wait here for one another.

        Else a rush of searches has every connection, and each of them a share of the processors:
        those who report then wait for seconds.
        """
        async with self.searches, self.units.database.transaction() as connection:
            yield connection

    async def submit(self, submission: Submission) -> Receipt:
        """Store a submission with others that come now; raises KeyReused, SenderBlocked."""
        for _ in range(_MOST_DRAWS):
            try:
                outcome = await self.writer.submit(submission)
            except TrackingCodeTaken:
                submission = redraw_code(self.context, submission)
                continue
            if isinstance(outcome, KeyReused | SenderBlocked):
                raise outcome
            return outcome
        raise TrackingCodeTaken

    async def in_unit(self, work: Callable[[UnitOfWork], Awaitable[ResultT]]) -> ResultT:
        """Do work that submits, and more, in a unit of its own; anew as long as it asks so."""
        for _ in range(_MOST_DRAWS):
            try:
                async with self.units.begin() as unit:
                    return await work(unit)
            except BeginAnew:
                continue
        raise TrackingCodeTaken


def doors_of(request: Request) -> Doors:
    """Return the running app's doors."""
    doors: Doors = request.app.state.doors
    return doors


async def find_doors(request: Request) -> Doors:
    """Return the doors, as a dependency: one that is no coroutine is called in a thread."""
    return doors_of(request)


TheDoors = Annotated[Doors, Depends(find_doors)]
