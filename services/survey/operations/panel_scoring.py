"""Scoring by the panel: blind, at most three members, and never one of the innovation's own OPD."""

from collections.abc import Sequence
from decimal import Decimal

from services.survey import innovation_queries
from services.survey.context import SurveyContext
from services.survey.innovation_access import InnovationAccess
from services.survey.innovation_errors import (
    EntriesInvalid,
    NotScoredNow,
    NotYoursToScore,
    ScoredAlready,
)
from services.survey.innovation_queries import WantedInnovations
from services.survey.innovation_schemas import PanelView, ScoreForm, ScoreView
from services.survey.innovation_tables import Innovation, InnovationScore
from services.survey.operations.innovating import (
    InnovationActing,
    change,
    take_innovation,
)
from services.survey.operations.proposing import looked_at
from services.survey.plan_access import opaque_id
from services.survey.rules.innovation_stages import STAGES, Stage
from services.survey.rules.panel_scores import PanelState, settle_scores, total_of, wants_score
from shared.masking import mask_identifiers
from shared.unit_of_work import UnitOfWork

_LONGEST_QUEUE = 200


async def give_score(
    unit: UnitOfWork, context: SurveyContext, acting: InnovationActing, form: ScoreForm
) -> Innovation:
    """Store a member's score; the second that agrees, or the third, makes it final.

    The innovation's row is locked, so that of members who score at once none sees the other's and
    no more are taken than are asked for. Raises as `take_innovation`, and NotYoursToScore,
    NotScoredNow, ScoredAlready, EntriesInvalid.
    """
    panel = context.profile.innovation.panel
    innovation = await take_innovation(unit, acting)
    if not acting.access.may_score(looked_at(innovation)):
        raise NotYoursToScore
    if not acting.access.is_scored(Stage(innovation.stage)):
        raise NotScoredNow(complete=False)
    scored = await innovation_queries.list_totals(unit.connection, [innovation.innovation_id])
    before = scored.get(innovation.innovation_id, [])
    if acting.actor in {panelist for panelist, _ in before}:
        raise ScoredAlready
    totals = [total for _, total in before]
    if innovation.final_score is not None or not wants_score(totals, panel.threshold):
        raise NotScoredNow(complete=True)
    try:
        total = total_of(form.marks, panel.weights)
    except KeyError as error:
        wanted = ", ".join(panel.weights)
        raise EntriesInvalid([("/marks", f"beri nilai tepat untuk: {wanted}")]) from error
    score = InnovationScore(
        innovation_id=innovation.innovation_id,
        panelist=acting.actor,
        marks=form.marks,
        total=total,
        comment=mask_identifiers(form.comment),
        scored_version=innovation.version,
        scored_at=unit.now,
    )
    await innovation_queries.insert_score(unit.connection, score)
    return await _settle(unit, innovation, [*totals, total], panel.threshold)


async def show_panel(
    unit: UnitOfWork, context: SurveyContext, access: InnovationAccess, innovation: Innovation
) -> PanelView:
    """Return how far the scoring is: before it is final, nobody's score but the caller's own."""
    scores = await innovation_queries.list_scores(unit.connection, innovation.innovation_id)
    mine = opaque_id(access.caller)
    own = next((_view(each) for each in scores if each.panelist == mine), None)
    if innovation.final_score is not None:
        final = float(innovation.final_score)
        return PanelView(
            state=PanelState.FINAL,
            own=own,
            scores=[_view(each) for each in scores],
            final_score=final,
        )
    threshold = context.profile.innovation.panel.threshold
    state = settle_scores([each.total for each in scores], threshold).state
    return PanelView(state=state, own=own, scores=[], final_score=None)


async def list_queue(
    unit: UnitOfWork, context: SurveyContext, access: InnovationAccess
) -> list[Innovation]:
    """Return what still waits for a score that the caller may give; at most 200."""
    stages = [stage for stage in STAGES if access.is_scored(stage)]
    waiting = await innovation_queries.list_innovations(
        unit.connection,
        WantedInnovations(stages=stages, unscored=True),
        below=None,
        limit=_LONGEST_QUEUE,
    )
    scored = await innovation_queries.list_totals(
        unit.connection, [each.innovation_id for each in waiting]
    )
    mine = opaque_id(access.caller)
    return [
        each
        for each in waiting
        if access.may_score(looked_at(each))
        and mine not in {panelist for panelist, _ in scored.get(each.innovation_id, [])}
    ]


async def panel_states(
    unit: UnitOfWork, context: SurveyContext, innovations: Sequence[Innovation]
) -> dict[str, PanelState]:
    """Return how far the scoring of each is, without a number."""
    scored = await innovation_queries.list_totals(
        unit.connection, [each.innovation_id for each in innovations]
    )
    threshold = context.profile.innovation.panel.threshold
    return {
        each.innovation_id: PanelState.FINAL
        if each.final_score is not None
        else settle_scores(
            [total for _, total in scored.get(each.innovation_id, [])], threshold
        ).state
        for each in innovations
    }


async def _settle(
    unit: UnitOfWork, innovation: Innovation, totals: Sequence[Decimal], threshold: Decimal
) -> Innovation:
    outcome = settle_scores(totals, threshold)
    if outcome.state is PanelState.FINAL:
        changes = {"final_score": outcome.final, "finalised_at": unit.now}
        return await change(unit, innovation, None, "score-final", None, changes)
    if outcome.state is PanelState.THIRD_ASKED:
        note = "Dua nilai panel berbeda jauh; anggota ketiga diminta menilai."
        return await change(unit, innovation, None, "third-asked", note, {})
    return innovation


def _view(score: InnovationScore) -> ScoreView:
    return ScoreView(
        marks=score.marks,
        total=float(score.total),
        comment=score.comment,
        scored_at=score.scored_at,
    )
