"""Searching the bank: who finds what, in which order, and what hostile questions do."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.intake.bank_upkeep_queries import learn_words
from shared.auth import Role
from tests.service.intake.bank import caught_up, days_ago, found, put_in, read
from tests.service.intake.driver import REPORTER, Driver
from tests.service.intake.events import Telling

#: Stems of their own, so that no two are one word to the index.
WORDS = [
    "lampu",
    "padam",
    "sampah",
    "pohon",
    "banjir",
    "got",
    "trotoar",
    "rambu",
    "pasar",
    "kucing",
]


def ids(items: list[dict[str, Any]]) -> list[str]:
    """Return the entries' ids."""
    return [each["entry_id"] for each in items]


async def test_a_new_complaint_is_found_masked_and_with_what_became_of_it(intake: Driver) -> None:
    lodged = await intake.lodge(
        "Saya Wagiman 081200000001, gapura miring.",
        reporter=REPORTER,
        location={"area_code": "99.71.01.1002"},
    )
    await caught_up(intake)
    (item,) = await found(intake, q="gapura")
    assert item["entry_id"] == lodged.complaint_id
    assert (item["source"], item["state"], item["opd"]) == ("live", "received", None)
    assert "Wagiman" not in item["text"]
    assert "0812" not in item["text"]

    telling = Telling(lodged.complaint_id, intake.now)
    assigned = telling.assigned().model_copy(update={"topic": "pju-padam"})
    await intake.tell(assigned, telling.answered(), telling.resolved())
    await caught_up(intake)
    (item,) = await found(intake, q="miring gapura", topic="pju-padam", area="99.71.01")
    assert (item["opd"], item["state"]) == ("DISHUB", "resolved")
    assert item["responded_at"] < item["resolved_at"]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"opd": "DLH"}, ["a"]),
        ({"area": "99.71.02"}, ["b", "a"]),
        ({"area": "99.71.02.1001"}, ["b"]),
        ({"area": "99.71.0", "limit": 0}, 422),
        ({"channel": "radio"}, ["c"]),
        ({"classification": "aspiration"}, ["c"]),
        ({"source": "live"}, []),
        ({"status": "archived"}, ["c", "b", "a"]),
        ({"status": "closed"}, []),
        ({"since": "2026-03-02"}, ["c", "b"]),
        ({"until": "2026-03-01"}, ["a"]),
        ({"since": "0001-01-01", "until": "9999-12-31"}, ["c", "b", "a"]),
        ({"since": "2026-03-09", "until": "2026-03-01"}, []),
        ({"opd": "x' | !'y", "topic": "\\' & ("}, []),
    ],
)
async def test_filters_choose(intake: Driver, query: dict[str, Any], expected: Any) -> None:
    # The same three however often: an import's row is itself again.
    rows = [
        {"text": "Saringan a", "opd": "DLH", "area": "99.71.02", "submitted_at": "2026-02-20"},
        {"text": "Saringan b", "area": "99.71.02.1001", "submitted_at": "2026-03-02 08:00"},
        {
            "text": "Saringan c",
            "channel": "radio",
            "classification": "aspiration",
            "submitted_at": "5 Mar 2026",
        },
    ]
    await put_in(intake, *rows)
    answer = await read(intake, "search", q="saringan", **query)
    if isinstance(expected, int):
        assert answer.status_code == expected
        return
    assert [each["text"][-1] for each in answer.json()["items"]] == expected


async def test_pages_follow_each_other_through_the_years(intake: Driver) -> None:
    times = [days_ago(intake, number**2 / 3) for number in range(60)]
    rows = [
        {"text": f"Halaman bersambung {number}", "submitted_at": at.isoformat()}
        for number, at in enumerate(times)
    ]
    rows += [{**rows[3], "key": f"sama-{number}"} for number in range(5)]
    await put_in(intake, *rows)
    everything: list[str] = []
    cursor: dict[str, Any] = {}
    for _ in range(20):
        page = (await read(intake, "search", q="bersambung", limit=7, **cursor)).json()
        everything += [each["submitted_at"] for each in page["items"]]
        if page["next"] is None:
            break
        cursor = {"cursor": page["next"]}
    assert len(everything) == 65
    assert everything == sorted(everything, reverse=True)


async def test_the_most_relevant_come_first_when_asked(intake: Driver) -> None:
    await put_in(
        intake,
        {"text": "kelurahan melayani biawak dengan baik sekali", "submitted_at": "2026-03-05"},
        {"text": "biawak biawak biawak", "submitted_at": "2025-03-05"},
        {"text": "ada biawak lain di kebun", "submitted_at": "2024-03-05"},
    )
    first = (await read(intake, "search", q="biawak", sort="relevance", limit=2)).json()
    assert first["items"][0]["text"] == "biawak biawak biawak"
    rest = await read(intake, "search", q="biawak", sort="relevance", limit=2, cursor=first["next"])
    assert len(rest.json()["items"]) == 1
    assert rest.json()["next"] is None


async def test_a_misspelled_word_gives_way_to_one_that_people_use(alone: Driver) -> None:
    await put_in(alone, {"text": "Penerangan jembatan mati total"})
    async with alone.doors.units.begin() as unit:
        await learn_words(unit.connection, 1000)
    answer = (await read(alone, "search", q="jembattan mati")).json()
    assert answer["searched_for"] == "jembatan mati"
    assert len(answer["items"]) == 1


async def test_what_is_alike_is_found_by_its_rare_words(intake: Driver) -> None:
    await put_in(
        intake,
        {"text": "Tiang wifi di pertigaan Randualas roboh menimpa kios"},
        {"text": "Kios dekat pertigaan Randualas tutup"},
        {"text": "Antrean panjang di loket"},
    )
    answer = await read(intake, "alike", text="tiang wifi roboh di pertigaan randualas", limit=5)
    items = answer.json()["items"]
    assert [each["text"].split()[0] for each in items] == ["Tiang", "Kios"]
    assert items[0]["score"] > items[1]["score"]
    assert (await read(intake, "alike", text="!! ??")).json()["items"] == []


@pytest.mark.parametrize(
    "hostile",
    [
        "'",
        "& | ! ( )",
        "lampu & !",
        "a:* <-> b",
        '"unclosed',
        "=opd:DLH",
        "-lampu",
        "\\",
        "%_%",
        "'; DROP TABLE bank_entry; --",
        "\U0001f44d \u202e",
        "ﷺ" * 60,
        " OR ".join(["a"] * 40),
    ],
)
async def test_no_question_is_an_error(intake: Driver, hostile: str) -> None:
    for door in ("search", "facets", "map", "about"):
        answer = await read(intake, door, q=hostile)
        assert answer.status_code == 200, (door, answer.text)
    assert (await read(intake, "search", q=hostile, sort="relevance")).status_code == 200
    assert (await read(intake, "alike", text=hostile)).status_code == 200


@pytest.mark.parametrize(
    "query",
    [
        {"q": "a\0b"},
        {"q": "x" * 60_000},
        {"cursor": "x"},
        {"cursor": "WyJ4IiwgInkiXQ"},
        {"cursor": "WyIyMDI2LTAzLTA5VDAyOjAwOjAwIiwgIngiXQ"},
        {"sort": "relevance", "cursor": "WyJ4Il0"},
        {"status": "x"},
        {"since": "2026-02-30"},
        {"since": "2026-03-02T00:00:00"},
        {"until": "1772409600"},
        {"area": "'"},
        {"limit": 101},
        {"opd": "a\0"},
    ],
)
async def test_what_cannot_be_is_refused(intake: Driver, query: dict[str, Any]) -> None:
    assert (await read(intake, "search", **query)).status_code == 422


async def test_secret_entries_are_for_their_opd_and_for_those_above(intake: Driver) -> None:
    lodged = await intake.lodge("Terjadi sesuatu yang sangat rahasialah", secret=True)
    telling = Telling(lodged.complaint_id, intake.now)
    await intake.tell(telling.assigned())
    await caught_up(intake)

    async def seen(role: Role, opd: str | None = None) -> int:
        return len(await found(intake, role, opd, q="rahasialah"))

    for role in (Role.OFFICER, Role.HEAD):
        assert await seen(role, "DISHUB") == 1
        assert await seen(role, "PUPR") == 0
        assert await seen(role) == 0
    for role in (Role.TRIAGE, Role.ADMIN, Role.LEADER, Role.SEKDA, Role.AUDITOR):
        assert await seen(role) == 1
    for door in ("facets", "about"):
        assert (await read(intake, door, Role.OFFICER, "PUPR", q="rahasialah")).json()[
            "entries"
        ] == 0
    cells = (await read(intake, "map", Role.OFFICER, "PUPR", q="rahasialah")).json()
    assert cells["villages"] == []
    alike = await read(intake, "alike", Role.OFFICER, "PUPR", text="sesuatu rahasialah")
    assert alike.json()["items"] == []


async def test_doors_of_the_bank_are_closed_to_other_roles(intake: Driver) -> None:
    for door in ("search", "alike?text=x", "facets", "map", "about", "trends", "export.csv"):
        assert (await intake.client.get(f"/intake/v1/bank/{door}")).status_code == 401
        for role in (Role.OPERATOR, Role.TRADER, Role.INTERVIEWER):
            answer = await intake.client.get(
                f"/intake/v1/bank/{door}", headers=intake.system.staff(role, opd="DLH")
            )
            assert answer.status_code == 403
    assert (await read(intake, "export.csv", Role.OFFICER, "DLH")).status_code == 403


texts = st.lists(st.sampled_from(WORDS), min_size=1, max_size=5)


@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    said=st.lists(texts, min_size=1, max_size=12),
    asked=st.lists(st.sampled_from(WORDS), min_size=1, max_size=3),
)
async def test_search_finds_what_holds_all_words(
    intake: Driver, said: list[list[str]], asked: list[str]
) -> None:
    mark = new_mark(intake)
    rows = [
        {"text": " ".join([mark, *words]), "key": f"{mark}-{number}"}
        for number, words in enumerate(said)
    ]
    await put_in(intake, *rows)
    expected = sorted(
        row["text"] for row, words in zip(rows, said, strict=True) if set(asked) <= set(words)
    )
    items = await found(intake, q=" ".join([mark, *asked]), limit=100)
    assert sorted(each["text"] for each in items) == expected


def new_mark(intake: Driver) -> str:
    """Return a word that no other call returns."""
    intake.system.clock.advance(timedelta(microseconds=1))
    letters = (chr(ord("a") + int(digit)) for digit in str(intake.now.microsecond))
    return "uji" + "".join(letters)
