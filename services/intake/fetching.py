"""Fetches the files that citizens sent on platforms, makes them clean, and gives them to cases.

A file is leased before it is fetched, and forgotten by the transaction that gives it to its
complaint: it is given once, and a process that dies meanwhile leaves it to the next.
"""

import asyncio
from datetime import timedelta
from typing import Final, Protocol

import structlog

from services.intake import incoming_queries, queries
from services.intake.context import IntakeContext
from services.intake.incoming_tables import RemoteFile
from services.intake.operations.conversation import receive_message
from services.intake.uploads import keep_file
from shared.errors import Problem, Unavailable
from shared.messaging.port import Refused, TryLater
from shared.unit_of_work import UnitsOfWork

log = structlog.get_logger(__name__)

#: Longer than fetching and cleaning take.
LEASE: Final = timedelta(minutes=5)
#: The last try is about a day after the first: then WhatsApp still has a file, Meta may not.
MOST_TRIES: Final = 9
_POLL_SECONDS: Final = 2.0


class Remote(Protocol):
    """Where files lie."""

    async def fetch(self, channel: str, account: str, reference: str) -> bytes:
        """Return a file's bytes; raises Refused for good, TryLater for now."""
        ...

    async def close(self) -> None:
        """Give connections back."""
        ...


async def fetch_files(units: UnitsOfWork, context: IntakeContext, remote: Remote) -> None:
    """Fetch what is due, again and again, until cancelled."""
    try:
        while True:
            try:
                found = await fetch_one(units, context, remote)
            except Exception as error:  # noqa: BLE001 - the file is tried again after its lease
                log.warning("file_not_fetched", error=type(error).__name__)
                found = False
            if not found:
                await asyncio.sleep(_POLL_SECONDS)
    finally:
        await remote.close()


async def fetch_one(units: UnitsOfWork, context: IntakeContext, remote: Remote) -> bool:
    """Fetch one file that is due; tells whether there was one."""
    async with units.begin() as unit:
        file = await incoming_queries.lease_due_file(unit.connection, unit.now, unit.now + LEASE)
    if file is None:
        return False
    try:
        data = await remote.fetch(file.channel, file.account, file.reference)
        await _give(units, context, file, data)
    except (TryLater, Unavailable) as error:
        await _postpone(units, context, file, str(error))
    except (Refused, Problem) as error:
        await _give_up(units, context, file, str(error))
    else:
        context.metrics.remote_files.labels(file.channel, "fetched").inc()
    return True


async def _give(units: UnitsOfWork, context: IntakeContext, file: RemoteFile, data: bytes) -> None:
    attachment = await keep_file(units, context, data)
    async with units.begin() as unit:
        complaint = await queries.find_complaint_by_id(unit.connection, file.complaint_id or "")
        # Whoever leased it since will give it; this copy is deleted with all that nobody has.
        if await incoming_queries.delete_file(unit.connection, file) and complaint is not None:
            await receive_message(unit, context, complaint, None, [attachment])


async def _postpone(
    units: UnitsOfWork, context: IntakeContext, file: RemoteFile, reason: str
) -> None:
    if file.tries >= MOST_TRIES:
        await _give_up(units, context, file, reason)
        return
    log.info("file_postponed", channel=file.channel, reason=reason[:200])
    async with units.begin() as unit:
        pause = timedelta(minutes=3) * 2 ** (file.tries - 1)
        await incoming_queries.postpone_file(unit.connection, file, unit.now + pause)


async def _give_up(
    units: UnitsOfWork, context: IntakeContext, file: RemoteFile, reason: str
) -> None:
    log.warning("file_given_up", channel=file.channel, reason=reason[:200])
    async with units.begin() as unit:
        await incoming_queries.delete_file(unit.connection, file)
    context.metrics.remote_files.labels(file.channel, "given_up").inc()
