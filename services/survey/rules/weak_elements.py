"""Which elements of a unit are weak: below the target, falling, or among its lowest. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from itertools import pairwise
from typing import Final

#: From the scale of answers, 1 to 4, to that of the index, 25 to 100.
POINTS: Final = 25


class Reason(StrEnum):
    """Why an element counts as weak."""

    BELOW_TARGET = "below_target"
    FALLING = "falling"
    LOWEST = "lowest"


@dataclass(frozen=True, slots=True)
class Tally:
    """What was answered about one element: how many answers, their sum, the sum of their squares.

    Answers are 1 to 4. Sums instead of answers, so that a million of them cost as much as one.
    """

    answers: int
    total: int
    squares: int

    @property
    def mean(self) -> Fraction:
        """The element's NRR, 1 to 4, exactly; raises ZeroDivisionError where nobody answered."""
        return Fraction(self.total, self.answers)

    @property
    def points(self) -> Fraction:
        """The same on the scale of the index, 25 to 100."""
        return self.mean * POINTS


@dataclass(frozen=True, slots=True)
class WeaknessRule:
    """What a profile says of weak elements; targets are on the scale of the index."""

    target: Fraction
    targets: Mapping[str, Fraction]
    falling_periods: int
    lowest: int
    least_answers: int

    def target_of(self, element: str) -> Fraction:
        """Return what this element is to reach."""
        return self.targets.get(element, self.target)


@dataclass(frozen=True, slots=True)
class WeakElement:
    """An element that is weak, with its tally of the period and every reason, in fixed order."""

    element: str
    tally: Tally
    target: Fraction
    reasons: tuple[Reason, ...]


def find_weak_elements(
    histories: Mapping[str, Sequence[Tally | None]], rule: WeaknessRule
) -> tuple[WeakElement, ...]:
    """Return a unit's weak elements, the lowest first.

    A history is an element's tallies period by period, the judged period last; None where nobody
    was asked. An element with fewer answers than the rule wants is not judged: of it one cannot
    say that it is weak.
    """
    judged = {
        element: history[-1]
        for element, history in histories.items()
        if history and history[-1] is not None and history[-1].answers >= rule.least_answers
    }
    tallies = {element: tally for element, tally in judged.items() if tally is not None}
    lowest = _lowest(tallies, rule.lowest)
    found = []
    for element, tally in tallies.items():
        target = rule.target_of(element)
        said = {
            Reason.BELOW_TARGET: tally.points < target,
            Reason.FALLING: _is_falling(histories[element], rule),
            Reason.LOWEST: element in lowest,
        }
        reasons = tuple(reason for reason, holds in said.items() if holds)
        if reasons:
            found.append(WeakElement(element, tally, target, reasons))
    return tuple(sorted(found, key=lambda weak: (weak.tally.mean, weak.element)))


def _lowest(tallies: Mapping[str, Tally], how_many: int) -> frozenset[str]:
    """Return the lowest elements and those that tie with the last of them.

    Where all are equal none is lower than another: nobody shall mend nine elements at once because
    every answer was a four.
    """
    means = sorted(tally.mean for tally in tallies.values())
    if not how_many or not means or means[0] == means[-1]:
        return frozenset()
    bound = means[min(how_many, len(means)) - 1]
    if bound == means[-1]:
        # The tie reaches up to the best: only what lies below the best is low.
        return frozenset(e for e, tally in tallies.items() if tally.mean < bound)
    return frozenset(e for e, tally in tallies.items() if tally.mean <= bound)


def _is_falling(history: Sequence[Tally | None], rule: WeaknessRule) -> bool:
    """Tell whether the value lay below that of the period before, as often as the rule says.

    Three falling periods need four readings in a row, each with enough answers.
    """
    row = list(history[-(rule.falling_periods + 1) :])
    if len(row) <= rule.falling_periods:
        return False
    means = [
        tally.mean for tally in row if tally is not None and tally.answers >= rule.least_answers
    ]
    return len(means) == len(row) and all(later < earlier for earlier, later in pairwise(means))
