"""The service catalogue through Open311: forms from the same files, and applications."""

from typing import Any
from urllib.parse import urlencode

from tests.service.intake.applying import API_KEY, APPLICATIONS, CODE, NAME
from tests.service.intake.driver import Driver
from tests.service.intake.uploads import uploaded

BASE = "/intake/open311/v2"
TEST = "/intake/open311/test/v2"
FORM = {
    "api_key": API_KEY,
    "service_code": CODE,
    "first_name": "Suwarni",
    "last_name": "Contohwati",
    "phone": "0812-0000-0079",
    "lat": "-7.62874",
    "long": "111.53067",
    "address_string": "Jalan Contoh 1",
    "attribute[opd]": "DPMPTSP",
    "attribute[jenis]": "warung",
    "attribute[dalam_kota]": "ya",
    "attribute[karyawan]": "7",
    "attribute[mulai]": "2025-03-09T00:00:00+07:00",
    "attribute[izin][]": ["nib", "halal"],
    "attribute[saksi]": '[{"nama_saksi": "Sutini Misalnya"}]',
    "attribute[bersih]": "ya",
    "attribute[aman]": "ya",
}


async def _send(
    offices: Driver, *, base: str = BASE, key: str | None = None, **changes: Any
) -> Any:
    form = {**FORM, **{f"attribute[{code}]": value for code, value in changes.items()}}
    body = urlencode({name: value for name, value in form.items() if value is not None}, doseq=True)
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    if key:
        headers["Idempotency-Key"] = key
    return await offices.client.post(f"{base}/requests.json", content=body, headers=headers)


async def test_services_are_listed_with_their_forms(offices: Driver) -> None:
    listed = {
        each["service_code"]: each
        for each in (await offices.client.get(f"{BASE}/services.json")).json()
    }
    assert (listed[CODE]["metadata"], listed["pju-padam"]["metadata"]) == (True, False)
    found = (await offices.client.get(f"{BASE}/services/{CODE}.json")).json()
    fields = {each["code"]: each for each in found["attributes"]}
    assert [each["order"] for each in found["attributes"]] == list(range(1, len(fields) + 1))
    assert {code: each["datatype"] for code, each in fields.items()} | {} == {
        "opd": "singlevaluelist",
        "nama": "string",
        "hp": "string",
        "modal": "number",
        "jenis": "singlevaluelist",
        "bahan": "string",
        "izin": "multivaluelist",
        "karyawan": "number",
        "dalam_kota": "singlevaluelist",
        "mulai": "datetime",
        "tempat": "string",
        "saksi": "text",
        "foto": "string",
        "sesi": "string",
        "uraian": "text",
        "nomor_lama": "string",
        "bersih": "singlevaluelist",
        "aman": "singlevaluelist",
    }
    # Asked under a condition alone.
    assert (fields["bahan"]["required"], fields["jenis"]["required"]) == (False, True)
    assert "nama_saksi" in fields["saksi"]["datatype_description"]
    xml = await offices.client.get(f"{BASE}/services/{CODE}.xml")
    assert "<datatype>multivaluelist</datatype>" in xml.text


async def test_a_request_becomes_an_application(offices: Driver) -> None:
    photo = await uploaded(offices)
    answer = await _send(offices, key="open311-mohon", foto=photo["upload_token"])
    assert answer.status_code == 200, answer.text
    again = await _send(offices, key="open311-mohon", foto=photo["upload_token"])
    (created,) = answer.json()
    assert again.json() == [created]
    secret = created["service_notice"].split("kunci ")[1].split(".")[0]
    shown = await offices.client.get(
        f"{APPLICATIONS}/{created['service_request_id']}", headers={"X-Tracking-Secret": secret}
    )
    own = shown.json()["own"]
    assert own["answers"]["nama"] == NAME
    assert own["answers"]["tempat"] == {
        "lat": -7.62874,
        "lon": 111.53067,
        "address": "Jalan Contoh 1",
    }
    assert own["answers"]["izin"] == ["nib", "halal"]
    assert (own["answers"]["karyawan"], own["answers"]["mulai"]) == (7, "2025-03-09")
    assert own["score"]["points"] == 100
    assert len(own["files"]) == 1
    hidden = await offices.client.get(f"{BASE}/requests/{created['service_request_id']}.json")
    assert hidden.status_code == 404


async def test_what_is_wrong_is_said_at_its_attribute(offices: Driver) -> None:
    refused = await _send(
        offices,
        jenis="bengkel",
        karyawan="banyak",
        tempat="di sana",
        saksi="[{",
        foto="tidak-ada-token",
        lain="1",
    )
    assert refused.status_code == 400
    assert [each["description"].split(":")[0] for each in refused.json()] == ["attribute[foto]/0"]
    refused = await _send(
        offices, jenis="bengkel", karyawan="banyak", tempat="di sana", saksi="[{", lain="1"
    )
    assert {each["code"] for each in refused.json()} == {400}
    assert {each["description"].split(":")[0] for each in refused.json()} == {
        f"attribute[{code}]" for code in ("lain", "bahan", "karyawan", "tempat", "saksi")
    }
    for wrong in ({"opd": "LAIN"}, {"opd": None}, {"dalam_kota": "tidak"}):
        answer = await _send(offices, **wrong)
        assert answer.status_code == 400, answer.text


async def test_the_test_endpoint_keeps_nothing(offices: Driver) -> None:
    count = "SELECT count(*) AS n FROM application"
    before = await offices.rows(count)
    assert (await _send(offices, base=TEST)).status_code == 200
    assert (await _send(offices, base=TEST, jenis="lain")).status_code == 400
    assert await offices.rows(count) == before
