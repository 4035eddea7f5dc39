"""Idempotency-Key: one effect and one answer, however often and however close together it comes."""

import asyncio
from datetime import timedelta

from sqlalchemy import text

from shared.idempotency import body_hash, forget_keys
from tests.service.shared.small_service import SmallService

KEY = {"Idempotency-Key": "kunci-0001"}


async def test_same_key_and_body_have_one_effect_and_one_answer(small: SmallService) -> None:
    answers = [
        await small.client.post("/sla/v1/things", json={"name": "a"}, headers=KEY) for _ in range(3)
    ]
    assert [answer.status_code for answer in answers] == [201, 201, 201]
    assert len({answer.text for answer in answers}) == 1
    assert await small.effects() == ["a"]


async def test_same_key_with_another_body_is_refused(small: SmallService) -> None:
    await small.client.post("/sla/v1/things", json={"name": "a"}, headers=KEY)
    other = await small.client.post("/sla/v1/things", json={"name": "b"}, headers=KEY)
    assert other.status_code == 422
    assert other.json()["type"] == "urn:tanggap:problem:idempotency-key-reused"
    assert await small.effects() == ["a"]


async def test_same_key_at_the_same_moment_has_one_effect(small: SmallService) -> None:
    answers = await asyncio.gather(
        *(small.client.post("/sla/v1/things", json={"name": "a"}, headers=KEY) for _ in range(15))
    )
    assert {answer.status_code for answer in answers} <= {201, 409}
    assert {answer.text for answer in answers if answer.status_code == 201} == {'{"name":"a"}'}
    assert await small.effects() == ["a"]


async def test_other_keys_and_none_have_effects_of_their_own(small: SmallService) -> None:
    for headers in (KEY, {"Idempotency-Key": "kunci-0002"}, {}, {}):
        await small.client.post("/sla/v1/things", json={"name": "a"}, headers=headers)
    assert await small.effects() == ["a", "a", "a", "a"]


async def test_request_that_failed_may_come_again_under_its_key(small: SmallService) -> None:
    service = small.service
    async with service.database.transaction() as connection:
        await connection.execute(
            text("ALTER TABLE effect ADD CONSTRAINT not_yet CHECK (what <> 'a')")
        )
    try:
        failed = await small.client.post("/sla/v1/things", json={"name": "a"}, headers=KEY)
        assert failed.status_code == 500
    finally:
        async with service.database.transaction() as connection:
            await connection.execute(text("ALTER TABLE effect DROP CONSTRAINT not_yet"))
    again = await small.client.post("/sla/v1/things", json={"name": "a"}, headers=KEY)
    assert again.status_code == 201
    assert await small.effects() == ["a"]


async def test_old_keys_are_forgotten(small: SmallService) -> None:
    await small.client.post("/sla/v1/things", json={"name": "a"}, headers=KEY)
    small.clock.advance(timedelta(days=2))
    await small.client.post(
        "/sla/v1/things", json={"name": "b"}, headers={"Idempotency-Key": "kunci-0002"}
    )
    async with small.service.units.begin() as unit:
        await forget_keys(unit, small.clock.now() - timedelta(days=1))
        left = (await unit.connection.execute(text("SELECT key FROM idempotency"))).scalars()
        assert list(left) == ["kunci-0002"]


def test_parts_of_a_request_cannot_pose_as_one_another() -> None:
    assert body_hash(b"ab", b"c") != body_hash(b"a", b"bc")
    assert body_hash(b"") != body_hash(b"", b"")
