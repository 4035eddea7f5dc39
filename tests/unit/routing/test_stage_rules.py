"""What may be decided in a stage, from what is known of the application and filled in now."""

from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

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

TODAY = date(2026, 3, 9)
FILES = ["11111111-1111-1111-1111-111111111111", "22222222-2222-4222-8222-222222222222"]
FULL: dict[str, Any] = {
    "foto_0": FILES,
    "titik_survei": {"lat": -7.6, "lon": 111.5, "address": "Rumah 3171234567890123"},
    "atap": "berat",
    "dinding": "sedang",
    "lantai": "berat",
}


_DAMAGE = [
    {"value": "berat", "label": "Rusak berat", "share": 1},
    {"value": "sedang", "label": "Rusak sedang", "share": 0.5},
    {"value": "baik", "label": "Baik", "share": 0},
]


def _item(code: str, weight: int) -> dict[str, Any]:
    return {"code": code, "question": f"Kerusakan {code}", "weight": weight, "options": _DAMAGE}


_SERVICE = Service.model_validate(
    {
        "code": "rtlh",
        "version": 4,
        "title": "Perbaikan rumah",
        "group": "Perumahan",
        "description": "Layanan yang dikarang untuk uji ini.",
        "opds": ["DISPERKIM"],
        "parameters": {"bantuan": 15_000_000, "nilai_layak": 60},
        "form": {
            "fields": [
                {"code": "nama", "label": "Nama", "type": "text", "identity": "name"},
                {"code": "jiwa", "label": "Anggota keluarga", "type": "number", "whole": True},
                {"code": "penghasilan", "label": "Penghasilan", "type": "number", "personal": True},
                {"code": "nik", "label": "NIK", "type": "nik"},
            ]
        },
        "stages": [
            {
                "code": "survei",
                "title": "Survei",
                "clock": {"days": 7},
                "form": {
                    "fields": [
                        {
                            "code": "foto_0",
                            "label": "Foto",
                            "type": "file",
                            "min": 2,
                            "max": 10,
                            "required": True,
                        },
                        {
                            "code": "titik_survei",
                            "label": "Titik survei",
                            "type": "location",
                            "required": True,
                        },
                    ],
                    "assessment": {
                        "code": "nilai_survei",
                        "title": "Kerusakan rumah",
                        "items": [_item("atap", 30), _item("dinding", 40), _item("lantai", 30)],
                    },
                },
                "decisions": [
                    {
                        "code": "layak",
                        "title": "Layak",
                        "next": "done",
                        "when": "nilai_survei >= nilai_layak and eligible == true",
                        "otherwise": "Nilai di bawah batas, atau syarat belum terpenuhi.",
                    },
                    {
                        "code": "tidak",
                        "title": "Tidak layak",
                        "next": "refused",
                        "reasons": [{"code": "nilai", "text": "Nilai di bawah batas."}],
                    },
                ],
            },
            {
                "code": "pengerjaan",
                "title": "Pengerjaan",
                "form": {"fields": [{"code": "foto_50", "label": "Foto", "type": "file"}]},
                "decisions": [{"code": "selesai", "title": "Selesai", "next": "done"}],
            },
        ],
    }
)


@pytest.fixture
def rtlh() -> Service:
    return _SERVICE


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
    service = _SERVICE
    filled = fill_stage(applied(service), stage_of(service, "survei"), given_, TODAY, partly=partly)
    assert filled.problems or {"foto_0", "atap"} <= filled.answers.keys() or partly
