"""What the routes of innovations have in common: who acts on which, and how often it was sent."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from re import fullmatch
from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, Path, Request, Response
from pydantic import BaseModel

from services.survey import innovation_queries
from services.survey.api.doors import TheDoors
from services.survey.api.etags import IfMatch, etags_of
from services.survey.context import SurveyContext
from services.survey.innovation_access import INNOVATION_READERS, InnovationAccess
from services.survey.innovation_schemas import InnovationDetail
from services.survey.innovation_tables import Innovation
from services.survey.innovation_views import view_innovation_detail
from services.survey.operations.innovating import InnovationActing, holding_of
from services.survey.operations.panel_scoring import panel_states
from services.survey.operations.proposing import access_for, looked_at
from services.survey.rules.innovation_stages import Stage
from services.survey.rules.panel_scores import PanelState
from shared.auth import Principal, require
from shared.cursor import read_cursor
from shared.errors import Invalid
from shared.idempotency import IdempotencyKey, once
from shared.ids import UUID_PATTERN
from shared.problems import problem_responses
from shared.unit_of_work import UnitOfWork

ACTION_PROBLEMS = problem_responses(400, 401, 403, 404, 409, 412, 413, 422, 503)
#: A page fetches nothing and runs nothing, whatever anybody wrote.
PAGE_POLICY = {"Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'"}

InnovationReader = Annotated[Principal, Depends(require(*INNOVATION_READERS))]
Year = Annotated[int, Path(ge=2000, le=2999, description="A year.", examples=[2026])]


@dataclass(frozen=True, slots=True)
class InnovationDoor:
    """What all actions with an innovation have in common."""

    doors: TheDoors
    response: Response
    acting: InnovationActing
    scope: str
    key: str | None

    @property
    def context(self) -> SurveyContext:
        """The context of operations."""
        return self.doors.context

    async def do(
        self, body: BaseModel, work: Callable[[UnitOfWork], Awaitable[Innovation]]
    ) -> InnovationDetail:
        """Let it take effect, once per Idempotency-Key; the commit comes before the answer."""

        async def shown(unit: UnitOfWork) -> dict[str, Any]:
            innovation = await work(unit)
            detail = await detail_of(unit, self.context, self.acting.access, innovation)
            return detail.model_dump(mode="json")

        request = body.model_dump_json().encode()
        answer = await once(self.doors.units, self.scope, self.key, request, shown)
        detail = InnovationDetail.model_validate(answer)
        self.response.headers["ETag"] = f'"{detail.version}"'
        return detail


async def _open_door(
    request: Request,
    response: Response,
    doors: TheDoors,
    innovation_id: UUID,
    caller: InnovationReader,
    key: IdempotencyKey = None,
    if_match: IfMatch = None,
) -> InnovationDoor:
    access = access_for(doors.context, caller)
    acting = InnovationActing(access, str(innovation_id), etags_of(if_match))
    return InnovationDoor(doors, response, acting, f"{caller.subject} {request.url.path}", key)


TheInnovationDoor = Annotated[InnovationDoor, Depends(_open_door)]


async def detail_of(
    unit: UnitOfWork, context: SurveyContext, access: InnovationAccess, innovation: Innovation
) -> InnovationDetail:
    """Return an innovation with everything that the caller may know of it."""
    innovation_id = innovation.innovation_id
    facts = await innovation_queries.list_innovation_facts(unit.connection, innovation_id)
    adoptions = await innovation_queries.list_adoptions(unit.connection, innovation_id)
    states = await shown_states(unit, context, access, [innovation])
    missing = context.profile.innovation.book.missing(
        Stage(innovation.stage), holding_of(innovation)
    )
    state = states.get(innovation_id)
    return view_innovation_detail(context, access, innovation, state, facts, adoptions, missing)


async def shown_states(
    unit: UnitOfWork,
    context: SurveyContext,
    access: InnovationAccess,
    innovations: list[Innovation],
) -> dict[str, PanelState]:
    """Return how far the panel is with each innovation that is far enough to be scored."""
    scored = [each for each in innovations if access.is_scored(looked_at(each).stage)]
    return await panel_states(unit, context, scored)


def read_id_cursor(cursor: str | None) -> str | None:
    """Return where a list by ids goes on; raises Invalid for a cursor of somebody else's."""
    if cursor is None:
        return None
    (last,) = read_cursor(cursor, str)
    if fullmatch(UUID_PATTERN, str(last)) is None:
        raise Invalid("Kursor tidak dikenal. Mulai lagi dari halaman pertama.")
    return str(last)
