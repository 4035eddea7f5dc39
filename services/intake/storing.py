"""Puts documents that were issued into the store of files, soon after they were."""

import asyncio
from typing import Final

import structlog

from services.intake.context import IntakeContext
from services.intake.operations.document_reading import store_contents
from shared.unit_of_work import UnitsOfWork

log = structlog.get_logger(__name__)

_IDLE_SECONDS: Final = 2.0


async def store_documents(units: UnitsOfWork, context: IntakeContext) -> None:
    """Store what waits until cancelled; until then it is read where it waits."""
    while True:
        stored = 0
        try:
            async with units.begin() as unit:
                stored = await store_contents(unit, context)
        except Exception as error:  # noqa: BLE001 - nothing is lost by being late
            log.warning("documents_not_stored", error=repr(error)[:200])
        await asyncio.sleep(0 if stored else _IDLE_SECONDS)
