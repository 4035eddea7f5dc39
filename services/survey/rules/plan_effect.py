"""Whether a follow-up plan helped: the difference between two periods, with its uncertainty.

Pure. Respondents of different periods are different people, so the means are independent.
"""

from dataclasses import dataclass
from enum import StrEnum
from math import sqrt
from typing import Final

from services.survey.rules.weak_elements import POINTS, Tally
from shared.indonesian import write_number, write_signed

#: Two-sided 95 % of the normal distribution: with 30 answers and more, Student's is close to it.
_Z: Final = 1.959964


class EffectVerdict(StrEnum):
    """What may be said of a difference."""

    BETTER = "better"
    WORSE = "worse"
    UNCLEAR = "unclear"
    TOO_FEW = "too_few"


@dataclass(frozen=True, slots=True)
class Effect:
    """A later period against the one in which the plan was opened; points of the index, 25 to 100.

    The bounds are those of the 95 % confidence interval of the difference; without enough answers
    there are neither bounds nor a difference.
    """

    verdict: EffectVerdict
    answers_before: int
    answers_after: int
    before: float | None = None
    after: float | None = None
    difference: float | None = None
    low: float | None = None
    high: float | None = None


def judge_effect(before: Tally, after: Tally | None, least_answers: int) -> Effect:
    """Compare two periods of one element; fewer answers than `least_answers` decide nothing."""
    answered = after.answers if after is not None else 0
    if after is None or min(before.answers, answered) < max(least_answers, 1):
        return Effect(EffectVerdict.TOO_FEW, before.answers, answered)
    difference = float(after.points - before.points)
    margin = _Z * POINTS * sqrt(_error(before) + _error(after))
    low, high = difference - margin, difference + margin
    verdict = (
        EffectVerdict.BETTER
        if low > 0
        else EffectVerdict.WORSE
        if high < 0
        else EffectVerdict.UNCLEAR
    )
    return Effect(
        verdict,
        before.answers,
        answered,
        float(before.points),
        float(after.points),
        difference,
        low,
        high,
    )


def describe_effect(effect: Effect, element: str, least_answers: int) -> str:
    """Say in an Indonesian sentence or two what the figures allow to say, and no more."""
    if effect.verdict is EffectVerdict.TOO_FEW or effect.difference is None:
        return (
            f"Jawaban belum cukup untuk menilai {element}: {effect.answers_before} jawaban sebelum "
            f"dan {effect.answers_after} sesudah, sedangkan masing-masing perlu paling sedikit "
            f"{least_answers}."
        )
    moved = "naik" if effect.difference >= 0 else "turun"
    figures = (
        f"{element} {moved} {write_number(abs(effect.difference), 1)} poin, dari "
        f"{write_number(effect.before or 0, 1)} menjadi {write_number(effect.after or 0, 1)} "
        f"(selang kepercayaan 95 % dari selisih: {write_signed(effect.low or 0, 1)} sampai "
        f"{write_signed(effect.high or 0, 1)})."
    )
    return f"{figures} {_CONCLUSIONS[effect.verdict]}"


_CONCLUSIONS: Final = {
    EffectVerdict.BETTER: "Perbaikan terlihat jelas.",
    EffectVerdict.WORSE: "Penurunan terlihat jelas; tinjau kembali rencananya.",
    EffectVerdict.UNCLEAR: (
        "Selisih ini masih dapat terjadi karena kebetulan; belum dapat disimpulkan."
    ),
}


def _error(tally: Tally) -> float:
    """Return the squared standard error of a mean.

    Half an answer of each kind is added to the spread: that thirty people said the same is no
    proof that everybody would.
    """
    n, total, squares = tally.answers + 2, tally.total + 5, tally.squares + 15
    variance = (squares - total * total / n) / (n - 1)
    return variance / tally.answers
