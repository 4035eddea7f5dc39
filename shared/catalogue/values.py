"""What conditions and templates may name of an application, and what each name is worth. Pure.

Names are the codes of fields and parameters, and what follows from them: `<date>_days_ago`,
`<date>_years_ago`, `<file>_count`, `<group>_count`, the scores, and what is known of every
application (`applicant`, `rounds`, `eligible`, `register_match`, `register_metres`).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any, Final, get_args

from shared.catalogue.definition import Applicant, Assessment, Form, Service, all_fields
from shared.catalogue.fields import AnyField
from shared.expressions.language import (
    Expression,
    ExpressionFailed,
    Field,
    Kind,
    Language,
)

Values = Mapping[str, Any]

#: What is known of every application, whatever its form asks.
GENERAL: Final[Mapping[str, Field]] = {
    "applicant": Field(Kind.TEXT, frozenset(get_args(Applicant))),
    "rounds": Field(Kind.NUMBER),
    "eligible": Field(Kind.YES_NO, optional=True),
    "register_match": Field(
        Kind.TEXT, frozenset({"none", "found", "differs", "expired"}), optional=True
    ),
    "register_metres": Field(Kind.NUMBER),
}
#: What an application is told with beside its answers: no field may be called so.
RESERVED: Final = frozenset(
    {
        *GENERAL,
        "addressed",
        "unmet",
        "application_number",
        "register_entry",
        "register_differs",
    }
)


def names_of(fields: Iterable[AnyField]) -> dict[str, Field]:
    """Return the names that these fields add to the language of conditions."""
    names: dict[str, Field] = {}
    for field in fields:
        names |= _names_of(field)
    return names


def _names_of(field: AnyField) -> dict[str, Field]:
    code = field.code
    if field.type in ("choice", "many"):
        values = frozenset(option.value for option in field.options)
        one = field.type == "choice"
        return {code: Field(Kind.TEXT, values, optional=True) if one else Field(Kind.TEXTS)}
    return {f"{code}{ending}": known for ending, known in _NAMES.get(field.type, _TEXT).items()}


_NUMBER: Final = Field(Kind.NUMBER)
_TEXT: Final[Mapping[str, Field]] = {"": Field(Kind.TEXT, optional=True)}
#: What the other types are known as: the endings of their names.
_NAMES: Final[Mapping[str, Mapping[str, Field]]] = {
    "number": {"": _NUMBER},
    "date": {"_days_ago": _NUMBER, "_years_ago": _NUMBER},
    "yes_no": {"": Field(Kind.YES_NO, optional=True)},
    "file": {"_count": _NUMBER},
    "group": {"_count": _NUMBER},
    "location": {},
}


def score_names(assessment: Assessment | None) -> dict[str, Field]:
    """Return the names of an assessment's figures."""
    if assessment is None:
        return {}
    code = assessment.code
    return dict.fromkeys((code, f"{code}_gaps", f"{code}_critical_gaps"), Field(Kind.NUMBER))


def form_language(service: Service, form: Form) -> Language:
    """Return what conditions of this form may name: its fields, parameters and general names."""
    return Language(
        {
            **GENERAL,
            **_parameters(service),
            **names_of(all_fields(form)),
            **score_names(form.assessment),
        }
    )


def stage_language(service: Service) -> Language:
    """Return what conditions of stages may name: all that is not personal, of form and stages."""
    names = {**GENERAL, **_parameters(service)}
    for form in (service.form, *(stage.form for stage in service.stages)):
        names |= names_of(field for field in all_fields(form) if not field.is_personal)
        names |= score_names(form.assessment)
    return Language(names)


def document_language(service: Service) -> Language:
    """Return what conditions of documents may name: everything, because intake prints them."""
    names = {**GENERAL, **_parameters(service)}
    for form in (service.form, *(stage.form for stage in service.stages)):
        names |= names_of(all_fields(form)) | score_names(form.assessment)
    return Language(names)


def _parameters(service: Service) -> dict[str, Field]:
    return {
        code: Field(Kind.TEXT if isinstance(value, str) else Kind.NUMBER)
        for code, value in service.parameters.items()
    }


def general_values(applicant: Applicant = "citizen") -> dict[str, Any]:
    """Return the general names as they are before anything is known."""
    return {
        "applicant": applicant,
        "rounds": 0,
        "eligible": None,
        "register_match": None,
        "register_metres": None,
    }


def values_of(fields: Iterable[AnyField], answers: Values, today: date) -> dict[str, Any]:
    """Return what each name of these fields is worth, None where it was not answered.

    `answers` are checked ones, or those that an event had: files and groups may be any sequence.
    """
    values: dict[str, Any] = {}
    for field in fields:
        code, answer = field.code, answers.get(field.code)
        match field.type:
            case "date":
                values |= _ages(code, answer, today)
            case "many":
                values[code] = set(answer or ())
            case "file" | "group":
                values[f"{code}_count"] = len(answer or ())
            case "location":
                pass
            case _:
                values[code] = answer
    return values


def _ages(code: str, answer: str | None, today: date) -> dict[str, int | None]:
    if answer is None:
        return {f"{code}_days_ago": None, f"{code}_years_ago": None}
    day = date.fromisoformat(answer)
    years = today.year - day.year - ((today.month, today.day) < (day.month, day.day))
    return {f"{code}_days_ago": (today - day).days, f"{code}_years_ago": years}


@dataclass(frozen=True, slots=True)
class Gap:
    """An item of an assessment that earned less than its whole weight, and what to do about it."""

    item: str
    question: str
    lost: float
    advice: str | None
    critical: bool


@dataclass(frozen=True, slots=True)
class Score:
    """What an assessment came to, 0 to 100 in two places, and its gaps, the dearest first."""

    code: str
    points: float
    passed: bool
    gaps: tuple[Gap, ...]

    def values(self) -> dict[str, Any]:
        """Return what the names of its figures are worth."""
        critical = sum(gap.critical for gap in self.gaps)
        return {
            self.code: self.points,
            f"{self.code}_gaps": len(self.gaps),
            f"{self.code}_critical_gaps": critical,
        }


def score_of(assessment: Assessment, answers: Values) -> Score:
    """Return the score of answers; an item that was not answered earns nothing."""
    whole = sum(item.weight for item in assessment.items)
    earned = 0.0
    gaps: list[Gap] = []
    for item in assessment.items:
        shares = {option.value: option.share for option in item.options}
        share = shares.get(answers.get(item.code, ""), 0.0)
        earned += share * item.weight
        if share < 1:
            lost = round((1 - share) * item.weight / whole * 100, 2)
            gaps.append(Gap(item.code, item.question, lost, item.gap, item.critical))
    points = round(earned / whole * 100, 2)
    gaps.sort(key=lambda gap: (not gap.critical, -gap.lost))
    is_passed = points >= assessment.pass_score and not any(gap.critical for gap in gaps)
    return Score(assessment.code, points, is_passed, tuple(gaps))


def scored_values(forms: Sequence[Form], answers: Values) -> dict[str, Any]:
    """Return the figures of every assessment of these forms."""
    values: dict[str, Any] = {}
    for form in forms:
        if form.assessment is not None:
            values |= score_of(form.assessment, answers).values()
    return values


def holds(expression: Expression, values: Values) -> bool | None:
    """Tell whether a condition holds; None where it asks for what was not answered."""
    try:
        return expression.matches(values)
    except ExpressionFailed:
        return None


@lru_cache(maxsize=256)
def _language(fields: tuple[tuple[str, Field], ...]) -> Language:
    return Language(dict(fields))


@lru_cache(maxsize=4096)
def _compiled(fields: tuple[tuple[str, Field], ...], source: str) -> Expression:
    return _language(fields).compile(source)


def compile_condition(language: Language, source: str) -> Expression:
    """Return a condition made ready; the same one is compiled once. Raises ExpressionInvalid."""
    return _compiled(tuple(sorted(language.fields.items())), source)
