"""Kiosks, invitations, and who may manage the survey."""

import re
from datetime import timedelta
from typing import Any

from shared.auth import Role
from tests.service.survey.people import PERIOD, People, problem_of, scores
from tests.support.system import System


async def make_kiosk(survey: System, people: People, code: str, unit: str = "rsud") -> Any:
    return await survey.client.put(
        f"/survey/v1/kiosks/{code}",
        json={"unit": unit, "service": "rawat-jalan"},
        headers=people.manager(),
    )


async def at_kiosk(survey: System, token: str, key: str | None = None) -> Any:
    headers = {"X-Kiosk-Token": token} | ({"Idempotency-Key": key} if key else {})
    return await survey.client.post(
        "/survey/v1/kiosk-answers", json={"scores": scores()}, headers=headers
    )


async def test_many_answer_at_a_kiosk_at_the_pace_of_people(survey: System, people: People) -> None:
    made = await make_kiosk(survey, people, "loket-1")
    assert made.status_code == 200, made.text
    token = made.json()["token"]
    assert made.json()["url"].endswith(f"/survey/v1/kiosk/{token}")
    assert (await at_kiosk(survey, token, "formulir-1")).status_code == 201
    hasty = await at_kiosk(survey, token)
    assert hasty.status_code == 429
    assert int(hasty.headers["Retry-After"]) <= 10
    survey.clock.advance(timedelta(seconds=11))
    assert (await at_kiosk(survey, token, "formulir-1")).status_code == 201
    survey.clock.advance(timedelta(seconds=11))
    assert (await at_kiosk(survey, token)).status_code == 201
    assert len(await people.answers(channel="kiosk")) == 2


async def test_a_kiosk_that_is_moved_or_taken_away_loses_its_token(
    survey: System, people: People
) -> None:
    old = (await make_kiosk(survey, people, "loket-2")).json()["token"]
    new = (await make_kiosk(survey, people, "loket-2")).json()["token"]
    assert problem_of(await at_kiosk(survey, old), 401) == "survey-kiosk-unknown"
    listed = await survey.client.get("/survey/v1/kiosks", headers=people.manager())
    assert "loket-2" in [kiosk["code"] for kiosk in listed.json()["kiosks"]]
    assert new not in listed.text
    for status in (200, 404):
        gone = await survey.client.delete("/survey/v1/kiosks/loket-2", headers=people.manager())
        assert gone.status_code == status
    assert problem_of(await at_kiosk(survey, new), 401) == "survey-kiosk-unknown"


async def test_a_kiosk_stands_where_the_profile_has_something(
    survey: System, people: People
) -> None:
    refused = await make_kiosk(survey, people, "loket-3", unit="tidak-ada")
    assert problem_of(refused, 404) == "survey-unit-unknown"


async def test_invitations_add_up_once_for_each_key(survey: System, people: People) -> None:
    body = {"unit": "pengaduan", "service": "pengaduan", "period": PERIOD, "sent": 200}
    headers = people.manager() | {"Idempotency-Key": "undangan-maret-1"}
    for _ in range(2):
        noted = await survey.client.post("/survey/v1/invitations", json=body, headers=headers)
        assert (noted.status_code, noted.json()) == (201, {"sent": 200})
    more = await survey.client.post("/survey/v1/invitations", json=body, headers=people.manager())
    assert more.json() == {"sent": 400}
    year = {**body, "period": "2026"}
    refused = await survey.client.post(
        "/survey/v1/invitations", json=year, headers=people.manager()
    )
    assert problem_of(refused, 422) == "survey-period-invalid"


async def test_only_who_runs_the_survey_manages_it(survey: System) -> None:
    for method, path, body in (
        ("PUT", "/survey/v1/kiosks/loket-9", {"unit": "rsud", "service": "rawat-jalan"}),
        ("GET", "/survey/v1/kiosks", None),
        ("DELETE", "/survey/v1/kiosks/loket-9", None),
        ("POST", "/survey/v1/periods/2026-02/close", None),
        (
            "POST",
            "/survey/v1/invitations",
            {"unit": "rsud", "service": "rawat-jalan", "period": PERIOD, "sent": 1},
        ),
    ):
        for headers, status in (
            ({}, 401),
            (survey.staff(Role.HEAD, opd="RSUD"), 403),
            (survey.staff(Role.LEADER), 403),
            (survey.staff(Role.INTERVIEWER), 403),
        ):
            answer = await survey.client.request(method, path, json=body, headers=headers)
            assert answer.status_code == status, path


async def test_a_running_period_cannot_be_closed(survey: System, people: People) -> None:
    running = await survey.client.post(
        f"/survey/v1/periods/{PERIOD}/close", headers=people.manager()
    )
    assert problem_of(running, 409) == "survey-period-running"
    nonsense = await survey.client.post("/survey/v1/periods/2026-X/close", headers=people.manager())
    assert problem_of(nonsense, 422) == "survey-period-invalid"


async def test_metrics_show_how_answers_come(survey: System, people: People) -> None:
    assert (await people.answer(unit="air-minum", service="pasang-baru")).status_code == 201
    metrics = (await survey.client.get("/survey/metrics")).text
    assert re.search(r'survey_answers\{[^}]*channel="public"', metrics)
    assert "survey_invitations{" in metrics
