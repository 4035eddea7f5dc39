"""Those who answer a survey in tests, and what they say."""

import base64
from collections.abc import Mapping, Sequence
from itertools import count
from typing import Any

import httpx

from services.survey.context import SurveyContext
from services.survey.operations.answering import Accepted, draft_answer, find_place, store_answers
from services.survey.queries import close_period
from services.survey.rules.answers import Given
from services.survey.rules.index import ELEMENTS
from services.survey.rules.periods import first_day
from shared.auth import Role
from shared.survey_links import SurveyLink, read_survey_keys, sign_link
from tests.support.system import System

LINK_KEY = base64.b64encode(bytes(range(32))).decode()
KEYS = read_survey_keys(LINK_KEY)
UNIT, SERVICE = "dukcapil", "ktp-el"
PERIOD = "2026-03"


def scores(value: int = 3, **others: int) -> dict[str, int]:
    """Return the same score for every element, with exceptions."""
    return {**dict.fromkeys(ELEMENTS, value), **others}


class People:
    """Knocks at survey's doors; every call is another device unless it says otherwise."""

    def __init__(self, system: System, prefix: str = "0") -> None:
        """`prefix` keeps devices of one test apart from those of others."""
        self.system = system
        self.prefix = prefix
        self._numbers = count(1)

    def device(self) -> str:
        """Return the name of a new device."""
        return f"device-{self.prefix}-{next(self._numbers):08}"

    async def answer(
        self,
        content: Mapping[str, Any] | None = None,
        *,
        unit: str = UNIT,
        service: str = SERVICE,
        device: str | None = None,
        key: str | None = None,
    ) -> httpx.Response:
        """Answer at the public form."""
        headers = {"X-Device-Id": device or self.device()}
        if key is not None:
            headers["Idempotency-Key"] = key
        body = {"unit": unit, "service": service, "scores": scores(), **(content or {})}
        return await self.system.client.post("/survey/v1/answers", json=body, headers=headers)

    def link(self, *, unit: str = UNIT, service: str = SERVICE, period: str = PERIOD) -> str:
        """Return the token of a new link."""
        nonce = f"{self.prefix}-{next(self._numbers)}"
        return sign_link(KEYS, SurveyLink(unit, service, period, nonce))

    async def answer_by(
        self, token: str, content: Mapping[str, Any] | None = None, key: str | None = None
    ) -> httpx.Response:
        """Answer by a link."""
        headers = {"Idempotency-Key": key} if key is not None else {}
        return await self.system.client.post(
            f"/survey/v1/links/{token}/answers",
            json={"scores": scores(), **(content or {})},
            headers=headers,
        )

    def manager(self) -> dict[str, str]:
        """Return the headers of who runs the survey."""
        return self.system.staff(Role.SURVEY_MANAGER, subject="survei-1")

    async def answers(self, **where: Any) -> list[dict[str, Any]]:
        """Return stored answers, such as those of `unit="rsud"`."""
        wanted = " AND ".join(f"{name} = :{name}" for name in where) or "true"
        return await self.system.rows(
            "survey",
            f"SELECT * FROM answer WHERE {wanted}",  # noqa: S608 - names of our own
            **where,
        )


def problem_of(answer: httpx.Response, status: int) -> str:
    """Return the slug of a refusal."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    return str(answer.json()["type"]).rpartition(":")[2]


async def fill(
    system: System,
    unit: str,
    service: str,
    contents: Sequence[Mapping[str, Any]],
    *,
    period: str = PERIOD,
    channel: str = "paper",
) -> None:
    """Store many answers at once, as the doors do after they have checked them."""
    context: SurveyContext = system.app.apps["survey"].state.context
    place = find_place(context, unit, service, period, channel)
    drafts = [
        draft_answer(
            context,
            place,
            Given(each["scores"], each.get("respondent", {}), each.get("extras", {})),
            first_day(period),
            comment=each.get("comment"),
        )
        for each in contents
    ]
    async with system.service("survey").units.begin() as work:
        outcomes = await store_answers(work, drafts)
    assert [each for each in outcomes if not isinstance(each, Accepted)] == []


async def close(system: System, *periods: str) -> None:
    """Close periods, whatever the clock says."""
    async with system.service("survey").database.transaction() as connection:
        for period in periods:
            await close_period(connection, period, system.clock.now())
