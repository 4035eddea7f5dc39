"""What is accepted of answers, and what leaves intake of them."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from shared.catalogue.answers import (
    Filled,
    fill_in,
    identity_in,
    judge,
    personal_texts,
    publishable,
)
from shared.catalogue.definition import Form, Service, all_fields
from shared.catalogue.json_schema import form_schema
from shared.catalogue.templates import write_answer
from shared.catalogue.values import general_values
from tests.unit.catalogue.answering import MARK, TODAY, filled, one_field, right
from tests.unit.catalogue.files import forms_of, shipped

EMPTY: tuple[Any, ...] = (None, "", [], {})
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3)
    ),
    max_leaves=6,
)
FORMATS = Draft202012Validator.FORMAT_CHECKER


def fill(form: Form, sent: dict[str, Any], *, partly: bool = False) -> Filled:
    service = shipped()[0].model_copy(update={"form": form, "parameters": {}})
    return fill_in(service, form, sent, general_values(), TODAY, partly=partly)


@given(filled())
@settings(max_examples=100)
def test_the_schema_and_the_check_agree(case: tuple[Form, dict[str, Any]]) -> None:
    form, sent = case
    # Nothing is no answer, which a schema cannot say: it would be of the wrong type.
    sent = {code: answer for code, answer in sent.items() if answer not in EMPTY}
    schema = form_schema(form, "Formulir")
    errors = list(Draft202012Validator(schema, format_checker=FORMATS).iter_errors(sent))
    assert (not errors) == (not fill(form, sent).problems), (errors, fill(form, sent).problems)


@given(filled())
@settings(max_examples=50)
def test_what_was_accepted_is_accepted_again_as_it_is(case: tuple[Form, dict[str, Any]]) -> None:
    form, sent = case
    once = fill(form, sent, partly=True)
    again = fill(form, once.answers, partly=True)
    assert (again.answers, again.problems) == (once.answers, ())
    json.dumps(once.answers, allow_nan=False)


@given(ANYTHING)
@settings(max_examples=40)
def test_nothing_that_is_sent_breaks_the_check(anything: Any) -> None:
    for service in shipped()[:3]:
        fields = {field.code: anything for field in all_fields(service.form)}
        fill_in(service, service.form, fields, general_values(), TODAY)


@pytest.mark.parametrize("empty", EMPTY)
def test_nothing_is_no_answer(empty: Any) -> None:
    form = one_field(type="text", required=True)
    assert fill(form, {"x": empty}).problems == (("/x", "Wajib diisi."),)
    assert fill(form, {"x": empty}, partly=True).problems == ()
    assert fill(one_field(type="text"), {"x": empty}).answers == {}


def test_the_place_of_a_mistake_in_a_group_is_told() -> None:
    inner = {"code": "y", "label": "Y1", "type": "number", "max": 3, "required": True}
    form = one_field(type="group", fields=[inner])
    assert fill(form, {"x": [{"y": 1}, {"y": 9}]}).problems[0][0] == "/x/1/y"
    assert fill(form, {"x": [{"z": 1}]}).problems[0][0] == "/x/0/z"


def test_what_is_not_asked_does_not_count() -> None:
    ask = {"code": "ya", "label": "Ya", "type": "yes_no", "required": True}
    why = {"code": "sebab", "label": "Sebab", "type": "text", "required": True}
    form = Form.model_validate({"fields": [ask, {**why, "when": "ya == true"}]})
    assert fill(form, {"ya": False, "sebab": "lama"}).answers == {"ya": False}
    assert fill(form, {"ya": True}).problems == (("/sebab", "Wajib diisi."),)
    assert fill(form, {"sebab": "lama"}).problems == (("/ya", "Wajib diisi."),)


def test_a_rule_is_silent_about_what_is_unknown() -> None:
    fields = [{"code": code, "label": "Angka", "type": "number"} for code in ("a", "b")]
    rule = {"id": "urut", "require": "a < b", "message": "Harus naik.", "field": "b"}
    form = Form.model_validate({"fields": fields, "rules": [rule]})
    assert fill(form, {"a": 1}).problems == ()
    assert fill(form, {"a": 2, "b": 1}).problems == (("/b", "Harus naik."),)


def test_what_was_not_answered_meets_no_criterion() -> None:
    service = next(each for each in shipped() if each.code == "rtlh")
    nothing = fill_in(service, service.form, {}, general_values(), TODAY, partly=True)
    verdict = judge(service, service.form, nothing.values)
    assert not verdict.eligible
    assert {each.id for each in verdict.unmet} == {each.id for each in service.form.eligibility}
    assert verdict.refusing == ()


@st.composite
def answered(draw: st.DrawFn) -> tuple[Service, Form, dict[str, Any]]:
    service = draw(st.sampled_from(shipped()))
    form = draw(st.sampled_from(list(forms_of(service))))
    return service, form, {field.code: draw(right(field)) for field in all_fields(form)}


@given(answered())
@settings(max_examples=60)
def test_nothing_personal_is_ever_publishable(case: tuple[Service, Form, dict[str, Any]]) -> None:
    service, form, answers = case
    fields = list(all_fields(form))
    found = publishable(fields, answers)
    assert MARK not in repr(found)
    assert not set(found) & {field.code for field in fields if field.is_personal}
    assert not any(text in repr(found) for text in personal_texts(fields, answers) if len(text) > 9)
    assert not any(
        field.is_personal for stage in service.stages for field in all_fields(stage.form)
    )
    assert set(identity_in(fields, answers)) <= {"name", "phone", "email", "nik"}


@given(answered())
@settings(max_examples=60)
def test_every_right_answer_can_be_sent_and_written(
    case: tuple[Service, Form, dict[str, Any]],
) -> None:
    service, form, answers = case
    if form is not service.form:
        return
    done = fill_in(service, form, answers, general_values(), TODAY, partly=True)
    assert done.problems == ()
    for field in all_fields(form):
        if field.code in done.answers:
            assert write_answer(field, done.answers[field.code])
    for code, told in publishable(all_fields(form), done.answers).items():
        field = next(each for each in all_fields(form) if each.code == code)
        assert write_answer(field, told)
