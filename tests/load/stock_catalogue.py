"""Fills a marketplace's database with invented products, for the bench and for tests of plans."""

from collections.abc import Callable
from itertools import islice

from sqlalchemy import text

from services.marketplace.catalogue_queries import learn_words
from services.marketplace.listing_queries import relist_traders
from services.marketplace.profile import MarketplaceProfile
from shared.database import Database
from tests.load.catalogue_rows import INSERT_PRODUCT, INSERT_TRADER, CatalogueRows

_CHUNK = 5_000
_TRADERS = 200


async def stock_catalogue(
    database: Database,
    profile: MarketplaceProfile,
    count: int,
    say: Callable[[str], None] = lambda text: None,
) -> CatalogueRows:
    """Store so many products, list them, and let Postgres look at its tables."""
    rows = CatalogueRows(profile)
    for statement, made in (
        (INSERT_TRADER, rows.traders(count)),
        (INSERT_PRODUCT, rows.products(count)),
    ):
        done = 0
        while chunk := list(islice(made, _CHUNK)):
            async with database.transaction() as connection:
                await connection.execute(text(statement), chunk)
            done += len(chunk)
            say(f"marketplace: {done:,} stored")
    names = {each.code: each.name for each in profile.categories}
    async with database.transaction() as connection:
        found = await connection.execute(text("SELECT CAST(trader_id AS text) FROM trader"))
        traders = iter(list(found.scalars()))
    while batch := list(islice(traders, _TRADERS)):
        async with database.transaction() as connection:
            await relist_traders(connection, names, batch)
    async with database.transaction() as connection:
        await learn_words(connection)
    async with database.engine.connect() as connection:
        plain = await connection.execution_options(isolation_level="AUTOCOMMIT")
        await plain.execute(text("VACUUM ANALYZE listing"))
        await plain.execute(text("VACUUM ANALYZE catalogue_word"))
        await plain.execute(text("VACUUM ANALYZE product_revision"))
    return rows
