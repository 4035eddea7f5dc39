"""The fair score: luck does not rank, order does not matter, and it stays between 0 and 100."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.sla.scores import (
    LEAST_OPD_CASES,
    WEIGHTS,
    Tally,
    choose_best,
    drawn_to_mean,
    duration,
    rank,
    score_of,
    wilson_lower,
)


@st.composite
def tallies(draw: st.DrawFn, key: str = "PUPR") -> Tally:
    """Draw what somebody may have done in a month."""
    cases = draw(st.integers(0, 2_000))
    resolved = draw(st.integers(0, 2_000))
    rated = draw(st.integers(0, resolved))
    seconds = st.floats(0, 2_592_000, allow_nan=False)
    return Tally(
        key=key,
        cases=cases,
        in_time=draw(st.integers(0, cases)),
        resolved=resolved,
        reopened=draw(st.integers(0, resolved)),
        rated=rated,
        satisfied=draw(st.integers(0, rated)),
        median_seconds=draw(st.none() | seconds) if cases else None,
    )


def tally(key: str, cases: int, in_time: int, **fields: int) -> Tally:
    """Make a tally of somebody who answers within an hour."""
    usual = {"resolved": cases, "reopened": 0, "rated": 0, "satisfied": 0}
    return Tally(key=key, cases=cases, in_time=in_time, median_seconds=3600, **{**usual, **fields})


@given(st.integers(1, 10_000), st.data())
def test_a_bound_lies_below_its_share_and_within_0_and_1(cases: int, data: st.DataObject) -> None:
    good = data.draw(st.integers(0, cases))
    assert 0 <= wilson_lower(good, cases) <= good / cases + 1e-12


@given(st.integers(1, 500), st.integers(2, 20), st.data())
def test_more_cases_at_the_same_share_never_lower_the_bound(
    cases: int, times: int, data: st.DataObject
) -> None:
    good = data.draw(st.integers(0, cases))
    assert wilson_lower(times * good, times * cases) >= wilson_lower(good, cases) - 1e-12


@given(st.integers(1, 2_000), st.data())
def test_one_more_in_time_never_lowers_the_bound(cases: int, data: st.DataObject) -> None:
    good = data.draw(st.integers(0, cases - 1))
    assert wilson_lower(good + 1, cases) >= wilson_lower(good, cases)


@given(tallies(), st.floats(0, 1))
def test_a_score_lies_between_0_and_100(found: Tally, mean: float) -> None:
    assert 0 <= score_of(found, mean).score <= 100 + 1e-9


@given(tallies(), st.integers(2, 10))
def test_who_does_the_same_with_more_cases_scores_no_less(found: Tally, times: int) -> None:
    """As far as satisfaction is the mean's: above it, ratings lift; below it, they weigh."""
    mean = found.satisfied / found.rated if found.rated else 0.5
    more = Tally(
        key=found.key,
        cases=times * found.cases,
        in_time=times * found.in_time,
        resolved=times * found.resolved,
        reopened=times * found.reopened,
        rated=times * found.rated,
        satisfied=times * found.satisfied,
        median_seconds=found.median_seconds,
    )
    assert score_of(more, mean).score >= score_of(found, mean).score - 1e-9


@given(st.lists(st.integers(0, 60), min_size=1, max_size=12), st.randoms(use_true_random=False))
def test_the_order_in_which_they_are_counted_changes_nothing(
    volumes: list[int], shuffled: random.Random
) -> None:
    found = [tally(f"OPD-{place}", cases, cases * 7 // 10) for place, cases in enumerate(volumes)]
    other = list(found)
    shuffled.shuffle(other)
    assert rank(found, LEAST_OPD_CASES) == rank(other, LEAST_OPD_CASES)
    assert choose_best(rank(found, 20), "OPD") == choose_best(rank(other, 20), "OPD")


@given(st.lists(tallies(), max_size=10))
def test_ranks_follow_scores_and_leave_out_who_had_too_few(found: list[Tally]) -> None:
    named = [
        Tally(f"OPD-{place}", *[getattr(each, name) for name in Tally.__slots__[1:]])
        for place, each in enumerate(found)
    ]
    scores = rank(named, LEAST_OPD_CASES)
    assert {score.tally.key for score in scores} == {each.key for each in named}
    for score in scores:
        assert (score.rank is None) == (score.tally.cases < LEAST_OPD_CASES)
        if score.rank is not None:
            better = [each for each in scores if each.rank and each.score > score.score]
            assert score.rank == len(better) + 1


def test_few_lucky_cases_do_not_come_first() -> None:
    lucky, steady = tally("LUCKY", 20, 20), tally("STEADY", 400, 392)
    assert [each.tally.key for each in rank([lucky, steady], 20)] == ["STEADY", "LUCKY"]
    three = tally("THREE", 3, 3)
    assert rank([three, steady], 20)[-1].rank is None


def test_silence_is_neither_praise_nor_blame() -> None:
    mean = 0.8
    silent = tally("SILENT", 100, 90)
    average = tally("AVERAGE", 100, 90, rated=50, satisfied=40)
    loved = tally("LOVED", 100, 90, rated=50, satisfied=50)
    hated = tally("HATED", 100, 90, rated=50, satisfied=10)
    scores = [score_of(each, mean).score for each in (hated, silent, average, loved)]
    assert scores[1] == pytest.approx(scores[2])
    assert scores == sorted(scores)
    assert drawn_to_mean(1, 1, mean) < 0.85


def test_the_weights_are_a_whole() -> None:
    assert sum(WEIGHTS.values()) == pytest.approx(1)


def test_thanks_come_with_their_reasons() -> None:
    first = tally("PUPR", 120, 112, reopened=2, resolved=110, rated=30, satisfied=27)
    second = tally("DLH", 40, 20, rated=8, satisfied=8)
    best = choose_best(rank([second, first], 20), "OPD")
    assert [(each.title, each.key) for each in best] == [
        ("OPD terbaik", "PUPR"),
        ("OPD tercepat", "PUPR"),
        ("OPD paling memuaskan", "DLH"),
    ]
    assert "112 dari 120 kasus dijawab tepat waktu" in best[0].reason
    assert "8 dari 8 warga" in best[2].reason
    assert choose_best(rank([tally("X", 3, 3)], 20), "OPD") == []


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0, "1 menit"), (3_600, "60 menit"), (7_200, "2,0 jam"), (300_000, "3,5 hari")],
)
def test_times_are_said_as_people_say_them(seconds: float, said: str) -> None:
    assert duration(seconds) == said
