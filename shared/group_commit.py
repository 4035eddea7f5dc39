"""Group commit: while one transaction commits, arriving requests gather and share the next one.

There is no waiting window: a lone request starts at once. Where a shared transaction fails, its
items are tried one by one, so that each hears of its own fault alone.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from contextvars import Context
from typing import Generic, TypeVar

from shared.database import is_transient
from shared.unit_of_work import UnitOfWork, UnitsOfWork

ItemT = TypeVar("ItemT")
ResultT = TypeVar("ResultT")


class GroupWriter(Generic[ItemT, ResultT]):
    """Writes items that arrive together in one transaction."""

    def __init__(
        self,
        units: UnitsOfWork,
        write: Callable[[UnitOfWork, Sequence[ItemT]], Awaitable[Sequence[ResultT]]],
        *,
        writers: int = 2,
        largest_group: int = 64,
    ) -> None:
        """`write` returns one result per item, in order; it may be called again for the same."""
        self._units = units
        self._write = write
        self._writers = writers
        self._largest = largest_group
        self._waiting: deque[tuple[ItemT, asyncio.Future[ResultT]]] = deque()
        self._running = 0
        self._tasks: set[asyncio.Task[None]] = set()

    async def submit(self, item: ItemT) -> ResultT:
        """Return the item's result after the commit; raises what went wrong with this item."""
        future: asyncio.Future[ResultT] = asyncio.get_running_loop().create_future()
        self._waiting.append((item, future))
        if self._running < self._writers:
            self._running += 1
            # In a context of its own: a group belongs to no single request's story or trace.
            task = asyncio.create_task(self._drain(), context=Context())
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        return await future

    async def _drain(self) -> None:
        try:
            while self._waiting:
                size = min(len(self._waiting), self._largest)
                group = [self._waiting.popleft() for _ in range(size)]
                await self._write_group(group)
        finally:
            # At once, not in a callback: an item that comes between would find no writer.
            self._running -= 1

    async def _write_group(self, group: Sequence[tuple[ItemT, asyncio.Future[ResultT]]]) -> None:
        try:
            async with self._units.begin() as unit:
                results = await self._write_all(unit, [item for item, _ in group])
        except Exception as error:  # noqa: BLE001 - each caller hears of it
            await self._fail(group, error)
            return
        except BaseException:
            for _, future in group:
                future.cancel()
            raise
        for (_, future), result in zip(group, results, strict=True):
            if not future.done():
                future.set_result(result)

    async def _write_all(self, unit: UnitOfWork, items: Sequence[ItemT]) -> Sequence[ResultT]:
        results = await self._write(unit, items)
        if len(results) != len(items):
            # Before the commit: nobody could be told what became of their item.
            raise RuntimeError(f"{len(results)} results for {len(items)} items")
        return results

    async def _fail(
        self, group: Sequence[tuple[ItemT, asyncio.Future[ResultT]]], error: Exception
    ) -> None:
        if len(group) > 1 and not is_transient(error):
            for each in group:
                await self._write_group([each])
            return
        for _, future in group:
            if not future.done():
                future.set_exception(error)
