"""Scoring by a panel: two marks given blindly, a third where they lie far apart. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum
from typing import Final

SCORERS: Final = 2
_HUNDREDTH: Final = Decimal("0.01")


class PanelState(StrEnum):
    """How far the scoring of an innovation is; no number is shown before it is final."""

    WAITING = "waiting"
    THIRD_ASKED = "third_asked"
    FINAL = "final"


@dataclass(frozen=True, slots=True)
class PanelOutcome:
    """How far the scoring is, and the final score once there is one: 0 to 100, two decimals."""

    state: PanelState
    final: Decimal | None = None


def total_of(marks: Mapping[str, int], weights: Mapping[str, Decimal]) -> Decimal:
    """Return one member's score: the mean of the marks, 0 to 100, by the aspects' weights.

    Marks must name exactly the aspects that have weights; raises KeyError otherwise.
    """
    if marks.keys() != weights.keys():
        raise KeyError(*sorted(marks.keys() ^ weights.keys()))
    total = sum((marks[aspect] * weight for aspect, weight in weights.items()), Decimal(0))
    return _rounded(total / sum(weights.values()))


def settle_scores(totals: Sequence[Decimal], threshold: Decimal) -> PanelOutcome:
    """Return how far the scoring is.

    Two scores that differ by no more than the threshold give their mean. Otherwise a third is
    asked, and the two that lie closest give theirs; where both pairs are equally close, it is the
    middle one. The order in which they came does not matter.
    """
    ordered = sorted(totals)
    if len(ordered) < SCORERS:
        return PanelOutcome(PanelState.WAITING)
    if len(ordered) == SCORERS:
        low, high = ordered
        if high - low > threshold:
            return PanelOutcome(PanelState.THIRD_ASKED)
        return PanelOutcome(PanelState.FINAL, _rounded((low + high) / 2))
    low, middle, high = ordered[:3]
    if middle - low == high - middle:
        return PanelOutcome(PanelState.FINAL, _rounded(middle))
    pair = (low, middle) if middle - low < high - middle else (middle, high)
    return PanelOutcome(PanelState.FINAL, _rounded(sum(pair, Decimal(0)) / 2))


def wants_score(totals: Sequence[Decimal], threshold: Decimal) -> bool:
    """Tell whether another member of the panel may score."""
    return settle_scores(totals, threshold).state is not PanelState.FINAL


def _rounded(value: Decimal) -> Decimal:
    return value.quantize(_HUNDREDTH, ROUND_HALF_UP)
