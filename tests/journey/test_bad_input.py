"""What is wrong with a request is said in a clear 4xx, and the request has no effect."""

import json
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest

from shared.auth import Role
from tests.journey.doors import JSON, TEXT, Door, count_complaints, refusal_of
from tests.journey.town import COMPLAINTS, Complaint, Town

pytestmark = pytest.mark.xdist_group("journey")

MEGABYTE = 1_000_000

BAD_BODIES: dict[str, tuple[bytes, int]] = {
    "half of a JSON text": (b'{"text": "Lampu', 400),
    "no JSON": (b"text=Lampu", 400),
    "bytes that are no text": (b'{"text": "\xff\xfe"}', 400),
    "nested without end": (b'{"text": ' + b"[" * 50_000, 400),
    "no object": (b'"Lampu"', 422),
    "a list": (b"[]", 422),
    "a number": (b"17", 422),
}


@pytest.mark.parametrize("name", BAD_BODIES)
async def test_body_that_cannot_be_read(town: Town, doors: list[Door], name: str) -> None:
    body, status = BAD_BODIES[name]
    for door in doors:
        answer = await town.system.client.post(
            door.path, content=body, headers={**JSON, **door.headers}
        )
        assert refusal_of(answer)["status"] in {status, 422}, door.path


async def test_empty_body(town: Town, doors: list[Door]) -> None:
    for door in doors:
        if door.path.endswith("/close"):
            continue  # Its note may be left out, and so may its body.
        for body in (b"", b"{}", b"null"):
            answer = await town.system.client.post(
                door.path, content=body, headers={**JSON, **door.headers}
            )
            assert refusal_of(answer)["status"] in {400, 422}, door.path


@pytest.mark.parametrize("declared", [True, False], ids=["declared", "in chunks"])
async def test_megabyte(town: Town, doors: list[Door], declared: bool) -> None:
    async def in_chunks(body: bytes) -> AsyncIterator[bytes]:
        for start in range(0, len(body), 65_536):
            yield body[start : start + 65_536]

    for door in doors:
        body = json.dumps({**door.body, door.text: "a" * MEGABYTE}).encode()
        answer = await town.system.client.post(
            door.path,
            content=body if declared else in_chunks(body),
            headers={**JSON, **door.headers},
        )
        assert refusal_of(answer)["status"] == 413, door.path


@pytest.mark.parametrize(
    "value",
    ["a\x00b", "\ud800", "a\udfffb", 17, True, ["Lampu"], {"id": "Lampu"}, "a" * 50_000],
    ids=["NUL", "surrogate", "low surrogate", "number", "boolean", "list", "object", "too long"],
)
async def test_text_that_is_none(town: Town, doors: list[Door], value: Any) -> None:
    for door in doors:
        # As ASCII: a lone surrogate travels as an escape, which JSON allows.
        body = json.dumps({**door.body, door.text: value}).encode("ascii")
        answer = await town.system.client.post(
            door.path, content=body, headers={**JSON, **door.headers}
        )
        problem = refusal_of(answer)
        assert problem["status"] == 422, door.path
        assert f"/{door.text}" in {error["field"] for error in problem["errors"]}, door.path


@pytest.mark.parametrize(
    "value", ["", "   ", "\n\t ", None], ids=["empty", "blank", "lines", "null"]
)
async def test_text_that_says_nothing(town: Town, doors: list[Door], value: str | None) -> None:
    for door in doors:
        if door.path.endswith(("/feedback", "/close")) and not value:
            continue  # There the text may be left out.
        answer = await town.system.client.post(
            door.path, json={**door.body, door.text: value}, headers=door.headers
        )
        assert refusal_of(answer)["status"] in {409, 422}, door.path


async def test_field_that_there_is_not(town: Town, doors: list[Door]) -> None:
    for door in doors:
        answer = await town.system.client.post(
            door.path, json={**door.body, "opd_name": "Dinas"}, headers=door.headers
        )
        problem = refusal_of(answer)
        assert problem["status"] == 422, door.path
        assert [error["field"] for error in problem["errors"]] == ["/opd_name"]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("/anonymous", "ya"),
        ("/secret", 1),
        ("/title", 7),
        ("/channel", "telepati"),
        ("/channel", ["web"]),
        ("/classification", "curhat"),
        ("/location", "Jalan Kenanga"),
        ("/location/lat", "-7.6"),
        ("/location/lat", True),
        ("/location/lon", 181),
        ("/location/lat", -90.5),
        ("/location/area_code", "99.71.99"),
        ("/location/address", "a\x00b"),
        ("/reporter", []),
        ("/reporter/name", 5),
        ("/reporter/phone", "satu dua tiga"),
        ("/reporter/phone", "0812"),
        ("/reporter/nik", "123"),
        ("/reporter/nik", "9971O14503870003"),
        ("/reporter/email", "bukan surel"),
        ("/reporter/name", "\ud83d"),
        ("/device_time", "kemarin"),
        ("/device_time", 1_700_000_000),
        ("/device_time", "2026-03-09T09:00:00"),
        ("/device_time", "2026-02-30T09:00:00Z"),
    ],
)
async def test_submission_with_a_wrong_field(town: Town, field: str, value: Any) -> None:
    form: dict[str, Any] = {"text": TEXT, "location": {"lat": -7.62, "lon": 111.53}, "reporter": {}}
    *path, name = field.removeprefix("/").split("/")
    (form[path[0]] if path else form)[name] = value
    complaints = await count_complaints(town)

    answer = await town.system.client.post(
        COMPLAINTS, content=json.dumps(form).encode("ascii"), headers=JSON
    )

    problem = refusal_of(answer)
    assert problem["status"] == 422
    assert any(error["field"].startswith(field) for error in problem["errors"]), problem
    assert await count_complaints(town) == complaints


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e400"])
async def test_coordinate_that_is_no_number(town: Town, number: str) -> None:
    body = f'{{"text": "Lampu padam", "location": {{"lat": {number}, "lon": 111.53}}}}'

    answer = await town.system.client.post(COMPLAINTS, content=body.encode(), headers=JSON)

    assert refusal_of(answer)["status"] in {400, 422}


@pytest.mark.parametrize(
    ("lat", "lon"),
    [(-6.2, 106.8), (0, 0), (7.62, 111.53), (111.53, -7.62), (-7.700001, 111.53)],
    ids=["another city", "null island", "north", "turned round", "a step outside"],
)
async def test_coordinates_outside_the_pemda(town: Town, lat: float, lon: float) -> None:
    form = {"text": TEXT, "location": {"lat": lat, "lon": lon}}

    problem = (await town.submit(form, expect=422)).json()

    assert problem["errors"][0]["field"].startswith("/location")


async def test_half_a_place(town: Town) -> None:
    problem = (await town.submit({"text": TEXT, "location": {"lat": -7.62}}, expect=422)).json()

    assert problem["errors"][0]["field"] == "/location/lon"


async def test_device_time_in_the_future(town: Town) -> None:
    for ahead in (timedelta(minutes=6), timedelta(days=4000)):
        form = {"text": TEXT, "device_time": (town.now + ahead).isoformat()}
        problem = (await town.submit(form, expect=422)).json()
        assert problem["errors"][0]["field"] == "/device_time"
    # A clock that is a little fast, or years slow, keeps nobody out.
    for ahead in (timedelta(minutes=4), timedelta(days=-9000)):
        await town.submit({"text": TEXT, "device_time": (town.now + ahead).isoformat()})


async def test_opd_that_there_is_not(town: Town, doors: list[Door], complaint: Complaint) -> None:
    desk = town.system.staff(Role.TRIAGE, Role.ADMIN)
    assign = f"/routing/v1/cases/{complaint.complaint_id}/assign"
    for opd in ("DINAS-SIHIR", "dishub", "", "a" * 5_000, "\u0000"):
        wish = {"opd": opd, "reason": "Coba."}
        answer = await town.system.client.post(assign, json=wish, headers=desk)
        problem = refusal_of(answer)
        assert (problem["status"], problem["errors"][0]["field"]) == (422, "/opd"), opd
    for path in ("/routing/v1/cases", "/sla/v1/clocks"):
        answer = await town.system.client.get(path, params={"opd": "DINAS-SIHIR"}, headers=desk)
        assert refusal_of(answer)["status"] == 422
    assert doors


@pytest.mark.parametrize(
    ("path", "params"),
    [
        ("/routing/v1/cases", {"cursor": "bukan-kursor"}),
        ("/routing/v1/cases", {"cursor": "\u00e9"}),
        ("/routing/v1/cases", {"limit": "0"}),
        ("/routing/v1/cases", {"limit": "1e9"}),
        ("/routing/v1/cases", {"status": "hilang"}),
        ("/routing/v1/cases", {"opd": "\x00"}),
        ("/sla/v1/clocks", {"cursor": "WzFd"}),
        ("/sla/v1/clocks", {"state": "lari"}),
        ("/sla/v1/clocks", {"stage": "\x00"}),
        ("/sla/v1/clocks", {"limit": "99999999999999999999"}),
    ],
)
async def test_question_that_makes_no_sense(town: Town, path: str, params: dict[str, str]) -> None:
    leader = town.system.staff(Role.LEADER)

    answer = await town.system.client.get(path, params=params, headers=leader)

    assert refusal_of(answer)["status"] == 422


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/intake/v1/nothing", 404),
        ("GET", "/routing/v2/cases", 404),
        ("GET", "/nowhere", 404),
        ("DELETE", COMPLAINTS, 405),
        ("PATCH", "/routing/v1/cases", 405),
        ("GET", COMPLAINTS, 405),
        ("POST", "/sla/v1/clocks", 405),
        ("POST", "/survey/livez", 405),
    ],
)
async def test_door_that_there_is_not(town: Town, method: str, path: str, status: int) -> None:
    answer = await town.system.client.request(method, path)

    assert refusal_of(answer)["status"] == status
    if status == 405:
        assert answer.headers["allow"]
