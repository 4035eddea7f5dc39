"""Numbers of a series, and the places of templates."""

import re
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.catalogue.fields import AnyField
from shared.catalogue.numbering import ROMAN, PatternInvalid, short_answers, write_number
from shared.catalogue.numbering import places_in as places_in_pattern
from shared.catalogue.templates import fill, places_in, write_answer
from tests.unit.catalogue.answering import one_field
from tests.unit.catalogue.files import shipped

DAY = date(2026, 3, 9)
OPTIONS = [
    {"value": "k000", "label": "000 Umum", "short": "000"},
    {"value": "lain", "label": "Lain"},
]


@pytest.mark.parametrize(
    ("pattern", "written"),
    [
        ("{seq:03}/{opd}/{roman_month}/{year}", "007/DLH/III/2026"),
        ("{seq}-{month}-{year}", "7-03-2026"),
        ("R-{seq}/{opd}/{macam}/{month}/{year}", "R-7/DLH/000/03/2026"),
        ("{seq:04}/{lain}/{year}", "0007/-/2026"),
    ],
)
def test_a_number_is_written_by_its_pattern(pattern: str, written: str) -> None:
    fields = one_field(type="choice", options=OPTIONS).fields
    renamed = [field.model_copy(update={"code": "macam"}) for field in fields]
    answers = short_answers(renamed, {"macam": "k000"})
    assert write_number(pattern, 7, DAY, "DLH", answers) == written


def test_a_choice_without_a_short_code_writes_its_value() -> None:
    fields = one_field(type="choice", options=OPTIONS).fields
    assert short_answers(fields, {"x": "lain"}) == {"x": "lain"}
    assert short_answers(fields, {}) == {}


def test_a_sequence_that_outgrows_its_digits_goes_on() -> None:
    assert write_number("{seq:02}/{year}", 12345, DAY, "DLH") == "12345/2026"


@pytest.mark.parametrize(
    "pattern",
    [
        "{year}",
        "{seq}",
        "{seq}{seq}/{year}",
        "{seq:4}/{year}",
        "{seq/{year}",
        "{seq}/{year:04}",
        "}",
    ],
)
def test_a_pattern_that_cannot_be_used_is_refused(pattern: str) -> None:
    with pytest.raises(PatternInvalid):
        places_in_pattern(pattern)


@given(st.sets(st.integers(1, 10**7), min_size=2, max_size=20), st.dates())
@settings(max_examples=40)
def test_different_sequences_are_different_numbers(sequences: set[int], day: date) -> None:
    for service in shipped():
        for series in service.numbering:
            written = {write_number(series.pattern, each, day, "DLH") for each in sequences}
            assert len(written) == len(sequences)
    assert ROMAN[day.month - 1] in write_number("{seq}/{roman_month}/{year}", 1, day, "DLH")


@given(st.text("ab {}_1", max_size=20))
def test_a_template_is_filled_or_refused(template: str) -> None:
    try:
        places = places_in(template)
    except ValueError:
        assert "{" in template or "}" in template
        return
    written = fill(template, dict.fromkeys(places, "X"))
    assert "{" not in written
    assert written.count("X") == len(re.findall(r"\{", template))
    assert fill(template, {}).count("-") == written.count("X")


def test_what_was_filled_in_is_not_read_as_a_template_again() -> None:
    assert fill("Kepada {nama}", {"nama": "{nik}", "nik": "9971"}) == "Kepada {nik}"


@pytest.mark.parametrize(
    ("keys", "answer", "written"),
    [
        ({"type": "number", "unit": "Rp"}, 15000000, "Rp15.000.000"),
        ({"type": "number", "unit": "m²"}, 36.5, "36,5 m²"),
        ({"type": "date"}, "2026-03-09", "9 Maret 2026"),
        ({"type": "choice", "options": OPTIONS}, "k000", "000 Umum"),
        ({"type": "choice", "options": OPTIONS}, "dulu_ada", "dulu_ada"),
        ({"type": "many", "options": OPTIONS}, ["lain", "k000"], "Lain, 000 Umum"),
        ({"type": "yes_no"}, False, "tidak"),
        ({"type": "file"}, ["a" * 8, "b" * 8], "2 berkas"),
        ({"type": "location"}, {"lat": -7.5, "lon": 111.0}, "-7.50000, 111.00000"),
        ({"type": "appointment"}, "2026-03-13T09:00", "13 Maret 2026 pukul 09.00"),
        (
            {"type": "group", "fields": [{"code": "y", "label": "Y1", "type": "yes_no"}]},
            [{"y": True}, {}],
            "ya; ",
        ),
        (
            {"type": "group", "fields": [{"code": "y", "label": "Y1", "type": "yes_no"}]},
            ("Y1: ya",),
            "Y1: ya",
        ),
    ],
)
def test_answers_are_written_as_people_read_them(
    keys: dict[str, object], answer: object, written: str
) -> None:
    field: AnyField = one_field(**keys).fields[0]
    assert (
        write_answer(field, answer).replace("\N{NO-BREAK SPACE}", " ").replace("Rp ", "Rp")
        == written
    )
