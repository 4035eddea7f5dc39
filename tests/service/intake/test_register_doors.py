"""Registers at their doors: who finds what, page by page, near and on a map; taken in from CSV."""

import asyncio
import json
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import text

from services.intake.operations.register_importing import Tally, batches, import_rows
from services.intake.operations.register_search import make_search
from services.intake.register_queries import search_entries
from services.intake.rules.register_files import read_register
from services.intake.rules.registers import Book, books_of
from shared.auth import Role
from shared.ids import new_id
from tests.service.intake.driver import Driver
from tests.service.intake.papers import OPD
from tests.service.intake.test_bank_plans import statements_of
from tests.service.intake.test_register_entries import TODAY

PUBLIC = "/intake/v1/registers/papan"
STAFF = "/intake/v1/staff/registers/papan"
CSV = """\
Nomor izin;jenis;Lebar;pemilik;Berlaku sampai;lat;lon;alamat
A-1;Papan nama;4;Toko Contoh;31/12/2027;-7,61;111,51;Jalan Mawar 1
A-2;billboard;12,5;Usaha Misalnya;2026-03-08;-7.611;111.511;Jalan Mawar 2
A-3;papan;3;Warung Umpama;;;;
"""
ROWS = 2_000


def officer(driver: Driver, opd: str = OPD, role: Role = Role.OFFICER) -> dict[str, str]:
    return driver.system.staff(role, opd=opd)


async def bring(driver: Driver, content: str | bytes, **headers: str) -> Any:
    return await driver.client.post(
        f"{STAFF}/import",
        content=content,
        headers={"Content-Type": "text/csv", **officer(driver), **headers},
    )


@pytest.fixture(scope="module")
async def filled(papers: Driver) -> Driver:
    """Take the file in, once for the module."""
    answer = await bring(papers, CSV)
    assert answer.status_code == 200, answer.text
    assert answer.json() == {"added": 3, "changed": 0, "same": 0, "refused": 0, "refusals": []}
    return papers


async def found(driver: Driver, *, staff: bool = False, **choice: Any) -> list[dict[str, Any]]:
    headers = officer(driver) if staff else {}
    answer = await driver.client.get(
        f"{STAFF if staff else PUBLIC}/entries", params=choice, headers=headers
    )
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


def numbers(items: list[dict[str, Any]]) -> list[str]:
    """Return the numbers of what the file brought; other tests bring others."""
    found = (each["cells"].get("nomor", "") for each in items)
    return sorted(number for number in found if number.startswith("A-"))


@pytest.mark.parametrize(
    ("choice", "expected"),
    [
        ({}, ["A-1", "A-2", "A-3"]),
        ({"q": "billboard"}, ["A-2"]),
        ({"q": '"papan nama" -billboard'}, ["A-1", "A-3"]),
        ({"where": "jenis:Billboard"}, ["A-2"]),
        ({"where": ["jenis:papan", "lebar:4"]}, ["A-1"]),
        ({"where": "nomor:a-3"}, ["A-3"]),
        ({"status": "valid"}, ["A-1", "A-3"]),
        ({"status": "expired"}, ["A-2"]),
        ({"status": "withdrawn"}, []),
        ({"bbox": "111.50,-7.6105,111.52,-7.60"}, ["A-1"]),
        ({"near": "-7.61,111.51,50"}, ["A-1"]),
        ({"near": "-7.61,111.51,500"}, ["A-1", "A-2"]),
        ({"q": "Toko"}, []),
    ],
)
async def test_what_is_looked_for_is_found(
    filled: Driver, choice: dict[str, Any], expected: list[str]
) -> None:
    assert numbers(await found(filled, **choice)) == expected


async def test_the_nearest_come_first_with_their_distance(filled: Driver) -> None:
    items = await found(filled, near="-7.61,111.51,500")
    items = [each for each in items if each["cells"].get("nomor") in {"A-1", "A-2"}]
    assert [each["cells"]["nomor"] for each in items] == ["A-1", "A-2"]
    assert items[0]["metres"] == 0
    assert 150 < items[1]["metres"] < 165


async def test_only_staff_see_what_is_not_public_and_find_by_it(filled: Driver) -> None:
    (item,) = await found(filled, where="nomor:A-1")
    assert "pemilik" not in item["cells"]
    assert item["texts"]["jenis"] == "Papan nama"
    (seen,) = await found(filled, staff=True, q="Toko Contoh")
    assert seen["cells"]["pemilik"] == "Toko Contoh"
    assert (await found(filled, staff=True, where="pemilik:toko contoh"))[0] == seen
    answer = await filled.client.get(f"{PUBLIC}/entries", params={"where": "pemilik:toko contoh"})
    assert answer.status_code == 422
    others = officer(filled, "DLH")
    assert (await filled.client.get(f"{STAFF}/entries", headers=others)).status_code == 404
    assert (await filled.client.get(f"{STAFF}/entries")).status_code == 401
    assert (await filled.client.get("/intake/v1/registers/tidak-ada/entries")).status_code == 404


@pytest.mark.parametrize(
    "choice",
    [
        {"bbox": "1,2,3"},
        {"bbox": "112,-7,111,-8"},
        {"bbox": "nan,nan,nan,nan"},
        {"near": "-7.6,111.5,9000"},
        {"near": "-97,111.5,10"},
        {"near": "x"},
        {"where": "lebar"},
        {"where": "tidak_ada:1"},
        {"cursor": "x"},
        {"limit": 0},
        {"status": "hilang"},
    ],
)
async def test_a_search_that_cannot_be_is_refused(filled: Driver, choice: dict[str, Any]) -> None:
    answer = await filled.client.get(f"{PUBLIC}/entries", params=choice)
    assert answer.status_code == 422, answer.text


async def test_pages_follow_one_another_without_loss(filled: Driver) -> None:
    seen: list[str] = []
    cursor: str | None = None
    while True:
        params: dict[str, str | int] = {"limit": 1, **({"cursor": cursor} if cursor else {})}
        page = (await filled.client.get(f"{PUBLIC}/entries", params=params)).json()
        seen += [each["entry_id"] for each in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    everything = [each["entry_id"] for each in await found(filled, limit=100)]
    assert seen == everything


async def test_the_map_has_what_lies_somewhere(filled: Driver) -> None:
    layer = (await filled.client.get(f"{PUBLIC}/map")).json()
    assert layer["type"] == "FeatureCollection"
    first = next(each for each in layer["features"] if each["properties"].get("nomor") == "A-1")
    assert first["geometry"] == {"type": "Point", "coordinates": [111.51, -7.61]}
    assert "pemilik" not in first["properties"]
    assert "A-3" not in json.dumps(layer)


async def test_the_registers_are_listed(filled: Driver) -> None:
    answer = (await filled.client.get("/intake/v1/registers")).json()
    (register,) = [each for each in answer["registers"] if each["code"] == "papan"]
    assert "pemilik" not in [each["code"] for each in register["columns"]]


async def test_the_same_file_twice_or_at_once_adds_nothing(filled: Driver) -> None:
    before = await found(filled, limit=100)
    answers = await asyncio.gather(bring(filled, CSV), bring(filled, CSV))
    assert [each.json()["same"] for each in answers] == [3, 3]
    wider = CSV.replace(";4;", ";5;")
    changed = (await bring(filled, wider)).json()
    assert (changed["added"], changed["changed"], changed["same"]) == (0, 1, 2)
    key = {"Idempotency-Key": new_id()}
    assert (await bring(filled, CSV, **key)).json()["changed"] == 1
    assert (await bring(filled, CSV, **key)).json()["changed"] == 1
    assert (await bring(filled, wider, **key)).status_code == 422
    assert len(await found(filled, limit=100)) == len(before)


async def test_rows_that_are_not_understood_are_told_by_line(filled: Driver) -> None:
    content = (
        "nomor,jenis,lebar,lat,lon\nB-1,rumah,1,,\nB-2,papan,luas,,\nB-3,papan,1,-7.6,\n,,,,\n"
    )
    answer = (await bring(filled, content)).json()
    assert answer["added"] == 0
    assert [each["line"] for each in answer["refusals"]] == [2, 3, 4]


@pytest.mark.parametrize(
    "content", ["", "warna,jenis\nx,y\n", "nomor,nomor\n1,2\n", b"\xff\xfe,x\n"]
)
async def test_a_file_that_is_no_register_is_refused(filled: Driver, content: str | bytes) -> None:
    answer = await bring(filled, content)
    assert answer.status_code == 422, answer.text


async def test_only_the_opd_that_keeps_it_changes_it(filled: Driver) -> None:
    for headers, status in (
        (officer(filled, "DLH"), 404),
        (filled.system.staff(Role.ADMIN), 403),
        ({"Authorization": ""}, 401),
    ):
        answer = await filled.client.post(f"{STAFF}/import", content=CSV, headers=headers)
        assert answer.status_code == status, answer.text


async def test_an_entry_is_withdrawn_and_stays_so(filled: Driver) -> None:
    await bring(filled, "nomor,jenis\nW-1,papan\n")
    (item,) = await found(filled, where="nomor:W-1")
    path = f"{STAFF}/entries/{item['entry_id']}/withdraw"
    form = {"reason": "Papan sudah dibongkar."}
    for _ in range(2):
        answer = await filled.client.post(path, json=form, headers=officer(filled))
        assert answer.json()["status"] == "withdrawn", answer.text
    await bring(filled, "nomor,jenis\nW-1,billboard\n")
    (item,) = await found(filled, where="nomor:W-1")
    assert (item["status"], item["withdrawn_reason"]) == ("withdrawn", None)
    other = await filled.client.post(path, json=form, headers=officer(filled, "DLH"))
    assert other.status_code == 404
    missing = f"{STAFF}/entries/{new_id()}/withdraw"
    assert (
        await filled.client.post(missing, json=form, headers=officer(filled))
    ).status_code == 404
    assert (await filled.client.post(path, json={}, headers=officer(filled))).status_code == 422


#: Another register of the same columns, so that nothing else has to do with what is in it.
STOCK = "papan-banyak"


def stock_of(driver: Driver) -> Book:
    return replace(books_of(driver.doors.context.catalogue.services)["papan"], code=STOCK)


@pytest.fixture(scope="module")
async def stocked(filled: Driver) -> Driver:
    """Fill a register, so that a plan has something to choose."""
    lines = [
        f"S-{n},{'papan' if n % 3 else 'billboard'},{n % 40},{-7.56 - n % 97 / 1000},"
        f"{111.46 + n % 89 / 1000}"
        for n in range(ROWS)
    ]
    content = "\n".join(["nomor,jenis,lebar,lat,lon", *lines])
    book = stock_of(filled)
    # A second one, so that a register is a part of the table.
    for each in (book, replace(book, code="papan-lain")):
        async with filled.doors.units.begin() as unit:
            for batch in batches(read_register(each, content)):
                await import_rows(unit, each, OPD, batch, Tally())
    async with filled.doors.units.database.engine.connect() as connection:
        plain = await connection.execution_options(isolation_level="AUTOCOMMIT")
        await plain.execute(text("VACUUM ANALYZE register_entry"))
    return filled


@pytest.mark.parametrize(
    ("choice", "index"),
    [
        ({}, "register_entry_in_order"),
        ({"where": ["nomor:S-77"]}, "register_entry_words"),
        ({"text": "S-77"}, "register_entry_words"),
        ({"near": "-7.6,111.5,100"}, "register_entry_by_place"),
        ({"box": "111.50,-7.61,111.51,-7.60"}, "register_entry_by_place"),
    ],
)
async def test_each_search_uses_an_index(
    stocked: Driver, choice: dict[str, Any], index: str
) -> None:
    book, database = stock_of(stocked), stocked.doors.units.database
    if not choice:
        # A small one among large ones, of which none may be read for it.
        book = replace(book, code="papan")
    with statements_of(stocked) as said:
        async with database.transaction() as connection:
            found = await search_entries(
                connection, make_search(book, None, **choice), TODAY, None, 21
            )
    assert found
    ((statement, parameters),) = [each for each in said if "register_entry" in each[0]]
    async with database.engine.connect() as connection:
        asked = await connection.exec_driver_sql(f"EXPLAIN (FORMAT JSON) {statement}", parameters)
        plan = json.dumps(asked.scalar_one())
    assert index in plan
    assert "Seq Scan" not in plan
