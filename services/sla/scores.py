"""The fair score of an OPD or an officer, and who is to be thanked. Pure.

A score runs from 0 to 100 and is the weighted sum of four parts, each from 0 to 1:

- in time (half of it): the lower bound of Wilson's 95 % interval of the share of cases whose first
  answer came in time. The bound asks what can be relied on: 9 of 10 counts less than 90 of 100, so
  nobody comes first by having had three easy cases.
- speed: 1 / (1 + median / 2 h) of the time until the first answer; half at the promise of 2 hours.
- lasting: Wilson's lower bound of the share of resolved cases that nobody had to have reopened.
- satisfaction: the share of satisfied answers, drawn towards the mean of all by the weight of ten
  answers. Silence is no rating: who was not rated has the mean, and neither gains nor loses.

Time counts from when the OPD had the case, so that nobody is charged for the way it came; a case
that is unanswered past its limit counts as late. Who has fewer cases than the least number is shown
and not ranked.

E. B. Wilson, "Probable inference, the law of succession, and statistical inference", Journal of the
American Statistical Association 22 (1927).
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from math import sqrt
from typing import Final

from shared.indonesian import write_number

#: The 97.5th percentile of the normal distribution, for intervals of 95 %.
_Z: Final = 1.959964
PROMISE_SECONDS: Final = 7_200
#: So many answers of citizens weigh as much as the mean of all.
PRIOR_WEIGHT: Final = 10
WEIGHTS: Final = {"in_time": 0.50, "speed": 0.15, "lasting": 0.15, "satisfaction": 0.20}
LEAST_OPD_CASES: Final = 20
LEAST_OFFICER_CASES: Final = 10
_LEAST_RATED: Final = 5


@dataclass(frozen=True, slots=True)
class Tally:
    """What an OPD or an officer did in a month. `cases` are those whose time was up or kept."""

    key: str
    cases: int
    in_time: int
    resolved: int
    reopened: int
    rated: int
    satisfied: int
    median_seconds: float | None


@dataclass(frozen=True, slots=True)
class Score:
    """A tally's score and its parts; `rank` is None where there were too few cases."""

    tally: Tally
    score: float
    in_time_bound: float
    speed: float
    lasting_bound: float
    satisfaction: float
    rank: int | None = None


@dataclass(frozen=True, slots=True)
class Best:
    """Somebody to thank: for what, and why, as they read it."""

    title: str
    key: str
    reason: str


def wilson_lower(good: int, all_of_them: int) -> float:
    """Return the lower bound of the 95 % interval of a share; 0 where there is nothing."""
    if all_of_them <= 0:
        return 0.0
    share, z2 = good / all_of_them, _Z * _Z
    centre = share + z2 / (2 * all_of_them)
    margin = _Z * sqrt((share * (1 - share) + z2 / (4 * all_of_them)) / all_of_them)
    return min(max((centre - margin) / (1 + z2 / all_of_them), 0.0), 1.0)


def drawn_to_mean(good: int, all_of_them: int, mean: float) -> float:
    """Return a share as it is believed when the mean of all weighs as much as ten answers."""
    return (good + PRIOR_WEIGHT * mean) / (all_of_them + PRIOR_WEIGHT)


def mean_satisfaction(tallies: Iterable[Tally]) -> float:
    """Return the satisfied share of all answers; a half where nobody has rated anything."""
    rated = satisfied = 0
    for tally in tallies:
        rated, satisfied = rated + tally.rated, satisfied + tally.satisfied
    return satisfied / rated if rated else 0.5


def score_of(tally: Tally, mean: float) -> Score:
    """Return the score of one; `mean` is the satisfied share of all."""
    parts = {
        "in_time": wilson_lower(tally.in_time, tally.cases),
        "speed": (
            0.0
            if tally.median_seconds is None
            else 1 / (1 + tally.median_seconds / PROMISE_SECONDS)
        ),
        "lasting": wilson_lower(tally.resolved - tally.reopened, tally.resolved),
        "satisfaction": drawn_to_mean(tally.satisfied, tally.rated, mean),
    }
    return Score(
        tally=tally,
        score=100 * sum(WEIGHTS[name] * part for name, part in parts.items()),
        in_time_bound=parts["in_time"],
        speed=parts["speed"],
        lasting_bound=parts["lasting"],
        satisfaction=parts["satisfaction"],
    )


def rank(tallies: Sequence[Tally], least_cases: int) -> list[Score]:
    """Return the scores of all, the best first; those with too few cases come last, unranked.

    Whose scores are equal share a rank.
    """
    mean = mean_satisfaction(tallies)
    scores = sorted((score_of(tally, mean) for tally in tallies), key=_order)
    ranked: list[Score] = []
    for score in (each for each in scores if each.tally.cases >= least_cases):
        before = ranked[-1] if ranked else None
        same = before is not None and before.score == score.score
        place = before.rank if before is not None and same else len(ranked) + 1
        ranked.append(_with_rank(score, place))
    return [*ranked, *(each for each in scores if each.tally.cases < least_cases)]


def _with_rank(score: Score, place: int | None) -> Score:
    return Score(
        score.tally,
        score.score,
        score.in_time_bound,
        score.speed,
        score.lasting_bound,
        score.satisfaction,
        place,
    )


def _order(score: Score) -> tuple[float, float, int, str]:
    return (-score.score, -score.in_time_bound, -score.tally.cases, score.tally.key)


def choose_best(scores: Sequence[Score], who: str) -> list[Best]:
    """Return whom to thank, of those who are ranked; `who` is what they are, in Indonesian."""
    ranked = [score for score in scores if score.rank is not None]
    if not ranked:
        return []
    first = ranked[0]
    found = [Best(f"{who} terbaik", first.tally.key, _praise(first))]
    timed = [each for each in ranked if each.tally.median_seconds is not None]
    if timed:
        fastest = _first(timed, lambda each: -(each.tally.median_seconds or 0.0))
        wait = duration(fastest.tally.median_seconds or 0.0)
        reason = f"Separuh dari {fastest.tally.cases} kasusnya dijawab dalam {wait}."
        found.append(Best(f"{who} tercepat", fastest.tally.key, reason))
    rated = [each for each in ranked if each.tally.rated >= _LEAST_RATED]
    if rated:
        liked = _first(rated, lambda each: each.satisfaction)
        tally = liked.tally
        reason = f"{tally.satisfied} dari {tally.rated} warga yang menilai menyatakan puas."
        found.append(Best(f"{who} paling memuaskan", tally.key, reason))
    return found


def _first(scores: Sequence[Score], value: Callable[[Score], float]) -> Score:
    """Return the best by one figure; equals are told apart by the score."""
    return max(scores, key=lambda each: (value(each), [-part for part in _order(each)[:3]]))


def _praise(score: Score) -> str:
    tally = score.tally
    parts = [f"{tally.in_time} dari {tally.cases} kasus dijawab tepat waktu"]
    if tally.median_seconds is not None:
        parts.append(f"separuhnya dalam {duration(tally.median_seconds)}")
    if tally.resolved:
        parts.append(f"{tally.resolved - tally.reopened} dari {tally.resolved} tuntas sekali jalan")
    if tally.rated:
        parts.append(f"{tally.satisfied} dari {tally.rated} penilaian menyatakan puas")
    return f"Nilai {write_number(score.score, 1)}: {', '.join(parts)}."


def duration(seconds: float) -> str:
    """Write a time as people say it."""
    if seconds < 5_400:
        return f"{max(round(seconds / 60), 1)} menit"
    if seconds < 172_800:
        return f"{write_number(seconds / 3600, 1)} jam"
    return f"{write_number(seconds / 86_400, 1)} hari"
