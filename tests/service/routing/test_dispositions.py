"""Dispositions go down a chain, are answered upwards, and hold the decision meanwhile."""

import asyncio
from datetime import UTC, datetime
from typing import Any

import httpx

from shared.contracts.routing import StageEntered
from tests.service.routing.applications import OPD, apply, decide, head, officer
from tests.service.routing.driver import Driver

WISH = {"to_officer": "petugas-2", "instruction": "Tindak lanjuti", "note": "Mohon segera."}


async def give(
    routing: Driver, case: str, headers: dict[str, str], path: str = "", **wish: Any
) -> httpx.Response:
    body = {**WISH, **wish}
    given = {name: value for name, value in body.items() if value is not None}
    return await routing.post(f"cases/{case}/dispositions{path}", headers, given)


async def answer(
    routing: Driver, case: str, part: int, headers: dict[str, str], text: str = "Sudah dibalas."
) -> httpx.Response:
    return await routing.post(f"cases/{case}/dispositions/{part}/answer", headers, {"text": text})


async def tree(routing: Driver, case: str) -> list[tuple[int, int, str]]:
    shown = await routing.get(f"cases/{case}/dispositions", officer(routing))
    assert shown.status_code == 200, shown.text
    return [(each["part"], each["depth"], each["state"]) for each in shown.json()["items"]]


async def entered(routing: Driver, case: str) -> list[StageEntered]:
    events = await routing.published(case)
    return [each for each in events if isinstance(each, StageEntered) and each.part]


async def test_chain_is_answered_from_below_before_the_stage_can_be_left(routing: Driver) -> None:
    case = await apply(routing, version=2)
    first = await give(routing, case, head(routing))
    assert first.status_code == 201, first.text
    part = first.json()["part"]
    second = await give(
        routing, case, officer(routing, "petugas-2"), f"/{part}/pass-on", to_officer="petugas-3"
    )
    assert second.status_code == 201, second.text
    assert second.json()["parent"] == part
    third = await give(routing, case, head(routing), to_officer=None, to_position="Sekretaris")
    assert await tree(routing, case) == [
        (part, 0, "open"),
        (part + 1, 1, "open"),
        (part + 2, 0, "open"),
    ]
    held = await decide(routing, case, "selesai")
    assert (held.status_code, held.json()["open"]) == (409, 3)
    early = await answer(routing, case, part, officer(routing, "petugas-2"))
    assert (early.status_code, early.json()["open"]) == (409, 1)
    for number, who in ((part + 1, "petugas-3"), (part, "petugas-2"), (part + 2, "petugas-9")):
        done = await answer(routing, case, number, officer(routing, who))
        assert done.status_code == 200, done.text
    assert third.json()["to_position"] == "Sekretaris"
    assert {state for _, _, state in await tree(routing, case)} == {"answered"}
    assert (await decide(routing, case, "selesai")).status_code == 200
    told = await entered(routing, case)
    assert [(each.part, each.outcome) for each in told] == [
        (part, None),
        (part + 1, None),
        (part + 2, None),
        (part + 1, "done"),
        (part, "done"),
        (part + 2, "done"),
    ]
    assert all(each.stage == "rtlh.administrasi" and each.opd == OPD for each in told)
    assert "Mohon segera" not in str(told)


async def test_deadline_is_the_stages_or_the_day_that_is_named(routing: Driver) -> None:
    case = await apply(routing, version=2)
    usual = (await give(routing, case, head(routing))).json()
    # From Monday, three working days: the end of Thursday, in Jakarta.
    assert datetime.fromisoformat(usual["due_at"]) == datetime(2026, 3, 12, 16, 59, 59, tzinfo=UTC)
    named = (await give(routing, case, head(routing), due_on="2026-03-20")).json()
    event = (await entered(routing, case))[-1]
    assert event.terms is not None
    assert event.terms.due_at == datetime.fromisoformat(named["due_at"])
    for wrong in ("2026-03-08", "2028-01-01"):
        refused = await give(routing, case, head(routing), due_on=wrong)
        assert refused.json()["errors"][0]["field"] == "/due_on"


async def test_open_and_late_ones_are_listed_for_their_opd(alone: Driver) -> None:
    case = await apply(alone, version=2)
    await give(alone, case, head(alone))
    await give(alone, case, head(alone), due_on="2026-03-31", to_officer="petugas-5")
    mine = await alone.get("dispositions", officer(alone, "petugas-2"), mine=True)
    assert [each["to_officer"] for each in mine.json()["items"]] == ["petugas-2"]
    assert mine.json()["items"][0]["tracking_code"] == "K7Q2M9XWPA"
    assert (await alone.get("dispositions", officer(alone), state="late")).json()["items"] == []
    alone.later(days=5)
    late = await alone.get("dispositions", officer(alone), state="late")
    assert [each["late"] for each in late.json()["items"]] == [True]
    assert (await alone.get("dispositions", alone.officer("DISHUB"))).json()["items"] == []
    assert len((await alone.get("dispositions", alone.desk())).json()["items"]) == 2
    foreign = await alone.get("dispositions", alone.officer("DISHUB"), opd=OPD)
    assert foreign.status_code == 403


async def test_what_is_wrong_is_named_and_what_is_a_colleagues_is_refused(routing: Driver) -> None:
    case = await apply(routing, version=2)
    for wish, field in (
        ({"to_position": "Sekretaris"}, "/to_officer"),
        ({"to_officer": None}, "/to_officer"),
        ({"instruction": "Terserah"}, "/instruction"),
    ):
        refused = await give(routing, case, head(routing), **wish)
        assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, field)
    part = (await give(routing, case, head(routing))).json()["part"]
    colleague = officer(routing, "petugas-7")
    assert (await answer(routing, case, part, colleague)).status_code == 403
    assert (await give(routing, case, colleague, f"/{part}/pass-on")).status_code == 403
    foreign = routing.officer("DISHUB")
    assert (await answer(routing, case, part, foreign)).status_code == 404
    assert (await give(routing, case, foreign)).status_code == 404
    assert (await give(routing, case, routing.desk())).status_code == 403
    assert (await answer(routing, case, 998, head(routing))).status_code == 404
    assert (await answer(routing, case, part, head(routing))).status_code == 200
    assert (await answer(routing, case, part, head(routing))).status_code == 409
    plain = await apply(routing)
    refused = await give(routing, plain, head(routing))
    assert (refused.status_code, refused.json()["type"].rsplit(":")[-1]) == (409, "no-dispositions")


async def test_same_key_gives_once_and_two_answers_at_once_count_once(routing: Driver) -> None:
    case = await apply(routing, version=2)
    keyed = {**head(routing), "Idempotency-Key": "disposisi-pertama"}
    one, two = [await give(routing, case, keyed) for _ in range(2)]
    assert one.json() == two.json()
    assert len(await tree(routing, case)) == 1
    part = one.json()["part"]
    who = officer(routing, "petugas-2")
    both = await asyncio.gather(*(answer(routing, case, part, who) for _ in range(2)))
    assert sorted(each.status_code for each in both) == [200, 409]
    given = await asyncio.gather(*(give(routing, case, head(routing)) for _ in range(3)))
    assert len({each.json()["part"] for each in given}) == 3


async def test_words_are_masked_and_a_withdrawn_case_waits_for_nobody(routing: Driver) -> None:
    case = await apply(routing, version=2)
    number = "3171234567890123"
    part = (await give(routing, case, head(routing), note=f"NIK {number}")).json()["part"]
    shown = await routing.get(f"cases/{case}/dispositions", officer(routing))
    assert number not in shown.text
    assert number not in str(await routing.facts(case))
    await routing.tell(routing.withdrawn(case))
    assert [state for _, _, state in await tree(routing, case)] == ["cancelled"]
    assert (await answer(routing, case, part, head(routing))).status_code == 409
