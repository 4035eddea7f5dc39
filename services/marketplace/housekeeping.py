"""What marketplace does every hour: forgets what is past its time, asks what promotions brought."""

from datetime import timedelta
from typing import Final

from services.marketplace import catalogue_queries, code_queries
from services.marketplace.context import MarketplaceContext
from services.marketplace.operations.following_up import ask_traders
from services.marketplace.photos import delete_expired
from shared.housekeeping import Chore
from shared.unit_of_work import UnitsOfWork

#: Longer than the window in which codes of one number are counted.
_CODES_KEPT: Final = timedelta(hours=2)


def chores_of(context: MarketplaceContext) -> list[Chore]:
    """Return the chores; each may be done by several replicas at the same time."""

    async def forget_codes(units: UnitsOfWork) -> None:
        async with units.begin() as unit:
            await code_queries.forget_codes(unit.connection, unit.now - _CODES_KEPT)
            await code_queries.forget_sessions(unit.connection, unit.now)

    async def delete_photos(units: UnitsOfWork) -> None:
        await delete_expired(units, context)

    async def follow_up(units: UnitsOfWork) -> None:
        async with units.begin() as unit:
            await ask_traders(unit, context)

    async def learn_words(units: UnitsOfWork) -> None:
        async with units.begin() as unit:
            await catalogue_queries.learn_words(unit.connection)

    return [forget_codes, delete_photos, follow_up, learn_words]
