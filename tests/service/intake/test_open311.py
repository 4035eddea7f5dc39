"""Open311 GeoReport v2: as the specification says, also to a client that knows nothing of us."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from typing import Any
from xml.etree import ElementTree as ET

import httpx
import pytest
import uvicorn
from georeport import GeoReport

from shared.contracts.routing import CaseAssigned, CaseResolved
from shared.embedded.ports import HOST, free_port
from shared.ids import ComplaintId
from tests.service.intake.driver import Driver, Lodged
from tests.support.servers import Databases
from tests.support.system import running_system

BASE = "/intake/open311/v2"
KEY = "kunci-aplikasi"
POINT = {"lat": "-7.62874", "long": "111.53067"}


@pytest.fixture(scope="module")
def keys() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TANGGAP_INTAKE_OPEN311_KEYS", f"lain,{KEY}")
        yield


@pytest.fixture(scope="module")
async def driver(
    keys: None, databases: Databases, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Driver]:
    home = tmp_path_factory.mktemp("open311")
    async with running_system(databases, home, services=["intake"]) as system:
        yield Driver(system)


async def post(driver: Driver, base: str = BASE, **fields: str) -> httpx.Response:
    form = {"api_key": KEY, "service_code": "pju-padam", **POINT, **fields}
    return await driver.client.post(f"{base}/requests.json", data=form)


async def request(driver: Driver, **fields: str) -> str:
    answer = await post(driver, **fields)
    assert answer.status_code == 200, answer.text
    (created,) = answer.json()
    assert "token" not in created
    return str(created["service_request_id"])


async def get(driver: Driver, path: str, **parameters: str) -> Any:
    answer = await driver.client.get(f"{BASE}/{path}", params=parameters)
    assert answer.status_code == 200, answer.text
    return answer.json() if path.endswith("json") else ET.fromstring(answer.content)  # noqa: S314 - our own


async def ids(driver: Driver, **parameters: str) -> list[str]:
    found = await get(driver, "requests.json", **parameters)
    return [each["service_request_id"] for each in found]


async def lodged(driver: Driver, code: str) -> Lodged:
    (row,) = await driver.system.rows(
        "intake", "SELECT complaint_id FROM complaint WHERE tracking_code = :code", code=code
    )
    return Lodged(str(row["complaint_id"]), code, "", {})


async def resolve(driver: Driver, code: str) -> None:
    complaint_id = ComplaintId((await lodged(driver, code)).complaint_id)
    await driver.tell(
        CaseAssigned(
            complaint_id=complaint_id,
            occurred_at=driver.now,
            part=0,
            opd="DISHUB",
            opd_name="Dinas Perhubungan",
            by="rule",
            reason="Lampu.",
        ),
        CaseResolved(
            complaint_id=complaint_id,
            occurred_at=driver.now,
            text="Sudah menyala.",
            officer_id="petugas-1",
        ),
    )


class TestDiscovery:
    async def test_both_endpoints_are_offered_in_both_formats(self, driver: Driver) -> None:
        said = await get(driver, "discovery.json")
        assert {each["type"]: each["url"] for each in said["endpoints"]} == {
            "production": "http://127.0.0.1/intake/open311/v2",
            "test": "http://127.0.0.1/intake/open311/test/v2",
        }
        root = await get(driver, "discovery.xml")
        assert root.tag == "discovery"
        assert [each.text for each in root.iter("format")] == ["text/xml", "application/json"] * 2

    async def test_answers_say_what_they_are(self, driver: Driver) -> None:
        answer = await driver.client.get(f"{BASE}/services.xml")
        assert answer.headers["content-type"] == "text/xml; charset=utf-8"
        assert answer.content.startswith(b"<?xml version=")
        answer = await driver.client.get(f"{BASE}/services.json")
        assert answer.headers["content-type"] == "application/json; charset=utf-8"


class TestServices:
    async def test_the_topics_are_the_services(self, driver: Driver) -> None:
        services = {each["service_code"]: each for each in await get(driver, "services.json")}
        lamp = services["pju-padam"]
        assert lamp["group"] == "Dinas Perhubungan"
        assert (lamp["metadata"], lamp["type"]) == (False, "realtime")
        root = await get(driver, "services.xml")
        assert root.tag == "services"
        assert {each.findtext("service_code") for each in root.findall("service")} == set(services)
        assert root[0].findtext("metadata") == "false"

    async def test_a_definition_names_its_service(self, driver: Driver) -> None:
        said = await get(driver, "services/pju-padam.json")
        assert said == {"service_code": "pju-padam", "attributes": []}
        root = await get(driver, "services/pju-padam.xml")
        assert (root.tag, root.findtext("service_code")) == ("service_definition", "pju-padam")


class TestSubmitting:
    async def test_a_request_is_a_complaint_of_the_chosen_topic(self, driver: Driver) -> None:
        code = await request(
            driver,
            description="Lampu padam di depan rumah <b>saya</b> & tetangga.",
            first_name="Wagiman",
            last_name="Contohnya",
            phone="081200000001",
            email="",
            **{"attribute[X]": "1", "attribute[Y][]": "2"},
        )
        (row,) = await driver.system.rows(
            "intake", "SELECT * FROM complaint WHERE tracking_code = :code", code=code
        )
        assert (row["channel"], row["service_code"]) == ("open311", "pju-padam")
        (shown,) = await get(driver, f"requests/{code}.json")
        assert shown["status"] == "open"
        assert shown["service_name"]
        assert (shown["lat"], shown["long"]) == (-7.6287, 111.5307)
        root = await get(driver, f"requests/{code}.xml")
        assert root.tag == "service_requests"
        assert "<b>saya</b> & tetangga" in (root[0].findtext("description") or "")

    @pytest.mark.parametrize(
        "place",
        [{"address_string": "Jalan Kenanga 7"}, {"address_id": "99.71.01.1001"}],
        ids=str,
    )
    async def test_a_place_may_be_an_address(self, driver: Driver, place: dict[str, str]) -> None:
        answer = await post(driver, lat="", long="", **place)
        assert answer.status_code == 200, answer.text

    @pytest.mark.parametrize(
        ("fields", "status"),
        [
            ({"api_key": "salah"}, 403),
            ({"api_key": ""}, 403),
            ({"service_code": "tidak-ada"}, 404),
            ({"service_code": ""}, 400),
            ({"jurisdiction_id": "kota.lain.example"}, 404),
            ({"lat": "", "long": ""}, 400),
            ({"lat": "", "long": "111.5"}, 400),
            ({"lat": "nan"}, 400),
            ({"lat": "1e400"}, 400),
            ({"lat": "91"}, 400),
            ({"lat": "5", "long": "95"}, 400),
            ({"address_id": "11.11.11"}, 400),
            ({"description": "x" * 4001}, 400),
            ({"phone": "bukan nomor"}, 400),
            ({"email": "bukan surel"}, 400),
            ({"first_name": "x" * 500}, 400),
            ({"media_url": "javascript:alert(1)"}, 400),
            ({"description": "nol \0 nol"}, 400),
        ],
        ids=str,
    )
    async def test_what_is_wrong_is_said_in_open311s_words(
        self, driver: Driver, fields: dict[str, str], status: int
    ) -> None:
        answer = await post(driver, **fields)
        assert answer.status_code == status
        (error, *_) = answer.json()
        assert error["code"] == status
        assert error["description"]

    async def test_errors_in_xml(self, driver: Driver) -> None:
        answer = await driver.client.post(f"{BASE}/requests.xml", data={"api_key": "salah"})
        root = ET.fromstring(answer.content)  # noqa: S314 - our own
        assert (root.tag, root[0].tag, root[0].findtext("code")) == ("errors", "error", "403")

    @pytest.mark.parametrize(
        "body", [b"", b"{}", b"\xff\xfe", b"a=1&" * 500, b"%zz=%ff", b"api_key=%00"], ids=repr
    )
    async def test_hostile_bodies_are_refused(self, driver: Driver, body: bytes) -> None:
        answer = await driver.client.post(f"{BASE}/requests.json", content=body)
        assert answer.status_code in {400, 403}
        assert isinstance(answer.json(), list)

    async def test_the_test_endpoint_keeps_nothing(self, driver: Driver) -> None:
        answer = await post(driver, base="/intake/open311/test/v2")
        assert answer.status_code == 200
        code = answer.json()[0]["service_request_id"]
        assert (await driver.client.get(f"{BASE}/requests/{code}.json")).status_code == 404
        refused = await post(driver, base="/intake/open311/test/v2", api_key="salah")
        assert refused.status_code == 403

    async def test_the_same_key_of_idempotency_is_one_request(self, driver: Driver) -> None:
        form = {"api_key": KEY, "service_code": "pju-padam", **POINT}
        path, key = f"{BASE}/requests.json", {"Idempotency-Key": "permintaan-satu"}
        one, two = await asyncio.gather(
            *(driver.client.post(path, data=form, headers=key) for _ in range(2))
        )
        assert one.json() == two.json()


class TestListing:
    async def test_states_services_and_times_choose(self, driver: Driver) -> None:
        driver.system.clock.advance(timedelta(hours=1))
        since = driver.now.isoformat()
        lamp = await request(driver)
        tree = await request(driver, service_code="pangkas-pohon")
        done = await request(driver)
        await resolve(driver, done)

        assert set(await ids(driver, start_date=since)) == {lamp, tree, done}
        assert await ids(driver, start_date=since, status="closed") == [done]
        assert set(await ids(driver, start_date=since, status="open,")) == {lamp, tree}
        assert await ids(driver, start_date=since, service_code="pangkas-pohon") == [tree]
        assert await ids(driver, start_date=since, service_code="x,\0") == []
        pages = [await ids(driver, start_date=since, page_size="2", page=page) for page in "12"]
        assert [len(page) for page in pages] == [2, 1]
        assert set(await ids(driver, service_request_id=f"{lamp},{done},AAAA", status="x")) == {
            lamp,
            done,
        }
        (shown,) = await get(driver, f"requests/{done}.json")
        assert shown["agency_responsible"] == "Dinas Perhubungan"
        assert "Sudah menyala" not in str(shown)

    async def test_what_is_secret_is_not_there(self, driver: Driver) -> None:
        secret = await driver.lodge("Hal yang peka.", secret=True)
        assert secret.code not in await ids(driver)
        assert await ids(driver, service_request_id=secret.code) == []
        for path in ("requests", "tokens"):
            answer = await driver.client.get(f"{BASE}/{path}/{secret.code}.json")
            assert answer.status_code == 404

    async def test_words_are_masked_and_the_anonymous_have_no_point(self, driver: Driver) -> None:
        hidden = await driver.lodge(
            "Hubungi 081234567890 di rumah saya.",
            anonymous=True,
            location={"lat": -7.62874, "lon": 111.53067, "address": "Jalan Kenanga 7"},
        )
        (shown,) = await get(driver, f"requests/{hidden.code}.json")
        assert "081234567890" not in shown["description"]
        assert (shown["lat"], shown["long"], shown["address"]) == (None, None, None)

    @pytest.mark.parametrize(
        "parameters",
        [
            {"start_date": "kemarin"},
            {"start_date": "2026-03-01T00:00:00"},
            {"start_date": "0001-01-01T00:00:00+14:00"},
            {"start_date": "2026-01-01T00:00:00Z", "end_date": "2026-06-01T00:00:00Z"},
            {"status": "setengah"},
            {"page": "0"},
            {"page_size": "1001"},
            {"page": "9" * 30},
            {"page": "²"},
        ],
        ids=str,
    )
    async def test_wrong_parameters_are_400_and_never_422(
        self, driver: Driver, parameters: dict[str, str]
    ) -> None:
        answer = await driver.client.get(f"{BASE}/requests.json", params=parameters)
        assert answer.status_code == 400
        assert answer.json()[0]["code"] == 400

    async def test_an_unknown_format_or_place_is_404(self, driver: Driver) -> None:
        assert (await driver.client.get(f"{BASE}/services.yaml")).status_code == 404
        answer = await driver.client.get(f"{BASE}/services.json?jurisdiction_id=kota.lain")
        assert answer.status_code == 404
        answer = await driver.client.get(f"{BASE}/services.json?jurisdiction_id=")
        assert answer.status_code == 200

    async def test_a_token_is_the_request_itself(self, driver: Driver) -> None:
        code = await request(driver)
        said = await get(driver, f"tokens/{code}.json")
        assert said == [{"service_request_id": code, "token": code}]

    async def test_characters_that_xml_cannot_carry_break_nothing(self, driver: Driver) -> None:
        code = await request(driver, description="bel \x07 dan \ufffe akhir")
        root = await get(driver, f"requests/{code}.xml")
        assert root[0].findtext("description") == "bel  dan  akhir"


@pytest.fixture
async def address(driver: Driver) -> AsyncIterator[str]:
    port = free_port()
    app = driver.system.app
    config = uvicorn.Config(app, HOST, port, log_config=None, ws="none", lifespan="off")
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110 - uvicorn offers no event
        await asyncio.sleep(0.01)
    yield f"http://{HOST}:{port}{BASE}"
    server.should_exit = True
    await serving


@pytest.mark.parametrize("form", ["json", "xml"])
async def test_the_client_georeport_works_unmodified(
    driver: Driver, address: str, form: str
) -> None:
    one, two = await request(driver), await request(driver)

    def talk() -> None:
        client = GeoReport(address, jurisdiction="lapor.contoh.example", output_format=form)
        assert len(client.get_service_list()) > 100
        assert client.get_service_definition("pju-padam")["service_code"] == "pju-padam"
        assert client.get_service_request(one)["service_request_id"] == one
        found = client.get_service_requests(service_request_id=f"{one},{two}")
        assert {each["service_request_id"] for each in found} == {one, two}
        day = client.get_service_requests(start_date="2026-03-01T00:00:00Z", status="open")
        assert {one, two} <= {each["service_request_id"] for each in day}

    await asyncio.to_thread(talk)
