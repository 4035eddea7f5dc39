"""The index comes out as published tables have it, and behaves as an index must."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.survey.rules.index import (
    ELEMENTS,
    EXACT_WEIGHTS,
    NO_COUNTS,
    ROUNDED_WEIGHTS,
    Counts,
    count_scores,
    exact_index,
    index_of_values,
    publish,
    quality_of,
    round_half_up,
    value_elements,
    weights_problem,
)

#: Dinas Pertanahan dan Tata Ruang Bantul, 2023, as published: IKM 87.28, B.
PUBLISHED = {
    code: Fraction(value)
    for code, value in zip(
        ("U1", "U2", "U3", "U4", "U5", "U6", "U7", "U8", "U9"),
        ("3.31", "3.35", "3.49", "3.93", "3.45", "3.39", "3.39", "3.76", "3.35"),
        strict=True,
    )
}

scores = st.integers(1, 4)
whole_answers = st.fixed_dictionaries(dict.fromkeys(ELEMENTS, scores))
patchy_answers = st.dictionaries(st.sampled_from(ELEMENTS), scores, min_size=1)


def index_of(answers: list[dict[str, int]]) -> Fraction:
    found = exact_index(count_scores(answers))
    assert found is not None
    return found


def test_published_figures_of_a_real_unit_come_out() -> None:
    assert sum(PUBLISHED.values()) == Fraction("31.42")
    found = publish(index_of_values(PUBLISHED))
    assert (found, quality_of(found)) == (Decimal("87.28"), "B")
    assert publish(index_of_values(PUBLISHED, ROUNDED_WEIGHTS)) == Decimal("87.19")


def test_all_fours_are_a_hundred() -> None:
    counts = count_scores([dict.fromkeys(ELEMENTS, 4)])
    assert exact_index(counts) == 100
    rounded = exact_index(counts, ROUNDED_WEIGHTS)
    assert rounded is not None
    assert publish(rounded) == Decimal("99.90")


@pytest.mark.parametrize(
    ("published", "letter"),
    [
        ("100", "A"), ("88.31", "A"), ("88.30", "B"), ("76.61", "B"), ("76.60", "C"),
        ("65.00", "C"), ("64.99", "D"), ("25.00", "D"),
    ],
)  # fmt: skip
def test_bands_hold_at_their_exact_edges(published: str, letter: str) -> None:
    assert quality_of(Decimal(published)) == letter


@pytest.mark.parametrize(
    ("exact", "letter"), [("88.305", "A"), ("88.3049", "B"), ("64.995", "C"), ("64.9949", "D")]
)
def test_a_figure_is_rounded_before_it_gets_its_letter(exact: str, letter: str) -> None:
    assert quality_of(publish(Fraction(exact))) == letter


def test_an_estimate_is_rounded_the_same_way() -> None:
    assert round_half_up(2.345) == Decimal("2.35")
    assert publish(Fraction("-2.345")) == Decimal("-2.35")


def test_missing_answers_are_divided_by_those_who_answered() -> None:
    answers = [dict.fromkeys(ELEMENTS, 4), dict.fromkeys(ELEMENTS, 4), {"U1": 1}]
    values = value_elements(count_scores(answers))
    assert [(each.filled, each.nrr) for each in values[:2]] == [(3, Fraction(3)), (2, Fraction(4))]
    assert values[0].weighted == Fraction(1, 3)


def test_without_any_answer_to_an_element_there_is_no_index() -> None:
    assert exact_index(NO_COUNTS) is None
    assert exact_index(count_scores([{"U1": 4}])) is None
    assert value_elements(NO_COUNTS)[0].nrr is None


@settings(max_examples=60)
@given(st.lists(patchy_answers, min_size=1, max_size=12), st.randoms(use_true_random=False))
def test_the_order_of_respondents_changes_nothing(answers: list[dict[str, int]], random) -> None:  # type: ignore[no-untyped-def]
    mixed = list(answers)
    random.shuffle(mixed)
    assert count_scores(mixed) == count_scores(answers)
    half = len(answers) // 2
    assert count_scores(mixed[:half]) + count_scores(mixed[half:]) == count_scores(answers)


@settings(max_examples=60)
@given(st.lists(whole_answers, min_size=1, max_size=12))
def test_the_index_lies_between_25_and_100(answers: list[dict[str, int]]) -> None:
    assert 25 <= index_of(answers) <= 100


@settings(max_examples=60)
@given(
    st.lists(whole_answers, min_size=1, max_size=8), st.integers(0, 7), st.sampled_from(ELEMENTS)
)
def test_a_better_score_never_lowers_the_index(
    answers: list[dict[str, int]], which: int, element: str
) -> None:
    better = [dict(each) for each in answers]
    chosen = better[which % len(better)]
    chosen[element] = min(4, chosen[element] + 1)
    assert index_of(better) >= index_of(answers)


@settings(max_examples=40)
@given(whole_answers)
def test_equal_weights_are_the_same_one_by_one_and_together(answer: dict[str, int]) -> None:
    counts = count_scores([answer])
    weighted = [value.weighted for value in value_elements(counts)]
    assert index_of([answer]) == sum((w for w in weighted if w), Fraction()) * 25
    uneven = {**EXACT_WEIGHTS, "U1": Fraction(2, 9), "U2": Fraction(0)}
    assert exact_index(counts, uneven) == 25 * sum(
        (Fraction(answer[code]) * weight for code, weight in uneven.items()), Fraction()
    )


def test_counts_know_their_sums() -> None:
    counts = Counts(((1, 2, 3, 4), *NO_COUNTS.rows[1:]))
    assert (counts.filled(0), counts.total(0)) == (10, 30)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({}, None),
        ({"U1": Fraction(2, 9), "U2": Fraction(1, 18), "U3": Fraction(1, 18)}, None),
        ({"U1": Fraction("0.111")}, "add up to"),
        ({"U1": Fraction(0), "U2": Fraction(2, 9)}, "above 0"),
    ],
)
def test_weights_must_add_up_to_one(changed: dict[str, Fraction], said: str | None) -> None:
    problem = weights_problem({**EXACT_WEIGHTS, **changed})
    assert (problem is None) if said is None else (problem is not None and said in problem)
    assert weights_problem({"U1": Fraction(1)}) == "no weight for U2, U3, U4, U5, U6, U7, U8, U9"
