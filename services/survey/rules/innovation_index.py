"""The self-assessment by 36 indicators, and the band that its index falls into. Pure.

The form of the computation follows Kemendagri's public explanation of the Indeks Inovasi Daerah
2023 (Permendagri 104/2018): the Pemda's own indicators once, those of innovations as the mean over
all of them but at least ten, and one for their number. The indicators' names and weights are the
profile's; where they are only assumed, it says so.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Final, Literal

_HUNDREDTH: Final = Decimal("0.01")

Scope = Literal["pemda", "innovation", "count"]


@dataclass(frozen=True, slots=True)
class Indicator:
    """One indicator: what it weighs of 100, and its highest level (levels count from 0).

    The scope says what is assessed: the Pemda, each innovation, or how many innovations there are.
    """

    code: str
    aspect: str
    weight: Decimal
    scope: Scope
    top: int


@dataclass(frozen=True, slots=True)
class Band:
    """A band of the index; it begins at `least` and ends below the next one's."""

    code: str
    name: str
    least: Decimal


@dataclass(frozen=True, slots=True)
class IndexResult:
    """The index, 0 to 100 with two decimals, its parts by aspect, its band, what is unanswered."""

    index: Decimal
    by_aspect: Mapping[str, Decimal]
    band: Band | None
    unanswered: tuple[str, ...]


def assess(
    indicators: Sequence[Indicator],
    bands: Sequence[Band],
    pemda: Mapping[str, int],
    innovations: Sequence[Mapping[str, int]],
    least_innovations: int,
) -> IndexResult:
    """Return the index from the levels that were answered; what is unanswered counts as 0.

    `pemda` holds levels by indicator, `innovations` one such sheet each.
    """
    by_aspect: dict[str, Decimal] = {}
    unanswered = []
    divisor = max(least_innovations, len(innovations), 1)
    for each in indicators:
        if each.scope == "pemda":
            share = Decimal(min(pemda.get(each.code, 0), each.top)) / each.top
            complete = each.code in pemda
        elif each.scope == "innovation":
            levels = sum(min(sheet.get(each.code, 0), each.top) for sheet in innovations)
            share = Decimal(levels) / (each.top * divisor)
            complete = bool(innovations) and all(each.code in sheet for sheet in innovations)
        else:
            share, complete = Decimal(min(len(innovations), divisor)) / divisor, True
        by_aspect[each.aspect] = by_aspect.get(each.aspect, Decimal(0)) + share * each.weight
        if not complete:
            unanswered.append(each.code)
    index = rounded(sum(by_aspect.values(), Decimal(0)))
    return IndexResult(
        index,
        {aspect: rounded(value) for aspect, value in by_aspect.items()},
        band_of(index, bands),
        tuple(unanswered),
    )


def band_of(index: Decimal, bands: Sequence[Band]) -> Band | None:
    """Return the highest band that the index reaches; None below all of them.

    The index is rounded to two decimals first, so that there is no gap between bands.
    """
    value = rounded(index)
    reached = [band for band in bands if value >= band.least]
    return max(reached, key=lambda band: band.least, default=None)


def rounded(value: Decimal) -> Decimal:
    """Round to two decimals, halves up."""
    return value.quantize(_HUNDREDTH, ROUND_HALF_UP)
