"""Samples have the published sizes, intervals hold what they say, and few are never shown."""

import random
from math import sqrt
from statistics import mean, variance

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.survey.rules.answers import UNIT_OF_MEANS, mean_of
from services.survey.rules.sampling import (
    Moments,
    channel_difference,
    mean_interval,
    sample_size,
    too_small,
)


def moments(values: list[float]) -> Moments:
    """Return the moments of means between 1 and 4."""
    whole = [round(value * UNIT_OF_MEANS) for value in values]
    return Moments(len(whole), sum(whole), sum(each * each for each in whole))


@pytest.mark.parametrize(
    ("population", "size"),
    [
        (1, 1), (10, 10), (50, 44), (100, 80), (200, 132), (500, 217), (1000, 278), (5000, 357),
        (10_000, 370), (1_000_000, 384),
    ],
)  # fmt: skip
def test_sample_sizes_are_those_of_krejcie_and_morgan(population: int, size: int) -> None:
    assert sample_size(population) == size


@settings(max_examples=50)
@given(st.integers(1, 10_000_000))
def test_a_larger_population_never_needs_fewer(population: int) -> None:
    assert 1 <= sample_size(population) <= min(population, 385)
    assert sample_size(population) <= sample_size(population + 1)


def test_an_interval_is_that_of_the_textbook() -> None:
    values = [3.0, 3.5, 2.5, 4.0, 3.0, 2.0, 3.5, 4.0, 3.0, 2.5] * 4
    found = mean_interval(moments(values), None, 25 * mean(values))
    assert found is not None
    assert found.margin == pytest.approx(1.960 * 25 * sqrt(variance(values) / len(values)))
    whole = mean_interval(moments(values), len(values), 25 * mean(values))
    assert whole is not None
    assert whole.margin == 0
    some = mean_interval(moments(values), 100, 25 * mean(values))
    assert some is not None
    assert some.margin == pytest.approx(found.margin * sqrt(60 / 99))


def test_an_interval_holds_the_truth_about_as_often_as_it_says() -> None:
    chance = random.Random(20260309)  # noqa: S311 - a sample, and no secret
    population = [chance.choice((1.0, 2.0, 3.0, 3.0, 4.0, 4.0)) for _ in range(400)]
    truth, held = 25 * mean(population), 0
    for _ in range(400):
        sample = chance.sample(population, 60)
        found = mean_interval(moments(sample), len(population), 25 * mean(sample))
        held += found is not None and found.low <= truth <= found.high
    assert 0.92 <= held / 400 <= 0.98


def test_one_answer_has_no_interval_and_ends_are_cut_off() -> None:
    assert mean_interval(moments([3.0]), None, 75.0) is None
    found = mean_interval(moments([4.0, 4.0, 3.0]), None, 98.0)
    assert found is not None
    assert (found.high, found.low > 25) == (100.0, True)


def test_a_channel_that_differs_is_seen() -> None:
    kiosk, others = [4.0, 4.0, 3.5, 4.0] * 10, [2.0, 2.5, 3.0, 2.0] * 20
    found = channel_difference(moments(kiosk), moments(kiosk + others))
    assert found is not None
    assert found.differs
    assert found.points == pytest.approx(25 * (mean(kiosk) - mean(others)))
    alike = channel_difference(moments(others[:20]), moments(others))
    assert alike is not None
    assert not alike.differs
    assert channel_difference(moments(kiosk), moments(kiosk)) is None
    assert channel_difference(moments([3.0]), moments([3.0, 2.0, 4.0])) is None


@pytest.mark.parametrize(
    ("counts", "hidden"),
    [
        ({"a": 10, "b": 20}, set()),
        ({"a": 0, "b": 20}, set()),
        ({"a": 4, "b": 20, "c": 30}, {"a", "b"}),
        ({"a": 2, "b": 2, "c": 30}, {"a", "b", "c"}),
        ({"a": 3, "b": 4, "c": 30}, {"a", "b"}),
        ({"a": 4}, {"a"}),
        ({"a": 1, "b": 3, "c": 30, "d": 40}, {"a", "b", "c"}),
    ],
)
def test_few_are_hidden_and_cannot_be_told_from_the_rest(
    counts: dict[str, int], hidden: set[str]
) -> None:
    assert too_small(counts, 5) == hidden


@settings(max_examples=60)
@given(st.dictionaries(st.integers(0, 9), st.integers(0, 30)))
def test_what_is_hidden_is_never_one_part_or_a_few_people(counts: dict[int, int]) -> None:
    hidden = too_small(counts, 5)
    assert all(key in hidden for key, count in counts.items() if 0 < count < 5)
    filled = [key for key, count in counts.items() if count]
    if hidden and hidden != set(filled):
        assert len(hidden) >= 2
        assert sum(counts[key] for key in hidden) >= 5


@settings(max_examples=50)
@given(st.lists(st.one_of(st.none(), st.integers(1, 4)), min_size=9, max_size=9))
def test_the_mean_of_an_answer_is_a_whole_number(row: list[int | None]) -> None:
    filled = [score for score in row if score is not None]
    if filled:
        assert mean_of(tuple(row)) * len(filled) == UNIT_OF_MEANS * sum(filled)
