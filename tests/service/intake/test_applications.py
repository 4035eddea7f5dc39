"""Applications to services of the catalogue: forms, submission, and what leaves intake."""

import asyncio
import json

from jsonschema import Draft202012Validator

from tests.service.intake.applying import NAME, NIK, SERVICES, answers
from tests.service.intake.driver import Driver


async def test_the_list_and_each_form_can_be_read(intake: Driver) -> None:
    listed = (await intake.client.get(SERVICES)).json()["items"]
    assert "rtlh" in [each["code"] for each in listed]
    for each in listed:
        found = (await intake.client.get(f"{SERVICES}/{each['code']}")).json()
        Draft202012Validator.check_schema(found["form"])
        assert found["stages"]
    assert (await intake.client.get(f"{SERVICES}/tidak-ada")).status_code == 404


async def test_an_application_is_a_secret_complaint_without_a_name(intake: Driver) -> None:
    form = {"answers": await answers(intake)}
    answer = await intake.client.post(f"{SERVICES}/rtlh/applications", json=form)
    assert answer.status_code == 201, answer.text
    said = answer.json()
    assert (said["service"], said["version"], said["eligible"]) == ("rtlh", 1, True)

    rows = await intake.published(said["complaint_id"])
    payload = json.loads(rows[0]["payload"])
    assert (payload["service_code"], payload["service_version"]) == ("rtlh", "1")
    assert payload["answers"]["eligible"] is True
    assert payload["answers"]["pengusul"] == "sendiri"
    assert payload["secret"] is True
    for personal in (NAME, NIK, "9971010101010022", "81200000077", "1500000"):
        assert personal not in str(payload)
    tracked = await intake.client.get(f"/intake/v1/complaints/{said['tracking_code']}")
    assert tracked.json()["status"] == "received"


async def test_what_is_wrong_is_said_at_each_field(intake: Driver) -> None:
    wrong = await answers(intake, nik="123", jiwa=0, lain=1)
    answer = await intake.client.post(f"{SERVICES}/rtlh/applications", json={"answers": wrong})
    assert answer.status_code == 422
    fields = {each["field"] for each in answer.json()["errors"]}
    assert fields == {"/answers/nik", "/answers/jiwa", "/answers/lain"}


async def test_a_check_explains_what_is_not_met_and_keeps_nothing(intake: Driver) -> None:
    given = await answers(intake, status_tanah="sengketa", penghasilan=9_000_000)
    answer = await intake.client.post(f"{SERVICES}/rtlh/check", json={"answers": given})
    said = answer.json()
    assert (answer.status_code, said["eligible"]) == (200, False)
    assert {each["id"] for each in said["unmet"]} == {"tanah", "penghasilan"}


async def test_the_same_application_sent_twice_is_one(intake: Driver) -> None:
    form = {"answers": await answers(intake)}
    headers = {"Idempotency-Key": "permohonan-rtlh-1"}
    url = f"{SERVICES}/rtlh/applications"
    both = await asyncio.gather(
        *(intake.client.post(url, json=form, headers=headers) for _ in range(2))
    )
    assert [each.status_code for each in both] == [201, 201]
    assert both[0].json()["complaint_id"] == both[1].json()["complaint_id"]
    other = {"answers": {**form["answers"], "jiwa": 5}}
    assert (await intake.client.post(url, json=other, headers=headers)).status_code == 422
