"""What the worker of models does: trains on invented complaints, and places texts by the model.

The complaints are put together from the example sentences of the profile and words that are rare,
so that a model of them is as large as one of a city's year.
"""

import random
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from itertools import cycle, islice
from pathlib import Path
from time import perf_counter
from typing import Any

from services.routing import profile
from services.routing.rules import Router
from tests.load.bank_rows import BankRows
from tests.load.cores import resident_megabytes
from tests.load.worker import Command, Stopwatch

_BEGIN = datetime(2026, 1, 1, tzinfo=UTC)


class Work:
    """Trains a model, or loads one and classifies with it; each in a process of its own."""

    def __init__(self, config: dict[str, Any]) -> None:
        """`config` names the folder `profile` and the `file` of the model."""
        self._folder = Path(config["profile"])
        self._file = Path(config["file"])

    async def open(self, _stack: AsyncExitStack) -> dict[str, Command]:
        """Read the profile."""
        self._router = Router(profile.read(self._folder))
        return {"train": self.train, "load": self.load, "classify": self.classify}

    async def train(self, count: int) -> dict[str, Any]:
        """Learn from so many complaints, measure the model, and write it."""
        from services.routing.model_queries import Past  # noqa: PLC0415 - not in the other process
        from services.routing.operations import learning  # noqa: PLC0415 - loads scikit-learn

        past = [
            Past(text, opd, topic, _BEGIN + timedelta(hours=number))
            for number, (text, topic, opd) in enumerate(self._complaints(count))
        ]
        watch = Stopwatch()
        trained = learning.train(past, self._router, learning.Present())
        self._file.write_bytes(trained.content)
        return {**watch.read(count), "bytes": len(trained.content), "digest": trained.digest}

    async def load(self, digest: str, pid: int) -> dict[str, Any]:
        """Load the model; returns by how many MB the process grew, with NumPy."""
        before = resident_megabytes(pid)
        from services.routing.classifier.model import read_model  # noqa: PLC0415 - loads NumPy

        began = perf_counter()
        self._model = read_model(self._file.read_bytes(), digest, "model/1")
        texts = [text for text, _, _ in self._complaints(500)]
        self._texts = cycle(texts)
        for text in texts:
            self._router.choose_opd(text, classifier=self._model)
        return {"megabytes": resident_megabytes(pid) - before, "seconds": perf_counter() - began}

    async def classify(self, count: int) -> dict[str, Any]:
        """Place so many texts by rules and model."""
        texts = list(islice(self._texts, count))
        watch = Stopwatch()
        for text in texts:
            self._router.choose_opd(text, classifier=self._model)
        return watch.read(count)

    def _complaints(self, count: int) -> list[tuple[str, str, str]]:
        chance = random.Random(7)  # noqa: S311 - the same in each run
        rare = BankRows(seed=7)
        owners = {each.code: each.opd or "KEC-MEKARSARI" for each in self._router.profile.topics}
        taught = [(each.topic, each.texts) for each in self._router.profile.examples]
        every = [text for _, texts in taught for text in texts]
        made = []
        for _ in range(count):
            topic, texts = chance.choice(taught)
            words = " ".join([chance.choice(texts), chance.choice(every), *rare.terms(12)])
            made.append((words, topic, owners[topic]))
        return made
