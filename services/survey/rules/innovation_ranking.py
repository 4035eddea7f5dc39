"""The ranking of OPDs by what a panel thought of their innovations. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from shared.indonesian import write_number


@dataclass(frozen=True, slots=True)
class ScoredInnovation:
    """An innovation with its final score of the year, and how many others adopted it."""

    opd: str
    title: str
    score: Decimal
    displayed: bool
    adoptions: int = 0


@dataclass(frozen=True, slots=True)
class OpdRank:
    """An OPD's place. OPDs that nothing tells apart share a rank, and the next one is left out."""

    rank: int
    opd: str
    points: Decimal
    innovations: int
    displayed: int
    adoptions: int
    best_title: str
    rewarded: bool
    reason: str


def rank_opds(scored: Iterable[ScoredInnovation], *, counted: int, best: int) -> list[OpdRank]:
    """Rank OPDs, the best first.

    An OPD's points are the mean of its `counted` highest scores; where it has fewer, of those.
    Equal points are told apart by the number of displayed innovations, then of adoptions. All OPDs
    of rank `best` or better are rewarded, also where a tie makes them more.
    """
    by_opd: dict[str, list[ScoredInnovation]] = {}
    for each in scored:
        by_opd.setdefault(each.opd, []).append(each)
    rows = []
    for opd, own in by_opd.items():
        own.sort(key=lambda each: (-each.score, each.title))
        top = [each.score for each in own[:counted]]
        mean = (sum(top, Decimal(0)) / len(top)).quantize(Decimal("0.01"), ROUND_HALF_UP)
        displayed = sum(each.displayed for each in own)
        adoptions = sum(each.adoptions for each in own)
        rows.append(((mean, displayed, adoptions), opd, own))
    merits = [merit for merit, _, _ in rows]
    ranks = []
    for merit, opd, own in sorted(rows, key=lambda row: (*(-part for part in row[0]), row[1])):
        rank = 1 + sum(other > merit for other in merits)
        shared = merits.count(merit) > 1
        ranks.append(_rank(rank, opd, merit, own, shared=shared, rewarded=rank <= best))
    return ranks


def _rank(
    rank: int,
    opd: str,
    merit: tuple[Decimal, int, int],
    own: list[ScoredInnovation],
    *,
    shared: bool,
    rewarded: bool,
) -> OpdRank:
    points, displayed, adoptions = merit
    place = f"Peringkat {rank}{' (bersama)' if shared else ''}"
    reason = (
        f"{place} dengan nilai {write_number(points, 2)} dari {len(own)} inovasi yang dinilai "
        f"panel; terbaik: “{own[0].title}”; {displayed} ditampilkan, {adoptions} kali direplikasi."
    )
    return OpdRank(
        rank, opd, points, len(own), displayed, adoptions, own[0].title, rewarded, reason
    )
