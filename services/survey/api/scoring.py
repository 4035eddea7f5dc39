"""HTTP: the panel's blind scores, the self-assessment, the ranking and the rewards."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends

from services.survey import innovation_queries
from services.survey.api.doors import TheDoors
from services.survey.api.innovation_doors import (
    ACTION_PROBLEMS,
    TheInnovationDoor,
    Year,
    shown_states,
)
from services.survey.innovation_access import PROPOSERS, RANKING_READERS
from services.survey.innovation_schemas import (
    AssessmentView,
    InnovationPage,
    PanelView,
    RankingView,
    RewardsView,
    ScoreForm,
    SheetForm,
    SheetView,
)
from services.survey.innovation_views import (
    view_assessment,
    view_innovation,
    view_rank,
    view_reward,
    view_sheet,
)
from services.survey.operations import innovation_awards, panel_scoring
from services.survey.operations.innovating import take_innovation
from services.survey.operations.proposing import access_for
from shared.auth import Principal, Role, require
from shared.idempotency import once
from shared.problems import problem_responses
from shared.unit_of_work import UnitOfWork

router = APIRouter(prefix="/survey/v1", tags=["innovation-awards"])

Panelist = Annotated[Principal, Depends(require(Role.PANEL))]
RankingReader = Annotated[Principal, Depends(require(*RANKING_READERS))]
SheetWriter = Annotated[Principal, Depends(require(*PROPOSERS))]


@router.get(
    "/panel/queue", operation_id="survey_panel_queue", responses=problem_responses(401, 403, 503)
)
async def panel_queue(doors: TheDoors, caller: Panelist) -> InnovationPage:
    """List what still waits for a score that the caller may give: never of their own OPD."""
    access = access_for(doors.context, caller)
    async with doors.units.begin() as unit:
        found = await panel_scoring.list_queue(unit, doors.context, access)
        states = await shown_states(unit, doors.context, access, found)
    items = [view_innovation(doors.context, each, states.get(each.innovation_id)) for each in found]
    return InnovationPage(items=items, next=None)


@router.post(
    "/innovations/{innovation_id}/scores",
    operation_id="survey_score_innovation",
    responses=ACTION_PROBLEMS,
)
async def score_innovation(door: TheInnovationDoor, body: ScoreForm) -> PanelView:
    """Score an innovation, 0 to 100 by aspect, once and for all; nobody sees it before the end."""

    async def scored(unit: UnitOfWork) -> dict[str, Any]:
        innovation = await panel_scoring.give_score(unit, door.context, door.acting, body)
        view = await panel_scoring.show_panel(unit, door.context, door.acting.access, innovation)
        return view.model_dump(mode="json")

    request = body.model_dump_json().encode()
    return PanelView.model_validate(
        await once(door.doors.units, door.scope, door.key, request, scored)
    )


@router.get(
    "/innovations/{innovation_id}/scores",
    operation_id="survey_show_scores",
    responses=problem_responses(401, 403, 404, 412, 422, 503),
)
async def show_scores(door: TheInnovationDoor) -> PanelView:
    """Show how far the scoring is: one's own score, and all of them once the score is final."""
    async with door.doors.units.begin() as unit:
        innovation = await take_innovation(unit, door.acting)
        return await panel_scoring.show_panel(unit, door.context, door.acting.access, innovation)


@router.get(
    "/innovation-assessments/{year}",
    operation_id="survey_assess_year",
    responses=problem_responses(401, 403, 404, 422, 503),
)
async def assess_year(doors: TheDoors, year: Year, caller: RankingReader) -> AssessmentView:
    """Show the self-assessment of a year: an aid, and not the ministry's own judgement.

    Sheets of innovations are shown to those who may see all of them.
    """
    access = access_for(doors.context, caller)
    async with doors.units.begin() as unit:
        result, sheets = await innovation_awards.assess_year(unit, doors.context, year)
    view = view_assessment(doors.context, year, result, sheets)
    return view if access.sees_all else view.model_copy(update={"sheets": []})


@router.put(
    "/innovation-assessments/{year}/pemda",
    operation_id="survey_fill_pemda_sheet",
    responses=problem_responses(400, 401, 403, 404, 413, 422, 503),
)
async def fill_pemda_sheet(
    doors: TheDoors, year: Year, body: SheetForm, caller: SheetWriter
) -> SheetView:
    """Fill the Pemda's own sheet of a year, in place of the one before; for the coordinator."""
    access = access_for(doors.context, caller)
    async with doors.units.begin() as unit:
        sheet = await innovation_awards.store_pemda_sheet(
            unit, doors.context, access, year, body.levels
        )
    return view_sheet(sheet)


@router.put(
    "/innovation-assessments/{year}/innovations/{innovation_id}",
    operation_id="survey_fill_innovation_sheet",
    responses=problem_responses(400, 401, 403, 404, 412, 413, 422, 503),
)
async def fill_innovation_sheet(door: TheInnovationDoor, year: Year, body: SheetForm) -> SheetView:
    """Fill an innovation's sheet of a year, in place of the one before."""
    async with door.doors.units.begin() as unit:
        sheet = await innovation_awards.store_innovation_sheet(
            unit, door.context, door.acting, year, body.levels
        )
    return view_sheet(sheet)


@router.get(
    "/innovation-rankings/{year}",
    operation_id="survey_rank_year",
    responses=problem_responses(401, 403, 404, 422, 503),
)
async def rank_year(doors: TheDoors, year: Year, caller: RankingReader) -> RankingView:
    """Rank OPDs by the final scores of a year, each with the reason; ties share a rank."""
    del caller
    async with doors.units.begin() as unit:
        ranks = await innovation_awards.rank_year(unit, doors.context, year)
    return RankingView(year=year, ranks=[view_rank(doors.context, each) for each in ranks])


@router.post(
    "/innovation-rankings/{year}/rewards",
    operation_id="survey_reward_year",
    responses=problem_responses(401, 403, 404, 409, 422, 503),
)
async def reward_year(doors: TheDoors, year: Year, caller: SheetWriter) -> RewardsView:
    """Reward the best OPDs of a year once and for all; for the coordinator."""
    access = access_for(doors.context, caller)
    async with doors.units.begin() as unit:
        rewards = await innovation_awards.reward_year(unit, doors.context, access, year)
    return RewardsView(year=year, rewards=[view_reward(doors.context, each) for each in rewards])


@router.get(
    "/innovation-rewards/{year}",
    operation_id="survey_show_rewards",
    responses=problem_responses(404, 422, 503),
)
async def show_rewards(doors: TheDoors, year: Year) -> RewardsView:
    """Show everybody which OPDs were rewarded for a year, and why."""
    async with doors.units.begin() as unit:
        rewards = await innovation_queries.list_rewards(unit.connection, year)
    return RewardsView(year=year, rewards=[view_reward(doors.context, each) for each in rewards])
