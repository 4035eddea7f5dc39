"""How many must answer, how sure a figure is, and what is too small to be shown."""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from math import sqrt
from typing import Final, TypeVar

from services.survey.rules.answers import UNIT_OF_MEANS
from services.survey.rules.index import HIGHEST, LOWEST, SCALE

KeyT = TypeVar("KeyT", bound=Hashable)

#: Krejcie and Morgan (1970): chi square for one degree of freedom at 95 %, share 0.5, error 0.05.
_CHI_SQUARE: Final = Fraction("3.841")
_SHARE: Final = Fraction(1, 2)
_ERROR: Final = Fraction(5, 100)
#: Two-sided 95 %: of Student's t for 1 to 29 degrees of freedom, and of the normal beyond.
_T: Final = (
    12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.160,
    2.145, 2.131, 2.120, 2.110, 2.101, 2.093, 2.086, 2.080, 2.074, 2.069, 2.064, 2.060, 2.056,
    2.052, 2.048, 2.045,
)  # fmt: skip
_NORMAL: Final = 1.960


@dataclass(frozen=True, slots=True)
class Moments:
    """Of some answers: how many, the sum of their means times 2520, and the sum of the squares."""

    answers: int
    sum_x: int
    sum_xx: int

    @property
    def mean(self) -> float:
        """The mean on the scale of the index, 25 to 100."""
        return SCALE * self.sum_x / (self.answers * UNIT_OF_MEANS)

    @property
    def variance(self) -> float:
        """The variance of one answer on the scale of the index; needs two answers."""
        n = self.answers
        # Whole numbers up to the division: sums of a million squares are no place for floats.
        spread = Fraction(n * self.sum_xx - self.sum_x**2, n * (n - 1))
        return float(spread * SCALE**2 / UNIT_OF_MEANS**2)

    def __sub__(self, other: "Moments") -> "Moments":
        """Return those of all others."""
        return Moments(
            self.answers - other.answers, self.sum_x - other.sum_x, self.sum_xx - other.sum_xx
        )


@dataclass(frozen=True, slots=True)
class Interval:
    """A 95 % confidence interval; `margin` is half its width before it is cut off at its ends."""

    low: float
    high: float
    margin: float


@dataclass(frozen=True, slots=True)
class Difference:
    """How much one channel's mean lies above that of all others, with its interval.

    `differs` says that the interval does not hold zero: who answers there may be other people.
    """

    points: float
    low: float
    high: float
    differs: bool


def sample_size(population: int) -> int:
    """Return how many of a population must answer, by the formula of Krejcie and Morgan.

    The formula's value is rounded half up: 10 of 10, 80 of 100, 278 of 1,000, 384 of a million.
    """
    spread = _CHI_SQUARE * _SHARE * (1 - _SHARE)
    exact = spread * population / (_ERROR**2 * (population - 1) + spread)
    return min(population, int(exact + Fraction(1, 2)))


def mean_interval(moments: Moments, population: int | None, centre: float) -> Interval | None:
    """Return the interval of an index around its published value; None with fewer than two answers.

    The answers are taken for a simple random sample without replacement: the finite population
    correction makes the interval vanish where everybody answered. `centre` and the mean of the
    answers differ slightly where answers are incomplete.
    """
    n = moments.answers
    if n < 2:
        return None
    correction = 1.0
    if population is not None and population > 1:
        correction = max(0.0, (population - n) / (population - 1))
    margin = _quantile(n - 1) * sqrt(max(0.0, moments.variance) * correction / n)
    least, most = float(LOWEST * SCALE), float(HIGHEST * SCALE)
    return Interval(max(least, centre - margin), min(most, centre + margin), margin)


def channel_difference(channel: Moments, everybody: Moments) -> Difference | None:
    """Return how a channel's answers differ from all others; None where either has fewer than two.

    Welch's interval: both variances are their own.
    """
    rest = everybody - channel
    if channel.answers < 2 or rest.answers < 2:
        return None
    points = channel.mean - rest.mean
    error = max(0.0, channel.variance) / channel.answers + max(0.0, rest.variance) / rest.answers
    margin = _quantile(min(channel.answers, rest.answers) - 1) * sqrt(error)
    low, high = points - margin, points + margin
    return Difference(points, low, high, differs=low > 0 or high < 0)


def too_small(counts: Mapping[KeyT, int], smallest: int) -> frozenset[KeyT]:
    """Return the parts of a whole that may not be shown, because few people are in them.

    Where what is hidden is so little that it could be told from the whole and the other parts, the
    next smallest part is hidden too. Empty parts tell of nobody and need no hiding.
    """
    ordered = sorted((count, str(key), key) for key, count in counts.items() if count)
    hidden: list[KeyT] = []
    together = 0
    for count, _, key in ordered:
        if count < smallest or (hidden and together < smallest):
            hidden.append(key)
            together += count
    if len(hidden) == 1 and len(ordered) > 1:
        # One part alone is the whole less the others, however many people are in it.
        hidden.append(ordered[1][2])
    return frozenset(hidden)


def _quantile(freedom: int) -> float:
    return _T[freedom - 1] if freedom <= len(_T) else _NORMAL
