"""HTTP in: answers as JSON, for front ends: at the public form, by a link, and at a kiosk."""

from typing import Annotated, Any

from fastapi import APIRouter, Header, Request

from services.survey.answer_schemas import AnswerContent, AnswerTaken, PublicAnswer
from services.survey.api.admission import DeviceId, device_of
from services.survey.api.doors import Doors, LinkToken, TheDoors, given_by, request_hash
from services.survey.official import THANKS
from services.survey.operations.answering import (
    Draft,
    device_claim,
    draft_answer,
    find_place,
    link_claim,
    require_open,
)
from services.survey.operations.kiosks import find_kiosk, kiosk_claim
from services.survey.operations.links import read_link
from shared.idempotency import IdempotencyKey
from shared.problems import problem_responses

router = APIRouter(prefix="/survey/v1", tags=["answers"])

PUBLIC = "public"
_TAKEN: dict[str, Any] = {
    "status_code": 201,
    "responses": problem_responses(400, 404, 409, 413, 422, 429, 503),
}


@router.post("/answers", operation_id="survey_answer", **_TAKEN)
async def answer(
    request: Request,
    doors: TheDoors,
    form: PublicAnswer,
    key: IdempotencyKey = None,
    device: DeviceId = None,
) -> AnswerTaken:
    """Take an answer at the public form: one of each device for each service and period.

    The device is kept as a hash whose key is destroyed with the period. The same Idempotency-Key
    with the same body is answered as the first time.
    """
    doors.admission.admit_request(request)
    now = doors.units.clock.now()
    period = doors.context.current_period(now)
    place = find_place(doors.context, form.unit, form.service, period, PUBLIC)
    claim = device_claim(place, device_of(request, device), request_hash(key, await request.body()))
    draft = draft_answer(
        doors.context,
        place,
        given_by(form),
        doors.context.today(now),
        language=form.language,
        comment=form.comment,
        claim=claim,
    )
    return await _taken(doors, draft)


@router.post("/links/{token}/answers", operation_id="survey_answer_by_link", **_TAKEN)
async def answer_by_link(
    request: Request,
    doors: TheDoors,
    token: LinkToken,
    form: AnswerContent,
    key: IdempotencyKey = None,
) -> AnswerTaken:
    """Take the one answer that a link is for; the link is spent by it."""
    doors.admission.admit_request(request)
    link = read_link(doors.context, token)
    today = doors.context.today(doors.units.clock.now())
    require_open(doors.context, link.place.period, today)
    draft = draft_answer(
        doors.context,
        link.place,
        given_by(form),
        today,
        language=form.language,
        comment=form.comment,
        claim=link_claim(link.nonce, request_hash(key, await request.body())),
    )
    return await _taken(doors, draft)


@router.post(
    "/kiosk-answers",
    operation_id="survey_answer_at_kiosk",
    status_code=201,
    responses=problem_responses(400, 401, 404, 409, 413, 422, 429, 503),
)
async def answer_at_kiosk(
    request: Request,
    doors: TheDoors,
    form: AnswerContent,
    kiosk_token: Annotated[
        str,
        Header(
            alias="X-Kiosk-Token", max_length=100, description="The token of the kiosk's device."
        ),
    ],
    key: IdempotencyKey = None,
) -> AnswerTaken:
    """Take an answer at a kiosk, at the pace of people who read what they are asked."""
    async with doors.units.begin() as unit:
        kiosk = await find_kiosk(unit, doors.context, kiosk_token)
    requested = request_hash(key, await request.body())
    draft = draft_answer(
        doors.context,
        kiosk.place,
        given_by(form),
        doors.context.today(doors.units.clock.now()),
        language=form.language,
        comment=form.comment,
        claim=kiosk_claim(kiosk, key, requested),
    )
    doors.admission.admit_kiosk(kiosk.code)
    return await _taken(doors, draft)


async def _taken(doors: Doors, draft: Draft) -> AnswerTaken:
    await doors.store(draft)
    return AnswerTaken(
        unit=draft.place.unit.code,
        service=draft.place.service,
        period=draft.place.period,
        thanks=THANKS[draft.language],
    )
