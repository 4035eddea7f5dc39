"""The bank's search by its hot door and by the ordinary one: the same answers and refusals."""

from typing import Any
from urllib.parse import urlencode

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.intake.api import hot
from shared.auth import Role
from tests.service.intake.bank import BANK, put_in
from tests.service.intake.driver import Driver

_TEXTS = ["Lampu jalan padam", "Sampah menumpuk di pasar", "Jalan berlubang dan lampu padam"]


@pytest.fixture(scope="module")
async def stocked(intake: Driver) -> Driver:
    await put_in(
        intake,
        *({"id": str(number), "text": text} for number, text in enumerate(_TEXTS * 4)),
    )
    return intake


async def both(
    intake: Driver, monkeypatch: pytest.MonkeyPatch, query: str, headers: dict[str, str]
) -> tuple[httpx.Response, httpx.Response]:
    """Ask the hot door, and the ordinary one."""
    url = f"{BANK}/search?{query}"
    hot_answer = await intake.client.get(url, headers=headers)
    with monkeypatch.context() as patch:
        patch.setattr(hot, "read_query", lambda written: None)
        ordinary_answer = await intake.client.get(url, headers=headers)
    return hot_answer, ordinary_answer


def said(answer: httpx.Response) -> tuple[int, Any, str | None, str | None]:
    """Return what an answer says, less the id of the request."""
    body = answer.json()
    body.pop("trace_id", None)
    return (
        answer.status_code,
        body,
        answer.headers.get("content-type"),
        answer.headers.get("www-authenticate"),
    )


NAMES = [
    "q", "opd", "topic", "area", "channel", "status", "classification", "source", "since", "until",
    "sort", "cursor", "limit", "strange",
]  # fmt: skip
VALUES = [
    "", "lampu", "jalan -padam", "\x00", "x" * 250, "DLH", "99.71.01", "web", "received",
    "archived", "complaint", "live", "archive", "2026-01-02", "1760000000", "newest", "relevance",
    "1", "20", "0", "101", "-1", "true", "WzFd", "ä", "%ff",
]  # fmt: skip


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150)
@given(
    pairs=st.lists(st.tuples(st.sampled_from(NAMES), st.sampled_from(VALUES)), max_size=4),
    role=st.sampled_from([Role.TRIAGE, Role.OFFICER, Role.HEAD, None]),
)
async def test_both_doors_say_the_same(
    stocked: Driver,
    monkeypatch: pytest.MonkeyPatch,
    pairs: list[tuple[str, str]],
    role: Role | None,
) -> None:
    headers = {} if role is None else stocked.system.staff(role, opd="DLH")
    hot_answer, ordinary_answer = await both(stocked, monkeypatch, urlencode(pairs), headers)
    assert said(hot_answer) == said(ordinary_answer)


@pytest.mark.parametrize(
    ("query", "served_hot"),
    [
        ("q=lampu&limit=20", True),
        ("q=lampu&since=2026-01-02&sort=relevance", True),
        ("q=lampu&limit=0", False),
        ("q=lampu&q=jalan", False),
        ("q=lampu&strange=1", False),
    ],
)
async def test_what_is_orderly_is_served_hot(
    stocked: Driver, monkeypatch: pytest.MonkeyPatch, query: str, served_hot: bool
) -> None:
    served = []
    search = hot.answer_search

    async def note(*given: Any) -> Any:
        served.append(query)
        return await search(*given)

    monkeypatch.setattr(hot, "answer_search", note)
    headers = stocked.system.staff(Role.TRIAGE)
    answer = await stocked.client.get(f"{BANK}/search?{query}", headers=headers)
    assert answer.status_code == (422 if "limit=0" in query else 200)
    assert bool(served) is served_hot


@pytest.mark.parametrize("token", ["", "Bearer", "Bearer ", "bearer x", "Bearer x.y.z", "Basic x"])
async def test_a_bad_token_is_refused_alike(
    stocked: Driver, monkeypatch: pytest.MonkeyPatch, token: str
) -> None:
    headers = {"Authorization": token}
    hot_answer, ordinary_answer = await both(stocked, monkeypatch, "q=lampu", headers)
    assert hot_answer.status_code == 401
    assert said(hot_answer) == said(ordinary_answer)


async def test_a_role_that_may_not_read_is_refused_alike(
    stocked: Driver, monkeypatch: pytest.MonkeyPatch
) -> None:
    headers = stocked.system.staff(Role.TRADER)
    hot_answer, ordinary_answer = await both(stocked, monkeypatch, "q=lampu", headers)
    assert hot_answer.status_code == 403
    assert said(hot_answer) == said(ordinary_answer)


async def test_requests_are_counted_by_the_same_route(stocked: Driver) -> None:
    headers = stocked.system.staff(Role.TRIAGE)
    await stocked.client.get(f"{BANK}/search?q=lampu", headers=headers)
    metrics = (await stocked.client.get("/intake/metrics")).text
    assert 'route="/intake/v1/bank/search",service="intake",status="200"' in metrics
