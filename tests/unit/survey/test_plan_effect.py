"""Whether a plan helped: the interval of the difference, and saying no more than it allows."""

from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.survey.rules.plan_effect import EffectVerdict, describe_effect, judge_effect
from services.survey.rules.weak_elements import Tally
from tests.unit.survey.test_weak_elements import said

LEAST = 30
counts = st.tuples(*(st.integers(0, 200) for _ in range(4))).filter(lambda c: sum(c) >= LEAST)


def test_a_large_rise_is_said_with_its_interval() -> None:
    effect = judge_effect(said(20, 40, 30, 10), said(5, 15, 40, 40), LEAST)
    assert effect.verdict is EffectVerdict.BETTER
    assert (effect.before, effect.after, effect.difference) == (57.5, 78.75, 21.25)
    assert effect.low is not None
    assert effect.high is not None
    # By hand: sqrt(s²/n of both), here 0.916 and 0.861, times 25 and 1.96.
    assert (effect.high - effect.low) / 2 == pytest.approx(6.3, abs=0.3)
    sentence = describe_effect(effect, "Waktu penyelesaian", LEAST)
    assert sentence.startswith(
        "Waktu penyelesaian naik 21,2 poin, dari 57,5 menjadi 78,8 "
        "(selang kepercayaan 95 % dari selisih: +"
    )
    assert sentence.endswith("Perbaikan terlihat jelas.")


def test_a_small_rise_is_not_called_one() -> None:
    effect = judge_effect(said(5, 10, 20, 5), said(4, 10, 20, 6), LEAST)
    assert effect.verdict is EffectVerdict.UNCLEAR
    assert "belum dapat disimpulkan" in describe_effect(effect, "Biaya", LEAST)


def test_a_fall_is_called_one() -> None:
    effect = judge_effect(said(0, 0, 50, 50), said(50, 50, 0, 0), LEAST)
    assert effect.verdict is EffectVerdict.WORSE
    assert "turun 50,0 poin" in describe_effect(effect, "Biaya", LEAST)


@pytest.mark.parametrize("after", [None, said(0, 0, 29, 0)])
def test_too_few_answers_are_an_answer(after: Tally | None) -> None:
    effect = judge_effect(said(0, 30, 0, 0), after, LEAST)
    assert effect.verdict is EffectVerdict.TOO_FEW
    assert effect.difference is None
    assert "belum cukup" in describe_effect(effect, "Biaya", LEAST)


def test_unanimity_of_few_is_no_certainty() -> None:
    effect = judge_effect(said(0, 0, 30, 0), said(0, 0, 30, 0), LEAST)
    assert effect.low is not None
    assert effect.low < 0
    assert effect.verdict is EffectVerdict.UNCLEAR


@settings(max_examples=50)
@given(counts, counts)
def test_the_interval_holds_the_difference_and_turns_round_with_it(
    first: tuple[int, int, int, int], second: tuple[int, int, int, int]
) -> None:
    there = judge_effect(said(*first), said(*second), LEAST)
    back = judge_effect(said(*second), said(*first), LEAST)
    assert there.low is not None
    assert there.high is not None
    assert there.difference is not None
    assert there.low <= there.difference <= there.high
    assert back.low == pytest.approx(-there.high)
    turned = {EffectVerdict.BETTER: EffectVerdict.WORSE, EffectVerdict.WORSE: EffectVerdict.BETTER}
    assert back.verdict is turned.get(there.verdict, EffectVerdict.UNCLEAR)


@settings(max_examples=25)
@given(counts)
def test_more_answers_of_the_same_kind_make_it_surer(first: tuple[int, int, int, int]) -> None:
    little = judge_effect(said(*first), said(*first), LEAST)
    much = judge_effect(
        said(*(4 * count for count in first)), said(*(4 * count for count in first)), LEAST
    )
    assert little.high is not None
    assert much.high is not None
    assert much.high < little.high


def test_nineteen_of_twenty_intervals_hold_the_truth() -> None:
    chance = Random(8)  # noqa: S311 - a simulation
    before, after = (0.1, 0.2, 0.5, 0.2), (0.05, 0.2, 0.45, 0.3)
    truth = 25 * sum(s * (b - a) for s, a, b in zip((1, 2, 3, 4), before, after, strict=True))

    def draw(shares: tuple[float, ...]) -> Tally:
        given_scores = chance.choices((1, 2, 3, 4), shares, k=60)
        return said(*(given_scores.count(score) for score in (1, 2, 3, 4)))

    held = 0
    for _ in range(1000):
        effect = judge_effect(draw(before), draw(after), LEAST)
        held += (effect.low or 0) <= truth <= (effect.high or 0)
    assert 935 <= held <= 975
