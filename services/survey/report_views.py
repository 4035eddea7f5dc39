"""Builds reports out of sums: rounding, letters, names, and leaving out what is too small."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from fractions import Fraction
from typing import Any, Final

from services.survey.context import SurveyContext
from services.survey.official import CHANNELS, GROUP_NAMES, GROUPS, UNSTATED, UNSTATED_NAME
from services.survey.plan_schemas import FollowUpSummary
from services.survey.profile import SurveyUnit, element_name
from services.survey.queries import ThemeCount
from services.survey.report_schemas import (
    ChannelValue,
    EarlierPeriod,
    ElementRank,
    ElementReport,
    ExtraReport,
    GroupValue,
    IndexValue,
    Publication,
    ReportedPlan,
    RespondentGroups,
    ResponseRate,
    SampleState,
    SureIndex,
    ThemeReport,
    UnitReport,
)
from services.survey.rules.index import (
    ELEMENTS,
    QUALITIES,
    SCALE,
    Weights,
    exact_index,
    publish,
    quality_of,
    value_elements,
)
from services.survey.rules.periods import name_of
from services.survey.rules.sampling import (
    Moments,
    channel_difference,
    mean_interval,
    sample_size,
    too_small,
)
from services.survey.tally_queries import Sums

_EXTREMES: Final = 3
#: Values on the scale of 1 to 4 have this many decimals in reports.
_PLACES: Final = 3


@dataclass(slots=True)
class UnitFacts:
    """What is counted of a unit in the periods of a report, and in earlier ones."""

    whole: Sums | None = None
    services: dict[str, Sums] = field(default_factory=dict)
    groups: dict[str, dict[str, Sums]] = field(default_factory=dict)
    earlier: dict[str, Sums] = field(default_factory=dict)
    sent: int = 0
    themes: list[ThemeCount] = field(default_factory=list)
    extras: dict[str, dict[int, int]] = field(default_factory=dict)
    plans: list[FollowUpSummary] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class ReportFrame:
    """What all reports of one request have in common."""

    period: str
    periods: tuple[str, ...]
    earlier: tuple[str, ...]
    made_at: datetime
    final: bool
    address: str


def view_unit(
    context: SurveyContext, unit: SurveyUnit, facts: UnitFacts, frame: ReportFrame
) -> UnitReport:
    """Return a unit's report."""
    profile = context.profile
    smallest, weights = profile.smallest_group, profile.element_weights
    answers = facts.whole.answers if facts.whole else 0
    shown = answers >= smallest
    whole = facts.whole if shown else None
    elements = view_elements(whole, weights)
    earlier = [_earlier(each, facts.earlier.get(each), smallest, weights) for each in frame.earlier]
    index = _sure_index(whole, weights, _population(unit, frame))
    if not answers:
        index.answers = 0
    before = earlier[0].ikm if earlier else None
    change = None if index.ikm is None or before is None else round(index.ikm - before, 2)
    ranked = sorted((each for each in elements if each.nrr is not None), key=_by_value)
    return UnitReport(
        unit=unit.code,
        unit_name=unit.name,
        opd=unit.opd,
        opd_name=profile.opd_names.get(unit.opd, unit.opd),
        pemda=profile.pemda,
        period=frame.period,
        period_name=name_of(frame.period),
        made_at=frame.made_at,
        final=frame.final,
        shown=shown,
        sample=view_sample(unit, answers, len(frame.periods)),
        response=_response(facts),
        respondents=view_groups(facts.groups if shown else {}, smallest, weights),
        services=_services(unit, facts.services if shown else {}, smallest, weights),
        channels=_channels(facts, smallest, weights) if shown else [],
        elements=elements,
        index=index,
        weakest=[_rank(each) for each in ranked[:_EXTREMES]],
        strongest=[_rank(each) for each in reversed(ranked[-_EXTREMES:])],
        earlier=earlier,
        change=change,
        follow_up=[_plan(each) for each in facts.plans],
        themes=_themes(context, facts.themes) if shown else [],
        extras=_extras(context, unit, facts.extras) if shown else [],
        publication=_publication(unit, frame),
    )


def view_index(sums: Sums | None, smallest: int, weights: Weights) -> IndexValue:
    """Return an index, or nothing of it where fewer answered than may be shown."""
    if sums is None or sums.answers < smallest:
        return IndexValue(
            ikm=None, quality=None, quality_name=None, answers=0 if sums is None else None
        )
    return IndexValue(answers=sums.answers, **_published(exact_index(sums.counts, weights)))


def view_elements(sums: Sums | None, weights: Weights) -> list[ElementReport]:
    """Return the nine elements in the order of their codes; without sums, empty ones."""
    if sums is None:
        return [
            ElementReport(
                code=code,
                name=element_name(code),
                answers=0,
                scores=[0, 0, 0, 0],
                nrr=None,
                weighted=None,
                ikm=None,
                quality=None,
            )
            for code in ELEMENTS
        ]
    reports = []
    for value in value_elements(sums.counts, weights):
        ikm = None if value.nrr is None else publish(value.nrr * SCALE)
        reports.append(
            ElementReport(
                code=value.code,
                name=element_name(value.code),
                answers=value.filled,
                scores=list(value.scores),
                nrr=_figure(value.nrr, _PLACES),
                weighted=_figure(value.weighted, _PLACES),
                ikm=None if ikm is None else float(ikm),
                quality=None if ikm is None else quality_of(ikm),
            )
        )
    return reports


def view_groups(
    groups: Mapping[str, Mapping[str, Sums]], smallest: int, weights: Weights
) -> list[RespondentGroups]:
    """Return the respondents by what they said of themselves, small groups left out."""
    found = []
    for dimension, values in GROUPS.items():
        names = {value: words["id"] for value, words in values.items()}
        names[UNSTATED] = UNSTATED_NAME
        sums = groups.get(dimension, {})
        found.append(
            RespondentGroups(
                dimension=dimension,
                name=GROUP_NAMES[dimension]["id"],
                values=view_parts(names, sums, smallest, weights),
            )
        )
    return found


def view_parts(
    names: Mapping[str, str], sums: Mapping[str, Sums], smallest: int, weights: Weights
) -> list[GroupValue]:
    """Return the parts of a whole by name; those too small are named without any figure."""
    hidden = too_small({code: each.answers for code, each in sums.items()}, smallest)
    total = sum(each.answers for each in sums.values())
    parts = []
    for code, name in names.items():
        each = sums.get(code)
        if each is None or code in hidden:
            nothing = IndexValue(
                ikm=None, quality=None, quality_name=None, answers=None if each else 0
            )
            share = None if each else 0.0
            parts.append(GroupValue(code=code, name=name, share=share, **nothing.model_dump()))
            continue
        value = view_index(each, smallest, weights)
        share = round(each.answers / total, 4)
        parts.append(GroupValue(code=code, name=name, share=share, **value.model_dump()))
    return parts


def view_sample(unit: SurveyUnit, answers: int, periods: int) -> SampleState:
    """Return how many of a unit's sample have answered; a year's population is its periods'."""
    population = unit.population * periods if unit.population else None
    wanted = sample_size(population) if population else None
    enough = wanted is not None and answers >= wanted
    warning = None
    if not enough:
        warning = (
            "Jumlah pengguna layanan belum diisi; besar sampel tidak dapat dihitung."
            if wanted is None
            else f"Baru {answers} dari {wanted} responden; hasil belum mewakili."
        )
    return SampleState(
        population=population,
        wanted=wanted,
        answers=answers,
        progress=round(answers / wanted, 4) if wanted else None,
        enough=enough,
        warning=warning,
    )


def _population(unit: SurveyUnit, frame: ReportFrame) -> int | None:
    return unit.population * len(frame.periods) if unit.population else None


def _sure_index(sums: Sums | None, weights: Weights, population: int | None) -> SureIndex:
    exact = exact_index(sums.counts, weights) if sums else None
    value = _published(exact)
    answers = sums.answers if sums else None
    if sums is None or exact is None:
        return SureIndex(answers=answers, low=None, high=None, margin=None, **value)
    found = mean_interval(_moments(sums), population, float(exact))
    return SureIndex(
        answers=answers,
        low=round(found.low, 2) if found else None,
        high=round(found.high, 2) if found else None,
        margin=round(found.margin, 2) if found else None,
        **value,
    )


def _published(exact: Fraction | None) -> dict[str, Any]:
    if exact is None:
        return {"ikm": None, "quality": None, "quality_name": None}
    ikm = publish(exact)
    quality = quality_of(ikm)
    return {"ikm": float(ikm), "quality": quality, "quality_name": QUALITIES[quality]}


def _earlier(period: str, sums: Sums | None, smallest: int, weights: Weights) -> EarlierPeriod:
    value = view_index(sums, smallest, weights)
    return EarlierPeriod(period=period, name=name_of(period), **value.model_dump())


def _services(
    unit: SurveyUnit, sums: Mapping[str, Sums], smallest: int, weights: Weights
) -> list[GroupValue]:
    names = {each.code: each.name for each in unit.services}
    # A service that the profile dropped keeps what was answered about it.
    names |= {code: code for code in sums if code not in names}
    return view_parts(names, sums, smallest, weights)


def _channels(facts: UnitFacts, smallest: int, weights: Weights) -> list[ChannelValue]:
    sums = facts.groups.get("channel", {})
    everybody = _moments(facts.whole) if facts.whole else None
    channels = []
    for part in view_parts(CHANNELS, sums, smallest, weights):
        found = None
        if part.ikm is not None and everybody is not None:
            found = channel_difference(_moments(sums[part.code]), everybody)
        channels.append(
            ChannelValue(
                **part.model_dump(),
                difference=round(found.points, 2) if found else None,
                difference_low=round(found.low, 2) if found else None,
                difference_high=round(found.high, 2) if found else None,
                differs=found is not None and found.differs,
            )
        )
    return channels


def _response(facts: UnitFacts) -> ResponseRate:
    link = facts.groups.get("channel", {}).get("link")
    answered = link.answers if link else 0
    rate = round(min(1.0, answered / facts.sent), 4) if facts.sent else None
    return ResponseRate(sent=facts.sent, answered=answered, rate=rate)


def _themes(context: SurveyContext, found: Sequence[ThemeCount]) -> list[ThemeReport]:
    names = {theme.code: theme.name for theme in context.profile.themes}
    themes = [
        ThemeReport(code=each.theme, name=names.get(each.theme, each.theme), comments=each.comments)
        for each in found
        if each.theme
    ]
    rest = sum(each.comments for each in found if not each.theme)
    return [*themes, ThemeReport(code="", name="Lain-lain", comments=rest)] if found else []


def _extras(
    context: SurveyContext, unit: SurveyUnit, counted: Mapping[str, Mapping[int, int]]
) -> list[ExtraReport]:
    return [
        ExtraReport(
            code=each.code,
            question=each.question["id"],
            answers=list(answers),
            counts=[counted.get(each.code, {}).get(n, 0) for n in range(1, len(answers) + 1)],
        )
        for each in context.profile.extras_of(unit.code)
        if (answers := (each.answers or {}).get("id"))
    ]


def _plan(plan: FollowUpSummary) -> ReportedPlan:
    return ReportedPlan(
        element=plan.element,
        element_name=plan.element_name,
        reason=plan.reason_text,
        cause=plan.cause,
        action=plan.action,
        owner=plan.owner,
        due_on=plan.due_on,
        state=str(plan.state),
        state_name=plan.state_name,
    )


def _publication(unit: SurveyUnit, frame: ReportFrame) -> Publication:
    if frame.final:
        statement = f"Hasil survei {name_of(frame.period)} diumumkan pada halaman ini."
    else:
        statement = "Hasil sementara; diumumkan setelah periodenya ditutup."
    return Publication(
        published=frame.final, address=f"{frame.address}/{unit.code}", statement=statement
    )


def _moments(sums: Sums) -> Moments:
    return Moments(sums.answers, sums.sum_x, sums.sum_xx)


def _by_value(element: ElementReport) -> tuple[float, str]:
    return element.nrr or 0.0, element.code


def _rank(element: ElementReport) -> ElementRank:
    return ElementRank(
        code=element.code, name=element.name, nrr=element.nrr or 0.0, ikm=element.ikm or 0.0
    )


def _figure(value: Fraction | None, places: int) -> float | None:
    return None if value is None else float(publish(value, places))
