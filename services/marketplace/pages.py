"""Draws the pages that the public sees: no script runs in them, nothing comes from afar."""

import json
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from xml.sax.saxutils import escape

from services.marketplace.catalogue_schemas import FoundProducts, PublicProduct, PublicTrader
from services.marketplace.rules.wording import HALAL, SIZES, STOCK, months
from shared.indonesian import write_rupiah

if TYPE_CHECKING:
    from jinja2 import Environment

_TEMPLATES: Final = Path(__file__).parent / "templates"
#: schema.org's words for how much there is.
_AVAILABILITY: Final = {
    "available": "InStock",
    "limited": "LimitedAvailability",
    "preorder": "PreOrder",
    "sold_out": "OutOfStock",
}
#: What Google's product feed calls it.
_FEED_AVAILABILITY: Final = {
    "available": "in_stock",
    "limited": "in_stock",
    "preorder": "backorder",
    "sold_out": "out_of_stock",
}
_CONTROLS: Final = dict.fromkeys((*range(9), 11, 12, *range(14, 32), 0xFFFE, 0xFFFF))


def draw_product(product: PublicProduct, lapak: str) -> str:
    """Return a product's page."""
    page = _pages().get_template("product.html")
    return page.render(product=product, lapak=lapak, data=_as_data(product_data(product)))


def draw_trader(trader: PublicTrader, found: FoundProducts, lapak: str) -> str:
    """Return a trader's page with what they offer."""
    page = _pages().get_template("trader.html")
    return page.render(trader=trader, found=found, lapak=lapak, data=_as_data(_trader_data(trader)))


def draw_catalogue(found: FoundProducts, words: str, more: str | None, lapak: str) -> str:
    """Return a page of the catalogue."""
    page = _pages().get_template("catalogue.html")
    return page.render(found=found, words=words, more=more, lapak=lapak)


def product_data(product: PublicProduct) -> dict[str, Any]:
    """Return a product as schema.org has it (JSON-LD)."""
    sold_out = product.stock == "sold_out" or not product.in_season
    available = "OutOfStock" if sold_out else _AVAILABILITY[product.stock]
    return {
        "@context": "https://schema.org",
        "@type": "Product",
        "@id": product.page,
        "name": product.name,
        "description": product.description or product.name,
        "image": product.photos,
        "category": product.category_name,
        "offers": {
            "@type": "Offer",
            "url": product.page,
            "price": str(product.price),
            "priceCurrency": "IDR",
            "availability": f"https://schema.org/{available}",
            "seller": {
                "@type": "LocalBusiness",
                "name": product.trader_name,
                "url": product.trader_page,
            },
        },
    }


def write_feed_head(lapak: str, link: str) -> str:
    """Return how a feed of products begins (Google Merchant, RSS 2.0)."""
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<rss version="2.0" xmlns:g="http://base.google.com/ns/1.0"><channel>\n'
        f"<title>{_xml(lapak)}</title><link>{_xml(link)}</link>"
        f"<description>{_xml(lapak)}</description>\n"
    )


def write_feed_item(values: dict[str, Any]) -> str:
    """Return one product of the feed."""
    named = {
        "g:id": values["product_id"],
        "g:title": values["name"],
        "g:description": values["description"] or values["name"],
        "g:link": values["page"],
        "g:image_link": values["photo"],
        "g:availability": _FEED_AVAILABILITY[values["stock"]],
        "g:price": f"{values['price']} IDR",
        "g:brand": values["trader_name"],
        "g:product_type": values["category_name"],
        "g:condition": "new",
        "g:identifier_exists": "no",
    }
    fields = "".join(f"<{name}>{_xml(str(value))}</{name}>" for name, value in named.items())
    return f"<item>{fields}</item>\n"


#: How a feed ends.
FEED_END: Final = "</channel></rss>\n"


def write_sitemap_index(addresses: list[str]) -> str:
    """Return the index of a sitemap's files."""
    entries = "".join(f"<sitemap><loc>{_xml(each)}</loc></sitemap>\n" for each in addresses)
    return _sitemap("sitemapindex", entries)


def write_sitemap(addresses: list[tuple[str, str]]) -> str:
    """Return one file of a sitemap: addresses, and the day since which each is there."""
    entries = "".join(
        f"<url><loc>{_xml(address)}</loc><lastmod>{day}</lastmod></url>\n"
        for address, day in addresses
    )
    return _sitemap("urlset", entries)


def _sitemap(kind: str, entries: str) -> str:
    namespace = "http://www.sitemaps.org/schemas/sitemap/0.9"
    head = '<?xml version="1.0" encoding="UTF-8"?>\n'
    return f'{head}<{kind} xmlns="{namespace}">\n{entries}</{kind}>\n'


def _trader_data(trader: PublicTrader) -> dict[str, Any]:
    data: dict[str, Any] = {
        "@context": "https://schema.org",
        "@type": "LocalBusiness",
        "@id": trader.page,
        "name": trader.name,
        "url": trader.page,
        "address": {"@type": "PostalAddress", "addressLocality": trader.village_name},
    }
    if trader.lat is not None:
        data["geo"] = {
            "@type": "GeoCoordinates",
            "latitude": trader.lat,
            "longitude": trader.lon,
        }
    return data


def _as_data(data: dict[str, Any]) -> str:
    """Write JSON that may stand in a page: no text of a trader's can end the block."""
    written = json.dumps(data, ensure_ascii=False)
    return written.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


@cache
def _pages() -> "Environment":
    # Imported when the first page is drawn: most processes of a stack never draw one.
    from jinja2 import Environment, FileSystemLoader, StrictUndefined  # noqa: PLC0415

    pages = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    pages.filters |= {
        "rupiah": write_rupiah,
        "months": months,
        "stock": STOCK.__getitem__,
        "halal": HALAL.__getitem__,
        "size": SIZES.__getitem__,
        "path": _path,
    }
    return pages


def _path(address: str) -> str:
    """Return the part of an address of ours that begins at this service, whatever is before it."""
    return address[address.index("/marketplace/") :]


def _xml(text: str) -> str:
    """Write text as XML may hold it."""
    return escape(text.translate(_CONTROLS))
