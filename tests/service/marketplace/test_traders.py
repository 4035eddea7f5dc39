"""Traders are verified, suspended and reinstated with reasons; what they offer follows at once."""

import asyncio
import json

import pytest

from services.marketplace.photos import delete_expired
from shared.auth import Role
from shared.ids import new_id
from tests.service.marketplace.driver import BASE, BUSINESS, Driver, KnownTrader


async def me(market: Driver, trader: KnownTrader) -> dict[str, object]:
    """Return what a trader sees of themselves."""
    answer = await market.get("/me", trader.headers)
    assert answer.status_code == 200, answer.text
    said: dict[str, object] = answer.json()
    return said


async def change(market: Driver, trader: KnownTrader, **form: object) -> int:
    """Change an account; returns the status of the answer."""
    answer = await market.client.patch(f"{BASE}/me", json=form, headers=trader.headers)
    return answer.status_code


async def test_a_refused_trader_reads_why_and_tries_again(market: Driver) -> None:
    trader = await market.register()
    await market.decide(trader, "refuse", reason="data-tidak-cocok", text="Alamat keliru.")
    seen = await me(market, trader)
    assert seen["state"] == "refused"
    assert "Alamat keliru." in str(seen["reason_text"])
    assert await change(market, trader, description="Di pasar baru.") == 200
    assert (await me(market, trader))["state"] == "pending"


async def test_a_suspended_traders_goods_are_gone_at_once_and_come_back(market: Driver) -> None:
    trader = await market.verified()
    product = await market.listed(trader)
    assert await market.shown(product["product_id"])
    await market.decide(trader, "suspend", reason="penipuan")
    assert not await market.shown(product["product_id"])
    refused = await market.post("/me/products", {}, trader.headers)
    assert refused.status_code == 422
    blocked = await market.client.put(
        f"{BASE}/me/products/{product['product_id']}/stock",
        json={"stock": "limited"},
        headers=trader.headers,
    )
    assert blocked.status_code == 403
    appeal = await market.post("/me/appeal", {"text": "Itu bukan kesalahan kami."}, trader.headers)
    assert appeal.status_code == 200
    listed = await market.get("/staff/traders?state=suspended&appealed=true", market.staff())
    assert trader.trader_id in [each["trader_id"] for each in listed.json()["items"]]
    # Who suspended does not decide on the appeal.
    path = f"/staff/traders/{trader.trader_id}/reinstate"
    assert (await market.post(path, {}, market.staff())).status_code == 403
    await market.decide(trader, "reinstate", subject="curator-2")
    assert await market.shown(product["product_id"])


async def test_an_appeal_may_be_turned_down(market: Driver) -> None:
    trader = await market.verified()
    await market.decide(trader, "suspend", reason="penipuan")
    path = f"/staff/traders/{trader.trader_id}/appeal/turn-down"
    staff = market.staff(subject="curator-2")
    assert (await market.post(path, {}, staff)).status_code == 409
    await market.post("/me/appeal", {"text": "Mohon diperiksa lagi."}, trader.headers)
    assert (await market.post(path, {}, market.staff())).status_code == 403
    answer = await market.post(path, {"text": "Sudah diperiksa."}, staff)
    assert answer.json()["state"] == "suspended"
    assert answer.json()["appealed_at"] is None


async def test_a_verified_trader_who_changes_what_was_verified_is_verified_again(
    market: Driver,
) -> None:
    trader = await market.verified()
    product = await market.listed(trader)
    assert await change(market, trader, description="Buka setiap hari.") == 200
    assert await market.shown(product["product_id"])
    assert await change(market, trader, name="Nama Lain Sekali") == 409
    assert await change(market, trader, name="Nama Lain Sekali", verify_again=True) == 200
    assert not await market.shown(product["product_id"])
    await market.decide(trader, "verify")
    [listing] = await market.rows(
        "SELECT trader_name FROM listing WHERE product_id = :id", id=product["product_id"]
    )
    assert listing["trader_name"] == "Nama Lain Sekali"


async def test_the_number_is_shown_only_with_consent(market: Driver) -> None:
    trader = await market.verified()
    withdrawn = {"version": "2026-01", "show_phone": False}
    assert await change(market, trader, consent=withdrawn) == 200
    [row] = await market.rows(
        "SELECT public_phone FROM trader WHERE trader_id = :id", id=trader.trader_id
    )
    assert row["public_phone"] is None
    assert await change(market, trader, consent={**withdrawn, "show_phone": True}) == 200
    assert (await me(market, trader))["show_phone"] is True


@pytest.mark.parametrize(
    "form", [{}, {"name": None}, {"nib": "1"}, {"unknown": 1}, {"village": "x"}, {"size": None}]
)
async def test_a_wrong_change_is_refused(market: Driver, form: dict[str, object]) -> None:
    trader = await market.register()
    assert await change(market, trader, **form) == 422


async def test_two_curators_decide_once(market: Driver) -> None:
    trader = await market.register()
    path = f"/staff/traders/{trader.trader_id}/verify"
    answers = await asyncio.gather(
        *(market.post(path, {}, market.staff(subject=f"curator-{n}")) for n in range(3))
    )
    assert sorted(answer.status_code for answer in answers) == [200, 409, 409]
    stale = market.staff() | {"If-Match": '"1"'}
    suspend = f"/staff/traders/{trader.trader_id}/suspend"
    assert (await market.post(suspend, {"reason": "penipuan"}, stale)).status_code == 412


async def test_a_reason_is_one_of_the_profiles(market: Driver) -> None:
    trader = await market.verified()
    path = f"/staff/traders/{trader.trader_id}/suspend"
    answer = await market.post(path, {"reason": "suka-suka"}, market.staff())
    assert answer.status_code == 422
    assert "penipuan" in answer.json()["detail"]


async def test_identities_are_shown_with_a_reason_that_is_written_down(market: Driver) -> None:
    trader = await market.register()
    shown = await market.get(f"/staff/traders/{trader.trader_id}", market.staff())
    assert trader.phone[1:] not in shown.text
    path = f"/staff/traders/{trader.trader_id}/identity"
    assert (await market.post(path, {"reason": ""}, market.staff())).status_code == 422
    answer = await market.post(path, {"reason": "Menelepon untuk verifikasi"}, market.staff())
    assert answer.json()["phone"] == f"+62{trader.phone[1:]}"
    assert answer.json()["owner_name"] == BUSINESS["owner_name"]
    history = await market.get(f"/staff/traders/{trader.trader_id}/history", market.staff())
    assert history.json()["items"][-1]["action"] == "show_identity"
    own = await market.get("/me/data", trader.headers)
    assert own.json()["history"][-1] == {
        **own.json()["history"][-1],
        "action": "show_identity",
        "by": "petugas",
        "text": "Menelepon untuk verifikasi",
    }


async def test_what_is_exported_is_all_and_what_is_erased_is_gone(market: Driver) -> None:
    trader = await market.verified(name="Warung Yang Dihapus")
    product = await market.listed(trader, name="Sambal Yang Dihapus")
    taken = (await market.get("/me/data", trader.headers)).json()
    assert taken["trader"]["owner_name"] == BUSINESS["owner_name"]
    assert taken["products"][0]["product_id"] == product["product_id"]
    refused = await market.post("/me/erasure", {"confirm": "ya"}, trader.headers)
    assert refused.status_code == 422
    erased = await market.post("/me/erasure", {"confirm": "HAPUS"}, trader.headers)
    assert erased.status_code == 200
    assert not await market.shown(product["product_id"])
    for path in ("/me", "/me/products", "/me/data"):
        assert (await market.get(path, trader.headers)).status_code == 401
    refresh = await market.post("/sessions/refresh", {"refresh_token": trader.refresh_token})
    assert refresh.status_code == 401
    for table in ("trader", "trader_fact", "product", "product_revision", "listing", "photo"):
        kept = await market.rows(f"SELECT to_jsonb({table}.*) AS row FROM {table}")  # noqa: S608
        words = json.dumps([row["row"] for row in kept])
        assert "Yang Dihapus" not in words
    await delete_expired(market.doors.units, market.context)
    photos = await market.rows("SELECT 1 FROM photo WHERE trader_id = :id", id=trader.trader_id)
    assert photos == []
    # The number is free: its owner may come again as somebody new.
    market.advance(minutes=2)
    code_id, digits = await market.code(trader.phone)
    again = await market.post("/traders", {**BUSINESS, "code_id": code_id, "code": digits})
    assert again.status_code == 201


@pytest.mark.parametrize(
    ("roles", "opd", "status"),
    [
        ((Role.CURATOR,), "DISKOPDAG", 200),
        ((Role.CURATOR,), "PUPR", 403),
        ((Role.ADMIN,), "PUPR", 200),
        ((Role.PUBLISHER,), "DISKOPDAG", 403),
        ((Role.LEADER,), "DISKOPDAG", 403),
        ((Role.AUDITOR,), "DISKOPDAG", 403),
        ((Role.OFFICER, Role.HEAD, Role.TRIAGE, Role.TRADER), "DISKOPDAG", 403),
    ],
)
async def test_only_the_agency_in_charge_decides(
    market: Driver, roles: tuple[Role, ...], opd: str, status: int
) -> None:
    trader = await market.register()
    path = f"/staff/traders/{trader.trader_id}/verify"
    answer = await market.post(path, {}, market.staff(*roles, opd=opd))
    assert answer.status_code == status


@pytest.mark.parametrize("role", list(Role))
async def test_who_may_look(market: Driver, role: Role) -> None:
    watchers = {Role.CURATOR, Role.ADMIN, Role.PUBLISHER, Role.LEADER, Role.AUDITOR}
    expected = 200 if role in watchers else 403
    for path in ("/staff/traders", "/staff/products"):
        assert (await market.get(path, market.staff(role))).status_code == expected


async def test_lists_go_on_where_they_stopped(market: Driver) -> None:
    registered = [await market.register() for _ in range(3)]
    seen: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        answer = await market.get(f"/staff/traders?limit=2{cursor}", market.staff())
        seen += [each["trader_id"] for each in answer.json()["items"]]
        found = answer.json()["next"]
        cursor = f"&cursor={found}" if found else None
    assert len(seen) == len(set(seen))
    assert {each.trader_id for each in registered} <= set(seen)


async def test_an_unknown_trader_is_not_found(market: Driver) -> None:
    for path in ("", "/history"):
        answer = await market.get(f"/staff/traders/{new_id()}{path}", market.staff())
        assert answer.status_code == 404


async def test_who_is_suspended_while_a_product_is_approved_is_not_shown(market: Driver) -> None:
    for _ in range(4):
        trader = await market.verified()
        product = await market.offer(trader)
        approved, _ = await asyncio.gather(
            market.approve(product["product_id"]),
            market.decide(trader, "suspend", reason="penipuan"),
        )
        assert approved.status_code == 200
        assert not await market.shown(product["product_id"])
