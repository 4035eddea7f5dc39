"""HTTP: innovations, from ideas of citizens and proposals of staff to their display."""

from hashlib import sha256
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Path, Query, Request, Response

from services.survey import innovation_queries
from services.survey.api.doors import TheDoors
from services.survey.api.innovation_doors import (
    ACTION_PROBLEMS,
    InnovationReader,
    TheInnovationDoor,
    detail_of,
    read_id_cursor,
    shown_states,
)
from services.survey.innovation_access import PROPOSERS, InnovationAccess
from services.survey.innovation_errors import InnovationNotFound
from services.survey.innovation_queries import WantedInnovations
from services.survey.innovation_schemas import (
    AmendmentForm,
    IdeaForm,
    IdeaStatus,
    IdeaTaken,
    InnovationDetail,
    InnovationNoteForm,
    InnovationPage,
    OpdChoice,
    ProposalForm,
    VerdictForm,
)
from services.survey.innovation_views import view_idea, view_innovation
from services.survey.operations import innovating, proposing
from services.survey.plan_access import opaque_id
from services.survey.rules.innovation_stages import STAGES, Stage
from shared.auth import Principal, Role, require
from shared.cursor import write_cursor
from shared.idempotency import IdempotencyKey, once
from shared.networks import network_of
from shared.problems import problem_responses
from shared.unit_of_work import UnitOfWork

router = APIRouter(prefix="/survey/v1", tags=["innovations"])

Proposer = Annotated[Principal, Depends(require(*PROPOSERS))]
Reference = Annotated[
    str,
    Path(max_length=20, description="What the idea's sender was given.", examples=["H7QK3MZP2W"]),
]


async def admit_public(request: Request) -> None:
    """Count what a public address sends without a token; raises TooManyRequests."""
    network = network_of(request.client.host if request.client else "")
    if network is not None:
        request.app.state.public_limit.hit(sha256(network.encode()).digest())


@router.post(
    "/ideas",
    operation_id="survey_send_idea",
    status_code=201,
    dependencies=[Depends(admit_public)],
    responses=problem_responses(400, 413, 422, 429, 503),
)
async def send_idea(doors: TheDoors, body: IdeaForm, key: IdempotencyKey = None) -> IdeaTaken:
    """Take a citizen's idea. No name and no contact is asked for or kept, and numbers are masked.

    The reference shows what becomes of it; the same idea sent again has the same reference.
    """
    names = doors.context.profile.innovation.stage_names

    async def taken(unit: UnitOfWork) -> dict[str, Any]:
        idea = await proposing.propose_idea(unit, body)
        return {
            "reference": idea.reference,
            "stage": idea.stage,
            "stage_name": names[idea.stage],
        }

    request = body.model_dump_json().encode()
    return IdeaTaken.model_validate(await once(doors.units, "ideas", key, request, taken))


@router.get(
    "/ideas/{reference}",
    operation_id="survey_follow_idea",
    responses=problem_responses(404, 422, 503),
)
async def follow_idea(doors: TheDoors, reference: Reference) -> IdeaStatus:
    """Show what became of an idea, to anybody who knows its reference."""
    if not reference.isascii() or not reference.isalnum():
        raise InnovationNotFound
    async with doors.units.begin() as unit:
        idea = await innovation_queries.find_by_reference(unit.connection, reference.upper())
        if idea is None:
            raise InnovationNotFound
        facts = await innovation_queries.list_innovation_facts(unit.connection, idea.innovation_id)
    return view_idea(doors.context, idea, facts)


@router.post(
    "/innovations",
    operation_id="survey_propose_innovation",
    status_code=201,
    responses=problem_responses(400, 401, 403, 409, 413, 422, 503),
)
async def propose_innovation(
    request: Request,
    response: Response,
    doors: TheDoors,
    body: ProposalForm,
    caller: Proposer,
    key: IdempotencyKey = None,
) -> InnovationDetail:
    """Propose an innovation as an employee or for one's OPD; the coordinator also for others."""
    access = proposing.access_for(doors.context, caller)

    async def proposed(unit: UnitOfWork) -> dict[str, Any]:
        innovation = await proposing.propose(unit, doors.context, access, body)
        detail = await detail_of(unit, doors.context, access, innovation)
        return detail.model_dump(mode="json")

    scope = f"{caller.subject} {request.url.path}"
    answer = await once(doors.units, scope, key, body.model_dump_json().encode(), proposed)
    detail = InnovationDetail.model_validate(answer)
    response.headers["ETag"] = f'"{detail.version}"'
    return detail


@router.get(
    "/innovations",
    operation_id="survey_list_innovations",
    responses=problem_responses(401, 403, 422, 503),
)
async def list_innovations(
    request: Request,
    response: Response,
    doors: TheDoors,
    caller: InnovationReader,
    opd: Annotated[
        str | None,
        Query(max_length=32, pattern=r"^[^\u0000]*$", description="Of this OPD."),
    ] = None,
    stage: Annotated[Stage | None, Query(description="In this stage.")] = None,
    cursor: Annotated[
        str | None, Query(max_length=300, description="Where the page before ended.")
    ] = None,
    limit: Annotated[int, Query(ge=1, le=100, description="Innovations per page.")] = 50,
) -> InnovationPage:
    """List innovations, the newest first: one's own OPD's, all for who may see all."""
    access = proposing.access_for(doors.context, caller)
    below = read_id_cursor(cursor)
    wanted = _wanted(access, opd, stage)
    async with doors.units.begin() as unit:
        found = await innovation_queries.list_innovations(
            unit.connection, wanted, below=below, limit=limit + 1
        )
        states = await shown_states(unit, doors.context, access, found)
    items = [
        view_innovation(doors.context, each, states.get(each.innovation_id))
        for each in found[:limit]
    ]
    following = write_cursor(items[-1].innovation_id) if len(found) > limit else None
    if following is not None:
        query = [each for each in request.query_params.multi_items() if each[0] != "cursor"]
        target = f"{request.url.path}?{urlencode([*query, ('cursor', following)])}"
        response.headers["Link"] = f'<{target}>; rel="next"'
    return InnovationPage(items=items, next=following)


@router.get(
    "/innovations/{innovation_id}",
    operation_id="survey_get_innovation",
    responses=problem_responses(401, 403, 404, 412, 422, 503),
)
async def get_innovation(door: TheInnovationDoor) -> InnovationDetail:
    """Show an innovation, what its stage lacks, and what the caller may do; ETag is its version."""
    async with door.doors.units.begin() as unit:
        innovation = await innovating.take_innovation(unit, door.acting)
        detail = await detail_of(unit, door.context, door.acting.access, innovation)
    door.response.headers["ETag"] = f'"{detail.version}"'
    return detail


@router.patch(
    "/innovations/{innovation_id}",
    operation_id="survey_amend_innovation",
    responses=ACTION_PROBLEMS,
)
async def amend_innovation(door: TheInnovationDoor, body: AmendmentForm) -> InnovationDetail:
    """Change what an innovation holds; what is left out stays."""
    return await door.do(body, lambda unit: innovating.amend(unit, door.context, door.acting, body))


@router.post(
    "/innovations/{innovation_id}/judge",
    operation_id="survey_judge_innovation",
    responses=ACTION_PROBLEMS,
)
async def judge_innovation(door: TheInnovationDoor, body: VerdictForm) -> InnovationDetail:
    """Say which of the five criteria are met; for the coordinator."""
    return await door.do(
        body, lambda unit: innovating.judge_criteria(unit, door.context, door.acting, body)
    )


@router.post(
    "/innovations/{innovation_id}/opd",
    operation_id="survey_choose_innovation_opd",
    responses=ACTION_PROBLEMS,
)
async def choose_innovation_opd(door: TheInnovationDoor, body: OpdChoice) -> InnovationDetail:
    """Give an innovation to the OPD that is to carry it; for the coordinator."""
    return await door.do(
        body, lambda unit: innovating.choose_opd(unit, door.context, door.acting, body.opd)
    )


@router.post(
    "/innovations/{innovation_id}/advance",
    operation_id="survey_advance_innovation",
    responses=ACTION_PROBLEMS,
)
async def advance_innovation(door: TheInnovationDoor, body: InnovationNoteForm) -> InnovationDetail:
    """Move it to the next stage if this one holds what it must; for the coordinator."""
    return await door.do(
        body, lambda unit: innovating.advance(unit, door.context, door.acting, body.note)
    )


@router.post(
    "/innovations/{innovation_id}/send-back",
    operation_id="survey_send_back_innovation",
    responses=ACTION_PROBLEMS,
)
async def send_back_innovation(
    door: TheInnovationDoor, body: InnovationNoteForm
) -> InnovationDetail:
    """Move it one stage back, and say why; for the coordinator."""
    return await door.do(
        body, lambda unit: innovating.send_back(unit, door.context, door.acting, body.note)
    )


@router.post(
    "/innovations/{innovation_id}/decline",
    operation_id="survey_decline_innovation",
    responses=ACTION_PROBLEMS,
)
async def decline_innovation(door: TheInnovationDoor, body: InnovationNoteForm) -> InnovationDetail:
    """Decline it, and say why: the proposer reads it. For the coordinator."""
    return await door.do(
        body, lambda unit: innovating.decline(unit, door.context, door.acting, body.note)
    )


@router.post(
    "/innovations/{innovation_id}/reconsider",
    operation_id="survey_reconsider_innovation",
    responses=ACTION_PROBLEMS,
)
async def reconsider_innovation(
    door: TheInnovationDoor, body: InnovationNoteForm
) -> InnovationDetail:
    """Take a declined one up again where it was; for the coordinator."""
    return await door.do(
        body, lambda unit: innovating.reconsider(unit, door.context, door.acting, body.note)
    )


def _wanted(access: InnovationAccess, opd: str | None, stage: Stage | None) -> WantedInnovations:
    stages = None if stage is None else [stage]
    if access.sees_all:
        return WantedInnovations(opd=opd, stages=stages)
    if access.caller.has(Role.PANEL):
        scored = [each for each in STAGES if access.is_scored(each)]
        chosen = scored if stage is None else [each for each in scored if each is stage]
        return WantedInnovations(opd=opd, stages=chosen)
    own = (access.caller.opd, opaque_id(access.caller))
    return WantedInnovations(opd=opd, stages=stages, own_of=own)
