"""How long and how often a bench measures, and the rounds that alternate between both sides."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from statistics import median
from typing import Any

Answer = dict[str, Any]
"""`count` of items, `seconds` they took, and `processor_seconds` that the server used."""

Run = Callable[[float], Awaitable[Answer]]
"""Works for about so many seconds."""


@dataclass(frozen=True, slots=True)
class Plan:
    """`rounds` of `seconds` for each side, after `warm_up_seconds`; `say` hears of each round.

    Whole cases run for `case_seconds` beside `cases` stored ones, then each rate of the spike for
    `spike_seconds`. Of `clocks` that run, `due` fall due at one instant. The board of
    `cases` is followed by `listeners`.
    """

    rounds: int = 5
    seconds: float = 5.0
    warm_up_seconds: float = 5.0
    end_to_end_seconds: float = 12.0
    cases: int = 1_000_000
    case_seconds: float = 300.0
    spike_seconds: float = 60.0
    clocks: int = 1_000_000
    due: int = 100_000
    answers: int = 1_000_000
    listeners: int = 200
    say: Callable[[str], None] = field(default=lambda text: None)


@dataclass(slots=True)
class Side:
    """One side of a comparison, and what its rounds brought."""

    run: Run
    rates: list[float] = field(default_factory=list)
    processor_microseconds: list[float] = field(default_factory=list)

    @property
    def processor_median(self) -> float:
        """Return the processor time per item in microseconds, as the median of the rounds."""
        return median(self.processor_microseconds)

    async def measure(self, seconds: float) -> float:
        """Run one round and note its rate, which is returned."""
        answer = await self.run(seconds)
        rate = float(answer["count"] / answer["seconds"])
        self.rates.append(rate)
        self.processor_microseconds.append(answer["processor_seconds"] / answer["count"] * 1e6)
        return rate


def by_count(run: Callable[[int], Awaitable[Answer]], first: int, largest: int) -> Run:
    """Turn work of so many items into work of about so many seconds.

    Runs `first` items the first time, and then as many as the last rate says, at most `largest`.
    """
    rate: float | None = None

    async def run_for(seconds: float) -> Answer:
        nonlocal rate
        answer = await run(first if rate is None else max(1, min(largest, int(rate * seconds))))
        rate = answer["count"] / answer["seconds"]
        return answer

    return run_for


async def alternate(plan: Plan, name: str, reference: Side, ours: Side) -> None:
    """Warm both sides up, then measure reference, ours, reference, ours and so on."""
    for side in (reference, ours):
        # Twice: work that goes by count learns its size from the first.
        await side.run(plan.warm_up_seconds / 2)
        await side.run(plan.warm_up_seconds / 2)
    for number in range(1, plan.rounds + 1):
        theirs = await reference.measure(plan.seconds)
        own = await ours.measure(plan.seconds)
        plan.say(
            f"{name} {number}/{plan.rounds}: ours {own:,.0f}/s, reference {theirs:,.0f}/s,"
            f" ratio {own / theirs:.2f}"
        )


def processor_note(ours: Side, reference: Side) -> str:
    """Say what an item costs each server's processor, which other work disturbs least."""
    return f"{ours.processor_median:.0f} µs of processor each, reference " + (
        f"{reference.processor_median:.0f} µs"
    )
