"""HTTP in: answers that staff bring, from interviews without a network and from paper forms."""

import asyncio
from typing import Any

from fastapi import APIRouter, Request

from services.survey.answer_schemas import InterviewBatch, InterviewResults, PaperTaken
from services.survey.api.doors import Interviewer, SurveyManager, TheDoors
from services.survey.operations.interviewing import take_interviews
from services.survey.operations.paper import draft_paper, take_paper
from shared.http import allow_body
from shared.idempotency import IdempotencyKey, find_answer, once
from shared.problems import problem_responses

router = APIRouter(prefix="/survey/v1", tags=["answers"])

_MEGABYTE = 1024 * 1024
_EXAMPLE = (
    "unit,layanan,tanggal,U1,U2,U3,U4,U5,U6,U7,U8,U9,jenis_kelamin,usia,saran\n"
    "dukcapil,ktp-el,2026-03-09,3,3,2,4,3,3,4,3,3,P,30-39 tahun,Antreannya lama\n"
)
_CSV: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {"text/csv": {"schema": {"type": "string", "examples": [_EXAMPLE]}}},
    }
}


@router.post(
    "/interviews",
    operation_id="survey_bring_interviews",
    responses=problem_responses(400, 401, 403, 413, 422, 503),
)
async def bring_interviews(
    doors: TheDoors, caller: Interviewer, form: InterviewBatch
) -> InterviewResults:
    """Take interviews, each for itself: send a batch again whenever its answer did not come.

    Each counts once by its `id`, in the period of its `device_time`.
    """
    async with doors.units.begin() as unit:
        return await take_interviews(unit, doors.context, caller.subject, form.interviews)


@router.post(
    "/paper-forms",
    operation_id="survey_bring_paper",
    status_code=201,
    openapi_extra=_CSV,
    responses=problem_responses(400, 401, 403, 409, 413, 422, 503),
)
async def bring_paper(
    request: Request, doors: TheDoors, caller: SurveyManager, key: IdempotencyKey = None
) -> PaperTaken:
    """Take a CSV of paper forms: all of it, or nothing and a list of every mistake with its row."""
    allow_body(request, doors.settings.paper_megabytes * _MEGABYTE)
    content = await request.body()
    scope = f"{caller.subject} {request.url.path}"
    answer = await find_answer(doors.units, scope, key, content)
    if answer is None:
        today = doors.context.today(doors.units.clock.now())
        batch_id, drafts = await asyncio.to_thread(draft_paper, doors.context, content, today)

        async def work(unit: Any) -> dict[str, Any]:
            count = await take_paper(unit, caller.subject, batch_id, drafts)
            return {"batch_id": batch_id, "answers": count}

        answer = await once(doors.units, scope, key, content, work)
    return PaperTaken.model_validate(answer)
