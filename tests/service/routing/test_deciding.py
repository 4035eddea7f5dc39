"""Asking what would be decided, of one text or of the past, without deciding anything."""

import json
from typing import Any

import pytest

from services.routing.operations import what_if
from shared.auth import Role
from tests.service.routing.driver import DISHUB_TEXT, UNPLACED_TEXT, Driver

TREE_RULE = {
    "id": "lampu-taman",
    "reason": "Lampu di taman dirawat pengelola taman.",
    "topic": "taman-kota",
    "any": ["pju"],
}


async def classify(routing: Driver, body: dict[str, Any], **headers: Any) -> Any:
    return await routing.system.client.post(
        "/routing/v1/classify", json=body, headers=headers or routing.desk()
    )


async def replayed(routing: Driver, body: dict[str, Any]) -> list[dict[str, Any]]:
    answer = await routing.system.client.post(
        "/routing/v1/what-if", json=body, headers=routing.desk()
    )
    assert answer.status_code == 200, answer.text
    return [json.loads(line) for line in answer.text.splitlines()]


class TestClassify:
    async def test_it_explains_and_stores_nothing(self, alone: Driver) -> None:
        answer = await classify(alone, {"text": DISHUB_TEXT})
        found = answer.json()
        assert (found["opd"], found["opd_name"]) == ("DISHUB", "Dinas Perhubungan")
        assert found["proposals"][0]["words"]
        assert await alone.system.rows("routing", "SELECT 1 FROM cases") == []

    async def test_the_place_may_be_a_point_or_a_code(self, routing: Driver) -> None:
        by_code = {"text": "mohon surat keterangan ahli waris", "area_code": "99.71.02.1001"}
        assert (await classify(routing, by_code)).json()["opd"] == "KEC-TIRTAJAYA"

    async def test_an_account_settles_a_doubt(self, routing: Driver) -> None:
        body = {"text": UNPLACED_TEXT, "account_opd": "DISHUB"}
        found = (await classify(routing, body)).json()
        assert (found["opd"], found["rule"]) == ("DISHUB", "akun-opd")

    async def test_a_condition_reads_how_it_came(self, routing: Driver) -> None:
        body = {"text": UNPLACED_TEXT, "classification": "public_information_request"}
        found = (await classify(routing, body)).json()
        assert (found["opd"], found["rule"]) == ("KOMINFO", "permohonan-informasi-publik")

    @pytest.mark.parametrize(
        "body",
        [{}, {"text": ""}, {"text": "a" * 8_001}, {"text": "a", "lat": 91}, {"text": "a", "x": 1}],
    )
    async def test_bad_input_is_refused(self, routing: Driver, body: dict[str, Any]) -> None:
        assert (await classify(routing, body)).status_code == 422

    async def test_strangers_may_not_ask(self, routing: Driver) -> None:
        nobody = await routing.system.client.post("/routing/v1/classify", json={"text": "a"})
        assert nobody.status_code == 401
        headers = routing.system.staff(Role.TRADER)
        assert (await classify(routing, {"text": "a"}, **headers)).status_code == 403

    async def test_too_many_questions_must_wait(self, alone: Driver) -> None:
        answers = [await classify(alone, {"text": "a"}) for _ in range(121)]
        assert [each.status_code for each in answers[-2:]] == [200, 429]
        assert answers[-1].headers["Retry-After"]


class TestWhatIf:
    async def test_it_shows_what_would_change_and_changes_nothing(self, alone: Driver) -> None:
        lamp = await alone.open()
        await alone.open("aspal berlubang di gang kenanga")
        *changes, summary = await replayed(alone, {"rules": [TREE_RULE]})
        assert [each["complaint_id"] for each in changes] == [lamp]
        assert (changes[0]["opd_now"], changes[0]["opd_then"]) == ("DISHUB", "DLH")
        assert "lampu-taman" in changes[0]["reason"]
        assert (summary["cases"], summary["changed"]) == (2, 1)
        assert (summary["right_now"], summary["right_then"]) == (2, 1)
        assert (await alone.case(lamp))["opd"] == "DISHUB"

    async def test_it_looks_at_no_more_than_was_asked(self, alone: Driver) -> None:
        for _ in range(3):
            await alone.open()
        assert (await replayed(alone, {"rules": [], "cases": 2}))[-1]["cases"] == 2

    @pytest.mark.parametrize(
        ("change", "field"),
        [
            ({"topic": "tidak-ada"}, "/rules/0/topic"),
            ({"topic": None, "opd": "POLRI"}, "/rules/0/opd"),
            ({"when": "hour >"}, "/rules/0/when"),
            ({"when": 'text =~ "(a+)+$"'}, "/rules/0/when"),
        ],
    )
    async def test_a_rule_that_cannot_be_is_refused_with_its_place(
        self, routing: Driver, change: dict[str, Any], field: str
    ) -> None:
        answer = await routing.system.client.post(
            "/routing/v1/what-if",
            json={"rules": [{**TREE_RULE, **change}]},
            headers=routing.desk(),
        )
        assert answer.status_code == 422
        assert answer.json()["errors"][0]["field"] == field

    async def test_an_unknown_model_and_an_empty_wish_are_refused(self, routing: Driver) -> None:
        for body in ({"model_version": 99}, {}):
            answer = await routing.system.client.post(
                "/routing/v1/what-if", json=body, headers=routing.desk()
            )
            assert answer.status_code == 422

    async def test_one_replay_at_a_time(self, routing: Driver) -> None:
        async with what_if.one_at_a_time:
            answer = await routing.system.client.post(
                "/routing/v1/what-if", json={"rules": []}, headers=routing.desk()
            )
        assert answer.status_code == 409

    async def test_officers_may_not(self, routing: Driver) -> None:
        answer = await routing.system.client.post(
            "/routing/v1/what-if", json={"rules": []}, headers=routing.officer()
        )
        assert answer.status_code == 403
