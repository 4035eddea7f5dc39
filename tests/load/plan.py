"""How long and how often a bench measures, and the rounds that alternate between both sides."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from statistics import median
from typing import Any

Answer = dict[str, Any]
Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Plan:
    """`rounds` of `seconds` for each side, after `warm_up_seconds`."""

    rounds: int = 5
    seconds: float = 5.0
    warm_up_seconds: float = 5.0
    end_to_end_seconds: float = 60.0
    say: Say = field(default=lambda text: None)


@dataclass(slots=True)
class Side:
    """One side of a comparison: work of a size that is set so that a round takes its time.

    `run(count)` answers with `count`, `seconds` and `processor_seconds`.
    """

    run: Callable[[int], Awaitable[Answer]]
    size: int
    rates: list[float] = field(default_factory=list)
    processor_microseconds: list[float] = field(default_factory=list)

    @property
    def processor_median(self) -> float:
        """Return the processor time per item in microseconds, as the median of the rounds."""
        return median(self.processor_microseconds)

    async def warm_up(self, plan: Plan, largest: int) -> None:
        """Run untimed, first briefly to find the size of a round, then for the time planned."""
        for seconds in (plan.warm_up_seconds, plan.seconds):
            answer = await self.run(self.size)
            self.size = max(1, min(largest, int(answer["count"] / answer["seconds"] * seconds)))

    async def measure(self) -> float:
        """Run one round and note its rate, which is returned."""
        answer = await self.run(self.size)
        rate = float(answer["count"] / answer["seconds"])
        self.rates.append(rate)
        self.processor_microseconds.append(answer["processor_seconds"] / answer["count"] * 1e6)
        return rate


async def alternate(plan: Plan, name: str, reference: Side, ours: Side, largest: int) -> None:
    """Warm both sides up, then measure reference, ours, reference, ours …"""
    for side in (reference, ours):
        await side.warm_up(plan, largest)
    for number in range(1, plan.rounds + 1):
        theirs = await reference.measure()
        own = await ours.measure()
        plan.say(
            f"{name} {number}/{plan.rounds}: ours {own:,.0f}/s, reference {theirs:,.0f}/s,"
            f" ratio {own / theirs:.2f}"
        )
