"""Gathering: while one group is worked on, what arrives gathers and becomes the next group.

There is no waiting window: a lone item starts at once. Where a group fails, its items are tried
one by one, so that each hears of its own fault alone.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from contextvars import Context
from dataclasses import dataclass
from typing import Generic, TypeVar

from shared.database import is_transient

ItemT = TypeVar("ItemT")
ResultT = TypeVar("ResultT")


class WaitedTooLong(TimeoutError):
    """An item waited so long for its turn that whoever sent it has given up: it was not done."""


@dataclass(frozen=True, slots=True)
class _Waiting(Generic[ItemT, ResultT]):
    item: ItemT
    result: asyncio.Future[ResultT]
    since: float


class Gatherer(Generic[ItemT, ResultT]):
    """Works on items that arrive together in groups, some of them at the same time."""

    def __init__(
        self,
        work: Callable[[Sequence[ItemT]], Awaitable[Sequence[ResultT]]],
        *,
        at_once: int = 2,
        largest_group: int = 16,
        patience_seconds: float | None = None,
    ) -> None:
        """`work` returns one result per item, in order; it may be called again for the same items.

        So many groups are worked on `at_once`. What has waited for longer than
        `patience_seconds` when its turn comes is not done any more: in a rush, time spent on those
        who have left would be missing for those who still wait.
        """
        self._work = work
        self._at_once = at_once
        self._largest = largest_group
        self._patience = patience_seconds
        self._waiting: deque[_Waiting[ItemT, ResultT]] = deque()
        self._running = 0
        self._tasks: set[asyncio.Task[None]] = set()

    async def submit(self, item: ItemT) -> ResultT:
        """Return the item's result when its group is done; raises what went wrong with this item.

        Raises WaitedTooLong where its turn came too late.
        """
        loop = asyncio.get_running_loop()
        waiting: _Waiting[ItemT, ResultT] = _Waiting(item, loop.create_future(), loop.time())
        self._waiting.append(waiting)
        if self._running < self._at_once:
            self._running += 1
            # In a context of its own: a group belongs to no single request's story or trace.
            task = asyncio.create_task(self._drain(), context=Context())
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        return await waiting.result

    async def _drain(self) -> None:
        try:
            while self._waiting:
                if group := self._next_group():
                    await self._work_on(group)
        finally:
            # At once, not in a callback: an item that comes between would find nobody at work.
            self._running -= 1

    def _next_group(self) -> list[_Waiting[ItemT, ResultT]]:
        group: list[_Waiting[ItemT, ResultT]] = []
        now = asyncio.get_running_loop().time()
        while self._waiting and len(group) < self._largest:
            waiting = self._waiting.popleft()
            if waiting.result.done():
                continue  # Whoever waited was cancelled.
            if self._patience is not None and now - waiting.since > self._patience:
                waiting.result.set_exception(WaitedTooLong("its turn came too late"))
                continue
            group.append(waiting)
        return group

    async def _work_on(self, group: Sequence[_Waiting[ItemT, ResultT]]) -> None:
        try:
            results = await self._work([waiting.item for waiting in group])
        except Exception as error:  # noqa: BLE001 - each caller hears of it
            await self._fail(group, error)
            return
        except BaseException:
            for waiting in group:
                waiting.result.cancel()
            raise
        for waiting, result in zip(group, results, strict=True):
            if not waiting.result.done():
                waiting.result.set_result(result)

    async def _fail(self, group: Sequence[_Waiting[ItemT, ResultT]], error: Exception) -> None:
        if len(group) > 1 and not is_transient(error):
            for each in group:
                await self._work_on([each])
            return
        for waiting in group:
            if not waiting.result.done():
                waiting.result.set_exception(error)
