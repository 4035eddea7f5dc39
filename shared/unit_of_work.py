"""The unit of work: one transaction, the events it publishes, and the hour at which it runs."""

from collections.abc import AsyncIterator, Callable, Hashable, Iterable
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Protocol, TypeVar, cast

from sqlalchemy.ext.asyncio import AsyncConnection

from shared import outbox
from shared.clock import Clock
from shared.contracts.event import Event
from shared.database import Database


class Gathering(Protocol):
    """Work that is noted bit by bit and done all at once, with a few statements for a batch."""

    async def finish(self, unit: "UnitOfWork") -> None:
        """Do what was noted; an error rolls the whole unit back."""
        ...


GatheringT = TypeVar("GatheringT", bound=Gathering)


class UnitOfWork:
    """What an operation is given: a connection in a transaction, the time, and a way to publish.

    Operations never commit. Whoever opened the unit (the HTTP door or the inbox) does.
    """

    def __init__(self, connection: AsyncConnection, now: datetime) -> None:
        """Wrap an open transaction; `now` stays the same for the whole unit."""
        self.connection = connection
        self.now = now
        self._drafts: list[outbox.Draft] = []
        self._has_written = False
        self._calls: list[Callable[[], None]] = []
        self._gatherings: dict[Hashable, Gathering] = {}

    def publish(self, *events: Event) -> None:
        """Let these events be published if, and only if, this unit commits."""
        self.publish_drafts([outbox.draft(event, self.now) for event in events])

    def publish_drafts(self, drafts: Iterable[outbox.Draft]) -> None:
        """Publish events that were drafted elsewhere, each in a story of its own."""
        self._drafts.extend(drafts)

    def gather(self, key: Hashable, make: Callable[[], GatheringT]) -> GatheringT:
        """Return what this unit gathers under a key; it is finished before the commit.

        `make` makes it when the first asks, and must make the same type for the same key.
        """
        if key not in self._gatherings:
            self._gatherings[key] = make()
        return cast(GatheringT, self._gatherings[key])

    def gathered(self, key: Hashable, kind: type[GatheringT]) -> GatheringT | None:
        """Return what this unit gathers under a key, if anything asked for it before."""
        found = self._gatherings.get(key)
        return found if isinstance(found, kind) else None

    def part(self) -> "UnitOfWork":
        """Return a part of this unit: what is noted in it counts once it is adopted, else never.

        Statements and gatherings are those of the whole unit.
        """
        part = UnitOfWork(self.connection, self.now)
        part._gatherings = self._gatherings
        return part

    def adopt(self, part: "UnitOfWork") -> None:
        """Let the events and calls of a part be this unit's own."""
        self._drafts += part._drafts  # noqa: SLF001 - of its own kind
        self._calls += part._calls  # noqa: SLF001

    async def finish(self) -> None:
        """Do what was gathered, and what is gathered meanwhile: the first asked for comes first."""
        finished = 0
        while gatherings := list(self._gatherings.values())[finished:]:
            await gatherings[0].finish(self)
            finished += 1

    def after_commit(self, call: Callable[[], None]) -> None:
        """Call this if, and only if, this unit commits: for counters, which cannot roll back."""
        self._calls.append(call)

    def committed(self) -> None:
        """Tell those who asked that what this unit did is on stable storage."""
        for call in self._calls:
            call()

    async def flush(self) -> bool:
        """Write the noted events to the outbox; tells whether this unit ever had any."""
        drafts, self._drafts = self._drafts, []
        await outbox.append(self.connection, drafts)
        self._has_written = self._has_written or bool(drafts)
        return self._has_written


class UnitsOfWork:
    """Opens units of work on one database; rolls back unless the block ends well."""

    def __init__(
        self, database: Database, clock: Clock, on_publish: Callable[[], None] | None = None
    ) -> None:
        """`on_publish` is called after a commit that left events in the outbox."""
        self.database = database
        self.clock = clock
        self._on_publish = on_publish

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[UnitOfWork]:
        """Open a unit; the commit has happened when the block is left without an error."""
        async with self.database.transaction() as connection:
            unit = UnitOfWork(connection, self.clock.now())
            yield unit
            await unit.finish()
            published = await unit.flush()
        unit.committed()
        if published and self._on_publish is not None:
            self._on_publish()
