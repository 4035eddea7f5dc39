"""QR sheets: what is printed opens the form, and what comes by it is counted."""

from xml.etree import ElementTree as ET

import pytest

from shared.auth import Role
from tests.service.intake.driver import Driver

PATH = "/intake/v1/posters"


async def counts(driver: Driver) -> dict[str, dict[str, object]]:
    answer = await driver.client.get(PATH, headers=driver.system.staff(Role.LEADER))
    assert answer.status_code == 200, answer.text
    return {each["code"]: each for each in answer.json()["posters"]}


async def test_a_sheet_names_its_medium_and_place_and_links_to_the_form(intake: Driver) -> None:
    answer = await intake.client.get(f"{PATH}/pasar-induk.html")
    assert answer.headers["content-type"].startswith("text/html")
    page = answer.text
    for words in ("Spanduk", "Gerbang utara Pasar Induk", "Pemerintah Kota Contoh Raya", "112"):
        assert words in page
    drawing = ET.fromstring(page[page.index("<svg") : page.index("</svg>") + 6])  # noqa: S314 - our own
    assert drawing.findtext("title") == "https://lapor.contoh.example/lapor?via=pasar-induk"
    assert "<script" not in page


@pytest.mark.parametrize("code", ["tidak-ada", "..%2f..%2fetc%2fpasswd", "%00", "<b>"])
async def test_an_unknown_sheet_is_not_found(intake: Driver, code: str) -> None:
    assert (await intake.client.get(f"{PATH}/{code}.html")).status_code == 404


async def test_complaints_are_counted_by_the_sheet_that_led_to_them(alone: Driver) -> None:
    for via in ("pasar-induk", "pasar-induk", "sudah-dicabut"):
        await alone.lodge(via=via)
    await alone.lodge()
    found = await counts(alone)
    assert (found["pasar-induk"]["complaints"], found["pasar-induk"]["last_30_days"]) == (2, 2)
    assert found["sudah-dicabut"]["medium"] is None
    assert found["kec-mekarsari"]["complaints"] == 0
    assert next(iter(found)) == "pasar-induk"


@pytest.mark.parametrize("via", ["Pasar Induk", "x" * 33, "", "a\0", 1])
async def test_a_code_is_a_plain_word(intake: Driver, via: object) -> None:
    assert (await intake.post({"text": "Lampu padam.", "via": via})).status_code == 422


async def test_who_sees_the_counts(intake: Driver) -> None:
    assert (await intake.client.get(PATH)).status_code == 401
    officer = intake.system.staff(Role.OFFICER, opd="DLH")
    assert (await intake.client.get(PATH, headers=officer)).status_code == 403
