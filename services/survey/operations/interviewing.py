"""Interviews that were taken without a network come in batches: each is taken or refused alone."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from services.survey.answer_queries import insert_batch
from services.survey.answer_schemas import Interview, InterviewResult, InterviewResults, RowFault
from services.survey.context import SurveyContext
from services.survey.errors import AnsweredAlready, DeviceTimeAhead, PeriodNotOpen
from services.survey.operations.answering import (
    Accepted,
    ClaimOf,
    Draft,
    Outcome,
    draft_answer,
    find_place,
    require_open,
    store_answers,
)
from services.survey.rules.answers import Given
from services.survey.rules.periods import period_of
from shared.errors import Problem
from shared.ids import new_id
from shared.unit_of_work import UnitOfWork

INTERVIEW: Final = "interview"
# Clocks of devices are seldom right.
_AHEAD: Final = timedelta(minutes=15)


async def take_interviews(
    unit: UnitOfWork, context: SurveyContext, interviewer: str, interviews: Sequence[Interview]
) -> InterviewResults:
    """Store the interviews that can be, each once by its id, in the period it was taken in."""
    batch_id = new_id()
    drafts: dict[int, Draft] = {}
    outcomes: dict[int, Outcome] = {}
    for number, interview in enumerate(interviews):
        try:
            drafts[number] = _draft(unit, context, interviewer, interview, batch_id)
        except Problem as problem:
            outcomes[number] = problem
    if drafts:
        stored = await store_answers(unit, list(drafts.values()))
        outcomes |= dict(zip(drafts, stored, strict=True))
    results = [_result(each, outcomes[number]) for number, each in enumerate(interviews)]
    count = sum(result.outcome == "stored" for result in results)
    if count:
        await insert_batch(unit.connection, batch_id, INTERVIEW, interviewer, unit.now, count)
    return InterviewResults(stored=count, results=results)


def _draft(
    unit: UnitOfWork,
    context: SurveyContext,
    interviewer: str,
    interview: Interview,
    batch_id: str,
) -> Draft:
    taken_at = interview.device_time
    if taken_at.tzinfo is None:
        taken_at = taken_at.replace(tzinfo=context.profile.place)
    if taken_at > unit.now + _AHEAD:
        raise DeviceTimeAhead
    try:
        day = context.today(taken_at)
        period = period_of(day, context.profile.period)
        place = find_place(context, interview.unit, interview.service, period, INTERVIEW)
        require_open(context, period, context.today(unit.now))
    except (OverflowError, ValueError) as error:
        # A year that no calendar of ours reaches.
        raise PeriodNotOpen(str(taken_at.year)) from error
    content = Given(
        interview.scores, interview.respondent.stated(), interview.extras, interview.texts
    )
    request = interview.model_dump_json().encode()
    return draft_answer(
        context,
        place,
        content,
        day,
        language=interview.language,
        comment=interview.comment,
        claim=ClaimOf((INTERVIEW, interviewer, interview.id), AnsweredAlready, request),
        batch_id=batch_id,
    )


def _result(interview: Interview, outcome: Outcome) -> InterviewResult:
    if isinstance(outcome, Accepted):
        return InterviewResult(
            id=interview.id, outcome="repeated" if outcome.repeated else "stored"
        )
    return InterviewResult(
        id=interview.id,
        outcome="refused",
        reason=outcome.detail,
        errors=[
            RowFault(field=str(each["field"]), message=str(each["message"]))
            for each in outcome.errors
        ],
    )
