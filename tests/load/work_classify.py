"""What the classifying worker does: routing's rules over invented texts, nothing else."""

from contextlib import AsyncExitStack
from itertools import cycle, islice
from pathlib import Path
from typing import Any

from services.routing import profile
from services.routing.rules import Router
from tests.load.traffic import demo_texts
from tests.load.worker import Command, Stopwatch


class Work:
    """Places texts by the rules of a profile."""

    def __init__(self, config: dict[str, Any]) -> None:
        """`config` names the folder `profile`."""
        self._folder = Path(config["profile"])

    async def open(self, _stack: AsyncExitStack) -> dict[str, Command]:
        """Read the profile."""
        self._router = Router(profile.read(self._folder))
        self._texts = demo_texts()
        return {"classify": self.classify}

    async def classify(self, count: int) -> dict[str, Any]:
        """Place so many texts."""
        texts = list(islice(cycle(self._texts), count))
        watch = Stopwatch()
        for text in texts:
            self._router.choose_opd(text)
        return watch.read(count)
