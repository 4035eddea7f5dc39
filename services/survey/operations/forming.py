"""Puts together the form of a unit: for front ends as data, and for the pages that draw it."""

from services.survey.context import SurveyContext
from services.survey.errors import UnitUnknown
from services.survey.official import GROUP_NAMES, GROUPS, Language
from services.survey.profile import ExtraQuestion, SurveyUnit
from services.survey.rules.answers import LONGEST_COMMENT
from services.survey.rules.periods import name_of
from services.survey.schemas import Asked, Option, SurveyForm
from services.survey.wording import LANGUAGE_NAMES, TEXTS


def make_form(
    context: SurveyContext, unit_code: str, service: str | None, period: str, language: Language
) -> SurveyForm:
    """Return the form of a unit, for one service or with the choice of one; raises UnitUnknown."""
    unit = context.unit(unit_code)
    if unit is None:
        raise UnitUnknown(unit_code)
    if service is not None and unit.service_name(service) is None:
        raise UnitUnknown(unit_code, service)
    profile = context.profile
    texts = TEXTS[language]
    return SurveyForm(
        unit=unit.code,
        unit_name=unit.name,
        period=period,
        period_name=name_of(period),
        language=language,
        languages=[Option(value=each, label=LANGUAGE_NAMES[each]) for each in profile.languages],
        texts=texts,
        service=_services(unit, service, texts["service"]),
        elements=[_element(context, code, language) for code in unit.order],
        extras=[_extra(each, language) for each in profile.extras_of(unit.code)],
        respondent=_respondent(language),
        comment=Asked(
            code="comment",
            name="comment",
            field="/comment",
            kind="text",
            legend=texts["comment"],
            longest=LONGEST_COMMENT,
        ),
    )


def _services(unit: SurveyUnit, chosen: str | None, legend: str) -> Asked:
    return Asked(
        code="service",
        name="service",
        field="/service",
        kind="choice",
        legend=legend,
        required=True,
        options=[
            Option(value=each.code, label=each.name)
            for each in unit.services
            if chosen in (None, each.code)
        ],
    )


def _element(context: SurveyContext, code: str, language: Language) -> Asked:
    words = context.profile.element_words[code]
    answers = (words.answers or {})[language]
    return Asked(
        code=code,
        name=code,
        field=f"/scores/{code}",
        kind="choice",
        legend=(words.question or {})[language],
        options=[Option(value=str(n), label=label) for n, label in enumerate(answers, 1)],
    )


def _extra(extra: ExtraQuestion, language: Language) -> Asked:
    scale = extra.kind == "scale"
    answers = (extra.answers or {}).get(language, ())
    return Asked(
        code=extra.code,
        name=f"x_{extra.code}",
        field=f"/{'extras' if scale else 'texts'}/{extra.code}",
        kind="choice" if scale else "text",
        legend=extra.question[language],
        options=[Option(value=str(n), label=label) for n, label in enumerate(answers, 1)],
        longest=None if scale else LONGEST_COMMENT,
    )


def _respondent(language: Language) -> list[Asked]:
    return [
        Asked(
            code=dimension,
            name=dimension,
            field=f"/respondent/{dimension}",
            kind="choice",
            legend=GROUP_NAMES[dimension][language],
            options=[Option(value=value, label=words[language]) for value, words in values.items()],
        )
        for dimension, values in GROUPS.items()
    ]
