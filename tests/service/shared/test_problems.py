"""Every refusal is a problem document that says what to do, and none gives anything away."""

import asyncio
import json
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest

from shared.auth import Role
from shared.embedded.postgres import EmbeddedPostgres
from shared.http import MAX_BODY_BYTES
from shared.settings import CoreSettings, ServiceSettings
from tests.service.shared.small_service import SmallService, build
from tests.support.delivery import empty_delivery_database
from tests.support.waiting import until


def problem(response: httpx.Response, status: int) -> dict[str, object]:
    assert response.status_code == status
    assert response.headers["content-type"] == "application/problem+json"
    body: dict[str, object] = response.json()
    assert body["status"] == status
    assert str(body["type"]).startswith("urn:tanggap:problem:")
    assert body["title"]
    assert body["trace_id"]
    return body


async def test_address_that_does_not_exist(small: SmallService) -> None:
    body = problem(await small.client.get("/sla/v1/nothing"), 404)
    assert body["type"] == "urn:tanggap:problem:not-found"
    assert "Periksa alamat" in str(body["detail"])


async def test_method_that_is_not_served(small: SmallService) -> None:
    response = await small.client.delete("/sla/v1/things")
    problem(response, 405)
    assert response.headers["allow"] == "POST"


async def test_each_field_that_is_wrong_is_named(small: SmallService) -> None:
    sent = {"name": "", "place": {"lat": 91}, "more": 1}
    body = problem(await small.client.post("/sla/v1/things", json=sent), 422)
    errors = body["errors"]
    assert isinstance(errors, list)
    assert {error["field"] for error in errors} == {"/name", "/place/lat", "/more"}


async def test_header_that_is_wrong_is_named(small: SmallService) -> None:
    body = problem(
        await small.client.post(
            "/sla/v1/things", json={"name": "a"}, headers={"Idempotency-Key": "short"}
        ),
        422,
    )
    assert isinstance(body["errors"], list)
    assert body["errors"][0]["field"] == "Idempotency-Key"


@pytest.mark.parametrize("content", [b"{", b"", b"\xff\xfe", b"[" * 50_000, b'{"name": 1e400}'])
async def test_body_that_is_no_json_is_the_callers_fault(
    small: SmallService, content: bytes
) -> None:
    response = await small.client.post(
        "/sla/v1/things", content=content, headers={"Content-Type": "application/json"}
    )
    assert response.status_code in {400, 422}
    problem(response, response.status_code)


@pytest.mark.parametrize("name", ["\ud800", "a\udfffb"])
async def test_lone_surrogates_are_refused_and_the_answer_can_be_written(
    small: SmallService, name: str
) -> None:
    content = json.dumps({"name": name, name: name}).encode()
    response = await small.client.post(
        "/sla/v1/things", content=content, headers={"Content-Type": "application/json"}
    )
    problem(response, 422)


async def test_problem_of_an_operation_keeps_its_words_and_extensions(small: SmallService) -> None:
    response = await small.client.get("/sla/v1/fail/conflict")
    body = problem(response, 409)
    assert body["type"] == "urn:tanggap:problem:already-there"
    assert body["detail"] == "Sudah ada."
    assert body["legal"] == ["hapus"]
    assert response.headers["x-why"] == "a"


async def test_bug_is_a_500_that_tells_nothing_but_its_trace(small: SmallService) -> None:
    response = await small.client.get("/sla/v1/fail/bug", headers={"X-Request-Id": "permintaan-7"})
    problem(response, 500)
    assert response.headers["x-request-id"] == "permintaan-7"
    assert "KeyError" not in response.text
    assert "telepon" not in response.text
    assert "081234567890" not in response.text


async def test_body_that_declares_too_much_is_refused_unread(small: SmallService) -> None:
    response = await small.client.post("/sla/v1/things", content=b"x" * (MAX_BODY_BYTES + 1))
    problem(response, 413)


async def test_body_without_a_length_may_not_grow_for_ever(small: SmallService) -> None:
    sent = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        while sent < 100 * MAX_BODY_BYTES:
            sent += 65_536
            yield b"x" * 65_536

    response = await small.client.post(
        "/sla/v1/things", content=endless(), headers={"Content-Type": "application/json"}
    )
    problem(response, 413)
    assert sent < 3 * MAX_BODY_BYTES


@pytest.mark.parametrize("declared", ["-1", "x", "1" * 30, "²"])
async def test_odd_declared_length_is_no_500(small: SmallService, declared: str) -> None:
    response = await small.client.post(
        "/sla/v1/things",
        content=b'{"name": "a"}',
        headers=[(b"content-length", declared.encode()), (b"content-type", b"application/json")],
    )
    assert response.status_code in {201, 400, 413, 422}


async def test_request_id_is_the_callers_or_a_new_one(small: SmallService) -> None:
    given = await small.client.get("/sla/v1/things/a", headers={"X-Request-Id": "permintaan-1"})
    assert given.headers["x-request-id"] == "permintaan-1"
    for odd in ("short", "x" * 65, "with space and more", "baris\tbaru-tab"):
        made = await small.client.get("/sla/v1/things/a", headers={"X-Request-Id": odd})
        assert made.headers["x-request-id"] != odd
        assert len(made.headers["x-request-id"]) == 36


async def test_staff_door_lets_in_whom_it_names(small: SmallService) -> None:
    response = await small.client.get("/sla/v1/staff", headers=small.staff(Role.HEAD))
    assert response.json() == {"subject": "staff-1"}
    problem(await small.client.get("/sla/v1/staff", headers=small.staff(Role.OFFICER)), 403)
    for headers in ({}, {"Authorization": "Bearer x"}, {"Authorization": "Basic eA=="}):
        refused = await small.client.get("/sla/v1/staff", headers=headers)
        problem(refused, 401)
        assert refused.headers["www-authenticate"] == "Bearer"


async def test_staff_doors_are_marked_in_the_openapi_document(small: SmallService) -> None:
    paths = small.app.openapi()["paths"]
    assert paths["/sla/v1/staff"]["get"]["security"]
    assert "security" not in paths["/sla/v1/things/{name}"]["get"]


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """Return a folder that Postgres, under an account of its own, may enter; tmp_path is closed."""
    folder = Path(tempfile.mkdtemp(prefix="tanggap-away-"))
    yield folder
    shutil.rmtree(folder)


async def kill(server: EmbeddedPostgres) -> None:
    """Kill a server and wait for its orphans: each serves its client until it looks up."""
    listed = await asyncio.to_thread(server.run_sql, "SELECT pid FROM pg_stat_activity")
    await asyncio.to_thread(server.kill)
    orphans = [Path("/proc") / pid for pid in listed.split()]
    assert orphans
    await until(lambda: not any(each.exists() for each in orphans))


async def test_postgres_that_is_away_is_a_503_that_says_when_to_come_again(
    open_folder: Path, tmp_path: Path
) -> None:
    with EmbeddedPostgres(open_folder / "data") as server:
        server.create_database("away")
        url = server.url("away")
        await (await empty_delivery_database(url)).close()
        core = CoreSettings(home=tmp_path, gauge_seconds=0.05)
        async with build(ServiceSettings(database_url=url, core=core)) as small:
            assert (await small.client.get("/sla/readyz")).status_code == 200
            await kill(server)
            for path in ("/sla/v1/fail/database", "/sla/v1/fail/database"):
                response = await small.client.get(path)
                problem(response, 503)
                assert int(response.headers["retry-after"]) > 0
            created = await small.client.post("/sla/v1/things", json={"name": "lost"})
            problem(created, 503)
            ready = await small.client.get("/sla/readyz")
            assert ready.status_code == 503
            assert "database" in ready.json()["problems"]
            assert (await small.client.get("/sla/livez")).status_code == 200
            metrics = (await small.client.get("/sla/metrics")).text
            assert "sla_effects{" not in metrics
            await asyncio.to_thread(server.start)
            recovered = await small.client.post("/sla/v1/things", json={"name": "kept"})
            assert recovered.status_code == 201
            assert await small.effects() == ["kept"]
            assert (await small.client.get("/sla/readyz")).status_code == 200
