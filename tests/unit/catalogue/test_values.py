"""What conditions know, and what an assessment comes to."""

from datetime import date
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from shared.catalogue.definition import Assessment, Form, Service, all_fields
from shared.catalogue.values import (
    RESERVED,
    compile_condition,
    document_language,
    form_language,
    general_values,
    holds,
    score_of,
    stage_language,
    values_of,
)
from shared.expressions.language import ExpressionInvalid
from tests.unit.catalogue.files import forms_of, shipped

TODAY = date(2026, 3, 9)
FORM = Form.model_validate(
    {
        "fields": [
            {"code": "umur", "label": "Umur", "type": "number"},
            {"code": "lahir", "label": "Lahir", "type": "date"},
            {"code": "kota", "label": "Kota", "type": "text"},
            {"code": "setuju", "label": "Setuju", "type": "yes_no"},
            {"code": "foto", "label": "Foto", "type": "file"},
            {
                "code": "alat",
                "label": "Alat",
                "type": "many",
                "options": [{"value": "palu", "label": "Palu"}, {"value": "paku", "label": "Paku"}],
            },
        ]
    }
)


def ask(condition: str, **answers: Any) -> bool | None:
    service = shipped()[0].model_copy(update={"form": FORM, "parameters": {"batas": 17}})
    language = form_language(service, FORM)
    known = {**general_values(), "batas": 17, **values_of(all_fields(FORM), answers, TODAY)}
    return holds(compile_condition(language, condition), known)


@pytest.mark.parametrize(
    ("condition", "answers", "said"),
    [
        # A number that nobody gave: neither the condition nor its opposite.
        ("umur > batas", {}, None),
        ("umur <= batas", {}, None),
        ("not (umur > batas)", {}, None),
        # What is known decides where it is enough.
        ("setuju == true or umur > batas", {"setuju": True}, True),
        ("setuju == true and umur > batas", {"setuju": False}, False),
        ("setuju == true", {}, False),
        ("kota == null", {}, True),
        ("kota != null", {"kota": "Contoh"}, True),
        ('"palu" in alat', {}, False),
        ('"palu" in alat', {"alat": ["palu"]}, True),
        ("foto_count == 0", {}, True),
        ("foto_count == 2", {"foto": ["a", "b"]}, True),
        ("lahir_years_ago >= batas", {}, None),
        ("lahir_years_ago >= batas", {"lahir": "2009-03-09"}, True),
        ("lahir_years_ago >= batas", {"lahir": "2009-03-10"}, False),
        ("lahir_days_ago < 0 or lahir_days_ago == 1", {"lahir": "2026-03-08"}, True),
        ("eligible == null and rounds == 0", {}, True),
    ],
)
def test_what_is_unknown_is_neither_true_nor_false(
    condition: str, answers: dict[str, Any], said: bool | None
) -> None:
    assert ask(condition, **answers) is said


@given(st.dates(date(1900, 1, 1), date(2100, 1, 1)), st.dates(date(1900, 1, 1), date(2100, 1, 1)))
def test_ages_are_counted_as_people_count_them(born: date, today: date) -> None:
    fields = [field for field in FORM.fields if field.type == "date"]
    known = values_of(fields, {"lahir": born.isoformat()}, today)
    years = known["lahir_years_ago"]
    had = [today.year - year for year in range(today.year - abs(years) - 1, today.year + 1)]
    assert known["lahir_days_ago"] == (today - born).days
    assert years in had or years < 0
    assert (born.year + years, born.month, born.day) <= (today.year, today.month, today.day)
    assert (born.year + years + 1, born.month, born.day) > (today.year, today.month, today.day)


@pytest.mark.parametrize("service", shipped(), ids=lambda service: service.code)
def test_stages_know_nothing_personal_and_documents_everything(service: Service) -> None:
    personal = {field.code for field in all_fields(service.form) if field.is_personal}
    stages, papers = stage_language(service).fields, document_language(service).fields
    assert not personal & set(stages)
    assert set(stages) <= set(papers)
    for form in forms_of(service):
        assert not RESERVED & {field.code for field in all_fields(form)}
    for code in personal & set(papers):
        with pytest.raises(ExpressionInvalid, match="there is no field"):
            compile_condition(stage_language(service), f"{code} == null")


@st.composite
def assessments(draw: st.DrawFn) -> Assessment:
    shares = st.floats(0, 1, allow_nan=False)
    weights = st.floats(0.001, 1000, allow_nan=False)
    items = [
        {
            "code": f"i{number}",
            "question": "Butir",
            "weight": draw(weights),
            "critical": draw(st.booleans()),
            "options": [
                {"value": f"o{each}", "label": "Jawaban", "share": draw(shares)}
                for each in range(3)
            ],
        }
        for number in range(draw(st.integers(1, 6)))
    ]
    return Assessment.model_validate(
        {"title": "Nilai", "items": items, "pass_score": draw(st.integers(0, 100))}
    )


ANSWERS = st.dictionaries(
    st.sampled_from([f"i{number}" for number in range(6)]),
    st.sampled_from(("o0", "o1", "o2", "lain")),
)


@given(assessments(), ANSWERS)
@settings(max_examples=80)
def test_a_score_is_between_0_and_100_and_its_gaps_are_what_is_missing(
    assessment: Assessment, answers: dict[str, Any]
) -> None:
    score = score_of(assessment, answers)
    assert 0 <= score.points <= 100
    lost = sum(gap.lost for gap in score.gaps)
    assert score.points + lost == pytest.approx(100, abs=0.01 * (len(score.gaps) + 1))
    assert len(score.gaps) == score.values()["score_gaps"] <= len(assessment.items)
    order = [(not gap.critical, -gap.lost) for gap in score.gaps]
    assert order == sorted(order)
    if score.passed:
        assert score.points >= assessment.pass_score
        assert score.values()["score_critical_gaps"] == 0


@given(assessments(), ANSWERS, st.data())
@settings(max_examples=80)
def test_a_better_answer_never_scores_less(
    assessment: Assessment, answers: dict[str, Any], data: st.DataObject
) -> None:
    item = data.draw(st.sampled_from(assessment.items))
    shares = {option.value: option.share for option in item.options}
    better = data.draw(st.sampled_from(sorted(shares)))
    assume(shares[better] >= shares.get(answers.get(item.code, ""), 0))
    before = score_of(assessment, answers)
    after = score_of(assessment, {**answers, item.code: better})
    assert after.points >= before.points
    assert after.passed or not before.passed


def test_all_that_can_be_earned_is_100() -> None:
    aladin = next(each for each in shipped() if each.code == "aladin")
    assessment = aladin.form.assessment
    assert assessment is not None
    best = {item.code: "ya" for item in assessment.items}
    assert (score_of(assessment, best).points, score_of(assessment, best).gaps) == (100, ())
    worst = score_of(assessment, {})
    assert (worst.points, worst.passed, len(worst.gaps)) == (0, False, len(assessment.items))
    assert all(gap.advice for gap in worst.gaps)
