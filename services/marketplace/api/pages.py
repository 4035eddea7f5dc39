"""The public catalogue as pages and pictures, and as files for search engines and shops."""

from collections.abc import AsyncIterator
from typing import Annotated, Any, Final
from urllib.parse import urlencode

from fastapi import APIRouter, Path, Query, Response
from fastapi.responses import HTMLResponse, StreamingResponse

from services.marketplace import catalogue_queries, photo_queries
from services.marketplace.api.catalogue import Words
from services.marketplace.api.doors import Doors, ProductKey, TheDoors, TraderKey
from services.marketplace.api.paging import CursorText
from services.marketplace.api.photos import PICTURE, PhotoKey, picture, serve
from services.marketplace.cards import share_picture
from services.marketplace.operations.accounts import trader_page
from services.marketplace.operations.browsing import (
    find_products,
    open_product,
    open_trader,
    photo_address,
)
from services.marketplace.operations.offering import product_page
from services.marketplace.pages import (
    FEED_END,
    draw_catalogue,
    draw_product,
    draw_trader,
    write_feed_head,
    write_feed_item,
    write_sitemap,
    write_sitemap_index,
)
from services.marketplace.product_errors import PhotoNotFound
from services.marketplace.rules.listing import Wanted
from shared.errors import NotFound
from shared.problems import problem_responses

router = APIRouter(prefix="/marketplace", tags=["pages"])

#: A page fetches pictures of its own service, and runs nothing, whatever a trader wrote.
_POLICY: Final = (
    "default-src 'none'; img-src 'self'; style-src 'unsafe-inline'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)
#: What is suspended is gone within a minute from caches on the way as well.
_SHORTLY: Final = "public, max-age=60"
_PER_SITEMAP: Final = 10_000
_PER_BATCH: Final = 500
_MOST_ON_PAGE: Final = 60
_FIRST_ID: Final = "00000000-0000-0000-0000-000000000000"


def _answers(media_type: str, *statuses: int) -> dict[int | str, dict[str, Any]]:
    content = {media_type: {"schema": {"type": "string"}}}
    return {200: {"content": content, "description": "The page"}, **problem_responses(*statuses)}


@router.get(
    "/katalog",
    operation_id="marketplace_catalogue_page",
    response_class=HTMLResponse,
    responses=_answers("text/html", 422, 503),
)
async def catalogue_page(
    doors: TheDoors, q: Words = None, cursor: CursorText = None
) -> HTMLResponse:
    """Show the catalogue as a page, with a field to search by."""
    wanted = Wanted(text=(q or "").strip())
    async with doors.units.database.transaction() as connection:
        found = await find_products(
            connection,
            doors.context,
            wanted,
            "relevance" if wanted.text else "newest",
            cursor,
            24,
            doors.units.clock.now(),
        )
    more = None
    if found.next is not None:
        more = f"/marketplace/katalog?{urlencode({'q': found.words or '', 'cursor': found.next})}"
    return _page(draw_catalogue(found, wanted.text, more, _lapak(doors)))


@router.get(
    "/produk/{product_id}",
    operation_id="marketplace_product_page",
    response_class=HTMLResponse,
    responses=_answers("text/html", 404, 422, 503),
)
async def show_product_page(doors: TheDoors, product_id: ProductKey) -> HTMLResponse:
    """Show a product as a page, with what Open Graph and schema.org ask for."""
    async with doors.units.database.transaction() as connection:
        product = await open_product(connection, doors.context, product_id, doors.units.clock.now())
    return _page(draw_product(product, _lapak(doors)))


@router.get(
    "/produk/{product_id}/kartu.jpg",
    operation_id="marketplace_share_picture",
    response_class=Response,
    responses=PICTURE | problem_responses(404, 422, 503),
)
async def show_share_picture(doors: TheDoors, product_id: ProductKey) -> Response:
    """Show the picture that social media show of a product: photo, name, price and QR code."""
    drawn = await share_picture(doors.units, doors.context, product_id)
    return picture(drawn, "image/jpeg", cache=_SHORTLY)


@router.get(
    "/lapak/{trader_id}",
    operation_id="marketplace_trader_page",
    response_class=HTMLResponse,
    responses=_answers("text/html", 404, 422, 503),
)
async def show_trader_page(doors: TheDoors, trader_id: TraderKey) -> HTMLResponse:
    """Show a trader as a page, with what they offer."""
    now = doors.units.clock.now()
    async with doors.units.database.transaction() as connection:
        trader = await open_trader(connection, doors.context, trader_id)
        wanted = Wanted(trader_id=trader_id)
        found = await find_products(
            connection, doors.context, wanted, "newest", None, _MOST_ON_PAGE, now
        )
    return _page(draw_trader(trader, found, _lapak(doors)))


@router.get(
    "/foto/{photo_id}",
    operation_id="marketplace_public_photo",
    response_class=Response,
    responses=PICTURE | problem_responses(404, 422, 503),
)
async def show_photo(
    doors: TheDoors,
    photo_id: PhotoKey,
    kecil: Annotated[bool, Query(description="The small picture, for lists.")] = False,
) -> Response:
    """Show a photo of a product that is shown."""
    async with doors.units.database.transaction() as connection:
        public = await catalogue_queries.is_public(connection, photo_id)
        photo = await photo_queries.find_photo(connection, photo_id) if public else None
    if photo is None:
        raise PhotoNotFound
    return await serve(doors, photo, thumbnail=kecil, cache=_SHORTLY)


@router.get(
    "/feed.xml",
    operation_id="marketplace_product_feed",
    response_class=StreamingResponse,
    responses=_answers("application/rss+xml", 503),
)
async def product_feed(doors: TheDoors) -> StreamingResponse:
    """Write all products with a photo as a feed for shops and catalogues (Google Merchant)."""
    return StreamingResponse(_feed(doors), media_type="application/rss+xml")


@router.get(
    "/sitemap.xml",
    operation_id="marketplace_sitemap_index",
    response_class=Response,
    responses=_answers("application/xml", 503),
)
async def sitemap_index(doors: TheDoors) -> Response:
    """Write the index of the sitemap, for search engines."""
    async with doors.units.database.transaction() as connection:
        count = await catalogue_queries.count_listings(connection)
    pages = max(1, -(-count // _PER_SITEMAP))
    base = f"{doors.context.public_url}/marketplace/sitemaps"
    index = write_sitemap_index([f"{base}/{number}" for number in range(1, pages + 1)])
    return Response(index, media_type="application/xml")


@router.get(
    "/sitemaps/{number}",
    operation_id="marketplace_sitemap",
    response_class=Response,
    responses=_answers("application/xml", 404, 422, 503),
)
async def sitemap(
    doors: TheDoors,
    number: Annotated[int, Path(ge=1, le=10_000, description="Which file of the sitemap.")],
) -> Response:
    """Write the addresses of up to ten thousand products, and of their traders."""
    async with doors.units.database.transaction() as connection:
        rows = await catalogue_queries.list_for_sitemap(
            connection, (number - 1) * _PER_SITEMAP, _PER_SITEMAP
        )
    if not rows and number > 1:
        raise NotFound("Mulai dari sitemap.xml.")
    addresses: dict[str, str] = {}
    for row in rows:
        day = row.listed_at.date().isoformat()
        addresses[product_page(doors.context, str(row.product_id))] = day
        addresses.setdefault(trader_page(doors.context, str(row.trader_id)), day)
    return Response(write_sitemap(list(addresses.items())), media_type="application/xml")


async def _feed(doors: Doors) -> AsyncIterator[str]:
    """Write the feed batch by batch, so that no size of it fills the memory."""
    context = doors.context
    yield write_feed_head(_lapak(doors), f"{context.public_url}/marketplace/katalog")
    names, after = context.category_names, _FIRST_ID
    while True:
        async with doors.units.database.transaction() as connection:
            rows = await catalogue_queries.list_for_feed(connection, after, _PER_BATCH)
        yield "".join(
            write_feed_item(
                {
                    **row._mapping,  # noqa: SLF001 - documented API
                    "category_name": names.get(row.category, row.category),
                    "page": product_page(context, str(row.product_id)),
                    "photo": photo_address(context, str(row.photo_id)),
                }
            )
            for row in rows
        )
        if len(rows) < _PER_BATCH:
            break
        after = str(rows[-1].product_id)
    yield FEED_END


def _page(content: str) -> HTMLResponse:
    return HTMLResponse(
        content,
        headers={
            "Content-Security-Policy": _POLICY,
            "X-Content-Type-Options": "nosniff",
            "Referrer-Policy": "same-origin",
            "Cache-Control": _SHORTLY,
        },
    )


def _lapak(doors: Doors) -> str:
    return f"Lapak {doors.context.profile.place.short_name}"
