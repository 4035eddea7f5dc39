"""Whose turn it is: a lottery in rounds, which anybody can draw again from its seed. Pure.

1. Nobody comes twice while others wait. A round gives each waiting trader one slot; who had one in
   this round waits for the next.
2. Who never had a slot comes before all others.
3. Among those whose turn it may be, the `window` who have waited longest draw lots. A trader's
   weight is the whole hours of waiting, divided by how often the last slots showed the same
   village, category or size.

So nobody waits for longer than `longest_wait` slots. Weights, seed and draw are kept with the slot;
drawing again gives the same trader.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256
from typing import Any, Final

_SCALE: Final = 1000


@dataclass(frozen=True, slots=True)
class Waiting:
    """A trader who may be promoted, and what of theirs would be shown.

    `since` is when they began to wait: by their last slot, or their first product. `round` is the
    round of their last slot; None is a newcomer.
    """

    trader_id: str
    product_id: str
    since: datetime
    round: int | None
    village: str
    category: str
    size: str


@dataclass(frozen=True, slots=True)
class Shown:
    """What an earlier slot showed."""

    village: str
    category: str
    size: str


@dataclass(frozen=True, slots=True)
class FairnessRule:
    """Among how many lots are drawn, and over how many slots goods are spread."""

    window: int
    spread_over: int


@dataclass(frozen=True, slots=True)
class Candidate:
    """A trader among whom lots were drawn; the chance is `weight` of the sum of all."""

    trader_id: str
    product_id: str
    weight: int
    waited_hours: int
    seen_lately: int


@dataclass(frozen=True, slots=True)
class Choice:
    """Who was drawn, and everything that is needed to draw again."""

    trader_id: str
    product_id: str
    round: int
    turn_before: int | None
    is_newcomer: bool
    seed: str
    draw: int
    candidates: tuple[Candidate, ...]

    @property
    def chance(self) -> float:
        """The share of all weights that the drawn trader had."""
        own = next(each for each in self.candidates if each.trader_id == self.trader_id)
        return own.weight / sum(each.weight for each in self.candidates)

    def as_json(self) -> dict[str, Any]:
        """Write the choice the way it is kept with its slot."""
        return {
            "round": self.round,
            "turn_before": self.turn_before,
            "is_newcomer": self.is_newcomer,
            "seed": self.seed,
            "draw": self.draw,
            "candidates": [
                [c.trader_id, c.product_id, c.weight, c.waited_hours, c.seen_lately]
                for c in self.candidates
            ],
        }

    @classmethod
    def from_json(cls, trader_id: str, product_id: str, kept: Mapping[str, Any]) -> "Choice":
        """Read what `as_json` wrote."""
        candidates = tuple(Candidate(*each) for each in kept["candidates"])
        rest = {name: kept[name] for name in ("round", "turn_before", "is_newcomer")}
        return cls(
            trader_id=trader_id,
            product_id=product_id,
            seed=kept["seed"],
            draw=kept["draw"],
            candidates=candidates,
            **rest,
        )


def choose(
    waiting: Iterable[Waiting],
    shown: Sequence[Shown],
    this_round: int,
    rule: FairnessRule,
    at: datetime,
    seed: str,
) -> Choice | None:
    """Draw who has the slot `at`; None where nobody waits. `shown` is the newest last."""
    everyone = list(waiting)
    round_, able = _whose_turn(everyone, this_round)
    if not able:
        return None
    able.sort(key=lambda each: (each.since, each.trader_id))
    lately = shown[-rule.spread_over :] if rule.spread_over else ()
    candidates = tuple(_candidate(each, lately, at) for each in able[: rule.window])
    draw = draw_lot(seed, sum(each.weight for each in candidates))
    drawn = drawn_by(candidates, draw)
    before = next(each for each in able if each.trader_id == drawn.trader_id).round
    return Choice(
        trader_id=drawn.trader_id,
        product_id=drawn.product_id,
        round=round_,
        turn_before=before,
        is_newcomer=before is None,
        seed=seed,
        draw=draw,
        candidates=candidates,
    )


def after_turn(trader: Waiting, choice_round: int, at: datetime) -> Waiting:
    """Return a trader as they wait once they had the slot `at`."""
    return replace(trader, since=at, round=choice_round)


def draw_lot(seed: str, total: int) -> int:
    """Return the number that a seed draws, of 0 to total - 1."""
    return int.from_bytes(sha256(seed.encode()).digest()) % total


def drawn_by(candidates: Sequence[Candidate], draw: int) -> Candidate:
    """Return whose share of the weights a draw falls into."""
    for each in candidates:
        if draw < each.weight:
            return each
        draw -= each.weight
    raise ValueError("the draw is above the sum of all weights")


def is_as_drawn(choice: Choice) -> bool:
    """Draw again, and tell whether the same trader comes out."""
    draw = draw_lot(choice.seed, sum(each.weight for each in choice.candidates))
    drawn = drawn_by(choice.candidates, draw)
    return draw == choice.draw and drawn.trader_id == choice.trader_id


def longest_wait(others: int) -> int:
    """Return how many slots a trader waits at most.

    `others` is how many wait beside them until their turn, who joins meanwhile included: each of
    them comes once in the rest of this round, and once in the next.
    """
    return 2 * others


def _whose_turn(waiting: Sequence[Waiting], this_round: int) -> tuple[int, list[Waiting]]:
    if new := [each for each in waiting if each.round is None]:
        return this_round, new
    if rest := [each for each in waiting if each.round is not None and each.round < this_round]:
        return this_round, rest
    return this_round + 1, list(waiting)


def _candidate(trader: Waiting, lately: Sequence[Shown], at: datetime) -> Candidate:
    hours = max(int((at - trader.since).total_seconds() // 3600), 0) + 1
    village = sum(each.village == trader.village for each in lately)
    category = sum(each.category == trader.category for each in lately)
    size = sum(each.size == trader.size for each in lately)
    # A size has three values only, so that it is always among the last ones: it counts less.
    divisor = (1 + village) * (1 + category) * (4 + size)
    return Candidate(
        trader_id=trader.trader_id,
        product_id=trader.product_id,
        weight=max(hours * _SCALE * 4 // divisor, 1),
        waited_hours=hours - 1,
        seen_lately=village + category + size,
    )
