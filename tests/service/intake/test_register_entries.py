"""Registers: applications that are done become entries, and new ones are looked up in them."""

from datetime import date
from typing import Any

from services.intake.operations.applications import find_application, open_answers
from services.intake.operations.registers import keep_entry, look_up
from tests.service.intake.driver import Driver, Lodged
from tests.service.intake.papers import ANSWERS, send, service_of

TODAY = date(2026, 3, 9)


async def keep(driver: Driver, lodged: Lodged) -> None:
    context = driver.doors.context
    async with driver.doors.units.begin() as unit:
        application = await find_application(unit.connection, lodged.complaint_id)
        assert application is not None
        answers = await open_answers(context, unit.connection, application)
        await keep_entry(unit, context, application, answers or {})


async def found(driver: Driver, **answers: Any) -> dict[str, Any]:
    async with driver.doors.units.database.transaction() as connection:
        return await look_up(connection, service_of(driver), answers, TODAY)


async def entries_of(driver: Driver, lodged: Lodged) -> list[dict[str, Any]]:
    return await driver.rows(
        "SELECT * FROM register_entry WHERE complaint_id = :id", id=lodged.complaint_id
    )


async def test_an_application_becomes_one_entry_without_what_is_personal(papers: Driver) -> None:
    lodged = await send(papers, nomor_izin="E-1", pemilik="Wagiman Contohnya", lebar=4)
    await keep(papers, lodged)
    await keep(papers, lodged)
    (entry,) = await entries_of(papers, lodged)
    assert entry["cells"]["nomor_izin"] == "E-1"
    assert entry["cells"]["lebar"] == 4
    assert (entry["lat"], entry["lon"]) == (ANSWERS["tempat"]["lat"], ANSWERS["tempat"]["lon"])
    assert entry["expires_on"] == date(2027, 1, 31)
    # The owner of the board is the applicant, whom the register does not name.
    assert "Wagiman" not in str(entry)


async def test_a_new_one_is_looked_up_by_number_and_place(papers: Driver) -> None:
    place = {"lat": -7.61, "lon": 111.51}
    lodged = await send(papers, nomor_izin="L-7/2025", lebar=4, tempat=place)
    await keep(papers, lodged)
    (entry,) = await entries_of(papers, lodged)
    said = await found(papers, nomor_izin="l-7/2025 ", lebar=4, tempat=place)
    assert said == {
        "register_match": "found",
        "register_metres": 0.0,
        "register_entry": str(entry["entry_id"]),
    }
    wider = await found(papers, nomor_izin="L-7/2025", lebar=6, tempat=place)
    assert (wider["register_match"], wider["register_differs"]) == ("differs", ["lebar"])
    elsewhere = {"lat": -7.62, "lon": 111.51}
    for answers in (
        {"nomor_izin": "L-7/2025", "tempat": elsewhere},
        {"nomor_izin": "L-8/2025", "tempat": place},
        {"lebar": 4},
        {},
    ):
        assert (await found(papers, **answers))["register_match"] == "none"
    # Whoever reports a board does not know its number: then the place alone finds it.
    assert (await found(papers, tempat=place))["register_match"] == "found"


async def test_what_has_expired_is_told(papers: Driver) -> None:
    place = {"lat": -7.63, "lon": 111.53}
    await keep(papers, await send(papers, nomor_izin="X-1", berlaku="2026-03-08", tempat=place))
    assert (await found(papers, nomor_izin="X-1"))["register_match"] == "expired"
    await keep(papers, await send(papers, nomor_izin="X-1", berlaku="2026-03-09", tempat=place))
    assert (await found(papers, nomor_izin="X-1"))["register_match"] == "found"


async def test_a_service_that_looks_nothing_up_says_nothing(papers: Driver) -> None:
    rtlh = papers.doors.context.catalogue.present("rtlh")
    assert rtlh is not None
    async with papers.doors.units.database.transaction() as connection:
        assert await look_up(connection, rtlh, {}, TODAY) == {}
