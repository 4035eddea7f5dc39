"""Hypothesis strategies: fields and forms without conditions, and what somebody may send."""

from datetime import date, timedelta
from typing import Any

from hypothesis import strategies as st

from shared.catalogue.definition import Form
from shared.catalogue.fields import AnyField
from tests.unit.catalogue.files import form_of

TODAY = date(2026, 3, 9)
#: Words without space around, because checking strips and a schema cannot.
WORDS = st.text("abc Z9é.", min_size=1, max_size=12).filter(lambda each: each == each.strip())
FILES = st.text("abcXYZ019_.:-", min_size=8, max_size=12)
NIKS = st.text("0123456789", min_size=16, max_size=16)
PHONES = st.from_regex(r"08[1-9][0-9]{8}", fullmatch=True)
NUMBERS = st.integers(-(10**15), 10**15) | st.floats(-1e9, 1e9, allow_nan=False)
DAYS = st.dates(date(1900, 1, 1), date(2100, 1, 1)).map(date.isoformat)
OPTIONS = [{"value": f"o{number}", "label": f"Jawaban {number}"} for number in range(4)]
SESSION = "2026-03-13T09:00"
_KINDS = ("text", "number", "date", "choice", "many", "yes_no", "file", "location", "nik", "group")


def _range(most: int, least: int = 0) -> st.SearchStrategy[dict[str, int]]:
    return st.tuples(st.integers(least, most), st.integers(max(least, 1), most)).map(
        lambda two: {"min": min(two), "max": max(*two, 1)}
    )


def _own_keys(kind: str) -> st.SearchStrategy[dict[str, Any]]:
    """Return what a field of this kind may have of its own."""
    if kind == "text":
        return st.tuples(st.integers(1, 4), st.integers(4, 12)).map(
            lambda two: {"min_length": two[0], "max_length": two[1]}
        )
    if kind == "number":
        limits = st.tuples(st.integers(-50, 0), st.integers(0, 50), st.booleans())
        return limits.map(lambda three: {"min": three[0], "max": three[1], "whole": three[2]})
    if kind == "many":
        return _range(4).map(lambda limits: {**limits, "options": OPTIONS})
    rest: dict[str, st.SearchStrategy[dict[str, Any]]] = {
        "choice": st.just({"options": OPTIONS}),
        "file": _range(4),
        "yes_no": st.fixed_dictionaries({"must_be_yes": st.booleans()}),
    }
    return rest.get(kind, st.just({}))


@st.composite
def forms(draw: st.DrawFn) -> Form:
    """Return a form without conditions."""
    kinds = draw(st.lists(st.sampled_from(_KINDS), min_size=1, max_size=5))
    rows: list[dict[str, Any]] = []
    for number, kind in enumerate(kinds):
        row = {
            "code": f"f{number}",
            "label": "Isian",
            "type": kind,
            "required": draw(st.booleans()),
        }
        if kind == "group":
            inner = draw(st.sampled_from(("text", "number", "date", "choice", "nik")))
            field = {"code": "x", "label": "Isian", "type": inner, "required": draw(st.booleans())}
            row |= {**draw(_range(3)), "fields": [{**field, **draw(_own_keys(inner))}]}
        rows.append({**row, **draw(_own_keys(kind))})
    return Form.model_validate({"fields": rows})


def nearly(field: AnyField) -> st.SearchStrategy[Any]:
    """Return what is mostly of the right kind for a field, and often no answer to it."""
    kinds: dict[str, st.SearchStrategy[Any]] = {
        "text": WORDS,
        "number": st.integers(-60, 60) | NUMBERS,
        "date": DAYS | st.sampled_from(("2026-02-30", "20260309", "2026-W11-1", "9 Maret 2026")),
        "choice": st.sampled_from(("o0", "o1", "o2", "o3", "o4")),
        "many": st.lists(st.sampled_from(("o0", "o1", "o2", "o3")), max_size=4),
        "yes_no": st.booleans(),
        "file": st.lists(FILES | st.just("x"), max_size=5),
        "location": st.fixed_dictionaries(
            {"lat": st.floats(-100, 100), "lon": st.floats(-200, 200)}, optional={"address": WORDS}
        ),
        "nik": NIKS | WORDS,
    }
    if field.type == "group":
        [inner] = field.fields
        return st.lists(
            st.fixed_dictionaries({}, optional={"x": nearly(inner), "y": st.none()}), max_size=4
        )
    return kinds[field.type]


@st.composite
def filled(draw: st.DrawFn) -> tuple[Form, dict[str, Any]]:
    """Return a form, and what somebody sends for it: nearly right."""
    form = draw(forms())
    other = st.sampled_from((0, 1.5, True, "o1", ["o1"], {"lat": 1}, [{}]))
    sent = {
        field.code: draw(st.one_of(nearly(field), nearly(field), nearly(field), other))
        for field in form.fields
        if draw(st.integers(0, 9))
    }
    if not draw(st.integers(0, 9)):
        sent["lain"] = 1
    return form, sent


def right(field: AnyField) -> st.SearchStrategy[Any]:  # noqa: PLR0911 - one for each kind
    """Return right answers to a field of a shipped service, personal words marked as such."""
    if field.type == "text":
        return _words(field)
    if field.type == "number":
        low, high = int(field.min or 0) + 1, int(field.max or 10**6)
        return st.integers(min(low, high), high)
    if field.type == "date":
        earliest = max(field.not_before or date.min, TODAY - timedelta(days=20_000))
        ahead = st.dates(TODAY, TODAY + timedelta(days=90))
        return (ahead if field.future else st.dates(earliest, TODAY)).map(date.isoformat)
    if field.type == "choice":
        return st.sampled_from([each.value for each in field.options])
    if field.type == "many":
        values = [each.value for each in field.options]
        return st.lists(
            st.sampled_from(values), unique=True, min_size=max(1, field.min), max_size=field.max
        )
    if field.type == "file":
        return st.lists(FILES, unique=True, min_size=max(1, field.min), max_size=field.max)
    if field.type == "group":
        row = st.fixed_dictionaries({each.code: right(each) for each in field.fields})
        return st.lists(row, min_size=max(1, field.min), max_size=min(3, field.max))
    rest: dict[str, st.SearchStrategy[Any]] = {
        "yes_no": st.just(True) if getattr(field, "must_be_yes", False) else st.booleans(),
        "location": st.just({"lat": -7.62, "lon": 111.53, "address": "Jalan Contoh 1"}),
        "nik": NIKS,
        "phone": PHONES,
        "appointment": st.just(SESSION),
    }
    return rest[field.type]


MARK = "RAHASIA"


def _words(field: Any) -> st.SearchStrategy[str]:
    if field.identity == "email":
        return st.just(f"{MARK}@contoh.example")
    if field.pattern is not None:
        return st.from_regex(field.pattern, fullmatch=True)
    if field.is_personal:
        return st.just(MARK.ljust(max(field.min_length, 8), "x"))
    return st.just("Tulisan contoh".ljust(field.min_length, "x")[: field.max_length])


def one_field(**keys: Any) -> Form:
    """Return a form of one field, called `x`."""
    return form_of(*Form.model_validate({"fields": [{"code": "x", "label": "X1", **keys}]}).fields)
