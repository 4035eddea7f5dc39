"""Pages, pictures and feeds: sound, complete, and safe whatever a trader wrote."""

import json
import re
from io import BytesIO
from typing import Any
from xml.etree import ElementTree

import pytest
from PIL import Image

from services.marketplace import drawing
from services.marketplace.drawing import SIZE, Card, draw_card
from tests.service.marketplace.driver import Driver
from tests.support.files import encoded, picture

EVIL = "Keripik </script><script>alert(1)</script> & \"enak\" 'sekali'"
CONTENT = {"g": "http://base.google.com/ns/1.0"}


@pytest.fixture(scope="module")
async def product(market: Driver) -> dict[str, Any]:
    """Offer a product whose words try to get out of a page."""
    trader = await market.verified(name="Warung <b>Contoh</b>")
    return await market.listed(
        trader,
        name=EVIL,
        description="Baris satu.\n<img src=x onerror=alert(1)>\x08",
        halal="certified",
        halal_number="ID00000000000000001",
        pirt="206357101000129",
    ) | {"trader_id": trader.trader_id}


async def page(market: Driver, path: str) -> str:
    """Return a page."""
    answer = await market.client.get(f"/marketplace{path}")
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"].startswith("text/html")
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    return answer.text


@pytest.mark.parametrize("kind", ["product", "trader", "catalogue"])
async def test_nothing_that_a_trader_wrote_gets_out_of_the_page(
    market: Driver, product: dict[str, Any], kind: str
) -> None:
    paths = {
        "product": f"/produk/{product['product_id']}",
        "trader": f"/lapak/{product['trader_id']}",
        "catalogue": "/katalog?q=keripik",
    }
    text = await page(market, paths[kind])
    assert "alert(1)" in text
    assert "<script>alert" not in text
    assert "<img src=x" not in text
    assert "<b>Contoh" not in text
    # Nothing is fetched from anywhere else.
    for address in re.findall(r'(?:src|action)="([^"]*)"', text):
        assert address.startswith("/marketplace/")


async def test_a_search_shows_its_words_as_they_are(market: Driver) -> None:
    text = await page(market, "/katalog?q=%22%3E%3Cscript%3Ealert(1)")
    assert "<script>alert" not in text


async def test_a_product_page_says_what_search_engines_and_social_media_ask_for(
    market: Driver, product: dict[str, Any]
) -> None:
    text = await page(market, f"/produk/{product['product_id']}")
    [data] = re.findall(r'<script type="application/ld\+json">(.*?)</script>', text, re.DOTALL)
    said = json.loads(data)
    assert said["@type"] == "Product"
    assert said["name"] == EVIL
    assert said["offers"] == {
        **said["offers"],
        "price": "15000",
        "priceCurrency": "IDR",
        "availability": "https://schema.org/InStock",
    }
    properties = dict(re.findall(r'<meta property="([^"]+)" content="([^"]*)"', text))
    assert properties["og:type"] == "product"
    assert properties["og:image"].endswith(f"/produk/{product['product_id']}/kartu.jpg")
    assert properties["product:price:amount"] == "15000"
    assert "https://wa.me/628120000" in text
    assert "Bersertifikat halal" in text


async def test_a_share_picture_is_drawn_once_until_it_would_differ(
    market: Driver, product: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn: list[Card] = []

    def draw(card: Card, photo: bytes | None) -> bytes:
        drawn.append(card)
        return drawing.draw_card(card, photo)

    monkeypatch.setattr("services.marketplace.cards.draw_card", draw)
    address = f"/marketplace/produk/{product['product_id']}/kartu.jpg"
    first = await market.client.get(address)
    with Image.open(BytesIO(first.content)) as image:
        assert (image.format, image.size) == ("JPEG", SIZE)
    before = len(drawn)
    again = await market.client.get(address)
    assert again.content == first.content
    assert len(drawn) == before
    # What the store lost is drawn again.
    [row] = await market.rows(
        "SELECT content_name FROM share_card WHERE product_id = :id", id=product["product_id"]
    )
    await market.context.photos.store.delete(row["content_name"])
    assert (await market.client.get(address)).content == first.content
    assert len(drawn) == before + 1


async def test_a_product_whose_photo_was_lost_is_still_shown(market: Driver) -> None:
    trader = await market.verified()
    lost = await market.listed(trader)
    [photo_id] = lost["latest"]["photo_ids"]
    [row] = await market.rows("SELECT content_name FROM photo WHERE photo_id = :id", id=photo_id)
    await market.context.photos.store.delete(row["content_name"])
    path = f"/marketplace/produk/{lost['product_id']}"
    assert (await market.client.get(path)).status_code == 200
    assert (await market.client.get(f"{path}/kartu.jpg")).status_code == 200
    assert (await market.client.get(f"/marketplace/foto/{photo_id}")).status_code == 404


@pytest.mark.parametrize(
    "name",
    [
        "Es",
        "Keripik singkong pedas manis khas Contoh Raya dengan bumbu rempah pilihan keluarga 250 g",
        "K" * 100,
        "Ⓚⓔⓡⓘⓟⓘⓚ 🍌🌶️ 香蕉 pisang",
        "🍌" * 30,
        "ﷺ" * 10,
    ],
)
@pytest.mark.parametrize("photo", [None, "JPEG", "PNG"])
def test_any_name_makes_a_share_picture(name: str, photo: str | None) -> None:
    card = Card(
        name=name,
        price="Rp1.000.000.000",
        unit="bungkus besar isi sepuluh",
        trader="Usaha Bersama Ibu-Ibu PKK Kelurahan Contoh Raya",
        place="Kembang Kuning",
        lapak="Lapak Kota Contoh Raya",
        link="http://127.0.0.1:8000/marketplace/produk/019b76da-a800-7000-8000-00000000d003",
    )
    content = None if photo is None else encoded(picture(300, 500), photo)
    drawn = draw_card(card, content)
    with Image.open(BytesIO(drawn)) as image:
        assert image.size == SIZE


async def test_the_feed_is_what_shops_read(market: Driver, product: dict[str, Any]) -> None:
    answer = await market.client.get("/marketplace/feed.xml")
    assert answer.headers["content-type"].startswith("application/rss+xml")
    items = ElementTree.fromstring(answer.text).findall("channel/item")  # noqa: S314 - our own
    [item] = [
        each for each in items if each.findtext("g:id", None, CONTENT) == product["product_id"]
    ]
    assert item.findtext("g:title", None, CONTENT) == EVIL
    assert item.findtext("g:price", None, CONTENT) == "15000 IDR"
    assert item.findtext("g:availability", None, CONTENT) == "in_stock"
    image = str(item.findtext("g:image_link", None, CONTENT))
    photo = await market.client.get(image)
    assert photo.headers["content-type"] == "image/jpeg"
    assert (await market.client.get(f"{image}?kecil=1")).status_code == 200


async def test_the_sitemap_names_products_and_traders(
    market: Driver, product: dict[str, Any]
) -> None:
    index = ElementTree.fromstring((await market.client.get("/marketplace/sitemap.xml")).text)  # noqa: S314
    [first] = [each.text for each in index.iter() if each.tag.endswith("loc")]
    assert first is not None
    file = (await market.client.get(first)).text
    addresses = [
        each.text
        for each in ElementTree.fromstring(file).iter()  # noqa: S314 - our own
        if each.tag.endswith("loc")
    ]
    assert any(product["product_id"] in str(each) for each in addresses)
    assert any(product["trader_id"] in str(each) for each in addresses)
    assert (await market.client.get("/marketplace/sitemaps/9")).status_code == 404
