"""Open311's attributes become answers; what cannot be read is for the form's check."""

from datetime import date
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from services.intake.rules.open311_answers import answers_of
from shared.catalogue.answers import fill_in
from shared.catalogue.definition import ApplicationForm, Service, all_fields
from shared.catalogue.values import general_values

TODAY = date(2026, 3, 9)
_OPTIONS = [{"value": "satu", "label": "Satu"}, {"value": "dua", "label": "Dua"}]
FORM = ApplicationForm.model_validate(
    {
        "fields": [
            {"code": "nama", "label": "Nama", "type": "text", "identity": "name"},
            {"code": "banyak", "label": "Banyaknya", "type": "number"},
            {"code": "hari", "label": "Hari", "type": "date"},
            {"code": "pilih", "label": "Pilihan", "type": "choice", "options": _OPTIONS},
            {"code": "beberapa", "label": "Beberapa", "type": "many", "options": _OPTIONS},
            {"code": "setuju", "label": "Setuju", "type": "yes_no"},
            {"code": "tempat", "label": "Tempat", "type": "location"},
            {
                "code": "saksi",
                "label": "Saksi",
                "type": "group",
                "fields": [{"code": "nama_saksi", "label": "Nama", "type": "text"}],
            },
        ]
    }
)
SERVICE = Service.model_validate(
    {
        "code": "uji",
        "version": 1,
        "title": "Layanan uji",
        "group": "Uji",
        "description": "Sebuah layanan untuk pengujian.",
        "opds": ["DLH"],
        "form": FORM,
        "stages": [
            {
                "code": "periksa",
                "title": "Periksa",
                "decisions": [{"code": "selesai", "title": "Selesai", "next": "done"}],
            }
        ],
    }
)
FIELDS = list(all_fields(FORM))


def _read(attributes: dict[str, tuple[str, ...]], **standard: Any) -> dict[str, Any]:
    answers = answers_of(FIELDS, attributes, standard)
    filled = fill_in(SERVICE, FORM, answers, general_values(), TODAY)
    return filled.answers


@given(
    st.dictionaries(
        st.sampled_from([*(field.code for field in FIELDS), "lain"]),
        st.lists(st.text(max_size=30), max_size=3).map(tuple),
    )
)
@settings(max_examples=150, deadline=None)
def test_whatever_is_sent_is_read_or_refused_and_never_an_error(
    attributes: dict[str, tuple[str, ...]],
) -> None:
    assert set(_read(attributes)) <= {field.code for field in FIELDS}


@given(
    number=st.integers(-(10**9), 10**9),
    day=st.dates(date(2000, 1, 1), date(2050, 1, 1)),
    lat=st.floats(-90, 90),
    lon=st.floats(-180, 180),
    chosen=st.lists(st.sampled_from(["satu", "dua"]), unique=True, min_size=1),
)
@settings(max_examples=50, deadline=None)
def test_what_is_written_as_described_is_read_as_meant(
    number: int, day: date, lat: float, lon: float, chosen: list[str]
) -> None:
    read = _read(
        {
            "banyak": (str(number),),
            "hari": (f"{day.isoformat()}T00:00:00+07:00",),
            "tempat": (f"{lat!r},{lon!r},Jalan Contoh 1, RT 3",),
            "beberapa": (",".join(chosen),),
            "setuju": ("Tidak",),
            "saksi": ('[{"nama_saksi": "Sutini"}]',),
        }
    )
    assert read["banyak"] == number
    assert read["hari"] == day.isoformat()
    assert read["tempat"] == {"lat": lat, "lon": lon, "address": "Jalan Contoh 1, RT 3"}
    assert set(read["beberapa"]) == set(chosen)
    assert read["setuju"] is False
    assert read["saksi"] == [{"nama_saksi": "Sutini"}]


def test_the_standards_own_parameters_fill_what_was_not_answered() -> None:
    place = {"lat": -7.6, "lon": 111.5}
    assert _read({}, name="Warga Contoh", place=place) == {"nama": "Warga Contoh", "tempat": place}
    given_ = _read({"nama": ("Lain",), "tempat": ("-7.5,111.4",)}, name="Warga", place=place)
    assert given_ == {"nama": "Lain", "tempat": {"lat": -7.5, "lon": 111.4}}
