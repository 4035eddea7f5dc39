"""The public finds what is approved, in every order, page by page, and nothing else."""

import itertools
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.marketplace import catalogue_queries
from tests.service.marketplace.driver import Driver, KnownTrader

ORDERS = ["relevance", "newest", "cheapest", "dearest", "nearest"]
HERE = "lat=-7.6&lon=111.5"


@pytest.fixture(scope="module")
async def goods(market: Driver) -> dict[str, dict[str, Any]]:
    """Offer some products of two traders in two villages."""
    near = await market.verified(location={"lat": -7.601, "lon": 111.501})
    far = await market.verified(
        name="Dapur Pak Contoh", village="99.71.02.1001", location={"lat": -7.69, "lon": 111.59}
    )
    wanted: list[tuple[KnownTrader, dict[str, Any]]] = [
        (near, {"name": "Keripik tempe renyah", "price": 12_000}),
        (near, {"name": "Keripik pisang manis", "price": 14_000}),
        (near, {"name": "Sambal bawang", "description": "Cocok untuk keripik.", "price": 20_000}),
        (far, {"name": "Keripik singkong balado", "price": 9_000}),
        (far, {"name": "Kain batik tulis", "category": "busana", "price": 450_000}),
        (far, {"name": "Es dawet", "category": "minuman", "price": 9_000, "stock": "sold_out"}),
    ]
    made = {}
    for trader, product in wanted:
        made[product["name"]] = await market.listed(trader, **product)
        market.advance(seconds=1)
    return made


async def names(market: Driver, query: str) -> list[str]:
    """Return the names that a search finds, over all of its pages."""
    found: list[str] = []
    cursor = ""
    while True:
        answer = await market.get(f"/products?{query}{cursor}")
        assert answer.status_code == 200, answer.text
        said = answer.json()
        found += [each["name"] for each in said["items"]]
        if said["next"] is None:
            return found
        cursor = f"&cursor={said['next']}"


async def test_words_are_found_by_their_stems_the_names_first(
    market: Driver, goods: dict[str, Any]
) -> None:
    found = await names(market, "q=keripik")
    assert set(found) == {
        "Keripik tempe renyah",
        "Keripik pisang manis",
        "Keripik singkong balado",
        "Sambal bawang",
    }
    assert found[-1] == "Sambal bawang"
    assert await names(market, "q=kain batik") == ["Kain batik tulis"]
    assert await names(market, "q=keripik -pisang -sambal -tempe") == ["Keripik singkong balado"]
    assert await names(market, "q=Dapur Pak Contoh&category=busana") == ["Kain batik tulis"]


async def test_what_is_spelled_wrong_is_set_right(market: Driver, goods: dict[str, Any]) -> None:
    async with market.doors.units.begin() as unit:
        assert await catalogue_queries.learn_words(unit.connection) > 10
    answer = (await market.get("/products?q=kripik singkon")).json()
    assert answer["similar"] is True
    assert answer["words"] == "keripik singkong"
    assert answer["items"][0]["name"] == "Keripik singkong balado"
    only = (await market.get("/products?q=kripik&category=busana")).json()
    assert only["items"] == []
    assert (await market.get("/products?q=zzzzqqqq")).json()["items"] == []


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("category=busana", ["Kain batik tulis"]),
        ("category=minuman&in_stock=true", []),
        ("village=99.71.02.1001&order=cheapest&category=makanan", ["Keripik singkong balado"]),
        ("district=99.71.02&category=minuman", ["Es dawet"]),
        ("size=kecil", []),
        ("price_from=400000", ["Kain batik tulis"]),
        ("q=keripik&price_to=9000", ["Keripik singkong balado"]),
        (f"{HERE}&within_metres=500&order=cheapest&q=tempe", ["Keripik tempe renyah"]),
        ("category=tidak-ada", []),
    ],
)
async def test_filters(
    market: Driver, goods: dict[str, Any], query: str, expected: list[str]
) -> None:
    assert await names(market, query) == expected


async def test_orders(market: Driver, goods: dict[str, Any]) -> None:
    assert (await names(market, "order=cheapest"))[-1] == "Kain batik tulis"
    assert (await names(market, "order=dearest"))[0] == "Kain batik tulis"
    assert (await names(market, "order=newest"))[0] == "Es dawet"
    nearest = (await market.get(f"/products?order=nearest&{HERE}")).json()["items"]
    metres = [each["distance_metres"] for each in nearest]
    assert metres == sorted(metres)
    assert 100 < metres[0] < 200
    assert 10_000 < metres[-1] < 20_000


@pytest.mark.parametrize("many", [1, 10_000], ids=["many", "few"])
@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("limit", [1, 2, 4])
async def test_pages_show_each_product_once_in_the_order_of_one_page(
    market: Driver,
    goods: dict[str, Any],
    monkeypatch: pytest.MonkeyPatch,
    order: str,
    limit: int,
    many: int,
) -> None:
    monkeypatch.setattr(catalogue_queries, "MANY", many)
    for query in (f"order={order}&{HERE}", f"order={order}&{HERE}&q=keripik"):
        whole = await names(market, f"{query}&limit=100")
        paged = await names(market, f"{query}&limit={limit}")
        assert len(whole) == (4 if "keripik" in query else 6)
        assert paged == whole


async def test_a_cursor_belongs_to_its_order(market: Driver, goods: dict[str, Any]) -> None:
    cursor = (await market.get("/products?order=cheapest&limit=1")).json()["next"]
    for query in (f"order=newest&cursor={cursor}", "cursor=abc", f"cursor={cursor}x"):
        assert (await market.get(f"/products?{query}")).status_code == 422


@pytest.mark.parametrize(
    "query",
    [
        "lat=-7.6",
        "lat=95&lon=111",
        "lat=nan&lon=nan",
        "order=nearest",
        "within_metres=100",
        "price_from=-1",
        "price_from=x",
        "limit=0",
        "limit=101",
        "trader=x",
        "q=%00",
        "size=raksasa",
    ],
)
async def test_a_search_that_makes_no_sense_is_refused(market: Driver, query: str) -> None:
    assert (await market.get(f"/products?{query}")).status_code == 422


@settings(
    max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(words=st.text(max_size=100), cursor=st.text(st.characters(codec="ascii"), max_size=40))
async def test_no_words_break_the_search(market: Driver, words: str, cursor: str) -> None:
    for order, with_cursor in itertools.product(("relevance", "nearest"), (False, True)):
        parameters = {"q": words, "order": order, "lat": "-7.6", "lon": "111.5"}
        if with_cursor:
            parameters["cursor"] = cursor
        answer = await market.client.get("/marketplace/v1/products", params=parameters)
        assert answer.status_code in {200, 422}


async def test_what_is_not_shown_is_nowhere(market: Driver) -> None:
    trader = await market.verified(name="Usaha Yang Ditangguhkan")
    waiting = await market.offer(trader, name="Rahasia belum disetujui")
    product = await market.listed(trader, name="Gula semut langka")
    product_id, photo_id = product["product_id"], product["latest"]["photo_ids"][0]
    waiting_photo = waiting["latest"]["photo_ids"][0]
    paths = [
        f"/v1/products/{product_id}",
        f"/v1/traders/{trader.trader_id}",
        f"/produk/{product_id}",
        f"/produk/{product_id}/kartu.jpg",
        f"/lapak/{trader.trader_id}",
        f"/foto/{photo_id}",
    ]
    for path in paths:
        assert (await market.client.get(f"/marketplace{path}")).status_code == 200, path
    for path in (f"/produk/{waiting['product_id']}", f"/foto/{waiting_photo}"):
        assert (await market.client.get(f"/marketplace{path}")).status_code == 404
    feed = await market.client.get("/marketplace/feed.xml")
    assert product_id in feed.text
    assert waiting["product_id"] not in feed.text
    await market.decide(trader, "suspend", reason="penipuan")
    for path in paths:
        answer = await market.client.get(f"/marketplace{path}")
        assert answer.status_code == 404, path
    assert await names(market, "q=gula semut langka") == []
    for path in ("feed.xml", "sitemaps/1"):
        assert product_id not in (await market.client.get(f"/marketplace/{path}")).text
