"""Looks for duplicates in the background: a small set at a time, and never for long.

While many complaints come it works one part in ten of the time, so that taking them in is not
slowed; what waits is worked off afterwards. Several replicas share the work.
"""

import asyncio
from time import perf_counter
from typing import Final

import structlog

from services.intake.context import IntakeContext
from services.intake.operations.likeness import look_at_newcomers
from shared.unit_of_work import UnitsOfWork

log = structlog.get_logger(__name__)

_AT_ONCE: Final = 20
_IDLE_SECONDS: Final = 0.5
_RETRY_SECONDS: Final = 5.0
#: For each second of work, so many of rest.
_REST: Final = 9


async def find_duplicates(units: UnitsOfWork, context: IntakeContext) -> None:
    """Look at what comes until cancelled; a failure waits for the next time."""
    while True:
        began = perf_counter()
        try:
            async with units.begin() as unit:
                looked = await look_at_newcomers(unit, context, _AT_ONCE)
        except Exception as error:  # noqa: BLE001 - nothing is lost by being late
            log.warning("duplicates_not_looked_for", error=repr(error)[:200])
            await asyncio.sleep(_RETRY_SECONDS)
            continue
        spent = perf_counter() - began
        await asyncio.sleep(spent * _REST if looked else _IDLE_SECONDS)
