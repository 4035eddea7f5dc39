"""HTTP in: what the manager of the survey does: kiosks, invitations, and closing periods."""

from typing import Annotated, Any

from fastapi import APIRouter, Path, Request

from services.survey import queries
from services.survey.answer_schemas import (
    InvitationsForm,
    InvitationsNoted,
    KioskForm,
    KioskMade,
    KioskShown,
    KiosksShown,
    PeriodShown,
    PeriodsShown,
)
from services.survey.api.doors import PeriodCode, Reader, SurveyManager, TheDoors
from services.survey.errors import KioskMissing
from services.survey.operations import kiosks
from services.survey.operations.links import known_period, note_invitations
from services.survey.operations.periods import close_period
from services.survey.operations.planning import open_plans
from services.survey.plan_access import opaque_id
from services.survey.rules.periods import name_of
from shared.idempotency import IdempotencyKey, once
from shared.problems import problem_responses
from shared.unit_of_work import UnitOfWork

router = APIRouter(prefix="/survey/v1", tags=["survey management"])

KioskCode = Annotated[
    str,
    Path(
        pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$",
        max_length=64,
        description="A name for the device.",
        examples=["loket-1"],
    ),
]


@router.put(
    "/kiosks/{code}",
    operation_id="survey_put_kiosk",
    responses=problem_responses(400, 401, 403, 404, 413, 422, 503),
)
async def put_kiosk(
    doors: TheDoors, caller: SurveyManager, code: KioskCode, form: KioskForm
) -> KioskMade:
    """Set up a kiosk, or move it: open the address on its device. A former address is void."""
    del caller
    async with doors.units.begin() as unit:
        token = await kiosks.put_kiosk(unit, doors.context, code, form.unit, form.service)
    url = f"{doors.settings.public_url}/survey/v1/kiosk/{token}"
    return KioskMade(code=code, token=token, url=url)


@router.get(
    "/kiosks", operation_id="survey_list_kiosks", responses=problem_responses(401, 403, 503)
)
async def list_kiosks(doors: TheDoors, caller: SurveyManager) -> KiosksShown:
    """List the kiosks."""
    del caller
    async with doors.units.begin() as unit:
        rows = await queries.list_kiosks(unit.connection)
    return KiosksShown(kiosks=[KioskShown.model_validate(row) for row in rows])


@router.delete(
    "/kiosks/{code}",
    operation_id="survey_delete_kiosk",
    responses=problem_responses(401, 403, 404, 422, 503),
)
async def delete_kiosk(doors: TheDoors, caller: SurveyManager, code: KioskCode) -> KiosksShown:
    """Take a kiosk away, whose address is void at once; returns those that are left."""
    del caller
    async with doors.units.begin() as unit:
        if not await queries.delete_kiosk(unit.connection, code):
            raise KioskMissing(code)
        rows = await queries.list_kiosks(unit.connection)
    return KiosksShown(kiosks=[KioskShown.model_validate(row) for row in rows])


@router.post(
    "/invitations",
    operation_id="survey_note_invitations",
    status_code=201,
    responses=problem_responses(400, 401, 403, 404, 409, 413, 422, 503),
)
async def note_invitations_sent(
    request: Request,
    doors: TheDoors,
    caller: SurveyManager,
    form: InvitationsForm,
    key: IdempotencyKey = None,
) -> InvitationsNoted:
    """Note how many links others sent, such as intake: a response rate is a share of them."""

    async def work(unit: UnitOfWork) -> dict[str, Any]:
        sent = await note_invitations(
            unit, doors.context, form.unit, form.service, form.period, form.sent
        )
        return {"sent": sent}

    scope = f"{caller.subject} {request.url.path}"
    body = form.model_dump_json().encode()
    answer = await once(doors.units, scope, key, body, work)
    return InvitationsNoted.model_validate(answer)


@router.get(
    "/periods", operation_id="survey_list_periods", responses=problem_responses(401, 403, 503)
)
async def list_periods(doors: TheDoors, caller: Reader) -> PeriodsShown:
    """List the periods that answers came for, newest first."""
    del caller
    async with doors.units.begin() as unit:
        found = await queries.list_periods(unit.connection)
    return PeriodsShown(
        periods=[
            PeriodShown(period=code, name=name_of(code), closed_at=at) for code, at in found.items()
        ]
    )


@router.post(
    "/periods/{period}/close",
    operation_id="survey_close_period",
    responses=problem_responses(401, 403, 404, 409, 422, 503),
)
async def close_one_period(
    doors: TheDoors, caller: SurveyManager, period: PeriodCode
) -> PeriodShown:
    """Close a period before its days of grace are over: it takes no answer any more.

    What recognised who answered is destroyed, and weak elements get their follow-up plans. Closing
    it again changes nothing.
    """
    code = known_period(doors.context, period)
    async with doors.units.begin() as unit:
        await close_period(unit, doors.context, period)
        await open_plans(unit, doors.context, code, opaque_id(caller))
        closed = await queries.list_periods(unit.connection)
    return PeriodShown(period=code, name=name_of(code), closed_at=closed[code])
