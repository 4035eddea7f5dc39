"""Scores of practice: fast and complete is best; another OPD's case is to be returned."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from services.routing.practice import FAST, PROMISED, Score, score_practice
from services.routing.workbook import Point, Scenario

OPENED = datetime(2026, 3, 9, 1, tzinfo=UTC)
SCENARIO = Scenario(
    code="lampu",
    title="Lampu padam",
    text="Lampu gang kami padam sejak kemarin.",
    opd="DISHUB",
    topic="pju-padam",
    points=(
        Point(point="Terima kasih", words=("terima kasih", "maaf")),
        Point(point="Kapan", words=("besok", "hari ini")),
    ),
)


def _score(
    *answers: str, opd: str = "DISHUB", returned: bool = False, took: timedelta | None = FAST
) -> Score:
    return score_practice(
        SCENARIO,
        own_opd=opd,
        opened_at=OPENED,
        answered_at=None if took is None else OPENED + took,
        answers=answers,
        returned=returned,
    )


def test_fast_and_complete_is_a_hundred_points() -> None:
    score = _score("Terima kasih.", "Regu datang BESOK pagi.")
    assert score == Score(1.0, 1.0, 100.0, ())


def test_what_was_not_said_is_named() -> None:
    assert _score("Terima kasih.").missing == ("Kapan",)
    assert _score(took=None).points == 0


def test_anothers_case_is_right_when_returned() -> None:
    assert _score(opd="PUPR", returned=True).points == 100
    kept = _score("Terima kasih, besok.", opd="PUPR")
    assert kept.completeness == 0
    assert kept.missing


def test_own_case_is_not_to_be_returned() -> None:
    assert _score("Terima kasih, besok.", returned=True).completeness == 0


@given(st.timedeltas(timedelta(0), timedelta(days=2)), st.timedeltas(timedelta(0), timedelta(1)))
def test_who_is_slower_never_scores_more(took: timedelta, more: timedelta) -> None:
    first, second = (_score("maaf", took=each) for each in (took, took + more))
    assert 0 <= second.points <= first.points <= 100
    assert (first.speed == 1) == (took <= FAST) or first.speed > 0.999
    assert first.speed == 0 or took < PROMISED
