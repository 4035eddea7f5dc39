"""The satisfaction index (IKM) of PermenPANRB 14/2017, in exact fractions.

NRR is the mean score of an element among those who answered it; each is weighted, and the sum times
25 is the IKM. It is rounded to two decimals as it is published, and only then given its letter:
between the bands of the regulation (88.30 and 88.31) there is then no gap.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from typing import Final, Literal

#: The nine elements in the regulation's own order. Questionnaires ask them in any order.
ELEMENTS: Final = ("U1", "U2", "U3", "U4", "U5", "U6", "U7", "U8", "U9")
LOWEST: Final = 1
HIGHEST: Final = 4
SCORES: Final = (1, 2, 3, 4)
#: From an index of 1 to 4 to one of 25 to 100.
SCALE: Final = 25

Quality = Literal["A", "B", "C", "D"]
Weights = Mapping[str, Fraction]

#: The least published IKM of each letter.
BANDS: Final[tuple[tuple[Decimal, Quality], ...]] = (
    (Decimal("88.31"), "A"),
    (Decimal("76.61"), "B"),
    (Decimal("65.00"), "C"),
    (Decimal("25.00"), "D"),
)
QUALITIES: Final[Mapping[Quality, str]] = {
    "A": "Sangat baik",
    "B": "Baik",
    "C": "Kurang baik",
    "D": "Tidak baik",
}
#: Nine times exactly one ninth: the published figures of real units come out with this alone.
EXACT_WEIGHTS: Final[Weights] = dict.fromkeys(ELEMENTS, Fraction(1, 9))
#: What some tables print for one ninth. Nine of them are 0.999, and all fours make 99.90.
ROUNDED_WEIGHTS: Final[Weights] = dict.fromkeys(ELEMENTS, Fraction(111, 1000))


@dataclass(frozen=True, slots=True)
class Counts:
    """How many gave each score: nine rows (`ELEMENTS`) of four numbers, for the scores 1 to 4."""

    rows: tuple[tuple[int, int, int, int], ...]

    def filled(self, element: int) -> int:
        """Return how many answered the element at this place."""
        return sum(self.rows[element])

    def total(self, element: int) -> int:
        """Return the sum of the scores of the element at this place."""
        one, two, three, four = self.rows[element]
        return one + 2 * two + 3 * three + 4 * four

    def __add__(self, other: "Counts") -> "Counts":
        """Return the counts of both together."""
        return Counts(
            tuple(
                (a[0] + b[0], a[1] + b[1], a[2] + b[2], a[3] + b[3])
                for a, b in zip(self.rows, other.rows, strict=True)
            )
        )


NO_COUNTS: Final = Counts(tuple((0, 0, 0, 0) for _ in ELEMENTS))


@dataclass(frozen=True, slots=True)
class ElementValue:
    """An element's value: `nrr` is exact, None where nobody answered it."""

    code: str
    filled: int
    nrr: Fraction | None
    weighted: Fraction | None
    scores: tuple[int, int, int, int]


def count_scores(answers: Sequence[Mapping[str, int]]) -> Counts:
    """Count answers, each a score by element; an element that is not in an answer is not filled."""
    rows = [[0, 0, 0, 0] for _ in ELEMENTS]
    for answer in answers:
        for place, code in enumerate(ELEMENTS):
            if code in answer:
                rows[place][answer[code] - 1] += 1
    return Counts(tuple((a, b, c, d) for a, b, c, d in rows))


def value_elements(counts: Counts, weights: Weights = EXACT_WEIGHTS) -> tuple[ElementValue, ...]:
    """Return the values of the nine elements: the sum of scores divided by those who answered."""
    found = []
    for place, code in enumerate(ELEMENTS):
        filled = counts.filled(place)
        nrr = Fraction(counts.total(place), filled) if filled else None
        weighted = None if nrr is None else nrr * weights[code]
        found.append(ElementValue(code, filled, nrr, weighted, counts.rows[place]))
    return tuple(found)


def exact_index(counts: Counts, weights: Weights = EXACT_WEIGHTS) -> Fraction | None:
    """Return the IKM before rounding; None where an element was answered by nobody."""
    filled = [counts.filled(place) for place in range(len(ELEMENTS))]
    if not all(filled):
        return None
    totals = [counts.total(place) for place in range(len(ELEMENTS))]
    common = _common(weights)
    if common is None:
        nrrs = {c: Fraction(t, f) for c, t, f in zip(ELEMENTS, totals, filled, strict=True)}
        return index_of_values(nrrs, weights)
    # Whole numbers until the end: a report of many units adds up tens of thousands of values.
    above, below = 0, 1
    for total, count in zip(totals, filled, strict=True):
        above, below = above * count + total * below, below * count
    return Fraction(above * common.numerator * SCALE, below * common.denominator)


def index_of_values(nrrs: Mapping[str, Fraction], weights: Weights = EXACT_WEIGHTS) -> Fraction:
    """Return the IKM of given values of all nine elements, before rounding."""
    return sum((nrrs[code] * weights[code] for code in ELEMENTS), Fraction()) * SCALE


def _common(weights: Weights) -> Fraction | None:
    """Return the weight that all elements have; None where they differ."""
    first = weights[ELEMENTS[0]]
    return first if all(weights[code] == first for code in ELEMENTS) else None


def publish(value: Fraction, places: int = 2) -> Decimal:
    """Round half up, as figures are published: 88.305 becomes 88.31."""
    scaled = value * 10**places
    # Halves away from zero, in whole numbers: nothing is ever a float.
    whole, rest = divmod(abs(scaled.numerator), scaled.denominator)
    rounded = whole + (2 * rest >= scaled.denominator)
    return Decimal(rounded if scaled >= 0 else -rounded).scaleb(-places)


def round_half_up(value: float, places: int = 2) -> Decimal:
    """Round an estimate (an interval's end), which is no exact fraction, in the same way."""
    return Decimal(str(value)).quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)


def quality_of(published: Decimal) -> Quality:
    """Return the letter of an IKM that was rounded to two decimals already."""
    return next((letter for least, letter in BANDS if published >= least), "D")


def weights_problem(weights: Weights) -> str | None:
    """Say what is wrong with weights of a Pemda's own; None where nothing is."""
    missing = [code for code in ELEMENTS if code not in weights]
    if missing:
        return f"no weight for {', '.join(missing)}"
    if any(weight <= 0 for weight in weights.values()):
        return "a weight must be above 0"
    total = sum(weights.values(), Fraction())
    if total != 1:
        return f"the weights add up to {float(total):.6g} ({total}), not to 1"
    return None


def combine_indexes(published: Sequence[float]) -> Decimal | None:
    """Return the mean of units' published indexes, as a Pemda publishes its own; None of none.

    Of the published figures, not the exact ones: whoever adds up the table shall get the same.
    """
    if not published:
        return None
    return publish(sum((Fraction(str(each)) for each in published), Fraction()) / len(published))
