"""A complaint is taken in once, whole, and sealed; what cannot be is refused with a reason."""

import asyncio
import json
import re
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest

from services.intake.rules.tracking import read_code
from shared.contracts.intake import ComplaintSubmitted
from shared.http import RequestScope
from shared.ids import new_id
from tests.service.intake.driver import COMPLAINTS, REPORTER, Driver

INSIDE = {"lat": -7.62, "lon": 111.52}


async def test_a_complaint_is_answered_with_code_secret_and_links(intake: Driver) -> None:
    answer = await intake.post({"text": "Lampu padam."})
    said = answer.json()
    assert answer.status_code == 201
    assert set(said) == {
        "complaint_id",
        "tracking_code",
        "secret",
        "status",
        "submitted_at",
        "secret_suggested",
        "links",
    }
    assert read_code(said["tracking_code"]) == said["tracking_code"]
    assert re.fullmatch(r"[A-Z2-7]{20}", said["secret"])
    assert said["status"] == "received"
    assert datetime.fromisoformat(said["submitted_at"]) == intake.now
    path = f"{COMPLAINTS}/{said['tracking_code']}"
    assert said["links"] == {
        "self": path,
        "messages": f"{path}/messages",
        "feedback": f"{path}/feedback",
        "withdraw": f"{path}/withdraw",
        "secrecy": f"{path}/secrecy",
        "similar": f"{path}/similar",
        "join": f"{path}/join",
    }
    assert answer.headers["location"] == path


async def test_the_event_says_what_was_submitted_and_names_nobody(intake: Driver) -> None:
    lodged = await intake.lodge(
        "Saya Wagiman (wagiman@contoh.example, 0812 0000 0001, NIK 9971-0101-0101-0001) lapor: "
        "WAGIMAN CONTOHNYA tinggal di depan tiang yang padam.",
        title="Laporan Contohnya, 081200000001",
        reporter=REPORTER,
        location={**INSIDE, "area_code": "99.71.01", "address": "Rumah pak Wagiman"},
        classification="aspiration",
        channel="whatsapp",
        device_time="2026-03-09T09:00:00+07:00",
    )
    (row,) = await intake.published(lodged.complaint_id)
    event = ComplaintSubmitted.model_validate_json(row["payload"])
    assert event.tracking_code == lodged.code
    assert (event.channel, event.classification) == ("whatsapp", "aspiration")
    assert event.location is not None
    assert (event.location.lat, event.location.area_code) == (-7.62, "99.71.01")
    assert event.text.startswith("Saya [nama] ([email], [telepon], NIK [nik]) lapor: [nama] ")
    told = json.dumps(
        [dict(row) for row in await intake.published(lodged.complaint_id)], default=str
    )
    for word in ("wagiman", "contohnya", "0001", "9971010", "12-0000"):
        assert word not in told.lower()


async def test_no_column_holds_what_names_the_reporter(alone: Driver) -> None:
    await alone.lodge("Saya Wagiman, 0812-0000-0001.", reporter=REPORTER)
    tables = await alone.rows(
        "SELECT table_name AS name FROM information_schema.tables WHERE table_schema = 'public'"
    )
    for table in tables:
        for row in await alone.rows(f"SELECT * FROM {table['name']}"):  # noqa: S608 - ours
            held = " ".join(
                v.hex() + repr(v) if isinstance(v, bytes) else str(v) for v in row.values()
            ).lower()
            for word in ("wagiman", "contohnya", "0812-0000", "81200000001", "9971010101010001"):
                assert word not in held, f"{word} in {table['name']}"


async def test_the_words_come_back_as_they_were_written(intake: Driver) -> None:
    text = "  Saya Wagiman, hp 0812-0000-0001.\nRusak \U0001f6a7 sekali!  "
    lodged = await intake.lodge(text, title="Jalan", reporter=REPORTER, location=INSIDE)
    own = (await intake.track(lodged, known=True))["own"]
    assert own["text"] == text.strip()
    assert (own["title"], own["lat"], own["address"]) == ("Jalan", -7.62, None)


async def test_the_same_key_and_body_are_answered_alike_and_stored_once(intake: Driver) -> None:
    key = new_id()
    first = await intake.post({"text": "Sekali saja."}, key=key)
    intake.system.clock.advance(timedelta(seconds=30))
    second = await intake.post({"text": "Sekali saja."}, key=key)
    assert second.status_code == first.status_code == 201
    assert second.json() == first.json()
    assert len(await intake.published(first.json()["complaint_id"])) == 1


async def test_the_same_key_with_another_body_is_refused(intake: Driver) -> None:
    key = new_id()
    first = await intake.post({"text": "Satu."}, key=key)
    second = await intake.post({"text": "Dua."}, key=key)
    assert first.status_code == 201
    assert second.status_code == 422
    assert second.json()["type"].endswith("idempotency-key-reused")


async def test_two_at_once_with_one_key_make_one_complaint(alone: Driver) -> None:
    key = new_id()
    answers = await asyncio.gather(*(alone.post({"text": "Serentak."}, key=key) for _ in range(6)))
    statuses = sorted(answer.status_code for answer in answers)
    assert statuses[0] == 201
    assert set(statuses) <= {201, 409}
    assert len({answer.json()["complaint_id"] for answer in answers if answer.is_success}) == 1
    for table in ("complaint", "reporter", "outbox", "timeline_entry", "idempotency"):
        assert len(await alone.rows(f"SELECT 1 FROM {table}")) == 1  # noqa: S608 - ours


async def test_another_process_with_the_same_key_waits_and_replays(alone: Driver) -> None:
    key = new_id()

    async def as_another_process() -> Any:
        # What the other process has in flight is not known here.
        alone.doors.context.keys_in_flight.clear()
        return await alone.post({"text": "Dua proses."}, key=key)

    answers = await asyncio.gather(*(as_another_process() for _ in range(8)))
    assert {answer.status_code for answer in answers} <= {201, 409}
    accepted = [answer.json() for answer in answers if answer.is_success]
    assert len({said["tracking_code"] for said in accepted}) == 1
    assert len(await alone.rows("SELECT 1 FROM complaint")) == 1


async def test_a_key_may_be_used_again_after_a_refusal(intake: Driver) -> None:
    key = new_id()
    refused = await intake.post({"text": "x", "channel": "semaphore"}, key=key)
    accepted = await intake.post({"text": "x"}, key=key)
    assert (refused.status_code, accepted.status_code) == (422, 201)


async def test_many_at_once_are_all_taken_in(alone: Driver) -> None:
    lodged = await asyncio.gather(*(alone.lodge(f"Laporan ke-{n}.") for n in range(50)))
    assert len({each.code for each in lodged}) == 50
    for each in lodged:
        assert len(await alone.published(each.complaint_id)) == 1
    traced = await alone.rows("SELECT count(DISTINCT correlation_id) AS n FROM outbox")
    assert traced[0]["n"] == 50


WRONG: list[tuple[str, dict[str, Any], str]] = [
    ("empty", {"text": ""}, "/text"),
    ("blank", {"text": " \n\t "}, "/text"),
    ("missing", {}, "/text"),
    ("long", {"text": "a" * 8001}, "/text"),
    ("long title", {"text": "x", "title": "a" * 201}, "/title"),
    ("nul", {"text": "a\0b"}, "/text"),
    ("nul in name", {"text": "x", "reporter": {"name": "a\0b"}}, "/reporter/name"),
    ("number", {"text": 5}, "/text"),
    ("list", {"text": ["x"]}, "/text"),
    ("null", {"text": None}, "/text"),
    ("unknown field", {"text": "x", "prioritas": 1}, "/prioritas"),
    ("channel", {"text": "x", "channel": "semaphore"}, "/channel"),
    ("classification", {"text": "x", "classification": "rant"}, "/classification"),
    ("flag", {"text": "x", "secret": "ya"}, "/secret"),
    ("lat alone", {"text": "x", "location": {"lat": -7.6}}, "/location/lon"),
    ("lon alone", {"text": "x", "location": {"lon": 111.5}}, "/location/lat"),
    ("outside", {"text": "x", "location": {"lat": -6.2, "lon": 106.8}}, "/location"),
    ("no place", {"text": "x", "location": {"lat": 95, "lon": 111.5}}, "/location/lat"),
    ("word", {"text": "x", "location": {"lat": "-7.6", "lon": 111.5}}, "/location/lat"),
    ("area", {"text": "x", "location": {"area_code": "99.71.77"}}, "/location/area_code"),
    ("phone", {"text": "x", "reporter": {"phone": "12"}}, "/reporter/phone"),
    ("phone words", {"text": "x", "reporter": {"phone": "nomor saya"}}, "/reporter/phone"),
    ("nik", {"text": "x", "reporter": {"nik": "12345"}}, "/reporter/nik"),
    ("nik letters", {"text": "x", "reporter": {"nik": "997101010101000A"}}, "/reporter/nik"),
    ("email", {"text": "x", "reporter": {"email": "wagiman"}}, "/reporter/email"),
    ("future", {"text": "x", "device_time": "2027-01-01T00:00:00Z"}, "/device_time"),
    ("no zone", {"text": "x", "device_time": "2026-03-09T02:00:00"}, "/device_time"),
    ("no time", {"text": "x", "device_time": "kemarin"}, "/device_time"),
    ("epoch", {"text": "x", "device_time": 1}, "/device_time"),
    ("calendar", {"text": "x", "device_time": "0001-01-01T00:00:00+07:00"}, "/device_time"),
]


@pytest.mark.parametrize(
    ("form", "field"), [case[1:] for case in WRONG], ids=[case[0] for case in WRONG]
)
async def test_a_wrong_form_is_refused_by_field(
    intake: Driver, form: dict[str, Any], field: str
) -> None:
    answer = await intake.post(form)
    assert answer.status_code == 422, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert field in [error["field"] for error in answer.json()["errors"]]


async def test_every_mistake_is_named_at_once(intake: Driver) -> None:
    answer = await intake.post(
        {
            "text": "x",
            "channel": "semaphore",
            "reporter": {"phone": "12", "nik": "1"},
            "location": {"lat": 1, "lon": 1},
        }
    )
    fields = {error["field"] for error in answer.json()["errors"]}
    assert fields == {"/channel", "/reporter/phone", "/reporter/nik", "/location"}


@pytest.mark.parametrize(
    "place",
    ['"text":"%s"', '"text":"x","title":"%s"', '"text":"x","reporter":{"name":"%s"}', '"%s":1'],
)
@pytest.mark.parametrize("lone", ["\\ud800", "\\udc00x", "a\\ud83d"])
async def test_lone_surrogates_are_refused_wherever_they_stand(
    intake: Driver, place: str, lone: str
) -> None:
    body = ("{" + place % lone + "}").encode()
    answer = await intake.client.post(COMPLAINTS, content=body)
    assert answer.status_code == 422, answer.text
    assert answer.json()["errors"]


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"text=x", b"\xff\xfe", b'{"text":"\xff"}', b"[" * 20_000, b'{"text":"x"} x'],
)
async def test_what_is_no_json_is_refused(intake: Driver, body: bytes) -> None:
    answer = await intake.client.post(COMPLAINTS, content=body)
    assert answer.status_code == 400, answer.text


@pytest.mark.parametrize("body", [b"[]", b'"x"', b"1", b"null", b"true"])
async def test_json_of_another_shape_is_refused(intake: Driver, body: bytes) -> None:
    assert (await intake.client.post(COMPLAINTS, content=body)).status_code == 422


async def test_a_megabyte_is_refused(intake: Driver) -> None:
    declared = await intake.post({"text": "a" * 1_000_000})
    assert declared.status_code == 413

    async def in_pieces() -> Any:
        for _ in range(100):
            yield b"a" * 10_000

    undeclared = await intake.client.post(COMPLAINTS, content=in_pieces())
    assert undeclared.status_code == 413


@pytest.mark.parametrize("key", ["short", "x" * 129, "with space", "kunci-é-kunci"])
async def test_a_bad_idempotency_key_is_refused(intake: Driver, key: str) -> None:
    answer = await intake.client.post(
        COMPLAINTS, json={"text": "x"}, headers=[(b"Idempotency-Key", key.encode())]
    )
    assert answer.status_code == 422


async def test_empty_fields_of_a_form_count_as_left_out(intake: Driver) -> None:
    lodged = await intake.lodge(
        "x", title="", reporter={"name": "", "phone": " ", "email": "", "nik": ""}
    )
    rows = await intake.rows(
        """SELECT r.* FROM reporter r JOIN complaint c USING (reporter_id)
        WHERE c.complaint_id = CAST(:id AS uuid)""",
        id=lodged.complaint_id,
    )
    assert rows[0]["identity"] is None
    assert rows[0]["phone_hash"] is None


async def test_a_device_five_minutes_ahead_is_believed(intake: Driver) -> None:
    await intake.lodge("x", device_time=(intake.now + timedelta(minutes=5)).isoformat())


@pytest.mark.parametrize(
    ("body", "headers", "status"),
    [
        (b"{", {}, 400),
        (b'{"text": 1, "more": 2}', {}, 422),
        (b'{"text": "Lampu padam."}', {"Idempotency-Key": "short"}, 422),
        (b'{"text": "Lampu padam.", "channel": "none"}', {}, 422),
        (b'{"text": "Lampu padam.", "join": "AAAAAAAAAA"}', {}, 404),
        (b'"' + b"x" * 300_000 + b'"', {}, 413),
    ],
)
async def test_the_hot_door_refuses_as_the_routed_one_does(
    intake: Driver,
    monkeypatch: pytest.MonkeyPatch,
    body: bytes,
    headers: dict[str, str],
    status: int,
) -> None:
    async def refusal() -> tuple[httpx.Response, dict[str, Any]]:
        answer = await intake.client.post(COMPLAINTS, content=body, headers=headers)
        said = answer.json()
        del said["trace_id"]
        return answer, said

    hot, said = await refusal()
    scope: Any = intake.system.app.apps["intake"].middleware_stack
    while not isinstance(scope, RequestScope):
        scope = scope.app
    monkeypatch.setattr(scope, "_hot_doors", lambda _method, _path: None)
    routed, said_too = await refusal()
    assert (hot.status_code, said) == (routed.status_code, said_too)
    assert hot.status_code == status
    assert hot.headers["content-type"] == routed.headers["content-type"]
