"""Which elements are weak: by the target, by falling, by being the lowest, and only by enough."""

from fractions import Fraction

from hypothesis import given, settings
from hypothesis import strategies as st

from services.survey.rules.weak_elements import (
    Reason,
    Tally,
    WeaknessRule,
    find_weak_elements,
)

RULE = WeaknessRule(Fraction("76.61"), {"U7": Fraction(80)}, 3, 2, 30)
NO_TARGET = WeaknessRule(Fraction(25), {}, 3, 0, 30)


def said(one: int, two: int, three: int, four: int) -> Tally:
    """Return the tally of so many answers of each kind."""
    counts = (one, two, three, four)
    return Tally(
        sum(counts),
        sum(score * count for score, count in enumerate(counts, 1)),
        sum(score * score * count for score, count in enumerate(counts, 1)),
    )


def weak(rule: WeaknessRule, **latest: Tally) -> dict[str, tuple[Reason, ...]]:
    """Return the reasons by element, of elements with a single period."""
    found = find_weak_elements({code: [tally] for code, tally in latest.items()}, rule)
    return {each.element: each.reasons for each in found}


def test_an_element_below_its_target_is_weak_and_one_at_it_is_not() -> None:
    rule = WeaknessRule(Fraction(75), {"U7": Fraction(80)}, 3, 0, 30)
    at = said(0, 0, 40, 0)
    below = said(1, 0, 39, 0)
    assert weak(rule, U1=at, U2=below, U7=at) == {
        "U2": (Reason.BELOW_TARGET,),
        "U7": (Reason.BELOW_TARGET,),
    }


def test_three_falls_in_a_row_need_four_readings() -> None:
    row = [said(0, 0, 10 + lower, 90 - lower) for lower in (0, 5, 10, 15)]
    assert [w.reasons for w in find_weak_elements({"U1": row}, NO_TARGET)] == [(Reason.FALLING,)]
    assert find_weak_elements({"U1": row[1:]}, NO_TARGET) == ()
    level = [row[0], row[1], row[1], row[2]]
    assert find_weak_elements({"U1": level}, NO_TARGET) == ()
    gap = [row[0], None, row[1], row[2]]
    assert find_weak_elements({"U1": gap}, NO_TARGET) == ()


def test_a_period_with_few_answers_is_no_fall() -> None:
    row = [said(0, 0, 10 + lower, 90 - lower) for lower in (0, 5, 10, 15)]
    row[1] = said(0, 0, 2, 8)
    assert find_weak_elements({"U1": row}, NO_TARGET) == ()


def test_the_lowest_two_and_who_ties_with_them() -> None:
    rule = WeaknessRule(Fraction(25), {}, 3, 2, 30)
    best, middle, low = said(0, 0, 0, 40), said(0, 0, 20, 20), said(0, 0, 40, 0)
    assert set(weak(rule, U1=low, U2=middle, U3=best)) == {"U1", "U2"}
    assert set(weak(rule, U1=low, U2=middle, U3=middle, U4=best)) == {"U1", "U2", "U3"}
    # The tie reaches up to the best: only what is below it is low.
    assert set(weak(rule, U1=low, U2=best, U3=best)) == {"U1"}


def test_all_fours_are_nobodys_weakness() -> None:
    elements = {f"U{number}": said(0, 0, 0, 40) for number in range(1, 10)}
    assert weak(RULE, **elements) == {}


def test_too_few_answers_are_not_judged() -> None:
    assert weak(RULE, U1=said(29, 0, 0, 0)) == {}
    assert weak(RULE, U1=said(30, 0, 0, 0)) == {"U1": (Reason.BELOW_TARGET,)}


tallies = st.builds(said, *(st.integers(0, 60) for _ in range(4))).filter(lambda t: t.answers)


@settings(max_examples=60)
@given(st.dictionaries(st.sampled_from([f"U{n}" for n in range(1, 10)]), tallies, min_size=1))
def test_what_is_weak_does_not_depend_on_order_and_is_never_above_what_is_not(
    latest: dict[str, Tally],
) -> None:
    rule = WeaknessRule(Fraction(25), {}, 3, 2, 1)
    found = {each.element for each in find_weak_elements({c: [t] for c, t in latest.items()}, rule)}
    turned = dict(reversed(latest.items()))
    assert found == {
        each.element for each in find_weak_elements({c: [t] for c, t in turned.items()}, rule)
    }
    others = set(latest) - found
    for low in found:
        assert all(latest[low].mean < latest[other].mean for other in others)
    if len({tally.mean for tally in latest.values()}) > 1:
        assert found
