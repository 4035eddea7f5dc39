"""What may be decided in a stage, from what is known of the application and filled in now."""

from datetime import date
from functools import cache
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.routing.profile import read
from services.routing.stage_rules import (
    Application,
    Sentence,
    answers_after,
    choices,
    choose,
    fill_stage,
    tell,
    terms_of,
    values_known,
)
from shared.catalogue.definition import Service, Stage
from tests.support.servers import PROFILE

TODAY = date(2026, 3, 9)
FILES = ["11111111-1111-1111-1111-111111111111", "22222222-2222-4222-8222-222222222222"]
FULL: dict[str, Any] = {
    "foto_0": FILES,
    "titik_survei": {"lat": -7.6, "lon": 111.5, "address": "Rumah 3171234567890123"},
    "atap": "berat",
    "dinding": "sedang",
    "lantai": "berat",
}


@cache
def of_the_profile() -> Service:
    return next(each for each in read(PROFILE).services if each.code == "rtlh")


@pytest.fixture
def rtlh() -> Service:
    return of_the_profile()


def applied(service: Service, stages: dict[str, Any] | None = None, **answers: Any) -> Application:
    return Application(service, {"eligible": True, "jiwa": 4, **answers}, stages or {}, 2)


def stage_of(service: Service, code: str) -> Stage:
    found = service.stage(code)
    assert found is not None
    return found


def test_conditions_know_the_application_its_stages_and_the_parameters(rtlh: Service) -> None:
    known = values_known(applied(rtlh, {"atap": "berat"}, pernah_dibantu=True), TODAY)
    assert (known["eligible"], known["jiwa"], known["rounds"]) == (True, 4, 2)
    assert (known["nilai_layak"], known["nilai_survei"], known["foto_50_count"]) == (60, 30, 0)
    # What is personal never came here, and no condition can name it.
    assert not {"penghasilan", "nik"} & known.keys()


def test_score_of_the_stage_decides_and_words_are_masked_but_no_file_is(rtlh: Service) -> None:
    survey = stage_of(rtlh, "survei")
    filled, choice = choose(applied(rtlh), survey, survey.decisions[0], FULL, TODAY)
    assert choice.is_open
    assert filled.published["nilai_survei"] == 80
    assert filled.answers["foto_0"] == FILES
    assert filled.files == (("/foto_0/0", FILES[0]), ("/foto_0/1", FILES[1]))
    assert "3171234567890123" not in str(filled.answers)
    poor = {**FULL, "atap": "baik", "dinding": "baik"}
    assert choose(applied(rtlh), survey, survey.decisions[0], poor, TODAY)[1].why_not
    unmet = applied(rtlh, eligible=False)
    assert choose(unmet, survey, survey.decisions[0], FULL, TODAY)[1].why_not
    unknown = Application(rtlh, {}, {}, 0)
    assert choose(unknown, survey, survey.decisions[0], FULL, TODAY)[1].why_not


def test_what_a_stage_asked_before_counts_no_more_once_it_is_filled_in_anew(rtlh: Service) -> None:
    survey = stage_of(rtlh, "survei")
    before = applied(rtlh, {"atap": "baik", "foto_0": FILES, "lain": 1})
    assert answers_after(before, survey, {"atap": "berat"}) == {"lain": 1, "atap": "berat"}
    assert [each.is_open for each in choices(applied(rtlh, FULL), survey, TODAY)] == [True, True]
    assert not any(each.is_open for each in choices(applied(rtlh), survey, TODAY))


def test_sentence_names_amounts_and_nothing_personal(rtlh: Service) -> None:
    names = Sentence("K7Q2M9XWPA", "Disperkim", "Kota Contoh Raya", "Survei", TODAY)
    text = "{code} {opd} {pemda} {stage} {date} {bantuan} {nilai_survei} {atap} {jiwa} {nama}"
    written = tell(applied(rtlh, {"atap": "berat"}), text, names)
    assert written == (
        "K7Q2M9XWPA Disperkim Kota Contoh Raya Survei 9 Maret 2026 15.000.000 30 Rusak berat 4 -"
    )


def test_terms_are_those_of_the_stages_clock(rtlh: Service) -> None:
    terms = terms_of(stage_of(rtlh, "survei"))
    assert terms is not None
    assert (terms.counts, terms.days, terms.seconds) == ("working_days", 7, None)
    unbound = stage_of(rtlh, "survei").model_copy(update={"clock": None})
    assert terms_of(unbound) is None


_ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=6,
)


@settings(max_examples=60)
@given(st.dictionaries(st.sampled_from([*FULL, "lain"]), _ANYTHING), st.booleans())
def test_whatever_is_sent_is_a_problem_or_an_answer(given_: dict[str, Any], partly: bool) -> None:
    service = of_the_profile()
    filled = fill_stage(applied(service), stage_of(service, "survei"), given_, TODAY, partly=partly)
    assert filled.problems or {"foto_0", "atap"} <= filled.answers.keys() or partly
