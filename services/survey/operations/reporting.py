"""Reports: what is counted of units is read for all of them at once, then each is written."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Final

from services.survey import queries, tally_queries
from services.survey.context import SurveyContext
from services.survey.operations.links import known_span
from services.survey.plan_queries import WantedPlans, list_plans
from services.survey.plan_views import view_plan
from services.survey.profile import SurveyUnit
from services.survey.report_schemas import (
    IndexNow,
    IndexValue,
    PemdaReport,
    PemdaReports,
    SampleProgress,
    SampleProgresses,
    UnitLine,
    UnitReport,
)
from services.survey.report_views import (
    ReportFrame,
    UnitFacts,
    view_elements,
    view_groups,
    view_index,
    view_sample,
    view_unit,
)
from services.survey.rules.index import QUALITIES, combine_indexes, quality_of
from services.survey.rules.periods import last_day, name_of, previous
from services.survey.tally_queries import Sums, TallyRow
from shared.unit_of_work import UnitOfWork

#: How many earlier periods a report compares with.
_EARLIER_PERIODS: Final = 12
_EARLIER_YEARS: Final = 3
_MOST_PLANS: Final = 5_000
RESULTS: Final = "/survey/v1/results"


async def report_units(
    unit: UnitOfWork,
    context: SurveyContext,
    units: Sequence[SurveyUnit],
    period: str,
    public_url: str,
) -> list[UnitReport]:
    """Return the reports of units on a period, or on a year; raises PeriodInvalid."""
    frame = await _frame(unit, context, period, public_url)
    facts = await _gather(unit, context, units, frame)
    return [view_unit(context, each, facts[each.code], frame) for each in units]


async def report_pemda(
    unit: UnitOfWork, context: SurveyContext, period: str, public_url: str
) -> PemdaReports:
    """Return the report on the Pemda and on each of its units; raises PeriodInvalid."""
    units = context.profile.units
    frame = await _frame(unit, context, period, public_url)
    facts = await _gather(unit, context, units, frame)
    reports = [view_unit(context, each, facts[each.code], frame) for each in units]
    whole = _whole(context, frame, reports, [facts[each.code] for each in units])
    return PemdaReports(whole=whole, units=reports)


async def read_index(
    unit: UnitOfWork, context: SurveyContext, asked: SurveyUnit, period: str
) -> IndexNow:
    """Return one unit's index and nothing else of its report; raises PeriodInvalid."""
    frame = await _frame(unit, context, period, "")
    rows = await tally_queries.list_unit_sums(unit.connection, frame.periods, [asked.code])
    facts = UnitFacts(whole=rows[0].sums if rows else None)
    report = view_unit(context, asked, facts, frame)
    return IndexNow(unit=asked.code, period=period, final=frame.final, **report.index.model_dump())


async def read_progress(
    unit: UnitOfWork, context: SurveyContext, units: Sequence[SurveyUnit], period: str
) -> SampleProgresses:
    """Return how far the samples of units are; raises PeriodInvalid."""
    periods = known_span(context, period)
    rows = await tally_queries.list_unit_sums(
        unit.connection, periods, [each.code for each in units]
    )
    answers = {row.unit: row.sums.answers for row in rows}
    return SampleProgresses(
        period=period,
        period_name=name_of(period),
        units=[
            SampleProgress(
                unit=each.code,
                unit_name=each.name,
                **view_sample(each, answers.get(each.code, 0), len(periods)).model_dump(),
            )
            for each in units
        ],
    )


async def newest_published(unit: UnitOfWork) -> str | None:
    """Return the newest period that is closed, whose results are public; None before the first."""
    periods = await queries.list_periods(unit.connection)
    closed = [code for code, closed_at in periods.items() if closed_at is not None]
    return max(closed, key=last_day, default=None)


async def is_published(unit: UnitOfWork, context: SurveyContext, period: str) -> bool:
    """Tell whether all of a period, or of a year, is closed; raises PeriodInvalid."""
    return _is_final(context, unit, known_span(context, period), await _closed(unit))


async def _frame(
    unit: UnitOfWork, context: SurveyContext, period: str, public_url: str
) -> ReportFrame:
    periods = known_span(context, period)
    is_year = periods != (period,)
    earlier = []
    before = period
    for _ in range(_EARLIER_YEARS if is_year else _EARLIER_PERIODS):
        before = previous(before)
        earlier.append(before)
    return ReportFrame(
        period=period,
        periods=periods,
        earlier=tuple(earlier),
        made_at=unit.now,
        final=_is_final(context, unit, periods, await _closed(unit)),
        address=f"{public_url}{RESULTS}",
    )


async def _closed(unit: UnitOfWork) -> Mapping[str, bool]:
    periods = await queries.list_periods(unit.connection)
    return {code: closed_at is not None for code, closed_at in periods.items()}


def _is_final(
    context: SurveyContext, unit: UnitOfWork, periods: Sequence[str], closed: Mapping[str, bool]
) -> bool:
    """Tell whether no answer can come any more; a period without answers closes by its days."""
    over = context.today(unit.now) - timedelta(days=context.profile.grace_days)
    return all(closed.get(each, last_day(each) < over) for each in periods)


async def _gather(
    unit: UnitOfWork, context: SurveyContext, units: Sequence[SurveyUnit], frame: ReportFrame
) -> dict[str, UnitFacts]:
    connection, periods = unit.connection, frame.periods
    codes = [each.code for each in units]
    facts = {code: UnitFacts() for code in codes}
    for row in await tally_queries.list_unit_sums(connection, periods, codes):
        facts[row.unit].whole = row.sums
    for row in await tally_queries.list_service_sums(connection, periods, codes):
        facts[row.unit].services[row.service] = row.sums
    for row in await tally_queries.list_group_sums(connection, periods, codes):
        facts[row.unit].groups.setdefault(row.dimension, {})[row.value] = row.sums
    for row in await _earlier_sums(unit, context, codes, frame):
        _add(facts[row.unit].earlier, row.period, row.sums)
    await _add_what_was_said(unit, facts, frame)
    await _add_plans(unit, context, facts, frame)
    return facts


async def _add_what_was_said(
    unit: UnitOfWork, facts: Mapping[str, UnitFacts], frame: ReportFrame
) -> None:
    connection, periods, codes = unit.connection, frame.periods, list(facts)
    for code, sent in (await queries.count_invitations(connection, periods)).items():
        if code in facts:
            facts[code].sent = sent
    for theme in await queries.count_themes(connection, periods, codes):
        facts[theme.unit].themes.append(theme)
    for extra in await queries.list_extras(connection, periods, codes):
        asked = facts[extra.unit].extras.setdefault(extra.question, {})
        asked[extra.score] = int(extra.answers)


def _add(sums: dict[str, Sums], key: str, more: Sums) -> None:
    sums[key] = sums[key] + more if key in sums else more


async def _earlier_sums(
    unit: UnitOfWork, context: SurveyContext, codes: Sequence[str], frame: ReportFrame
) -> list[TallyRow]:
    """Return the sums of earlier periods; those of earlier years carry the year as their period."""
    of = {part: each for each in frame.earlier for part in known_span(context, each)}
    rows = await tally_queries.list_unit_sums(unit.connection, list(of), codes, by_period=True)
    return [TallyRow(of[r.period], r.unit, r.service, r.dimension, r.value, r.sums) for r in rows]


async def _add_plans(
    unit: UnitOfWork, context: SurveyContext, facts: Mapping[str, UnitFacts], frame: ReportFrame
) -> None:
    today = context.today(unit.now)
    only = next(iter(facts)) if len(facts) == 1 else None
    for period in frame.periods:
        wanted = WantedPlans(period=period, unit=only)
        plans = await list_plans(unit.connection, wanted, below=None, limit=_MOST_PLANS)
        for plan in plans:
            if plan.unit in facts:
                facts[plan.unit].plans.append(view_plan(context, plan, today))


def _whole(
    context: SurveyContext,
    frame: ReportFrame,
    reports: Sequence[UnitReport],
    facts: Sequence[UnitFacts],
) -> PemdaReport:
    """Put the shown units together: those too small would else be told from the rest."""
    profile = context.profile
    smallest, weights = profile.smallest_group, profile.element_weights
    shown = [each for report, each in zip(reports, facts, strict=True) if report.shown]
    everybody: Sums | None = None
    groups: dict[str, dict[str, Sums]] = {}
    for each in shown:
        if each.whole is not None:
            everybody = each.whole if everybody is None else everybody + each.whole
        for dimension, values in each.groups.items():
            kept = groups.setdefault(dimension, {})
            for value, sums in values.items():
                _add(kept, value, sums)
    index = view_index(everybody, smallest, weights)
    if profile.combined == "mean_of_units":
        index = _mean_of_units(reports, everybody)
    return PemdaReport(
        pemda=profile.pemda,
        period=frame.period,
        period_name=name_of(frame.period),
        made_at=frame.made_at,
        final=frame.final,
        combined=profile.combined,
        index=index,
        elements=view_elements(everybody, weights),
        respondents=view_groups(groups, smallest, weights),
        units=[_line(each) for each in reports],
    )


def _mean_of_units(reports: Sequence[UnitReport], everybody: Sums | None) -> IndexValue:
    mean = combine_indexes([each.index.ikm for each in reports if each.index.ikm is not None])
    if mean is None:
        return IndexValue(ikm=None, quality=None, quality_name=None, answers=0)
    quality = quality_of(mean)
    return IndexValue(
        ikm=float(mean),
        quality=quality,
        quality_name=QUALITIES[quality],
        answers=everybody.answers if everybody else 0,
    )


def _line(report: UnitReport) -> UnitLine:
    index = report.index
    return UnitLine(
        unit=report.unit,
        unit_name=report.unit_name,
        opd=report.opd,
        wanted=report.sample.wanted,
        enough=report.sample.enough,
        weakest=report.weakest[0].code if report.weakest else None,
        ikm=index.ikm,
        quality=index.quality,
        quality_name=index.quality_name,
        answers=index.answers,
    )
