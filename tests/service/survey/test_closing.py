"""A period that is closed takes nothing more, and nobody is recognised in it."""

import asyncio
from datetime import timedelta

from services.survey.operations.periods import close_what_is_over
from shared.unit_of_work import UnitsOfWork
from tests.service.survey.people import People, problem_of
from tests.support.system import START, System


async def test_a_closed_period_takes_nothing_and_recognises_nobody(
    survey: System, people: People
) -> None:
    july = "2026-07"
    token = people.link(period=july)
    survey.clock.advance(timedelta(days=130))
    try:
        assert (await people.answer()).json()["period"] == july
        survey.clock.advance(timedelta(days=20))
        in_grace = await people.answer_by(people.link(period=july))
        assert in_grace.status_code == 201
        sent = [people.answer_by(people.link(period=july)) for _ in range(5)]
        closing = survey.client.post(f"/survey/v1/periods/{july}/close", headers=people.manager())
        *answers, closed = await asyncio.gather(*sent, closing)
        assert closed.status_code == 200, closed.text
        assert {answer.status_code for answer in answers} <= {201, 409}
        late = await people.answer_by(token)
        assert problem_of(late, 409) == "survey-period-not-open"
        again = await survey.client.post(
            f"/survey/v1/periods/{july}/close", headers=people.manager()
        )
        assert again.json() == closed.json()
        [period] = await survey.rows(
            "survey", "SELECT * FROM survey_period WHERE period = :p", p=july
        )
        assert period["salt"] is None
        assert not await survey.rows("survey", "SELECT 1 FROM claim WHERE period = :p", p=july)
        counted = await survey.rows(
            "survey",
            """SELECT (SELECT count(*) FROM answer WHERE period = :p) AS answers,
            (SELECT sum(answers) FROM tally WHERE period = :p AND dimension = 'all') AS counted""",
            p=july,
        )
        assert counted[0]["answers"] == counted[0]["counted"]
        listed = await survey.client.get("/survey/v1/periods", headers=people.manager())
        assert july in [each["period"] for each in listed.json()["periods"]]
    finally:
        survey.clock.advance(START - survey.clock.now())


async def test_periods_close_by_themselves_after_their_days_of_grace(
    survey: System, people: People
) -> None:
    survey.clock.advance(timedelta(days=60))
    try:
        assert (await people.answer()).status_code == 201
        service = survey.service("survey")
        context = survey.app.apps["survey"].state.context
        units = UnitsOfWork(service.database, survey.clock)
        await close_what_is_over(units, context)
        [may] = await survey.rows("survey", "SELECT * FROM survey_period WHERE period = '2026-05'")
        assert may["closed_at"] is None
        survey.clock.advance(timedelta(days=40))
        await close_what_is_over(units, context)
        [may] = await survey.rows("survey", "SELECT * FROM survey_period WHERE period = '2026-05'")
        assert may["closed_at"] is not None
    finally:
        survey.clock.advance(START - survey.clock.now())
