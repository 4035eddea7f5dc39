"""The SQL by which the public finds products. Whatever is asked, what a statement reads is bounded.

What few products have is found by the index of words, and sorted; what many have is found soon
enough along the index of the order itself. Each statement is told which of the two it is.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Row, TextClause, bindparam, text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.marketplace.rules.listing import Order, Wanted, degrees_around, write_facts

#: More than so many matches are many. They are no longer ranked, for then the words tell little.
MANY: Final = 1_000
_SHOWN: Final = (
    "l.product_id, l.trader_id, l.trader_name, l.revision, l.name, l.price, l.unit, l.category, "
    "l.village, l.size, l.stock, l.lat, l.lon, l.photo_id, l.available_from, l.available_until, "
    "l.listed_at"
)
_TEXT: Final = "websearch_to_tsquery('indonesian', :text)"
_PLACE: Final = "point(lon, lat) <-> point(:lon, :lat)"
#: By what each order sorts, and whether the largest comes first.
_KEYS: Final[dict[Order, tuple[str, bool]]] = {
    "relevance": (f"CAST(ts_rank(words, {_TEXT}) AS float8)", True),
    "newest": ("listed_at", True),
    "cheapest": ("price", False),
    "dearest": ("price", True),
    "nearest": (_PLACE, False),
}
_KNOWN: Final = text("SELECT word FROM catalogue_word WHERE word = ANY (CAST(:words AS text[]))")
_ALIKE: Final = text(
    """
    SELECT DISTINCT ON (typed) typed, word
    FROM unnest(CAST(:typed AS text[])) AS typed JOIN catalogue_word ON word % typed
    ORDER BY typed, similarity(word, typed) DESC, listings DESC
    """
)
_FORGET_WORDS: Final = text("DELETE FROM catalogue_word")
_LEARN_WORDS: Final = text(
    """
    INSERT INTO catalogue_word (word, listings)
    SELECT word, count(*) FROM (
        SELECT DISTINCT l.product_id, word
        FROM listing l, regexp_split_to_table(lower(l.name), '[^a-z0-9]+') AS word
    ) AS found
    WHERE length(word) >= 3 GROUP BY word
    """
)
_LOCK_WORDS: Final = text("LOCK TABLE catalogue_word IN SHARE ROW EXCLUSIVE MODE")
_DETAIL: Final = text(
    f"""
    SELECT {_SHOWN}, r.description, r.halal, r.halal_number, r.pirt, r.photo_ids, r.season_months,
           r.quantity, t.public_phone, t.nib IS NOT NULL AS has_nib
    FROM listing l
    JOIN product_revision r ON r.product_id = l.product_id AND r.revision = l.revision
    JOIN trader t ON t.trader_id = l.trader_id
    WHERE l.product_id = CAST(:product_id AS uuid)
    """  # noqa: S608 - names of our own
)
_TRADER: Final = text(
    """
    SELECT trader_id, name, description, village, size, lat, lon, public_phone, verified_at,
           nib IS NOT NULL AS has_nib
    FROM trader WHERE trader_id = CAST(:trader_id AS uuid) AND state = 'active'
    """
)
_PHOTO: Final = text(
    """
    SELECT 1 FROM photo p JOIN listing l ON l.trader_id = p.trader_id
    JOIN product_revision r ON r.product_id = l.product_id AND r.revision = l.revision
    WHERE p.photo_id = CAST(:photo_id AS uuid) AND p.photo_id = ANY (r.photo_ids) LIMIT 1
    """
)
_FEED: Final = text(
    """
    SELECT l.product_id, l.name, l.price, l.category, l.trader_name, l.stock, l.photo_id,
           r.description
    FROM listing l
    JOIN product_revision r ON r.product_id = l.product_id AND r.revision = l.revision
    WHERE l.product_id > CAST(:after AS uuid) AND l.photo_id IS NOT NULL
    ORDER BY l.product_id LIMIT :limit
    """
)
_SITEMAP: Final = text(
    """
    SELECT product_id, trader_id, listed_at FROM listing
    ORDER BY product_id OFFSET :offset LIMIT :limit
    """
)
_COUNT: Final = text("SELECT count(*) FROM listing")
_BY_INDEX: Final = text("SET LOCAL enable_seqscan = off")
_IN_ORDER: Final = text("SET LOCAL enable_bitmapscan = off")


@dataclass(frozen=True, slots=True)
class Position:
    """Where a page begins: after this key and product. `many` says by which way it was found."""

    many: bool
    key: Any
    product_id: str


@dataclass(frozen=True, slots=True)
class Found:
    """A page of listings, each with its sort key, and whether there are many."""

    rows: Sequence[Row[Any]]
    many: bool


async def search(
    connection: AsyncConnection, wanted: Wanted, order: Order, start: Position | None, limit: int
) -> Found:
    """Return a page of what is wanted, in an order.

    Relevance is for words alone; of what many products have, the newest come first instead.
    """
    await connection.execute(_BY_INDEX)
    if wanted.uses_words and (start is None or not start.many):
        values = _values(wanted, start, limit)
        rows = (await connection.execute(_few(wanted, order, start), values)).all()
        if not rows or rows[0].total <= MANY:
            return Found(rows, many=False)
        # Nothing of it has been shown yet, or few have become many meanwhile: then from the front.
        start = None
    await connection.execute(_IN_ORDER)
    by: Order = "newest" if order == "relevance" else order
    values = _values(wanted, start, limit)
    rows = (await connection.execute(_many(wanted, by, start), values)).all()
    return Found(rows, many=True)


async def find_known(connection: AsyncConnection, words: Sequence[str]) -> set[str]:
    """Return which of these words stand in names of products."""
    return set((await connection.execute(_KNOWN, {"words": list(words)})).scalars())


async def find_alike(connection: AsyncConnection, typed: Sequence[str]) -> dict[str, str]:
    """Return for each word, where there is one, the known word that is spelled most like it."""
    rows = await connection.execute(_ALIKE, {"typed": list(typed)})
    return {row.typed: row.word for row in rows}


async def learn_words(connection: AsyncConnection) -> int:
    """Learn the words of all names anew; returns how many there are."""
    await connection.execute(_LOCK_WORDS)
    await connection.execute(_FORGET_WORDS)
    return (await connection.execute(_LEARN_WORDS)).rowcount


async def find_listing(connection: AsyncConnection, product_id: str) -> Row[Any] | None:
    """Return all that the public sees of a product, None where it sees none."""
    return (await connection.execute(_DETAIL, {"product_id": product_id})).first()


async def find_public_trader(connection: AsyncConnection, trader_id: str) -> Row[Any] | None:
    """Return what the public sees of an active trader."""
    return (await connection.execute(_TRADER, {"trader_id": trader_id})).first()


async def is_public(connection: AsyncConnection, photo_id: str) -> bool:
    """Tell whether a photo is of a product that is shown."""
    return (await connection.execute(_PHOTO, {"photo_id": photo_id})).first() is not None


async def list_for_feed(connection: AsyncConnection, after: str, limit: int) -> Sequence[Row[Any]]:
    """Return listings for the feed of products, in the order of their ids."""
    return (await connection.execute(_FEED, {"after": after, "limit": limit})).all()


async def count_listings(connection: AsyncConnection) -> int:
    """Count what the public is shown."""
    return int((await connection.execute(_COUNT)).scalar_one())


async def list_for_sitemap(
    connection: AsyncConnection, offset: int, limit: int
) -> Sequence[Row[Any]]:
    """Return a stretch of listings for a file of the sitemap."""
    return (await connection.execute(_SITEMAP, {"offset": offset, "limit": limit})).all()


def _few(wanted: Wanted, order: Order, start: Position | None) -> TextClause:
    key, largest_first = _KEYS[order]
    return _typed(
        f"""
        WITH found AS MATERIALIZED (
            SELECT product_id, {key} AS key FROM listing
            WHERE {_conditions(wanted, order)} LIMIT {MANY + 1}
        ), page AS (
            SELECT product_id, key FROM found WHERE {_after(start, largest_first, "key")}
            ORDER BY {_order(largest_first, "key")} LIMIT :limit
        )
        SELECT {_SHOWN}, page.key, (SELECT count(*) FROM found) AS total
        FROM page JOIN listing l USING (product_id)
        ORDER BY {_order(largest_first, "page.key", "l.product_id")}
        """,  # noqa: S608 - names of our own
        start,
    )


def _many(wanted: Wanted, order: Order, start: Position | None) -> TextClause:
    key, largest_first = _KEYS[order]
    return _typed(
        f"""
        SELECT {_SHOWN}, {key} AS key FROM listing l
        WHERE {_conditions(wanted, order)} AND {_after(start, largest_first, key)}
        ORDER BY {_order(largest_first, key)} LIMIT :limit
        """,  # noqa: S608 - names of our own
        start,
    )


def _order(largest_first: bool, key: str, product_id: str = "product_id") -> str:
    direction = "DESC" if largest_first else "ASC"
    return f"{key} {direction}, {product_id} {direction}"


def _after(start: Position | None, largest_first: bool, key: str) -> str:
    if start is None:
        return "true"
    sign = "<" if largest_first else ">"
    return f"({key}, product_id) {sign} (:after_key, CAST(:after_id AS uuid))"


def _conditions(wanted: Wanted, order: Order) -> str:
    found = ["true"]
    facts = wanted.facts()
    if wanted.text and facts:
        found.append(f"words @@ ({_TEXT} && CAST(:facts AS tsquery))")
    elif wanted.text:
        found.append(f"words @@ {_TEXT}")
    elif facts:
        found.append("words @@ CAST(:facts AS tsquery)")
    if wanted.price_from is not None:
        found.append("price >= :price_from")
    if wanted.price_to is not None:
        found.append("price <= :price_to")
    if order == "nearest":
        found.append("lat IS NOT NULL")
    if wanted.within_metres is not None:
        found.append("point(lon, lat) <@ box(point(:west, :south), point(:east, :north))")
    return " AND ".join(found)


def _typed(statement: str, start: Position | None) -> TextClause:
    made = text(statement)
    return made if start is None else made.bindparams(bindparam("after_key", start.key))


def _values(wanted: Wanted, start: Position | None, limit: int) -> dict[str, Any]:
    values: dict[str, Any] = {"limit": limit}
    if wanted.text:
        values["text"] = wanted.text
    if wanted.facts():
        values["facts"] = write_facts(wanted.facts())
    if wanted.price_from is not None:
        values["price_from"] = wanted.price_from
    if wanted.price_to is not None:
        values["price_to"] = wanted.price_to
    if wanted.lat is not None and wanted.lon is not None:
        values |= {"lat": wanted.lat, "lon": wanted.lon}
        if wanted.within_metres is not None:
            north, east = degrees_around(wanted.lat, wanted.within_metres)
            values |= {"south": wanted.lat - north, "north": wanted.lat + north}
            values |= {"west": wanted.lon - east, "east": wanted.lon + east}
    if start is not None:
        values |= {"after_key": start.key, "after_id": start.product_id}
    return values


def key_type(order: Order) -> type:
    """Return of which type the sort keys of an order are, as they come from the database."""
    if order == "newest":
        return datetime
    return int if order in {"cheapest", "dearest"} else float
