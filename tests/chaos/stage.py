"""A world for tests without an event loop, used again for as long as nothing broke in it."""

import asyncio
import gc
import random
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

from tests.chaos.processes import track_tasks
from tests.chaos.world import World
from tests.support.servers import Databases


class Stage:
    """Keeps one world for many examples; a world in which something broke is not used again."""

    def __init__(self, databases: Databases, home: Path) -> None:
        self._databases = databases
        self._home = home
        self._runner = asyncio.Runner()
        self._world: World | None = None
        track_tasks(self._runner.get_loop())

    def run(self, work: Coroutine[Any, Any, Any]) -> Any:
        """Run something to its end; meanwhile the processes live."""
        return self._runner.run(work)

    def world(self, seed: int) -> World:
        """Return a world in which all is well."""
        if self._world is None:
            self._world = World(random.Random(seed))  # noqa: S311 - drawn again in each example
            self.run(self._world.open(self._databases, self._home))
        self._world.chance.seed(seed)
        return self._world

    def discard(self) -> None:
        """Close the world; the next example gets another."""
        if self._world is not None:
            world, self._world = self._world, None
            self.run(world.close())

    def close(self) -> None:
        """Close everything."""
        self.discard()
        self._runner.close()
        gc.collect()
