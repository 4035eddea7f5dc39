"""The self-assessment of a year, the ranking of OPDs, and the rewards of the best."""

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal

from services.survey import innovation_queries
from services.survey.context import SurveyContext
from services.survey.innovation_access import InnovationAccess
from services.survey.innovation_errors import (
    EntriesInvalid,
    InnovationActionNotYours,
    NothingToReward,
)
from services.survey.innovation_tables import InnovationReward, InnovationSheet
from services.survey.operations.innovating import InnovationActing, take_innovation
from services.survey.operations.proposing import looked_at
from services.survey.plan_access import opaque_id
from services.survey.rules.innovation_index import IndexResult, Scope, assess
from services.survey.rules.innovation_ranking import OpdRank, ScoredInnovation, rank_opds
from services.survey.rules.innovation_stages import Stage
from shared.unit_of_work import UnitOfWork

#: The subject of the sheet that is the Pemda's own.
PEMDA = "pemda"


async def store_pemda_sheet(
    unit: UnitOfWork,
    context: SurveyContext,
    access: InnovationAccess,
    year: int,
    levels: Mapping[str, int],
) -> InnovationSheet:
    """Store the Pemda's own sheet of a year; raises InnovationActionNotYours, EntriesInvalid."""
    if not access.coordinates:
        raise InnovationActionNotYours
    return await _store(unit, context, access, year, PEMDA, levels, "pemda")


async def store_innovation_sheet(
    unit: UnitOfWork,
    context: SurveyContext,
    acting: InnovationActing,
    year: int,
    levels: Mapping[str, int],
) -> InnovationSheet:
    """Store an innovation's sheet of a year.

    Raises InnovationNotFound, InnovationActionNotYours, EntriesInvalid.
    """
    innovation = await take_innovation(unit, acting)
    if not acting.access.may_amend(looked_at(innovation)):
        raise InnovationActionNotYours("OPD penanggung jawab, pengusul, atau koordinator")
    subject = innovation.innovation_id
    return await _store(unit, context, acting.access, year, subject, levels, "innovation")


async def assess_year(
    unit: UnitOfWork, context: SurveyContext, year: int
) -> tuple[IndexResult, list[InnovationSheet]]:
    """Return the index of a year, and the sheets that it is made of."""
    sheets = await innovation_queries.list_sheets(unit.connection, year)
    part = context.profile.innovation.assessment
    pemda = next((sheet.levels for sheet in sheets if sheet.subject == PEMDA), {})
    innovations = [sheet.levels for sheet in sheets if sheet.subject != PEMDA]
    result = assess(part.rules, part.band_rules, pemda, innovations, part.least_innovations)
    return result, sheets


async def rank_year(unit: UnitOfWork, context: SurveyContext, year: int) -> list[OpdRank]:
    """Rank OPDs by the innovations whose score became final in a year of the Pemda's zone."""
    zone = context.profile.place
    since = datetime(year, 1, 1, tzinfo=zone).astimezone(UTC)
    until = datetime(year + 1, 1, 1, tzinfo=zone).astimezone(UTC)
    scored = await innovation_queries.list_scored(unit.connection, since, until)
    adoptions = await innovation_queries.count_adoptions(
        unit.connection, [each.innovation_id for each in scored]
    )
    rewards = context.profile.innovation.rewards
    return rank_opds(
        (
            ScoredInnovation(
                opd=each.opd or "",
                title=each.title,
                score=each.final_score or Decimal(0),
                displayed=each.stage == Stage.DISPLAY,
                adoptions=adoptions.get(each.innovation_id, 0),
            )
            for each in scored
        ),
        counted=rewards.counted,
        best=rewards.best,
    )


async def reward_year(
    unit: UnitOfWork, context: SurveyContext, access: InnovationAccess, year: int
) -> list[InnovationReward]:
    """Reward the best OPDs of a year once and for all; asked again, it shows what was awarded.

    Raises InnovationActionNotYours, NothingToReward.
    """
    if not access.coordinates:
        raise InnovationActionNotYours
    await innovation_queries.lock_rewards(unit.connection, year)
    awarded = await innovation_queries.list_rewards(unit.connection, year)
    if awarded:
        return awarded
    ranks = [each for each in await rank_year(unit, context, year) if each.rewarded]
    if not ranks:
        raise NothingToReward
    rewards = [
        InnovationReward(
            year=year,
            opd=each.opd,
            rank=each.rank,
            points=each.points,
            reason=each.reason,
            awarded_at=unit.now,
            awarded_by=opaque_id(access.caller),
        )
        for each in ranks
    ]
    await innovation_queries.insert_rewards(unit.connection, rewards)
    return rewards


async def _store(
    unit: UnitOfWork,
    context: SurveyContext,
    access: InnovationAccess,
    year: int,
    subject: str,
    levels: Mapping[str, int],
    scope: Scope,
) -> InnovationSheet:
    tops = {
        each.code: each.top
        for each in context.profile.innovation.assessment.rules
        if each.scope == scope
    }
    errors = [
        (f"/levels/{code}", f"0 sampai {tops[code]}" if code in tops else "bukan indikator di sini")
        for code, level in levels.items()
        if code not in tops or level > tops[code]
    ]
    if errors:
        raise EntriesInvalid(errors)
    sheet = InnovationSheet(
        year=year,
        subject=subject,
        levels=dict(levels),
        updated_at=unit.now,
        updated_by=opaque_id(access.caller),
    )
    await innovation_queries.store_sheet(unit.connection, sheet)
    return sheet
