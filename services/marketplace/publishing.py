"""Runs promotion in the background: plans slots, publishes what is due, asks traders a week on."""

import asyncio
from collections.abc import Mapping

import structlog

from services.marketplace.operations.planning import plan_slots
from services.marketplace.operations.publishing import Publishing, publish_next
from services.marketplace.publishers.meta import FacebookPublisher, InstagramPublisher
from services.marketplace.publishers.port import Publisher, PublishingSettings
from services.marketplace.publishers.telegram import TelegramPublisher
from services.marketplace.publishers.x import XPublisher
from shared.clock import Clock
from shared.database import is_transient

log = structlog.get_logger(__name__)

_LONGEST_RETRY_SECONDS = 60.0


def make_publishers(settings: PublishingSettings, clock: Clock) -> dict[str, Publisher]:
    """Make a publisher for each platform that there are credentials for."""
    made: dict[str, Publisher] = {}
    if settings.telegram:
        made["telegram"] = TelegramPublisher(settings)
    if settings.facebook:
        made["facebook"] = FacebookPublisher(settings)
    if settings.instagram:
        made["instagram"] = InstagramPublisher(settings)
    if settings.x:
        made["x"] = XPublisher(settings, clock)
    return made


async def close_publishers(publishers: Mapping[str, Publisher]) -> None:
    """Give connections back."""
    for each in publishers.values():
        await each.close()


async def promote_once(publishing: Publishing) -> int:
    """Plan what is to be planned, and publish all that is due; returns how many were handled."""
    async with publishing.units.begin() as unit:
        await plan_slots(unit, publishing.context)
    handled = 0
    while await publish_next(publishing):
        handled += 1
    return handled


async def run_promotion(publishing: Publishing, poll_seconds: float) -> None:
    """Promote until cancelled."""
    retry = poll_seconds
    try:
        while True:
            try:
                await promote_once(publishing)
            except Exception as error:
                # What is due stays due; anything but the database's absence is told with its trace.
                if is_transient(error):
                    log.warning("promotion_interrupted", error=repr(error)[:200])
                else:
                    log.exception("promotion_failed")
                await asyncio.sleep(retry)
                retry = min(retry * 2, _LONGEST_RETRY_SECONDS)
                continue
            retry = poll_seconds
            await asyncio.sleep(poll_seconds)
    finally:
        await close_publishers(publishing.publishers)
