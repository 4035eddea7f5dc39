"""The same request twice, and two officers at once."""

import asyncio

import pytest

from shared.contracts.routing import CaseAssigned
from shared.ids import new_id
from tests.service.routing.driver import Driver


async def test_same_key_and_body_have_one_effect_and_one_answer(routing: Driver) -> None:
    complaint_id = await routing.open()
    key = new_id()
    first = await routing.act(complaint_id, "respond", routing.officer(), Idempotency_Key=key)
    again = await routing.act(complaint_id, "respond", routing.officer(), Idempotency_Key=key)
    assert first.json() == again.json()
    assert first.headers["etag"] == again.headers["etag"] == '"2"'
    assert (await routing.case(complaint_id))["version"] == 2
    assert len(await routing.published(complaint_id)) == 2


async def test_same_key_at_the_same_moment_has_one_effect(routing: Driver) -> None:
    complaint_id = await routing.open()
    key = new_id()
    answers = await asyncio.gather(
        *(
            routing.act(complaint_id, "respond", routing.officer(), Idempotency_Key=key)
            for _ in range(6)
        )
    )
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.text for answer in answers}) == 1
    assert (await routing.case(complaint_id))["version"] == 2


async def test_same_key_with_another_body_is_refused(routing: Driver) -> None:
    complaint_id = await routing.open()
    key = new_id()
    officer = routing.officer()
    await routing.act(complaint_id, "respond", officer, Idempotency_Key=key)
    answer = await routing.act(
        complaint_id, "respond", officer, {"text": "Lain."}, Idempotency_Key=key
    )
    assert answer.status_code == 422
    assert answer.json()["type"].endswith("idempotency-key-reused")


async def test_key_of_another_officer_or_another_case_is_another_key(routing: Driver) -> None:
    key = new_id()
    one, other = await routing.open(), await routing.open()
    for complaint_id, subject in ((one, "a-1"), (one, "a-2"), (other, "a-1")):
        headers = routing.officer(subject=subject)
        answer = await routing.act(complaint_id, "progress", headers, Idempotency_Key=key)
        assert answer.status_code == 200
    assert (await routing.case(one))["version"] == 3
    assert (await routing.case(other))["version"] == 2


async def test_refused_request_leaves_its_key_free(routing: Driver) -> None:
    complaint_id = await routing.case_in("resolved")
    key = new_id()
    headers = routing.officer()
    refused = await routing.act(complaint_id, "respond", headers, Idempotency_Key=key)
    assert refused.status_code == 409
    await routing.tell(routing.feedback(complaint_id, satisfied=False))
    answer = await routing.act(complaint_id, "respond", headers, Idempotency_Key=key)
    assert answer.status_code == 200


@pytest.mark.parametrize("key", ["kurang", "x" * 129, "ada spasi di sini"])
async def test_unusable_key_is_refused(routing: Driver, key: str) -> None:
    complaint_id = await routing.open()
    answer = await routing.act(complaint_id, "respond", routing.officer(), Idempotency_Key=key)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "Idempotency-Key"


async def test_two_officers_who_saw_the_same_version_do_not_overwrite(routing: Driver) -> None:
    complaint_id = await routing.open()
    etag = (await routing.look(complaint_id, routing.officer())).headers["etag"]
    answers = await asyncio.gather(
        routing.act(complaint_id, "resolve", routing.officer(subject="a"), If_Match=etag),
        routing.act(complaint_id, "reject", routing.officer(subject="b"), If_Match=etag),
    )
    assert sorted(answer.status_code for answer in answers) == [200, 412]
    refused = next(answer for answer in answers if answer.status_code == 412)
    assert refused.headers["etag"] == '"2"'
    assert refused.json()["version"] == 2
    assert len(await routing.published(complaint_id)) == 2


async def test_two_officers_without_etags_are_served_one_after_the_other(
    routing: Driver,
) -> None:
    complaint_id = await routing.open()
    answers = await asyncio.gather(
        routing.act(complaint_id, "resolve", routing.officer(subject="a")),
        routing.act(complaint_id, "reject", routing.officer(subject="b")),
        *(routing.act(complaint_id, "progress", routing.officer(subject="c")) for _ in range(3)),
    )
    statuses = [answer.status_code for answer in answers]
    done = statuses.count(200)
    assert set(statuses) <= {200, 409}
    assert statuses[:2].count(200) == 1
    # Each effect has its version, its fact and its event; none is lost or doubled.
    assert (await routing.case(complaint_id))["version"] == done + 1
    assert [f["version"] for f in await routing.facts(complaint_id)] == list(range(1, done + 2))
    assert len(await routing.published(complaint_id)) == done + 1


async def test_officer_and_citizen_at_once(routing: Driver) -> None:
    complaint_id = await routing.open()
    answer, _ = await asyncio.gather(
        routing.act(complaint_id, "resolve", routing.officer()),
        routing.tell(routing.withdrawn(complaint_id)),
    )
    # Whoever came first: the withdrawal is final.
    assert answer.status_code in {200, 409}
    assert (await routing.case(complaint_id))["state"] == "withdrawn"


async def test_two_desks_transfer_at_once_and_the_case_has_one_owner(routing: Driver) -> None:
    complaint_id = await routing.open()
    await asyncio.gather(
        *(
            routing.act(complaint_id, "assign", routing.desk(), {"opd": opd, "reason": "x"})
            for opd in ("PUPR", "DLH")
        )
    )
    assigned = [e for e in await routing.published(complaint_id) if isinstance(e, CaseAssigned)]
    assert assigned[-1].opd == (await routing.case(complaint_id))["opd"]
    assert len(assigned) == 3


@pytest.mark.parametrize(
    ("tag", "status"),
    [
        ('"1"', 200),
        ("*", 200),
        ('"7", "1"', 200),
        ('"2"', 412),
        ('W/"1"', 412),
        ("1", 412),
        ('""', 412),
        ('"1e0"', 412),
    ],
)
async def test_if_match_is_compared_strongly(routing: Driver, tag: str, status: int) -> None:
    complaint_id = await routing.open()
    answer = await routing.act(complaint_id, "respond", routing.officer(), If_Match=tag)
    assert answer.status_code == status
