"""The process that is measured: `python -m tests.load.worker NAME CONFIG`, one command a line.

It runs alone on its core. Commands and answers are JSON lines; it ends with its input.
"""

import asyncio
import gc
import json
import sys
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from importlib import import_module
from time import perf_counter, process_time
from typing import Any, Protocol

import structlog

from shared import event_loop

Command = Callable[..., Awaitable[dict[str, Any]]]

_WORKS = {
    "classify": "tests.load.work_classify",
    "inbox": "tests.load.work_inbox",
    "model": "tests.load.work_model",
    "relay": "tests.load.work_relay",
}


class Work(Protocol):
    """What a worker can do, by the name of the command."""

    async def open(self, stack: AsyncExitStack) -> dict[str, Command]:
        """Connect; what must be closed goes on the stack."""
        ...


class Stopwatch:
    """Wall and processor seconds since it was started."""

    def __init__(self) -> None:
        # What was made ready before is not for the collector to walk through while we measure.
        gc.collect()
        gc.freeze()
        self.restart()

    def restart(self) -> None:
        """Begin anew."""
        self._wall = perf_counter()
        self._processor = process_time()

    def read(self, count: int) -> dict[str, Any]:
        """Return the answer for so many items."""
        return {
            "count": count,
            "seconds": perf_counter() - self._wall,
            "processor_seconds": process_time() - self._processor,
        }


async def _read_commands() -> asyncio.StreamReader:
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), sys.stdin
    )
    return reader


async def _main(name: str, config: dict[str, Any]) -> None:
    work: Work = import_module(_WORKS[name]).Work(config)
    async with AsyncExitStack() as stack:
        commands = await work.open(stack)
        reader = await _read_commands()
        while line := await reader.readline():
            values = json.loads(line)
            try:
                answer = await commands[values.pop("do")](**values)
            except Exception as error:  # noqa: BLE001 - the parent hears of it
                answer = {"error": repr(error)}
            sys.stdout.write(json.dumps(answer) + "\n")
            sys.stdout.flush()


if __name__ == "__main__":
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(30),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
    event_loop.run(_main(sys.argv[1], json.loads(sys.argv[2])))
