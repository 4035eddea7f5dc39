"""Operators write down what they hear: each entry once, also from a batch made without a signal."""

import asyncio
from datetime import timedelta
from typing import Any

import httpx
import pytest

from shared.auth import Role
from shared.ids import new_id
from tests.service.intake.driver import Driver

PATH = "/intake/v1/desk"


def an_entry(**changes: Any) -> dict[str, Any]:
    return {
        "channel": "radio",
        "text": "Pendengar melaporkan lampu jalan di depan pasar padam.",
        "reporter": {"phone": "0812-0000-0001"},
        **changes,
    }


def a_row(**changes: Any) -> dict[str, Any]:
    return an_entry(client_id=new_id(), **changes)


async def enter(driver: Driver, entry: dict[str, Any], **headers: str) -> httpx.Response:
    sent = {**driver.system.staff(Role.OPERATOR), **headers}
    return await driver.client.post(f"{PATH}/complaints", json=entry, headers=sent)


async def batch(
    driver: Driver, rows: list[dict[str, Any]], *, subject: str = "staff-1"
) -> list[dict[str, Any]]:
    headers = driver.system.staff(Role.OPERATOR, subject=subject)
    answer = await driver.client.post(f"{PATH}/batches", json={"rows": rows}, headers=headers)
    assert answer.status_code == 200, answer.text
    results: list[dict[str, Any]] = answer.json()["results"]
    return results


class TestEntry:
    @pytest.mark.parametrize("channel", ["radio", "visit", "counter", "letter"])
    async def test_what_was_said_earlier_counts_from_its_receipt(
        self, intake: Driver, channel: str
    ) -> None:
        said_at = intake.now - timedelta(hours=5)
        entry = an_entry(channel=channel, device_time=said_at.isoformat())
        answer = await enter(intake, entry)
        assert answer.status_code == 201, answer.text
        (row,) = await intake.system.rows(
            "intake",
            "SELECT * FROM complaint WHERE complaint_id = :id",
            id=answer.json()["complaint_id"],
        )
        assert (row["device_time"], row["submitted_at"]) == (said_at, intake.now)
        assert (row["channel"], row["entered_by"]) == (channel, "staff-1")

    async def test_the_reporter_can_come_back_with_what_is_on_the_slip(
        self, intake: Driver
    ) -> None:
        said = (await enter(intake, an_entry())).json()
        seen = await intake.client.get(
            said["links"]["self"], headers={"X-Tracking-Secret": said["secret"]}
        )
        assert seen.json()["own"]["text"].startswith("Pendengar")

    async def test_the_same_entry_twice_is_one(self, intake: Driver) -> None:
        key = {"Idempotency-Key": new_id()}
        entry = an_entry()
        first, second = await enter(intake, entry, **key), await enter(intake, entry, **key)
        assert first.json() == second.json()
        other = await enter(intake, an_entry(text="Yang lain."), **key)
        assert other.status_code == 422

    @pytest.mark.parametrize("channel", ["web", "call112", "tidak_ada"])
    async def test_other_channels_are_not_the_desks(self, intake: Driver, channel: str) -> None:
        answer = await enter(intake, an_entry(channel=channel))
        assert answer.status_code == 422
        assert answer.json()["errors"][0]["field"] == "/channel"

    async def test_who_may_write_down(self, intake: Driver) -> None:
        for path, body in (("complaints", an_entry()), ("batches", {"rows": [a_row()]})):
            for headers, status in (
                ({}, 401),
                (intake.system.staff(Role.OFFICER, Role.HEAD, opd="DLH"), 403),
                (intake.system.staff(Role.ADMIN, Role.TRIAGE), 403),
            ):
                answer = await intake.client.post(f"{PATH}/{path}", json=body, headers=headers)
                assert answer.status_code == status


class TestBatch:
    async def test_a_bad_row_harms_no_other(self, intake: Driver) -> None:
        rows = [
            a_row(),
            a_row(text=""),
            {"client_id": "tanpa-isi"},
            a_row(channel="web"),
            a_row(location={"lat": 5.0, "lon": 95.0}),
            a_row(reporter={"nik": "123"}),
            a_row(device_time="2036-01-01T00:00:00Z"),
            {**a_row(), "tidak_dikenal": 1},
            {},
            a_row(),
        ]
        results = await batch(intake, rows)
        outcomes = [result["outcome"] for result in results]
        assert outcomes == ["created", *["refused"] * 8, "created"]
        assert all(result["errors"] for result in results[1:9])
        assert [result["client_id"] for result in results[:3]] == [
            rows[0]["client_id"],
            rows[1]["client_id"],
            "tanpa-isi",
        ]

    async def test_a_batch_sent_again_changes_nothing(self, intake: Driver) -> None:
        rows = [a_row() for _ in range(5)]
        first = await batch(intake, rows)
        second = await batch(intake, [*rows, a_row()])
        assert [result["outcome"] for result in second] == ["repeated"] * 5 + ["created"]
        kept = ("complaint_id", "tracking_code", "secret", "submitted_at")
        assert [[row[name] for name in kept] for row in first] == [
            [row[name] for name in kept] for row in second[:5]
        ]

    async def test_two_at_once_are_one(self, intake: Driver) -> None:
        rows = [a_row() for _ in range(20)]
        one, other = await asyncio.gather(batch(intake, rows), batch(intake, rows))
        assert [row["complaint_id"] for row in one] == [row["complaint_id"] for row in other]

    async def test_the_same_number_with_other_words_is_refused(self, intake: Driver) -> None:
        row = a_row()
        results = await batch(intake, [row, {**row, "text": "Yang lain."}])
        assert sorted(result["outcome"] for result in results) == ["created", "refused"]

    async def test_a_number_is_the_operators_own(self, intake: Driver) -> None:
        row = a_row()
        (one,) = await batch(intake, [row])
        (other,) = await batch(intake, [row], subject="staff-2")
        assert one["complaint_id"] != other["complaint_id"]

    async def test_a_row_that_was_entered_alone_is_not_entered_again(self, intake: Driver) -> None:
        row = a_row()
        entry = {name: value for name, value in row.items() if name != "client_id"}
        alone = (await enter(intake, entry, **{"Idempotency-Key": row["client_id"]})).json()
        (result,) = await batch(intake, [row])
        assert (result["outcome"], result["complaint_id"]) == ("repeated", alone["complaint_id"])

    @pytest.mark.parametrize("rows", [[], [{}] * 201, "bukan daftar", [1]], ids=repr)
    async def test_what_is_no_batch_is_refused_as_a_whole(self, intake: Driver, rows: Any) -> None:
        answer = await intake.client.post(
            f"{PATH}/batches", json={"rows": rows}, headers=intake.system.staff(Role.OPERATOR)
        )
        assert answer.status_code == 422
