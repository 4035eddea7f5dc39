"""Lets go of what nobody will ask for again: old inbox rows, idempotency keys, sent messages.

Published outbox rows are the relay's to forget, messages of the in-process bus the transport's.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta

import structlog
from sqlalchemy import text

from shared.contracts.topics import TOPICS
from shared.idempotency import forget_keys
from shared.messaging.queue import KEPT, forget_sent
from shared.unit_of_work import UnitOfWork, UnitsOfWork

log = structlog.get_logger(__name__)

#: A week longer than any topic keeps a message: what can still come is still remembered.
INBOX_DAYS = max(topic.retention_days for topic in TOPICS) + 7
#: No client sends the same request again after a week.
IDEMPOTENCY = timedelta(days=7)
_EVERY_SECONDS = 3600.0

#: What a service does every hour; it opens its own units, and may be run by several replicas.
Chore = Callable[[UnitsOfWork], Awaitable[None]]

_FORGET_INBOX = text(
    "DELETE FROM inbox WHERE received_at < clock_timestamp() - make_interval(days => :days)"
)
_HAS_TABLE = text("SELECT to_regclass(:name) IS NOT NULL")


async def keep_house_hourly(
    units: UnitsOfWork,
    chores: Sequence[Chore] = (),
    after_each: Callable[[], None] = lambda: None,
) -> None:
    """Tidy up and do the chores now and every hour, until cancelled.

    A failure waits for the next time, and keeps no other chore from being done. `after_each` hears
    that a round is over.
    """
    while True:
        for chore in (_tidy_up_once, *chores):
            try:
                await chore(units)
            except Exception as error:  # noqa: BLE001 - nothing is lost by being late
                log.warning("housekeeping_failed", error=repr(error)[:200])
        after_each()
        await asyncio.sleep(_EVERY_SECONDS)


async def tidy_up(unit: UnitOfWork) -> None:
    """Delete rows past their time, in those tables that this service has."""
    if await _has(unit, "inbox"):
        await unit.connection.execute(_FORGET_INBOX, {"days": INBOX_DAYS})
    if await _has(unit, "idempotency"):
        await forget_keys(unit, unit.now - IDEMPOTENCY)
    if await _has(unit, "outgoing_message"):
        await forget_sent(unit.connection, unit.now - KEPT)


async def _tidy_up_once(units: UnitsOfWork) -> None:
    async with units.begin() as unit:
        await tidy_up(unit)


async def _has(unit: UnitOfWork, table: str) -> bool:
    found = await unit.connection.execute(_HAS_TABLE, {"name": table})
    return bool(found.scalar_one())
