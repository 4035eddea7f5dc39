"""Blind scores settle the same in any order; bands have no gap; ranks share ties."""

from decimal import Decimal
from itertools import pairwise, permutations
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.survey.rules.innovation_index import Band, Indicator, assess, band_of
from services.survey.rules.innovation_ranking import ScoredInnovation, rank_opds
from services.survey.rules.panel_scores import (
    PanelState,
    settle_scores,
    total_of,
    wants_score,
)

THRESHOLD = Decimal(15)
hundredths = st.integers(0, 10_000).map(lambda n: Decimal(n) / 100)
BANDS = (
    Band("sangat", "Sangat Inovatif", Decimal("60.01")),
    Band("inovatif", "Inovatif", Decimal("35.00")),
    Band("kurang", "Kurang Inovatif", Decimal("0.01")),
)


def settled(*totals: str) -> tuple[PanelState, Decimal | None]:
    """Return how far these scores are."""
    outcome = settle_scores([Decimal(total) for total in totals], THRESHOLD)
    return outcome.state, outcome.final


def test_two_that_agree_are_final_and_the_threshold_itself_agrees() -> None:
    assert settled() == (PanelState.WAITING, None)
    assert settled("80") == (PanelState.WAITING, None)
    assert settled("70", "85") == (PanelState.FINAL, Decimal("77.50"))
    assert settled("70", "85.01") == (PanelState.THIRD_ASKED, None)


def test_of_three_the_two_closest_count() -> None:
    assert settled("40", "80", "84") == (PanelState.FINAL, Decimal("82.00"))
    assert settled("40", "44", "84") == (PanelState.FINAL, Decimal("42.00"))
    assert settled("40", "60", "80") == (PanelState.FINAL, Decimal("60.00"))


@settings(max_examples=50)
@given(st.lists(hundredths, min_size=2, max_size=3))
def test_a_final_score_lies_within_and_does_not_depend_on_order(totals: list[Decimal]) -> None:
    outcomes = {settle_scores(order, THRESHOLD) for order in permutations(totals)}
    [outcome] = outcomes
    if outcome.final is not None:
        assert min(totals) <= outcome.final <= max(totals)
    assert wants_score(totals, THRESHOLD) is (outcome.state is not PanelState.FINAL)
    assert outcome.state is not PanelState.WAITING


def test_a_total_weighs_exactly_the_aspects() -> None:
    weights = {"baru": Decimal(25), "manfaat": Decimal(75)}
    assert total_of({"baru": 100, "manfaat": 50}, weights) == Decimal("62.50")
    for marks in ({"baru": 100}, {"baru": 1, "manfaat": 1, "lain": 1}):
        with pytest.raises(KeyError):
            total_of(marks, weights)


@pytest.mark.parametrize(
    ("index", "code"),
    [
        ("100", "sangat"), ("60.01", "sangat"), ("60.005", "sangat"), ("60.004", "inovatif"),
        ("60.00", "inovatif"), ("35.00", "inovatif"), ("34.995", "inovatif"),
        ("34.994", "kurang"), ("34.99", "kurang"), ("0.01", "kurang"), ("0.00", None),
    ],
)  # fmt: skip
def test_bands_at_their_edges(index: str, code: str | None) -> None:
    band = band_of(Decimal(index), BANDS)
    assert (band.code if band else None) == code


@settings(max_examples=50)
@given(st.integers(1, 10_000))
def test_no_index_falls_between_two_bands(hundredth: int) -> None:
    assert band_of(Decimal(hundredth) / 100, BANDS) is not None


INDICATORS = (
    Indicator("apbd", "spd", Decimal("25.2"), "pemda", 3),
    Indicator("regulasi", "sid", Decimal("70.0"), "innovation", 3),
    Indicator("jumlah", "sid", Decimal("4.8"), "count", 3),
)


def test_the_index_of_the_best_is_100_and_ten_innovations_are_the_least() -> None:
    best = assess(INDICATORS, BANDS, {"apbd": 3}, [{"regulasi": 3}] * 10, 10)
    assert best.index == Decimal("100.00")
    assert best.unanswered == ()
    assert best.by_aspect == {"spd": Decimal("25.20"), "sid": Decimal("74.80")}
    five = assess(INDICATORS, BANDS, {"apbd": 3}, [{"regulasi": 3}] * 5, 10)
    assert five.index == Decimal("62.60")
    nothing = assess(INDICATORS, BANDS, {}, [], 10)
    assert (nothing.index, nothing.band) == (Decimal("0.00"), None)
    assert nothing.unanswered == ("apbd", "regulasi")


@settings(max_examples=50)
@given(
    st.integers(0, 3),
    st.lists(st.integers(0, 3), max_size=14),
)
def test_a_higher_level_never_lowers_the_index(apbd: int, levels: list[int]) -> None:
    sheets = [{"regulasi": level} for level in levels]
    index = assess(INDICATORS, BANDS, {"apbd": apbd}, sheets, 10).index
    assert Decimal(0) <= index <= Decimal(100)
    more = [{"regulasi": min(level + 1, 3)} for level in levels]
    assert assess(INDICATORS, BANDS, {"apbd": apbd}, more, 10).index >= index


def scored(opd: str, score: str, *, displayed: bool = False, adopted: int = 0) -> ScoredInnovation:
    """Return an innovation with its score."""
    return ScoredInnovation(opd, f"Inovasi {opd} {score}", Decimal(score), displayed, adopted)


def test_ties_are_told_apart_by_display_then_by_adoption_then_shared() -> None:
    ranks = rank_opds(
        [
            scored("A", "80"),
            scored("B", "80", displayed=True),
            scored("C", "80", displayed=True, adopted=2),
            scored("D", "80"),
            scored("E", "79.99", displayed=True, adopted=9),
        ],
        counted=3,
        best=3,
    )
    assert [(each.opd, each.rank, each.rewarded) for each in ranks] == [
        ("C", 1, True),
        ("B", 2, True),
        ("A", 3, True),
        ("D", 3, True),
        ("E", 5, False),
    ]
    assert ranks[2].reason == (
        "Peringkat 3 (bersama) dengan nilai 80,00 dari 1 inovasi yang dinilai panel; "
        "terbaik: “Inovasi A 80”; 0 ditampilkan, 0 kali direplikasi."
    )


def test_the_mean_of_the_best_counts() -> None:
    [rank] = rank_opds(
        [scored("A", score) for score in ("90", "60", "70", "10")], counted=3, best=3
    )
    assert (rank.points, rank.innovations) == (Decimal("73.33"), 4)


innovations = st.builds(
    scored,
    st.sampled_from("ABCDEF"),
    st.integers(0, 4).map(lambda n: str(60 + n)),
    displayed=st.booleans(),
    adopted=st.integers(0, 2),
)


@settings(max_examples=50)
@given(st.lists(innovations, max_size=12), st.randoms(use_true_random=False))
def test_ranking_does_not_depend_on_order_and_rewards_at_least_the_best(
    found: list[ScoredInnovation], chance: Random
) -> None:
    ranks = rank_opds(found, counted=3, best=3)
    turned = list(found)
    chance.shuffle(turned)
    assert rank_opds(turned, counted=3, best=3) == ranks
    opds = {each.opd for each in found}
    assert {each.opd for each in ranks} == opds
    assert sum(each.rewarded for each in ranks) >= min(3, len(opds))
    for earlier, later in pairwise(ranks):
        assert earlier.points >= later.points
        assert later.rank in {earlier.rank, ranks.index(later) + 1}
