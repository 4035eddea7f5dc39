"""Partners push reports: each once, signed, and a call for help is refused by nothing but that."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from shared.auth import Role
from shared.ids import new_id
from tests.service.intake.driver import Driver
from tests.support.numbers import tells_number
from tests.support.partners import ENVIRONMENT, KEYS, Partner
from tests.support.servers import Databases
from tests.support.system import running_system


@pytest.fixture(scope="module")
def keys() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        for name, value in ENVIRONMENT.items():
            patch.setenv(name, value)
        yield


@pytest.fixture(scope="module")
async def driver(
    keys: None, databases: Databases, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Driver]:
    home = tmp_path_factory.mktemp("partners")
    async with running_system(databases, home, services=["intake"]) as system:
        yield Driver(system)


def partner(driver: Driver, name: str) -> Partner:
    return Partner(name, driver.client, driver.system.clock)


def a_call(**changes: Any) -> dict[str, Any]:
    report = {
        "external_id": new_id(),
        "call_type": "real",
        "category": "kebakaran",
        "text": "Rumah terbakar di belakang pasar.",
        "called_at": "2026-03-09T01:58:10Z",
        "phone": "0812-0000-0001",
        "place": {"lat": -7.62874, "lon": 111.53067, "district": "Mekarsari"},
    }
    return {**report, **changes}


def a_report(**changes: Any) -> dict[str, Any]:
    return {"external_id": new_id(), "text": "Lampu jalan padam.", **changes}


async def stored(driver: Driver, complaint_id: str) -> dict[str, Any]:
    found = await driver.system.rows(
        "intake", "SELECT * FROM complaint WHERE complaint_id = :id", id=complaint_id
    )
    return found[0]


async def events(driver: Driver, complaint_id: str) -> list[dict[str, Any]]:
    found = await driver.system.rows(
        "intake",
        "SELECT type, payload FROM outbox WHERE aggregateid = :id ORDER BY aggregate_version",
        id=complaint_id,
    )
    return [{"type": row["type"], **json.loads(row["payload"])} for row in found]


class TestOnce:
    async def test_the_same_report_twice_is_one_complaint(self, driver: Driver) -> None:
        sp4n = partner(driver, "sp4n")
        report = a_report(reporter={"name": "Wagiman Contohnya"})
        first, second = await sp4n.report(report), await sp4n.report(report)
        assert first == second
        assert len(await events(driver, first["complaint_id"])) == 1

    async def test_two_at_once_are_one_complaint(self, driver: Driver) -> None:
        sp4n, report = partner(driver, "sp4n"), a_report()
        answers = await asyncio.gather(*(sp4n.report(report) for _ in range(5)))
        assert len({answer["complaint_id"] for answer in answers}) == 1

    async def test_the_same_number_with_another_content_is_refused(self, driver: Driver) -> None:
        sp4n, report = partner(driver, "sp4n"), a_report()
        await sp4n.report(report)
        answer = await sp4n.push({**report, "text": "Sesuatu yang lain."})
        assert answer.status_code == 422
        assert answer.json()["type"].endswith(":report-reused")

    async def test_a_number_is_the_partners_own(self, driver: Driver) -> None:
        number = new_id()
        one = await partner(driver, "sp4n").report(a_report(external_id=number))
        other = await partner(driver, "call112").report(a_call(external_id=number))
        assert one["complaint_id"] != other["complaint_id"]

    async def test_how_the_content_is_written_does_not_matter(self, driver: Driver) -> None:
        sp4n, report = partner(driver, "sp4n"), a_report(title="Lampu")
        first = await sp4n.report(report)
        body = json.dumps(dict(reversed(report.items())), indent=3).encode()
        again = await driver.client.post(sp4n.path, content=body, headers=sp4n.signed(body))
        assert again.json() == first


class TestSignature:
    @pytest.mark.parametrize("name", list(KEYS))
    async def test_what_is_not_signed_is_refused(self, driver: Driver, name: str) -> None:
        path = partner(driver, name).path
        answer = await driver.client.post(path, json=a_report())
        assert answer.status_code == 401
        assert answer.json()["type"].endswith(":signature-invalid")

    async def test_the_key_of_another_partner_is_refused(self, driver: Driver) -> None:
        sp4n = partner(driver, "sp4n")
        body = json.dumps(a_report()).encode()
        headers = sp4n.signed(body, key=KEYS["sms"])
        assert (await self.send(sp4n, body, headers)).status_code == 401

    async def test_a_changed_body_is_refused(self, driver: Driver) -> None:
        sp4n = partner(driver, "sp4n")
        body = json.dumps(a_report()).encode()
        assert (await self.send(sp4n, body + b" ", sp4n.signed(body))).status_code == 401

    @pytest.mark.parametrize("minutes", [-6, 6])
    async def test_what_was_signed_long_ago_or_later_is_refused(
        self, driver: Driver, minutes: int
    ) -> None:
        sp4n = partner(driver, "sp4n")
        body = json.dumps(a_report()).encode()
        headers = sp4n.signed(body, at=driver.now + timedelta(minutes=minutes))
        assert (await self.send(sp4n, body, headers)).status_code == 401

    async def test_without_a_key_nobody_is_let_in(
        self, databases: Databases, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for name in ENVIRONMENT:
            monkeypatch.delenv(name, raising=False)
        async with running_system(databases, tmp_path, services=["intake"]) as system:
            stranger = Partner("sp4n", system.client, system.clock)
            assert (await stranger.push(a_report())).status_code == 401

    @staticmethod
    async def send(sender: Partner, body: bytes, headers: dict[str, str]) -> httpx.Response:
        return await sender.client.post(sender.path, content=body, headers=headers)


class TestCalls:
    async def test_an_emergency_says_so_and_names_its_topic(self, driver: Driver) -> None:
        said = await partner(driver, "call112").report(a_call())
        (event,) = await events(driver, said["complaint_id"])
        assert ".ComplaintSubmitted." in event["type"]
        assert (event["channel"], event["emergency"]) == ("call112", True)
        assert event["service_code"] == "kebakaran"
        assert event["location"]["area_code"] == "99.71.01"
        assert event["device_time"] == "2026-03-09T01:58:10Z"
        assert not tells_number(json.dumps(event), a_call()["phone"])

    @pytest.mark.parametrize("call_type", ["prank", "ghost"])
    async def test_what_is_no_matter_is_counted_and_opens_nothing(
        self, driver: Driver, call_type: str
    ) -> None:
        said = await partner(driver, "call112").report(
            a_call(call_type=call_type, text=None, phone=None, category=None)
        )
        assert said["outcome"] == "counted"
        assert said["complaint_id"] is None

    async def test_information_is_a_complaint_of_that_kind(self, driver: Driver) -> None:
        said = await partner(driver, "call112").report(a_call(call_type="information"))
        row = await stored(driver, said["complaint_id"])
        assert (row["classification"], row["emergency"]) == ("information", False)

    async def test_a_real_call_says_what_it_is_about(self, driver: Driver) -> None:
        answer = await partner(driver, "call112").push(a_call(text=""))
        assert answer.status_code == 422

    @pytest.mark.parametrize(
        "changes",
        [
            {"place": {"lat": 5.0, "lon": 95.0}},
            {"place": {"lat": -7.6}},
            {"place": {"area_code": "11.11.11", "village": "Antah Berantah"}},
            {"phone": "tersembunyi"},
            {"called_at": "2036-01-01T00:00:00Z"},
            {"category": "Tidak Dikenal"},
        ],
        ids=str,
    )
    async def test_a_call_for_help_is_not_refused_for_its_details(
        self, driver: Driver, changes: dict[str, Any]
    ) -> None:
        said = await partner(driver, "call112").report(a_call(**changes))
        assert said["outcome"] == "accepted"

    async def test_a_village_places_a_call(self, driver: Driver) -> None:
        place = {"village": "REJOMULYO"}
        said = await partner(driver, "call112").report(a_call(place=place))
        row = await stored(driver, said["complaint_id"])
        assert row["area_code"] == "99.71.02.1003"

    async def test_calls_are_counted_by_type_and_category(self, driver: Driver) -> None:
        driver.system.clock.advance(timedelta(hours=1))
        since = driver.now
        call112 = partner(driver, "call112")
        for call_type in ("real", "real", "ghost"):
            await call112.report(a_call(call_type=call_type, phone=None))
        answer = await driver.client.get(
            "/intake/v1/staff/calls",
            params={
                "since": since.isoformat(),
                "until": (since + timedelta(minutes=1)).isoformat(),
            },
            headers=driver.system.staff(Role.LEADER),
        )
        counted = {row["call_type"]: row for row in answer.json()["counts"]}
        assert counted["real"] == {
            "call_type": "real",
            "category": "Kebakaran",
            "calls": 2,
            "complaints": 2,
        }
        assert (counted["ghost"]["calls"], counted["ghost"]["complaints"]) == (1, 0)


class TestNuisance:
    async def test_a_number_that_annoys_is_blocked_for_a_time(self, driver: Driver) -> None:
        call112, phone = partner(driver, "call112"), "081200000077"
        said = [
            await call112.report(a_call(call_type="prank", text=None, phone=phone))
            for _ in range(3)
        ]
        assert [each["block"] is not None for each in said] == [False, False, True]
        real = await call112.report(a_call(phone=phone))
        assert real["outcome"] == "accepted"
        assert real["block"] is not None

        text = a_report(sender=phone, text="Sampah menumpuk di pasar")
        assert (await partner(driver, "sms").report(text))["outcome"] == "counted"

        driver.system.clock.advance(timedelta(hours=25))
        later = await call112.report(a_call(phone=phone))
        assert later["block"] is None

    async def test_the_same_prank_twice_counts_once(self, driver: Driver) -> None:
        call112 = partner(driver, "call112")
        call = a_call(call_type="ghost", text=None, phone="081200000078")
        for _ in range(4):
            assert (await call112.report(call))["block"] is None

    async def test_a_block_can_be_lifted_and_what_led_to_it_is_over(self, driver: Driver) -> None:
        call112, phone = partner(driver, "call112"), "081200000079"
        prank = {"call_type": "prank", "text": None, "phone": phone}
        for _ in range(3):
            await call112.report(a_call(**prank))
        form = {"phone": "+62 812-0000-0079"}
        staff = driver.system.staff(Role.OPERATOR)
        path = "/intake/v1/staff/calls/lift-block"
        assert (await driver.client.post(path, json=form, headers=staff)).status_code == 200
        assert (await driver.client.post(path, json=form, headers=staff)).status_code == 404
        driver.system.clock.advance(timedelta(seconds=1))
        assert (await call112.report(a_call(**prank)))["block"] is None

    async def test_who_may_lift(self, driver: Driver) -> None:
        form = {"phone": "081200000079"}
        for headers, status in (({}, 401), (driver.system.staff(Role.OFFICER, opd="DLH"), 403)):
            path = "/intake/v1/staff/calls/lift-block"
            answer = await driver.client.post(path, json=form, headers=headers)
            assert answer.status_code == status

    async def test_the_number_itself_is_kept_nowhere(self, driver: Driver) -> None:
        call112 = partner(driver, "call112")
        said = "Hubungi 081200000088 atau 3571010101010001."
        await call112.report(a_call(phone="081200000088", outcome=said, units=["Damkar 1"]))
        rows = await driver.system.rows("intake", "SELECT details::text FROM partner_report")
        assert not [row for row in rows if "081200000088" in row["details"]]
        assert not [row for row in rows if "3571010101010001" in row["details"]]


async def test_a_text_message_is_found_again_by_its_sender(driver: Driver) -> None:
    said = await partner(driver, "sms").report(
        a_report(sender="081200000091", recipient="1708", text="Sampah menumpuk di pasar")
    )
    row = await stored(driver, said["complaint_id"])
    assert (row["channel"], row["account"]) == ("sms", "1708")
    found = await driver.system.rows(
        "intake",
        "SELECT 1 FROM reporter WHERE reporter_id = :id AND phone_hash IS NOT NULL "
        "AND sender_hash IS NOT NULL",
        id=row["reporter_id"],
    )
    assert found


async def test_a_category_of_sp4n_chooses_the_topic(driver: Driver) -> None:
    said = await partner(driver, "sp4n").report(a_report(category="PENERANGAN  JALAN"))
    assert (await stored(driver, said["complaint_id"]))["service_code"] == "pju-padam"
