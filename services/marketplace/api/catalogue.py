"""The public catalogue as JSON: search, products, traders."""

from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query

from services.marketplace.api.doors import ProductKey, TheDoors, TraderKey
from services.marketplace.api.paging import CursorText, PageSize
from services.marketplace.catalogue_schemas import (
    CatalogueWord,
    CatalogueWords,
    FoundProducts,
    PublicProduct,
    PublicTrader,
)
from services.marketplace.operations.browsing import find_products, open_product, open_trader
from services.marketplace.rules.listing import Order, Wanted
from services.marketplace.trader_schemas import Size
from shared.errors import Invalid
from shared.ids import UUID_PATTERN
from shared.parameters import OrAbsent
from shared.problems import problem_responses

router = APIRouter(prefix="/marketplace/v1", tags=["catalogue"])

_READ = problem_responses(404, 422, 503)
_NO_NUL = r"^[^\u0000]*$"

Words = Annotated[
    OrAbsent[str],
    Query(
        max_length=100,
        pattern=_NO_NUL,
        description="Words; “in quotation marks” as they stand, -without, OR.",
        examples=["keripik pedas"],
    ),
]
Code = Annotated[
    OrAbsent[str],
    Query(min_length=1, max_length=64, pattern=_NO_NUL, description="A code of the profile."),
]
Price = Annotated[OrAbsent[int], Query(ge=0, le=10**15, description="Whole rupiah.")]
Degrees = Annotated[
    OrAbsent[float],
    Query(ge=-180, le=180, allow_inf_nan=False, description="Degrees of WGS 84."),
]


async def wanted_of(
    q: Words = None,
    category: Code = None,
    village: Code = None,
    district: Code = None,
    size: Annotated[OrAbsent[Size], Query(description="Size of the trader's business.")] = None,
    trader: Annotated[
        OrAbsent[str],
        Query(pattern=UUID_PATTERN, description="Products of this trader alone."),
    ] = None,
    price_from: Price = None,
    price_to: Price = None,
    in_stock: Annotated[bool, Query(description="Only what is not sold out.")] = False,
    lat: Degrees = None,
    lon: Degrees = None,
    within_metres: Annotated[
        OrAbsent[int],
        Query(ge=1, le=100_000, description="No farther than this from the point."),
    ] = None,
) -> Wanted:
    """Read what a buyer chooses by. Raises Invalid."""
    has_point = lat is not None and lon is not None
    if (lat is None) != (lon is None) or (within_metres is not None and not has_point):
        raise Invalid("Sebutkan lat dan lon bersama-sama.")
    if lat is not None and abs(lat) > 90:
        raise Invalid("Lintang berada antara -90 dan 90.")
    return Wanted(
        text=(q or "").strip(),
        category=category,
        village=village,
        district=district,
        size=size,
        trader_id=trader,
        price_from=price_from,
        price_to=price_to,
        in_stock=in_stock,
        lat=lat,
        lon=lon,
        within_metres=within_metres,
    )


def order_of(wanted: Wanted, asked: Order | None) -> Order:
    """Return the order of a list: what was asked for, else by relevance where there are words."""
    if asked == "nearest" and wanted.lat is None:
        raise Invalid("Urutan terdekat memerlukan lat dan lon.")
    if asked is None or (asked == "relevance" and not wanted.text):
        return "relevance" if wanted.text else "newest"
    return asked


@router.get("/words", operation_id="marketplace_list_words", responses=problem_responses(503))
async def list_words(doors: TheDoors) -> CatalogueWords:
    """List the kinds of products and the villages."""
    return CatalogueWords(
        categories=[
            CatalogueWord(code=each.code, name=each.name)
            for each in doors.context.categories.values()
        ],
        villages=[
            CatalogueWord(code=each.code, name=f"{each.name}, {each.district}")
            for each in doors.context.villages.values()
        ],
    )


@router.get("/products", operation_id="marketplace_search", responses=_READ)
async def search(
    doors: TheDoors,
    wanted: Annotated[Wanted, Depends(wanted_of)],
    order: Annotated[
        OrAbsent[Literal["relevance", "newest", "cheapest", "dearest", "nearest"]],
        Query(description="Left out: by relevance where there are words, else newest first."),
    ] = None,
    cursor: CursorText = None,
    limit: PageSize = 20,
) -> FoundProducts:
    """Search the approved products of active traders."""
    async with doors.units.database.transaction() as connection:
        return await find_products(
            connection,
            doors.context,
            wanted,
            order_of(wanted, order),
            cursor,
            limit,
            doors.units.clock.now(),
        )


@router.get("/products/{product_id}", operation_id="marketplace_open_product", responses=_READ)
async def show_product(doors: TheDoors, product_id: ProductKey) -> PublicProduct:
    """Show a product."""
    async with doors.units.database.transaction() as connection:
        return await open_product(connection, doors.context, product_id, doors.units.clock.now())


@router.get("/traders/{trader_id}", operation_id="marketplace_open_trader", responses=_READ)
async def show_trader(doors: TheDoors, trader_id: TraderKey) -> PublicTrader:
    """Show a trader."""
    async with doors.units.database.transaction() as connection:
        return await open_trader(connection, doors.context, trader_id)
