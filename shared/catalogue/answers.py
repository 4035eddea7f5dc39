"""Checks what somebody filled in against a form, and writes each answer in one way. Pure.

| Type | Checked answer |
|---|---|
| text, nik, phone | text: stripped; sixteen digits; E.164 |
| number | int or float |
| date | `2026-03-09` |
| choice, appointment | the value, the session's id |
| many, file | a list of values, of tokens or ids |
| yes_no | true or false |
| location | `{lat, lon, address?}` |
| group | a list of objects of these |
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from shared.catalogue.definition import ApplicationForm, Criterion, Form, Service, all_fields
from shared.catalogue.fields import AnyField, identity_of
from shared.catalogue.values import (
    Score,
    Values,
    compile_condition,
    form_language,
    holds,
    score_of,
    values_of,
)
from shared.contracts.event import Answer
from shared.expressions.language import Language
from shared.personal_numbers import normalise_nik, normalise_phone
from shared.text import is_email

#: A place in what was sent, as a JSON pointer, and what is wrong there, in Indonesian.
Problem = tuple[str, str]
Answers = dict[str, Any]

MOST_ADDRESS: Final = 300
MOST_NUMBER: Final = 10**15
_FILE_ID: Final = re.compile(r"[A-Za-z0-9_.:-]{8,200}")
_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_SESSION: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}")
_CONTROL: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff]")


class _Wrong(ValueError):
    """An answer cannot be; the text says why, `inside` where in it."""

    def __init__(self, message: str, inside: str = "") -> None:
        super().__init__(message)
        self.inside = inside


@dataclass(frozen=True, slots=True)
class Filled:
    """A form that was filled in: the answers that count, what is wrong, and the score."""

    answers: Answers
    problems: tuple[Problem, ...]
    score: Score | None
    values: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether an applicant may have the service: what is not met, and what turns them away."""

    unmet: tuple[Criterion, ...]

    @property
    def eligible(self) -> bool:
        """Tell whether every criterion is met."""
        return not self.unmet

    @property
    def refusing(self) -> tuple[Criterion, ...]:
        """Return what turns the application away."""
        return tuple(each for each in self.unmet if each.refuse)


def fill_in(
    service: Service,
    form: Form,
    given: Mapping[str, Any],
    general: Values,
    today: date,
    *,
    language: Language | None = None,
    before: Values | None = None,
    partly: bool = False,
) -> Filled:
    """Check a form that was filled in.

    `general` are the general names (`values.general_values`). For a form of a stage, `language` is
    the stages' and `before` are the values of all that was answered earlier. `partly`, for drafts,
    lets anything be missing; what is there is still checked.
    """
    language = language or form_language(service, form)
    values: dict[str, Any] = {**general, **service.parameters, **(before or {})}
    fields = list(all_fields(form))
    values |= values_of(fields, {}, today)
    answers: Answers = {}
    problems: list[Problem] = [
        (f"/{code}", "Isian ini tidak ada pada formulir.")
        for code in given
        if code not in {field.code for field in fields}
    ]
    for field in fields:
        if field.when is not None and not holds(compile_condition(language, field.when), values):
            # Not asked: what a front end had kept of it does not count.
            continue
        answer = _take(field, given.get(field.code), today, problems, partly=partly)
        if answer is not None:
            answers[field.code] = answer
            values |= values_of([field], answers, today)
    score = score_of(form.assessment, answers) if form.assessment is not None else None
    if score is not None:
        values |= score.values()
    if not problems and not partly:
        problems += _broken_rules(form, language, values)
    return Filled(answers, tuple(problems), score, values)


def judge(service: Service, form: ApplicationForm, values: Values) -> Verdict:
    """Tell which criteria of eligibility are not met; what was not answered meets none."""
    language = form_language(service, form)
    return Verdict(
        tuple(
            each
            for each in form.eligibility
            if not holds(compile_condition(language, each.require), values)
        )
    )


def publishable(fields: Iterable[AnyField], answers: Values) -> dict[str, Answer]:
    """Return what an event may have of answers: nothing personal, and each as plain values.

    A group becomes a text for each row; a place is the case's own and left out.
    """
    found: dict[str, Answer] = {}
    for field in fields:
        answer = answers.get(field.code)
        if answer is None or field.is_personal or field.type == "location":
            continue
        if field.type == "group":
            found[field.code] = tuple(_row_text(field.fields, row) for row in answer)
        elif isinstance(answer, list):
            found[field.code] = tuple(answer)
        else:
            found[field.code] = answer
    return found


def identity_in(fields: Iterable[AnyField], answers: Values) -> dict[str, str]:
    """Return who the applicant is: name, phone, email and nik, as far as the form asks for them."""
    return {
        identity: answers[field.code]
        for field in fields
        if (identity := identity_of(field)) is not None and field.code in answers
    }


def personal_texts(fields: Iterable[AnyField], answers: Values) -> list[str]:
    """Return every personal text in answers, so that it can be masked wherever it stands."""
    found: list[str] = []
    for field in fields:
        answer = answers.get(field.code)
        if answer is None or field.type in ("file", "location", "yes_no"):
            continue
        if field.type == "group":
            for row in answer:
                found += personal_texts(field.fields, row)
        elif field.is_personal and isinstance(answer, str):
            found.append(answer)
    return found


def files_in(fields: Iterable[AnyField], answers: Values) -> list[str]:
    """Return the tokens or ids of every file in answers."""
    return [
        each for field in fields if field.type == "file" for each in answers.get(field.code, ())
    ]


def _take(
    field: AnyField, given: Any, today: date, problems: list[Problem], *, partly: bool
) -> Any:
    """Return a checked answer, None where there is none; notes what is wrong."""
    if given is None or given in ("", [], {}):
        if field.required and not partly:
            problems.append((f"/{field.code}", "Wajib diisi."))
        return None
    try:
        return _CHECKS[field.type](field, given, today)
    except _Wrong as wrong:
        problems.append((f"/{field.code}{wrong.inside}", str(wrong)))
        return None


def _broken_rules(form: Form, language: Language, values: Values) -> list[Problem]:
    return [
        (f"/{rule.field}" if rule.field else "", rule.message)
        for rule in form.rules
        if holds(compile_condition(language, rule.require), values) is False
    ]


def _text(field: Any, given: Any, _today: date) -> str:
    if not isinstance(given, str) or _CONTROL.search(given):
        raise _Wrong("Tulis sebagai teks.")
    text = given.strip()
    if not field.min_length <= len(text) <= field.max_length:
        raise _Wrong(f"Tulis {field.min_length} sampai {field.max_length} huruf.")
    if field.identity == "email" and not is_email(text):
        raise _Wrong("Alamat surel tidak benar.")
    if field.pattern is not None and not re.fullmatch(field.pattern, text):
        raise _Wrong(field.help or "Bentuknya tidak seperti yang diminta.")
    return text


def _number(field: Any, given: Any, _today: date) -> float | int:
    if isinstance(given, bool) or not isinstance(given, (int, float)):
        raise _Wrong("Tulis sebagai bilangan.")
    # Not so also for infinity, for no number, and for what is too large to become a float.
    if not abs(given) <= MOST_NUMBER:
        raise _Wrong("Bilangan ini terlalu besar.")
    if field.whole and given != int(given):
        raise _Wrong("Tulis bilangan bulat.")
    if field.min is not None and given < field.min:
        raise _Wrong(f"Paling sedikit {_plain(field.min)}.")
    if field.max is not None and given > field.max:
        raise _Wrong(f"Paling banyak {_plain(field.max)}.")
    return int(given) if given == int(given) else given


def _date(field: Any, given: Any, today: date) -> str:
    day = _day(given)
    if day is None:
        raise _Wrong("Tulis tanggal seperti 2026-03-09.")
    if field.past and day > today:
        raise _Wrong("Tanggal ini belum tiba.")
    if field.future and day < today:
        raise _Wrong("Tanggal ini sudah lewat.")
    if field.not_before is not None and day < field.not_before:
        raise _Wrong(f"Paling awal {field.not_before.isoformat()}.")
    return day.isoformat()


def _day(given: Any) -> date | None:
    # fromisoformat would also take 2026-W11-1.
    if not isinstance(given, str) or not _DAY.fullmatch(given):
        return None
    try:
        return date.fromisoformat(given)
    except ValueError:
        return None


def _choice(field: Any, given: Any, _today: date) -> str:
    for option in field.options:
        if option.value == given:
            return str(option.value)
    raise _Wrong("Pilih salah satu jawaban yang tersedia.")


def _many(field: Any, given: Any, _today: date) -> list[str]:
    values = [option.value for option in field.options]
    if not isinstance(given, list) or any(each not in values for each in given):
        raise _Wrong("Pilih dari jawaban yang tersedia.")
    chosen = [value for value in values if value in given]
    if len(chosen) != len(given):
        raise _Wrong("Satu jawaban dipilih dua kali.")
    if not field.min <= len(chosen) <= field.max:
        raise _Wrong(f"Pilih {field.min} sampai {field.max} jawaban.")
    return chosen


def _yes_no(field: Any, given: Any, _today: date) -> bool:
    if not isinstance(given, bool):
        raise _Wrong("Jawab true (ya) atau false (tidak).")
    if field.must_be_yes and not given:
        raise _Wrong("Pernyataan ini harus disetujui.")
    return given


def _file(field: Any, given: Any, _today: date) -> list[str]:
    if not isinstance(given, list) or not all(
        isinstance(each, str) and _FILE_ID.fullmatch(each) for each in given
    ):
        raise _Wrong("Unggah berkas lebih dahulu, lalu sebut tokennya dalam sebuah daftar.")
    if len(set(given)) != len(given):
        raise _Wrong("Satu berkas disebut dua kali.")
    if not field.min <= len(given) <= field.max:
        raise _Wrong(f"Sertakan {field.min} sampai {field.max} berkas.")
    return list(given)


def _location(_field: Any, given: Any, _today: date) -> Answers:
    if not isinstance(given, dict) or not set(given) <= {"lat", "lon", "address"}:
        raise _Wrong("Tulis tempat sebagai {lat, lon, address}.")
    lat, lon, address = given.get("lat"), given.get("lon"), given.get("address")
    for name, degrees, most in (("lat", lat, 90), ("lon", lon, 180)):
        if isinstance(degrees, bool) or not isinstance(degrees, (int, float)):
            raise _Wrong("Tulis derajat desimal.", f"/{name}")
        # No number (NaN) is between any two.
        if not -most <= degrees <= most:
            raise _Wrong("Di luar peta.", f"/{name}")
    if address is None:
        return {"lat": lat, "lon": lon}
    if not isinstance(address, str) or len(address) > MOST_ADDRESS or _CONTROL.search(address):
        raise _Wrong(f"Alamat paling banyak {MOST_ADDRESS} huruf.", "/address")
    return {"lat": lat, "lon": lon, "address": address.strip()}


def _nik(_field: Any, given: Any, _today: date) -> str:
    nik = normalise_nik(given) if isinstance(given, str) else None
    if nik is None:
        raise _Wrong("Terdiri dari 16 angka.")
    return nik


def _phone(_field: Any, given: Any, _today: date) -> str:
    phone = normalise_phone(given) if isinstance(given, str) else None
    if phone is None:
        raise _Wrong("Nomor telepon tidak benar. Contoh: 081234567890.")
    return phone


def _appointment(_field: Any, given: Any, _today: date) -> str:
    if not isinstance(given, str) or not _SESSION.fullmatch(given):
        raise _Wrong("Pilih salah satu sesi yang tersedia.")
    return given


def _group(field: Any, given: Any, today: date) -> list[Answers]:
    if not isinstance(given, list) or not all(isinstance(row, dict) for row in given):
        raise _Wrong("Isi sebagai daftar.")
    if not field.min <= len(given) <= field.max:
        raise _Wrong(f"Isi {field.min} sampai {field.max} kali.")
    rows: list[Answers] = []
    for number, row in enumerate(given):
        problems: list[Problem] = [
            (f"/{code}", "Isian ini tidak ada pada formulir.")
            for code in row
            if code not in {each.code for each in field.fields}
        ]
        checked = {
            each.code: answer
            for each in field.fields
            if (answer := _take(each, row.get(each.code), today, problems, partly=False))
            is not None
        }
        if problems:
            where, message = problems[0]
            raise _Wrong(message, f"/{number}{where}")
        rows.append(checked)
    return rows


def _row_text(fields: Sequence[AnyField], row: Values) -> str:
    return ", ".join(f"{each.label}: {row[each.code]}" for each in fields if each.code in row)


def _plain(number: float) -> str:
    return f"{number:g}" if abs(number) < 10**6 else f"{number:.0f}"


_CHECKS: Final[Mapping[str, Callable[[Any, Any, date], Any]]] = {
    "text": _text,
    "number": _number,
    "date": _date,
    "choice": _choice,
    "many": _many,
    "yes_no": _yes_no,
    "file": _file,
    "location": _location,
    "nik": _nik,
    "phone": _phone,
    "appointment": _appointment,
    "group": _group,
}
