"""Products are looked at before they are shown, after each change too; bad ones never get there."""

import asyncio
from datetime import timedelta
from io import BytesIO
from typing import Any

import pytest
from PIL import Image

from services.marketplace.listing_queries import list_promotable
from services.marketplace.photos import delete_expired
from shared.ids import new_id
from tests.service.marketplace.driver import BASE, PRODUCT, Driver, KnownTrader
from tests.support.files import encoded, hostile_document, photo, picture


@pytest.fixture(scope="module")
async def trader(market: Driver) -> KnownTrader:
    """Return a verified trader."""
    return await market.verified()


async def put(
    market: Driver, who: KnownTrader, product_id: str, etag: str | None = None, **form: Any
) -> Any:
    """Write the next version of a product."""
    headers = who.headers | ({"If-Match": etag} if etag else {})
    return await market.client.put(
        f"{BASE}/me/products/{product_id}", json={**PRODUCT, **form}, headers=headers
    )


async def shown_name(market: Driver, product_id: str) -> str | None:
    """Return what the public is shown of a product."""
    rows = await market.rows("SELECT name FROM listing WHERE product_id = :id", id=product_id)
    return rows[0]["name"] if rows else None


async def test_a_product_is_shown_once_it_is_approved(market: Driver, trader: KnownTrader) -> None:
    product = await market.offer(trader)
    assert product["state"] == "pending"
    assert not await market.shown(product["product_id"])
    queue = await market.get("/staff/products?limit=100", market.staff())
    assert product["product_id"] in [each["product_id"] for each in queue.json()["items"]]
    assert (await market.approve(product["product_id"])).json()["state"] == "approved"
    assert await market.shown(product["product_id"])


async def test_an_unverified_traders_approved_product_waits_for_them(market: Driver) -> None:
    newcomer = await market.register()
    product = await market.listed(newcomer)
    assert not await market.shown(product["product_id"])
    await market.decide(newcomer, "verify")
    assert await market.shown(product["product_id"])


async def test_a_change_is_looked_at_while_the_approved_version_stays(
    market: Driver, trader: KnownTrader
) -> None:
    product = await market.listed(trader, name="Keripik lama")
    product_id, photos = product["product_id"], product["latest"]["photo_ids"]
    changed = await put(market, trader, product_id, name="Keripik baru", photo_ids=photos)
    assert changed.json()["state"] == "approved"
    assert await shown_name(market, product_id) == "Keripik lama"
    item = (await market.get(f"/staff/products/{product_id}", market.staff())).json()
    assert (item["shown"]["name"], item["proposed"]["name"]) == ("Keripik lama", "Keripik baru")
    rejected = await market.post(
        f"/staff/products/{product_id}/reject",
        {"revision": 2, "reason": "foto-tidak-jelas", "text": "Terlalu gelap."},
        market.staff(),
    )
    assert rejected.json()["state"] == "approved"
    assert await shown_name(market, product_id) == "Keripik lama"
    own = await market.get(f"/me/products/{product_id}", trader.headers)
    assert "Terlalu gelap." in own.json()["latest"]["reason_text"]
    await put(market, trader, product_id, name="Keripik terbaru", photo_ids=photos)
    assert (await market.approve(product_id, 3)).status_code == 200
    assert await shown_name(market, product_id) == "Keripik terbaru"


async def test_a_curator_approves_only_what_they_saw(market: Driver, trader: KnownTrader) -> None:
    product = await market.offer(trader)
    product_id, photos = product["product_id"], product["latest"]["photo_ids"]
    await put(market, trader, product_id, name="Sesuatu yang lain", photo_ids=photos)
    late = await market.approve(product_id, 1)
    assert late.status_code == 409
    assert late.json()["open_revision"] == 2
    staff = market.staff() | {"If-Match": '"1"'}
    stale = await market.post(f"/staff/products/{product_id}/approve", {"revision": 2}, staff)
    assert stale.status_code == 412


async def test_two_curators_on_one_product(market: Driver, trader: KnownTrader) -> None:
    product = await market.offer(trader)
    path = f"/staff/products/{product['product_id']}"
    answers = await asyncio.gather(
        *(market.post(f"{path}/claim", None, market.staff(subject=f"k-{n}")) for n in range(3))
    )
    assert sorted(answer.status_code for answer in answers) == [200, 409, 409]
    winner = answers[[answer.status_code for answer in answers].index(200)].json()["claimed_by"]
    assert (await market.approve(product["product_id"], subject="other")).status_code == 409
    assert (await market.approve(product["product_id"], subject=winner)).status_code == 200
    assert (await market.approve(product["product_id"], subject=winner)).status_code == 409


async def test_a_claim_ends_by_itself_and_can_be_given_back(
    market: Driver, trader: KnownTrader
) -> None:
    product = await market.offer(trader)
    path = f"/staff/products/{product['product_id']}"
    first, second = market.staff(subject="k-1"), market.staff(subject="k-2")
    assert (await market.post(f"{path}/claim", None, first)).status_code == 200
    assert (await market.post(f"{path}/claim", None, second)).status_code == 409
    market.advance(minutes=16)
    first, second = market.staff(subject="k-1"), market.staff(subject="k-2")
    assert (await market.post(f"{path}/claim", None, second)).status_code == 200
    assert (await market.post(f"{path}/release", None, first)).status_code == 409
    assert (await market.post(f"{path}/release", None, second)).status_code == 200
    assert (await market.post(f"{path}/claim", None, first)).status_code == 200


async def test_curators_who_ask_for_the_next_get_different_ones(market: Driver) -> None:
    seller = await market.verified()
    for _ in range(3):
        await market.offer(seller)
    answers = await asyncio.gather(
        *(
            market.post("/staff/products/next", None, market.staff(subject=f"next-{n}"))
            for n in range(3)
        )
    )
    taken = [answer.json()["product_id"] for answer in answers]
    assert len(set(taken)) == 3


async def test_stock_changes_at_once(market: Driver, trader: KnownTrader) -> None:
    product = await market.listed(trader)
    path = f"{BASE}/me/products/{product['product_id']}/stock"
    answer = await market.client.put(path, json={"stock": "sold_out"}, headers=trader.headers)
    assert answer.json()["state"] == "approved"
    [row] = await market.rows(
        "SELECT stock FROM listing WHERE product_id = :id", id=product["product_id"]
    )
    assert row["stock"] == "sold_out"
    day = market.system.clock.now().date()
    async with market.doors.units.database.transaction() as connection:
        assert not await list_promotable(connection, day, [product["product_id"]])


async def test_what_may_be_promoted_is_shown_in_season_and_has_a_photo(market: Driver) -> None:
    farmer = await market.verified()
    day = market.system.clock.now().date()
    days = {"available_from": str(day), "available_until": str(day + timedelta(days=30))}
    product = await market.listed(
        farmer, category="pertanian", name="Mangga arumanis", produce=days
    )
    ids = [product["product_id"]]
    async with market.doors.units.database.transaction() as connection:
        [found] = await list_promotable(connection, day, ids)
        assert found.name == "Mangga arumanis"
        assert await list_promotable(connection, day + timedelta(days=31), ids) == []
        assert found in await list_promotable(connection, day)


async def test_a_withdrawn_product_is_gone_and_can_come_back(
    market: Driver, trader: KnownTrader
) -> None:
    product = await market.listed(trader)
    product_id, photos = product["product_id"], product["latest"]["photo_ids"]
    path = f"/me/products/{product_id}/withdraw"
    for _ in range(2):
        answer = await market.post(path, None, trader.headers)
        assert answer.json()["state"] == "withdrawn"
    assert not await market.shown(product_id)
    await put(market, trader, product_id, photo_ids=photos)
    assert not await market.shown(product_id)
    assert (await market.approve(product_id, 2)).status_code == 200
    assert await market.shown(product_id)


async def test_a_product_is_taken_down_with_a_reason(market: Driver, trader: KnownTrader) -> None:
    product = await market.listed(trader)
    path = f"/staff/products/{product['product_id']}/take-down"
    answer = await market.post(path, {"reason": "barang-terlarang"}, market.staff())
    assert answer.json()["state"] == "rejected"
    assert not await market.shown(product["product_id"])
    assert (
        await market.post(path, {"reason": "barang-terlarang"}, market.staff())
    ).status_code == 409


async def test_a_draft_is_sent_in_later(market: Driver, trader: KnownTrader) -> None:
    draft = await market.offer(trader, submit=False, photo_ids=[])
    path = f"/me/products/{draft['product_id']}"
    assert (await market.post(f"{path}/submit", None, trader.headers)).status_code == 422
    photos = [await market.photo(trader)]
    await put(market, trader, draft["product_id"], submit=False, photo_ids=photos)
    assert (await market.approve(draft["product_id"], 2)).status_code == 409
    assert (await market.post(f"{path}/submit", None, trader.headers)).json()["state"] == "pending"
    assert (await market.post(f"{path}/submit", None, trader.headers)).status_code == 409


async def test_the_same_product_sent_twice_is_one(market: Driver, trader: KnownTrader) -> None:
    form = {**PRODUCT, "photo_ids": [await market.photo(trader)]}
    headers = trader.headers | {"Idempotency-Key": "produk-sekali"}
    first = await market.post("/me/products", form, headers)
    second = await market.post("/me/products", form, headers)
    assert first.json() == second.json()
    other = await market.post("/me/products", {**form, "price": 1}, headers)
    assert other.status_code == 422


async def test_another_traders_product_is_not_there(market: Driver, trader: KnownTrader) -> None:
    product = await market.listed(trader)
    thief = await market.verified()
    path = f"/me/products/{product['product_id']}"
    photo_id = product["latest"]["photo_ids"][0]
    assert (await market.get(path, thief.headers)).status_code == 404
    assert (await market.get(f"/me/photos/{photo_id}", thief.headers)).status_code == 404
    assert (await put(market, thief, product["product_id"], photo_ids=[])).status_code == 404
    for action in ("submit", "withdraw"):
        answer = await market.post(f"{path}/{action}", None, thief.headers)
        assert answer.status_code == 404
    stolen = await market.post("/me/products", {**PRODUCT, "photo_ids": [photo_id]}, thief.headers)
    assert stolen.status_code == 422
    missing = await market.get(f"/me/products/{new_id()}", thief.headers)
    assert missing.json()["detail"] == (await market.get(path, thief.headers)).json()["detail"]


async def test_a_trader_who_saw_an_older_version_changes_nothing(
    market: Driver, trader: KnownTrader
) -> None:
    product = await market.offer(trader)
    photos = product["latest"]["photo_ids"]
    first = await put(market, trader, product["product_id"], '"1"', photo_ids=photos)
    assert first.headers["ETag"] == '"2"'
    assert (
        await put(market, trader, product["product_id"], '"1"', photo_ids=photos)
    ).status_code == 412


@pytest.mark.parametrize(
    ("field", "value", "where"),
    [
        ("price", 0, "/price"),
        ("price", -5, "/price"),
        ("price", "15000", "/price"),
        ("price", "lima belas ribu", "/price"),
        ("price", 15_000.5, "/price"),
        ("price", True, "/price"),
        ("price", 1_000_000_001, "/price"),
        ("price", 10**30, "/price"),
        ("name", "Beli di toko-contoh.com", "/name"),
        ("description", "Pesan: https://toko.example/keripik", "/description"),
        ("description", "WA 0812-0000-0001 ya", "/description"),
        ("description", "Ikuti @keripikcontoh", "/description"),
        ("description", "surel jual@contoh.example", "/description"),
        ("unit", "wa.me/6281", "/unit"),
        ("name", "Bir dingin", "/name"),
        ("description", "juga ada 4r4k", "/description"),
        ("category", "senjata", "/category"),
        ("produce", {"quantity": 3}, "/produce"),
        ("halal", "certified", "/halal_number"),
        ("halal_number", "ID123", "/halal_number"),
        ("pirt", "123", "/pirt"),
        ("photo_ids", [new_id()], "/photo_ids"),
        ("photo_ids", [], "/photo_ids"),
        ("photo_ids", ["bukan-id"], "/photo_ids/0"),
        ("stock", "banyak", "/stock"),
        ("name", "a\u0000b", "/name"),
    ],
)
async def test_a_wrong_field_is_named(
    market: Driver, trader: KnownTrader, field: str, value: Any, where: str
) -> None:
    form = {**PRODUCT, "photo_ids": [await market.photo(trader)], field: value}
    answer = await market.post("/me/products", form, trader.headers)
    assert answer.status_code == 422, answer.text
    assert where in [each["field"] for each in answer.json()["errors"]]


async def test_numbers_are_kept_tidy(market: Driver, trader: KnownTrader) -> None:
    product = await market.offer(
        trader, halal="certified", halal_number="id 0000 0000 0000 00000", pirt="206.3571010001-29"
    )
    assert product["latest"]["halal_number"] == "ID00000000000000000"
    assert product["latest"]["pirt"] == "2063571010001-29"


async def test_what_must_be_looked_at_closely_is_flagged(
    market: Driver, trader: KnownTrader
) -> None:
    product = await market.offer(trader, name="Jamu kunyit asam", category="minuman")
    item = (await market.get(f"/staff/products/{product['product_id']}", market.staff())).json()
    assert item["flags"] == [
        {"code": "obat", "name": "Obat dan jamu yang perlu izin edar", "word": "jamu"}
    ]
    flagged = await market.get("/staff/products?flagged=true&limit=100", market.staff())
    assert product["product_id"] in [each["product_id"] for each in flagged.json()["items"]]


def bomb() -> bytes:
    """Make a small file of very many pixels."""
    written = BytesIO()
    Image.new("1", (20_000, 20_000)).save(written, "PNG")
    return written.getvalue()


@pytest.mark.parametrize(
    ("data", "status"),
    [
        (b"", 422),
        (b"<svg onload=alert(1)>", 415),
        (b"MZ" + b"x" * 500, 415),
        (photo()[:200], 422),
        (bomb(), 422),
        (hostile_document(), 415),
        (b"x" * (10 * 1024**2 + 1), 413),
    ],
    ids=["empty", "svg", "program", "cut off", "bomb", "document", "large"],
)
async def test_what_is_no_sound_photo_is_refused(
    market: Driver, trader: KnownTrader, data: bytes, status: int
) -> None:
    answer = await market.upload(trader, data)
    assert answer.status_code == status, answer.text


async def test_a_photo_loses_what_the_phone_wrote_into_it(
    market: Driver, trader: KnownTrader
) -> None:
    photo_id = await market.photo(trader)
    served = await market.get(f"/me/photos/{photo_id}", trader.headers)
    assert served.headers["content-type"] == "image/jpeg"
    assert b"Exif" not in served.content
    assert b"Rumah Wagiman" not in served.content
    with Image.open(BytesIO(served.content)) as image:
        assert not image.getexif()
    # In the store it is sealed.
    kept = list((market.system.settings["marketplace"].core.home / "marketplace").glob("*/*"))
    assert kept
    assert not any(each.read_bytes().startswith(b"\xff\xd8") for each in kept)


async def test_the_same_photo_twice_is_one(market: Driver, trader: KnownTrader) -> None:
    key = {"Idempotency-Key": "foto-sekali"}
    data = encoded(picture(64, 48), "PNG")
    first = await market.upload(trader, data, key)
    second = await market.upload(trader, data, key)
    assert first.json() == second.json()


async def test_a_photo_that_no_product_takes_is_deleted(market: Driver) -> None:
    seller = await market.verified()
    await market.photo(seller)
    product = await market.offer(seller)
    market.advance(hours=25)
    await delete_expired(market.doors.units, market.context)
    left = await market.rows(
        "SELECT photo_id FROM photo WHERE trader_id = :id", id=seller.trader_id
    )
    assert [str(each["photo_id"]) for each in left] == product["latest"]["photo_ids"]


async def test_a_trader_offers_only_so_much(market: Driver) -> None:
    seller = await market.verified()
    await market.execute(
        """INSERT INTO product (product_id, trader_id, state, version, latest_revision,
        stock, created_at, updated_at)
        SELECT gen_random_uuid(), :id, 'draft', 1, 1, 'available', now(), now()
        FROM generate_series(1, 200)""",
        id=seller.trader_id,
    )
    form = {**PRODUCT, "photo_ids": [await market.photo(seller)]}
    answer = await market.post("/me/products", form, seller.headers)
    assert answer.status_code == 409
