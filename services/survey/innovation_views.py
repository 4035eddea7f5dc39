"""Shows innovations: names instead of codes, what is missing, and what the caller may do."""

from collections.abc import Mapping, Sequence
from decimal import Decimal

from services.survey.context import SurveyContext
from services.survey.innovation_access import InnovationAccess, Looked
from services.survey.innovation_schemas import (
    AdoptionView,
    AssessmentView,
    CriterionView,
    IdeaStatus,
    IndicatorView,
    InnovationDetail,
    InnovationDocument,
    InnovationEvidence,
    InnovationStep,
    InnovationSummary,
    MissingView,
    ProfileSnippet,
    RankView,
    RewardView,
    SheetView,
)
from services.survey.innovation_tables import (
    Innovation,
    InnovationAdoption,
    InnovationFact,
    InnovationReward,
    InnovationSheet,
)
from services.survey.rules.innovation_index import IndexResult
from services.survey.rules.innovation_ranking import OpdRank
from services.survey.rules.innovation_stages import (
    Missing,
    Stage,
    stage_after,
    stage_before,
)
from services.survey.rules.panel_scores import PanelState

NOT_ASSESSABLE = "Tidak dapat dinilai"


def view_innovation(
    context: SurveyContext, innovation: Innovation, panel: PanelState | None
) -> InnovationSummary:
    """Return an innovation as lists show it."""
    stage = Stage(innovation.stage)
    return InnovationSummary(
        **{
            name: getattr(innovation, name)
            for name in (
                "innovation_id",
                "version",
                "title",
                "initiator",
                "form",
                "digital",
                "opd",
                "proposed_at",
                "updated_at",
                "displayed_at",
            )
        },
        opd_name=opd_name(context, innovation.opd),
        stage=stage,
        stage_name=context.profile.innovation.stage_names[stage],
        panel=panel,
        final_score=_number(innovation.final_score),
    )


def view_innovation_detail(
    context: SurveyContext,
    access: InnovationAccess,
    innovation: Innovation,
    panel: PanelState | None,
    facts: Sequence[InnovationFact],
    adoptions: Sequence[InnovationAdoption],
    missing: Sequence[Missing],
) -> InnovationDetail:
    """Return an innovation with everything that it holds."""
    return InnovationDetail(
        **view_innovation(context, innovation, panel).model_dump(),
        problem=innovation.problem,
        idea=innovation.idea,
        evidence=[InnovationEvidence.model_validate(each) for each in innovation.evidence],
        entries=innovation.dossier,
        criteria=_criteria(context, innovation.criteria),
        documents=[InnovationDocument.model_validate(each) for each in innovation.documents],
        snippets=[ProfileSnippet.model_validate(each) for each in innovation.snippets],
        origin=innovation.origin,
        missing=[MissingView(code=each.code, message=each.message) for each in missing],
        steps=[InnovationStep.model_validate(fact, from_attributes=True) for fact in facts],
        adoptions=[view_adoption(each) for each in adoptions],
        actions=_actions(access, innovation, panel, complete=not missing),
    )


def view_idea(
    context: SurveyContext, innovation: Innovation, facts: Sequence[InnovationFact]
) -> IdeaStatus:
    """Return what became of an idea: where it is, and why where it was declined."""
    declined = [fact.note for fact in facts if fact.to_stage == Stage.DECLINED and fact.note]
    return IdeaStatus(
        reference=innovation.reference,
        title=innovation.title,
        stage=Stage(innovation.stage),
        stage_name=context.profile.innovation.stage_names[innovation.stage],
        opd_name=opd_name(context, innovation.opd),
        proposed_at=innovation.proposed_at,
        updated_at=innovation.updated_at,
        note=declined[-1] if declined and innovation.stage == Stage.DECLINED else None,
    )


def view_adoption(adoption: InnovationAdoption) -> AdoptionView:
    """Return who adopted an innovation."""
    return AdoptionView(
        adoption_id=adoption.adoption_id,
        adopter=adoption.adopter,
        region_code=adoption.region_code,
        url=adoption.url,
        note=adoption.note,
        reported_at=adoption.reported_at,
        confirmed=adoption.confirmed_at is not None,
    )


def view_assessment(
    context: SurveyContext, year: int, result: IndexResult, sheets: Sequence[InnovationSheet]
) -> AssessmentView:
    """Return the self-assessment of a year with its indicators."""
    part = context.profile.innovation.assessment
    return AssessmentView(
        year=year,
        source=part.source,
        index=float(result.index),
        band=result.band.code if result.band else None,
        band_name=result.band.name if result.band else NOT_ASSESSABLE,
        by_aspect={aspect: float(value) for aspect, value in result.by_aspect.items()},
        innovations=sum(sheet.subject != "pemda" for sheet in sheets),
        unanswered=list(result.unanswered),
        sheets=[view_sheet(sheet) for sheet in sheets],
        indicators=[
            IndicatorView.model_validate(each, from_attributes=True) for each in part.indicators
        ],
    )


def view_sheet(sheet: InnovationSheet) -> SheetView:
    """Return a stored sheet."""
    return SheetView(
        year=sheet.year, subject=sheet.subject, levels=sheet.levels, updated_at=sheet.updated_at
    )


def view_rank(context: SurveyContext, rank: OpdRank) -> RankView:
    """Return an OPD's place."""
    return RankView(
        rank=rank.rank,
        opd=rank.opd,
        opd_name=context.profile.opd_names.get(rank.opd, rank.opd),
        points=float(rank.points),
        innovations=rank.innovations,
        displayed=rank.displayed,
        adoptions=rank.adoptions,
        rewarded=rank.rewarded,
        reason=rank.reason,
    )


def view_reward(context: SurveyContext, reward: InnovationReward) -> RewardView:
    """Return a reward."""
    return RewardView(
        rank=reward.rank,
        opd=reward.opd,
        opd_name=context.profile.opd_names.get(reward.opd, reward.opd),
        points=float(reward.points),
        reason=reward.reason,
        awarded_at=reward.awarded_at,
    )


def opd_name(context: SurveyContext, opd: str | None) -> str | None:
    """Return an OPD's name; its code where the profile dropped it."""
    return None if opd is None else context.profile.opd_names.get(opd, opd)


def _criteria(
    context: SurveyContext, held: Mapping[str, Mapping[str, object]]
) -> list[CriterionView]:
    return [
        CriterionView.model_validate(
            {
                "code": each.code,
                "name": each.name,
                "question": each.question,
                "argument": held.get(each.code, {}).get("argument"),
                "met": held.get(each.code, {}).get("met"),
            }
        )
        for each in context.profile.innovation.criteria
    ]


def _actions(
    access: InnovationAccess, innovation: Innovation, panel: PanelState | None, *, complete: bool
) -> list[str]:
    looked = Looked(innovation.opd, innovation.proposer, Stage(innovation.stage))
    stage, declined = looked.stage, looked.stage is Stage.DECLINED
    coordinates = access.coordinates
    may = {
        "amend": access.may_amend(looked) and not declined,
        "judge": coordinates and not declined,
        "choose-opd": coordinates,
        "advance": coordinates and complete and stage_after(stage) is not None,
        "send-back": coordinates and stage_before(stage) is not None,
        "decline": coordinates and not declined,
        "reconsider": coordinates and declined,
        "score": panel in {PanelState.WAITING, PanelState.THIRD_ASKED} and access.may_score(looked),
    }
    return [action for action, allowed in may.items() if allowed]


def _number(score: Decimal | None) -> float | None:
    return None if score is None else float(score)
