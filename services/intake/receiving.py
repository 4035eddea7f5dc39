"""Takes in what a platform delivers at once: each message for itself, in a unit of its own.

A message that cannot be taken in is kept as refused and harms no other; what may pass is tried
again by the platform, which then is told so.
"""

from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Final

import structlog

from services.intake.channels.message import DeliveryReport, IncomingMessage, Item, Unreadable
from services.intake.context import IntakeContext
from services.intake.errors import BeginAnew
from services.intake.operations.incoming import (
    note_delivery,
    receive_incoming,
    refuse_incoming,
)
from services.intake.operations.submission import sender_index
from shared.database import is_transient
from shared.errors import Problem
from shared.unit_of_work import UnitsOfWork

log = structlog.get_logger(__name__)

Admit = Callable[[bytes], None]

_MOST_ATTEMPTS: Final = 5
_FIRST: Final = datetime.min.replace(tzinfo=UTC)


async def receive_items(
    units: UnitsOfWork, context: IntakeContext, admit: Admit, items: Iterable[Item]
) -> None:
    """Take in what was delivered, in the order in which it was written.

    `admit` is given each sender's keyed hash, and raises a problem where they write too often.

    Raises what may pass, after the others have been taken in: then it has to come again, and what
    was taken in changes nothing.
    """
    passing: Exception | None = None
    for item in sorted(items, key=_written_at):
        try:
            await _receive_item(units, context, admit, item)
        except Exception as error:
            if not is_transient(error):
                raise
            passing = error
    if passing is not None:
        raise passing


async def _receive_item(
    units: UnitsOfWork, context: IntakeContext, admit: Admit, item: Item
) -> None:
    if isinstance(item, IncomingMessage):
        try:
            admit(sender_index(context.vault, item.channel, item.handle))
            await _receive_message(units, context, item)
        except Exception as error:
            if is_transient(error):
                raise
            if not isinstance(error, Problem):
                log.exception("message_refused", channel=item.channel)
            await _refuse(units, context, item, type(error).__name__)
    elif isinstance(item, DeliveryReport):
        async with units.begin() as unit:
            await note_delivery(unit, item)
    else:
        log.warning("message_unreadable", channel=item.channel, reason=item.reason)
        await _refuse(units, context, item, item.reason)


async def _receive_message(
    units: UnitsOfWork, context: IntakeContext, incoming: IncomingMessage
) -> None:
    for attempt in range(1, _MOST_ATTEMPTS + 1):
        try:
            async with units.begin() as unit:
                await receive_incoming(unit, context, incoming)
        except BeginAnew:
            if attempt == _MOST_ATTEMPTS:
                raise
        else:
            return


async def _refuse(
    units: UnitsOfWork, context: IntakeContext, item: IncomingMessage | Unreadable, reason: str
) -> None:
    async with units.begin() as unit:
        await refuse_incoming(unit, context, item, reason)


def _written_at(item: Item) -> datetime:
    match item:
        case IncomingMessage():
            return item.sent_at
        case DeliveryReport():
            return item.at
        case _:
            return _FIRST
