"""Waits for what happens by itself, and fails where it does not."""

import asyncio
from collections.abc import Callable
from time import monotonic


async def until(condition: Callable[[], object], seconds: float = 30) -> None:
    """Wait until the condition holds; raises TimeoutError with its name otherwise."""
    deadline = monotonic() + seconds
    while not condition():
        if monotonic() > deadline:
            raise TimeoutError(f"did not come true in {seconds} s: {condition}")
        await asyncio.sleep(0.01)
