"""Group commit: while one transaction commits, arriving requests gather and share the next one."""

from collections.abc import Awaitable, Callable, Sequence

from shared.gathering import Gatherer, ItemT, ResultT
from shared.unit_of_work import UnitOfWork, UnitsOfWork


class GroupWriter(Gatherer[ItemT, ResultT]):
    """Writes items that arrive together in one transaction."""

    def __init__(
        self,
        units: UnitsOfWork,
        write: Callable[[UnitOfWork, Sequence[ItemT]], Awaitable[Sequence[ResultT]]],
        *,
        writers: int = 2,
        largest_group: int = 64,
        patience_seconds: float | None = None,
    ) -> None:
        """`write` returns one result per item, in order; it may be called again for the same."""
        super().__init__(
            self._write_together,
            at_once=writers,
            largest_group=largest_group,
            patience_seconds=patience_seconds,
        )
        self._units = units
        self._write = write

    async def _write_together(self, items: Sequence[ItemT]) -> Sequence[ResultT]:
        async with self._units.begin() as unit:
            results = await self._write(unit, items)
            if len(results) != len(items):
                # Before the commit: nobody could be told what became of their item.
                raise RuntimeError(f"{len(results)} results for {len(items)} items")
        return results
