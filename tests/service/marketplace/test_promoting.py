"""Staff see whose turn it is and why, pin and skip with a reason, and see what it brought."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import pytest

from services.marketplace.operations.following_up import ask_traders
from services.marketplace.publishing import promote_once
from shared.auth import Role
from tests.service.marketplace.driver import Driver, KnownTrader
from tests.support.platforms import running_platforms, sending_settings
from tests.support.servers import Databases
from tests.support.system import running_system
from tests.support.waiting import until

TIKTOK = "pemkot-tiktok"
PERSON = {"User-Agent": "Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 Chrome/140 Mobile"}
REASON = {"reason": "Pekan batik kota"}


@pytest.fixture
async def market(
    databases: Databases, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Driver]:
    """Run marketplace for one test: whose turn it is depends on everybody who waits."""
    home = tmp_path_factory.mktemp("promoting")
    async with running_platforms() as platforms:
        messaging = sending_settings(platforms)
        async with running_system(
            databases, home, services=["marketplace"], messaging=messaging
        ) as system:
            yield Driver(system, platforms)


def staff(market: Driver, *roles: Role, subject: str = "publisher-1") -> dict[str, str]:
    return market.staff(*(roles or (Role.PUBLISHER,)), subject=subject)


async def promote(market: Driver) -> None:
    await promote_once(market.system.app.apps["marketplace"].state.publishing)


async def slots_of(market: Driver, **query: str) -> list[dict[str, Any]]:
    words = "&".join(f"{name}={value}" for name, value in query.items())
    answer = await market.get(f"/staff/slots?{words}", staff(market))
    assert answer.status_code == 200, answer.text
    slots: list[dict[str, Any]] = answer.json()["slots"]
    return slots


async def act(market: Driver, slot: dict[str, Any], action: str, body: Any, **headers: str) -> Any:
    path = f"/staff/slots/{slot['slot_id']}/{action}"
    return await market.post(path, body, staff(market) | headers)


async def traders(market: Driver, count: int) -> list[KnownTrader]:
    made = [await market.verified(name=f"Usaha Contoh {n + 1}") for n in range(count)]
    for each in made:
        await market.listed(each)
    return made


async def published(market: Driver) -> dict[str, Any]:
    """Have a slot posted by hand; returns it."""
    await promote(market)
    slot = (await slots_of(market, account=TIKTOK))[0]
    assert (await act(market, slot, "approve", {})).status_code == 200
    at = datetime.fromisoformat(slot["slot_at"])
    market.system.clock.advance(at - market.system.clock.now())
    await promote(market)
    answer = await act(market, slot, "posted", {})
    assert answer.status_code == 200, answer.text
    said: dict[str, Any] = answer.json()
    return said


async def test_the_plan_gives_each_a_turn_and_says_why(market: Driver) -> None:
    known = await traders(market, 3)
    await promote(market)
    await promote(market)
    slots = await slots_of(market)
    assert len({(each["account_id"], each["slot_at"]) for each in slots}) == len(slots) >= 6
    first_round = {each["trader_id"] for each in slots[:3]}
    assert first_round == {each.trader_id for each in known}
    answer = await market.get(f"/staff/slots/{slots[0]['slot_id']}", staff(market))
    why = answer.json()["explanation"]
    assert why["is_as_drawn"] is True
    assert why["is_newcomer"] is True
    assert sum(each["chance"] for each in why["candidates"]) == pytest.approx(1, abs=0.01)
    assert "usaha baru" in why["sentence"]


async def test_the_preview_shows_four_weeks_and_changes_nothing(market: Driver) -> None:
    await traders(market, 2)
    await promote(market)
    planned = await slots_of(market)
    for _ in range(2):
        answer = await market.get("/staff/slots/preview", staff(market))
        assert answer.status_code == 200, answer.text
        seen = answer.json()["slots"]
        assert [each for each in seen if each["state"] != "foreseen"] == planned
        assert len(seen) > len(planned)
    last = datetime.fromisoformat(seen[-1]["slot_at"])
    assert (last - market.system.clock.now()).days >= 26
    assert len(await slots_of(market)) == len(planned)


async def test_a_pin_takes_a_slot_and_says_who_and_why(market: Driver) -> None:
    first, second = await traders(market, 2)
    await promote(market)
    slot = (await slots_of(market))[0]
    other = second if slot["trader_id"] == first.trader_id else first
    [product] = (await market.get("/me/products", other.headers)).json()["items"]
    form = {
        "account_id": slot["account_id"],
        "slot_at": slot["slot_at"],
        "product_id": product["product_id"],
        **REASON,
    }
    answer = await market.post("/staff/pins", form, staff(market))
    assert answer.status_code == 200, answer.text
    assert answer.json()["trader_id"] == other.trader_id
    assert answer.json()["reason"] == "Pekan batik kota"
    shown = await market.get(f"/staff/slots/{slot['slot_id']}", staff(market))
    assert "Pekan batik kota" in shown.json()["explanation"]["sentence"]
    for wrong in (
        {"slot_at": "2026-03-12T03:33:00Z"},
        {"slot_at": "9999-12-31T23:59:59Z"},
        {"account_id": "nobody"},
    ):
        refused = await market.post("/staff/pins", {**form, **wrong}, staff(market))
        assert refused.status_code == 422, refused.text
    unknown = {**form, "product_id": "019b76da-a800-7000-8000-00000000dead"}
    assert (await market.post("/staff/pins", unknown, staff(market))).status_code == 409


async def test_who_is_skipped_waits_on_and_the_next_is_drawn(market: Driver) -> None:
    await traders(market, 2)
    await promote(market)
    slot = (await slots_of(market))[0]
    answer = await act(market, slot, "skip", REASON, **{"If-Match": '"1"'})
    assert answer.status_code == 200, answer.text
    assert answer.json()["trader_id"] != slot["trader_id"]
    assert answer.json()["link"] == slot["link"]
    late = await act(market, slot, "approve", {}, **{"If-Match": '"1"'})
    assert late.status_code == 412


async def test_two_staff_approve_a_slot_and_one_is_told(market: Driver) -> None:
    await traders(market, 1)
    await promote(market)
    slot = (await slots_of(market))[0]
    answers = await asyncio.gather(
        *(act(market, slot, "approve", {}, **{"If-Match": '"1"'}) for _ in range(3))
    )
    assert sorted(each.status_code for each in answers) == [200, 412, 412]


async def test_words_of_staff_must_keep_the_link_and_lead_nowhere_else(market: Driver) -> None:
    await traders(market, 1)
    await promote(market)
    slot = (await slots_of(market))[0]
    for caption in (
        "Tanpa tautan sama sekali",
        f"{slot['link']} dan lagi {slot['link']}",
        f"Pesan {slot['link']} atau www.lain.example",
        f"Pesan {slot['link']} atau 0812 0000 0101",
        f"Pesan {slot['link']} " + "x" * 4900,
    ):
        answer = await act(market, slot, "approve", {"caption": caption})
        assert answer.status_code == 422, caption
    good = f"Keripik enak dari tetangga. Pesan: {slot['link']}"
    answer = await act(market, slot, "approve", {"caption": good})
    assert answer.json()["caption"] == good


@pytest.mark.parametrize(
    ("role", "may_see", "may_act"),
    [
        (Role.PUBLISHER, True, True),
        (Role.LEADER, True, True),
        (Role.ADMIN, True, True),
        (Role.CURATOR, True, False),
        (Role.AUDITOR, True, False),
        (Role.OFFICER, False, False),
        (Role.PANEL, False, False),
    ],
)
async def test_the_leaders_staff_decide_and_others_look_or_not(
    market: Driver, role: Role, may_see: bool, may_act: bool
) -> None:
    headers = staff(market, role)
    for path in ("/staff/slots", "/staff/slots/preview", "/staff/promotion-reports/2026-03"):
        assert (await market.get(path, headers)).status_code == (200 if may_see else 403)
    answer = await market.post("/staff/publishing/stop", REASON, headers)
    assert answer.status_code == (200 if may_act else 403)
    nobody = await market.get("/staff/slots")
    assert nobody.status_code == 401


async def test_a_link_leads_to_the_traders_chat_and_counts_people(market: Driver) -> None:
    [trader] = await traders(market, 1)
    slot = await published(market)
    code = slot["link"].rpartition("/")[2]
    path = f"/marketplace/l/{code}"
    for _ in range(3):
        answer = await market.client.get(path, headers=PERSON)
        assert answer.status_code == 302, answer.text
    assert answer.headers["location"].startswith(f"https://wa.me/62{trader.phone[1:]}?text=")
    assert "Keripik%20singkong" in answer.headers["location"]
    await market.client.get(path, headers={"User-Agent": "WhatsApp/2.23"})
    await market.client.get(path, headers=PERSON | {"Sec-Purpose": "prefetch"})
    counted = await market.rows("SELECT kind, clicks FROM click_count ORDER BY kind")
    assert counted == [{"kind": "person", "clicks": 3}, {"kind": "robot", "clicks": 2}]
    columns = await market.rows(
        "SELECT column_name FROM information_schema.columns WHERE table_name = 'click_count'"
    )
    assert {each["column_name"] for each in columns} == {"code", "day", "kind", "clicks"}
    for unknown in ("zzzzzzz", "A'--", "%00"):
        assert (await market.client.get(f"/marketplace/l/{unknown}")).status_code == 404


async def test_clicks_that_come_together_are_all_counted(market: Driver) -> None:
    await traders(market, 1)
    slot = await published(market)
    path = f"/marketplace/l/{slot['link'].rpartition('/')[2]}"
    answers = await asyncio.gather(*(market.client.get(path, headers=PERSON) for _ in range(120)))
    assert {each.status_code for each in answers} == {302}
    [counted] = await market.rows("SELECT clicks FROM click_count")
    assert counted["clicks"] == 120


async def test_without_a_public_number_a_link_leads_to_the_product(market: Driver) -> None:
    trader = await market.verified(consent={"version": "2026-01", "show_phone": False})
    offered = await market.listed(trader)
    link = await market.get(f"/me/products/{offered['product_id']}/link", trader.headers)
    again = await market.get(f"/me/products/{offered['product_id']}/link", trader.headers)
    assert link.json() == again.json()
    path = f"/marketplace/l/{link.json()['link'].rpartition('/')[2]}"
    answer = await market.client.get(path, headers=PERSON)
    assert answer.headers["location"].endswith(f"/marketplace/produk/{offered['product_id']}")
    stranger = await market.verified()
    foreign = await market.get(f"/me/products/{offered['product_id']}/link", stranger.headers)
    assert foreign.status_code == 404


async def test_what_a_promotion_brought_is_reported(market: Driver) -> None:
    known = await traders(market, 2)
    slot = await published(market)
    trader = next(each for each in known if each.trader_id == slot["trader_id"])
    other = next(each for each in known if each is not trader)
    path = f"/marketplace/l/{slot['link'].rpartition('/')[2]}"
    for _ in range(4):
        await market.client.get(path, headers=PERSON)
    await act(market, slot, "views", {"views": 900})
    order = {
        "product_id": slot["product_id"],
        "slot_id": slot["slot_id"],
        "quantity": 12,
        "amount": 180_000,
        "chats": 5,
    }
    key = {"Idempotency-Key": "order-0001"}
    for _ in range(2):
        answer = await market.post("/me/orders", order, trader.headers | key)
        assert answer.status_code == 201, answer.text
    foreign = await market.post("/me/orders", order, other.headers)
    assert foreign.status_code == 422
    for wrong in ({"amount": -1}, {"quantity": "banyak"}, {"amount": "Rp 10.000"}):
        refused = await market.post("/me/orders", {**order, **wrong}, trader.headers)
        assert refused.status_code == 422
    [own] = [
        each
        for each in (await market.get("/me/slots", trader.headers)).json()["slots"]
        if each["slot_id"] == slot["slot_id"]
    ]
    assert own["state"] == "published"
    report = (await market.get("/staff/promotion-reports/2026-03", staff(market))).json()
    brought = {"promotions": 1, "views": 900, "clicks": 4, "chats": 5, "orders": 1}
    assert report["total"] == brought | {"quantity": 12, "amount": 180_000}
    assert report["by_trader"][0]["name"] == own_name(report)
    assert report["spread"]["traders"] == 2
    assert report["spread"]["gini"] == pytest.approx(0.5)
    csv = await market.get("/staff/promotion-reports/2026-03/csv", staff(market))
    assert len(csv.text.splitlines()) == 2
    page = await market.get("/staff/promotion-reports/2026-03/page", staff(market))
    assert page.headers["content-security-policy"].startswith("default-src 'none'")
    assert "Rp180.000" in page.text
    empty = (await market.get("/staff/promotion-reports/2027-01", staff(market))).json()
    assert empty["total"]["promotions"] == 0


def own_name(report: dict[str, Any]) -> str:
    name: str = report["promotions"][0]["trader"]
    return name


async def test_an_erased_traders_slots_name_nobody_and_do_not_go_out(market: Driver) -> None:
    trader = await market.verified(name="Warung Yang Dihapus")
    await market.listed(trader, name="Sambal Yang Dihapus")
    done = await published(market)
    await promote(market)
    answer = await market.post("/me/erasure", {"confirm": "HAPUS"}, trader.headers)
    assert answer.status_code == 200, answer.text
    kept = await market.rows("SELECT to_jsonb(s.*)::text AS row, state FROM promotion_slot s")
    assert len(kept) > 1
    assert not [each for each in kept if "Yang Dihapus" in each["row"]]
    assert {each["state"] for each in kept} <= {"published", "cancelled", "missed"}
    link = await market.client.get(f"/marketplace/l/{done['link'].rpartition('/')[2]}")
    assert trader.phone[1:] not in link.headers["location"]


async def test_a_trader_is_asked_a_week_later_and_only_once(market: Driver) -> None:
    await traders(market, 1)
    slot = await published(market)
    doors = market.doors
    before = len(market.platforms.accepted("sms"))

    async def ask() -> int:
        async with doors.units.begin() as unit:
            return await ask_traders(unit, market.context)

    market.advance(days=6)
    assert await ask() == 0
    market.advance(days=2)
    # What was planned meanwhile and not approved is no promotion.
    assert await ask() == 1
    assert await ask() == 0
    await until(lambda: len(market.platforms.accepted("sms")) > before)
    sent = market.platforms.accepted("sms")[-1].body.decode()
    assert "Keripik singkong pedas 250 g" in sent
    assert slot["published_at"] is not None
    assert market.system.clock.now() > datetime(2026, 3, 15, tzinfo=UTC)
