"""Traders come with a code that was sent to their number, and with nothing else."""

import asyncio
from typing import Any

import pytest

from shared.auth import Role
from tests.service.marketplace.driver import BUSINESS, Driver, new_phone


async def form(market: Driver, **more: Any) -> dict[str, Any]:
    """Return a registration with a code that has just arrived."""
    code_id, digits = await market.code(new_phone())
    return {**BUSINESS, "code_id": code_id, "code": digits, **more}


async def test_a_trader_registers_and_waits_for_verification(market: Driver) -> None:
    trader = await market.register()
    [row] = await market.rows(
        "SELECT state, size, nib, public_phone FROM trader WHERE trader_id = :id",
        id=trader.trader_id,
    )
    assert row["state"] == "pending"
    assert row["size"] == "mikro"
    assert row["public_phone"] == f"+62{trader.phone[1:]}"


async def test_no_number_is_kept_in_clear_without_consent(market: Driver) -> None:
    trader = await market.register(consent={"version": "2026-01", "show_phone": False})
    digits = trader.phone[1:]
    for table in ("trader", "one_time_code", "trader_session", "outgoing_message"):
        found = await market.rows(f"SELECT CAST({table} AS text) AS kept FROM {table}")  # noqa: S608
        assert not [row for row in found if digits in row["kept"]]


async def test_the_code_is_kept_as_a_hash_and_gone_from_the_queue(market: Driver) -> None:
    code_id, digits = await market.code(new_phone())
    [row] = await market.rows(
        "SELECT CAST(c AS text) AS kept FROM one_time_code c WHERE code_id = :id", id=code_id
    )
    assert digits not in row["kept"]


async def test_the_same_registration_twice_is_one_trader(market: Driver) -> None:
    wanted = await form(market)
    headers = {"Idempotency-Key": "daftar-sekali-saja"}
    first = await market.post("/traders", wanted, headers)
    second = await market.post("/traders", wanted, headers)
    assert first.status_code == second.status_code == 201
    assert first.json()["trader_id"] == second.json()["trader_id"]
    assert first.json()["refresh_token"] == second.json()["refresh_token"]
    [kept] = await market.rows("SELECT answer FROM idempotency WHERE key = 'daftar-sekali-saja'")
    assert first.json()["refresh_token"].partition(".")[2] not in str(kept)


async def test_two_registrations_at_once_make_one_trader(market: Driver) -> None:
    wanted = await form(market)
    answers = await asyncio.gather(*(market.post("/traders", wanted) for _ in range(3)))
    assert sorted(answer.status_code for answer in answers) == [201, 403, 403]


async def test_a_number_has_one_trader(market: Driver) -> None:
    trader = await market.register()
    market.advance(minutes=2)
    code_id, digits = await market.code(trader.phone)
    again = await market.post("/traders", {**BUSINESS, "code_id": code_id, "code": digits})
    assert again.status_code == 409
    assert again.json()["type"].endswith("phone-registered")
    # The code was not burnt by that: the trader logs in with it.
    session = await market.post("/sessions", {"code_id": code_id, "code": digits})
    assert session.status_code == 200
    assert session.json()["trader_id"] == trader.trader_id


async def test_an_unknown_number_cannot_log_in_and_may_still_register(market: Driver) -> None:
    wanted = await form(market)
    proof = {"code_id": wanted["code_id"], "code": wanted["code"]}
    answer = await market.post("/sessions", proof)
    assert answer.status_code == 404
    assert answer.json()["type"].endswith("phone-not-registered")
    assert (await market.post("/traders", wanted)).status_code == 201


async def test_a_code_has_few_tries_and_guesses_count_at_once(market: Driver) -> None:
    wanted = await form(market)
    wrong = {**wanted, "code": f"{(int(wanted['code']) + 1) % 1_000_000:06}"}
    answers = await asyncio.gather(*(market.post("/traders", wrong) for _ in range(8)))
    said = sorted(answer.json()["type"].rpartition(":")[2] for answer in answers)
    assert said == ["code-over"] * 4 + ["code-wrong"] * 4
    assert (await market.post("/traders", wanted)).json()["type"].endswith("code-over")


async def test_a_code_expires(market: Driver) -> None:
    wanted = await form(market)
    market.advance(minutes=10)
    assert (await market.post("/traders", wanted)).status_code == 403


async def test_a_number_gets_few_codes(market: Driver) -> None:
    phone = new_phone()
    body = {"phone": phone}
    assert (await market.post("/codes", body)).status_code == 202
    soon = await market.post("/codes", {"phone": f"+62 {phone[1:]}"})
    assert soon.status_code == 429
    assert int(soon.headers["Retry-After"]) == 45
    for _ in range(4):
        market.advance(seconds=60)
        assert (await market.post("/codes", body)).status_code == 202
    market.advance(seconds=60)
    limited = await market.post("/codes", body)
    assert limited.status_code == 429
    market.advance(seconds=int(limited.headers["Retry-After"]))
    assert (await market.post("/codes", body)).status_code == 202


async def test_two_requests_at_once_send_one_code(market: Driver) -> None:
    body = {"phone": new_phone()}
    answers = await asyncio.gather(*(market.post("/codes", body) for _ in range(4)))
    assert sorted(answer.status_code for answer in answers) == [202, 429, 429, 429]


@pytest.mark.parametrize("phone", ["021 555 0101", "0812", "+1 415 555 0101", "nomor saya ini"])
async def test_only_a_mobile_number_gets_a_code(market: Driver, phone: str) -> None:
    answer = await market.post("/codes", {"phone": phone})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "/phone"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("nib", "123"),
        ("nib", "12345678901234"),
        ("nib", "abcdefghijklm"),
        ("village", "31.71.01.1001"),
        ("size", {"basis": "capital", "rupiah": 10_000_000_001}),
        ("size", {"basis": "capital", "rupiah": "1000000"}),
        ("size", {"basis": "capital", "rupiah": -1}),
        ("location", {"lat": -6.2, "lon": 106.8}),
        ("consent", {"version": "2019-01", "show_phone": True}),
        ("description", "Pesan di keripik-contoh.com"),
        ("name", "Toko Arak Murni"),
    ],
)
async def test_a_wrong_field_is_named_and_spares_the_code(
    market: Driver, field: str, value: Any
) -> None:
    wanted = await form(market)
    answer = await market.post("/traders", {**wanted, field: value})
    assert answer.status_code == 422, answer.text
    assert any(each["field"].startswith(f"/{field}") for each in answer.json()["errors"])
    assert (await market.post("/traders", wanted)).status_code == 201


async def test_tokens_are_refreshed_once_each(market: Driver) -> None:
    trader = await market.register()
    first = await market.post("/sessions/refresh", {"refresh_token": trader.refresh_token})
    assert first.status_code == 200
    # The answer may have been lost: soon after, the same token gets the same answer.
    again = await market.post("/sessions/refresh", {"refresh_token": trader.refresh_token})
    assert again.json()["refresh_token"] == first.json()["refresh_token"]
    # Later it can only be a thief's, or the trader's after a thief: both must prove the number.
    market.advance(minutes=1)
    stolen = await market.post("/sessions/refresh", {"refresh_token": trader.refresh_token})
    assert stolen.status_code == 401
    owner = await market.post("/sessions/refresh", {"refresh_token": first.json()["refresh_token"]})
    assert owner.status_code == 401


async def test_a_session_ends(market: Driver) -> None:
    trader = await market.register()
    body = {"refresh_token": trader.refresh_token}
    assert (await market.post("/sessions/end", body)).status_code == 200
    assert (await market.post("/sessions/end", body)).status_code == 401
    assert (await market.post("/sessions/refresh", body)).status_code == 401


@pytest.mark.parametrize("token", ["x" * 30, "a.b.c.d.e.f", f"{'0' * 36}.ABC", "ééééééééééé"])
async def test_no_made_up_refresh_token_is_taken(market: Driver, token: str) -> None:
    answer = await market.post("/sessions/refresh", {"refresh_token": token})
    assert answer.status_code == 401


async def test_a_token_of_staff_opens_no_door_of_traders_nor_the_other_way(market: Driver) -> None:
    trader = await market.register()
    account = {"Authorization": f"Bearer {trader.access_token}"}
    assert (await market.get("/me", account)).status_code == 200
    assert (await market.get("/me", market.staff(Role.TRADER, Role.ADMIN))).status_code == 401
    held = "/staff/held-messages"
    assert (await market.get(held, trader.headers)).status_code == 401
    assert (await market.get(held, market.staff(Role.ADMIN))).status_code == 200
