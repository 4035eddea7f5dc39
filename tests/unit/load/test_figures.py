"""Medians, spread, ratios, goals and comparisons of the bench."""

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.load.figures import Figure, Run, compare, summarise

_rates = st.lists(st.floats(0.001, 1e6), min_size=1, max_size=9)


def _figure(*ours: float, reference: tuple[float, ...] = (), **values: object) -> Figure:
    figure = Figure("relay", "relay", "events/s", ours, reference)
    return replace(figure, **values)  # type: ignore[arg-type]


@given(_rates)
def test_median_lies_between_the_extremes(rounds: list[float]) -> None:
    summary = summarise(rounds)
    assert summary.least <= summary.median <= summary.greatest
    assert summary.spread >= 0


def test_one_wild_round_moves_the_spread_and_not_the_median() -> None:
    calm, wild = summarise([100, 101, 99, 100, 100]), summarise([100, 101, 99, 100, 10])
    assert calm.median == wild.median == 100
    assert calm.spread == pytest.approx(0.01)
    assert wild.spread == pytest.approx(0.455)


def test_nothing_measured_is_no_summary() -> None:
    with pytest.raises(ValueError, match="at least one"):
        summarise([])
    with pytest.raises(ValueError, match="no round"):
        _figure()


def test_ratio_is_of_neighbouring_rounds_so_that_a_slow_spell_cancels_out() -> None:
    # The machine ran at half speed from the second round on.
    figure = _figure(80, 40, 40, reference=(100, 50, 50))
    assert figure.ratio is not None
    assert figure.ratio.median == pytest.approx(0.8)
    assert figure.ratio.spread == pytest.approx(0)
    assert figure.summary.spread == pytest.approx(0.5)


def test_rounds_of_both_sides_must_pair() -> None:
    with pytest.raises(ValueError, match="as many rounds"):
        _figure(1, 2, reference=(1,))


@pytest.mark.parametrize(
    ("figure", "verdict"),
    [
        (_figure(100), ""),
        (_figure(100, goal=100.0), "met"),
        (_figure(99, goal=100.0), "below"),
        (_figure(99, goal=100.0, better="less"), "met"),
        (_figure(101, goal=100.0, better="less"), "below"),
        (_figure(60, reference=(100.0,), goal=0.6, goal_is_ratio=True), "met"),
        (_figure(59, reference=(100.0,), goal=0.6, goal_is_ratio=True), "below"),
    ],
)
def test_goal_counts_for_the_ratio_or_for_the_value(figure: Figure, verdict: str) -> None:
    assert figure.verdict == verdict


def test_goal_for_a_ratio_needs_a_reference() -> None:
    with pytest.raises(ValueError, match="no reference"):
        _figure(1, goal=0.5, goal_is_ratio=True)


def test_change_is_of_the_ratio_where_there_is_one() -> None:
    # Twice as fast in events, on a machine twice as fast: nothing changed.
    before, now = _figure(50, reference=(100.0,)), _figure(100, reference=(200.0,))
    change = compare(now, before)
    assert change is not None
    assert change.share == pytest.approx(0)
    assert not change.is_clear


def test_change_within_the_spread_of_either_run_is_not_clear() -> None:
    steady, shaky = _figure(110, 110, 110), _figure(100, 80, 120)
    change = compare(steady, shaky)
    assert change is not None
    assert change.share == pytest.approx(0.1)
    assert not change.is_clear
    assert change.is_gain


def test_change_beyond_the_spread_is_clear_and_knows_its_direction() -> None:
    before, now = _figure(100, better="less"), _figure(120, better="less")
    change = compare(now, before)
    assert change is not None
    assert change.is_clear
    assert not change.is_gain


def test_what_measures_something_else_is_not_compared() -> None:
    assert compare(_figure(1), _figure(1, unit="ms")) is None
    assert compare(_figure(1), _figure(1, reference=(1.0,))) is None
    assert compare(_figure(1), _figure(0)) is None


@given(_rates)
def test_run_comes_back_from_its_file_as_it_was(rounds: list[float]) -> None:
    figure = _figure(*rounds, reference=tuple(rounds), goal=0.6, goal_is_ratio=True, note="n")
    run = Run("2026-03-09T02:00:00+00:00", {"rounds": 5}, (figure,), {"submit": "no port"})
    again = Run.from_json(json.loads(json.dumps(run.as_json())))
    assert again == run
    assert again.find("relay") == figure
    assert again.find("inbox") is None
