"""A subscription that hangs ends the process, so that another takes over; a stop does not."""

import asyncio
import os
from pathlib import Path
from typing import Any

import pytest

from shared import service as module
from shared.contracts.event import Event
from shared.contracts.intake import ComplaintWithdrawn
from shared.contracts.topics import TOPICS
from shared.database import Database
from shared.settings import CoreSettings, ServiceSettings
from shared.transport.in_process import InProcessTransport
from tests.service.shared.small_service import build
from tests.support.delivery import empty_delivery_database, new_complaint, withdrawn
from tests.support.servers import Databases
from tests.support.waiting import until


@pytest.fixture
def exits(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Note with what the process would have been ended, and look for it all the time."""
    noted: list[int] = []
    monkeypatch.setattr(module, "_WATCH_SECONDS", 0.01)
    monkeypatch.setattr(os, "_exit", noted.append)
    return noted


async def test_stop_during_an_event_is_orderly_and_a_dead_reader_is_not(
    databases: Databases, machinery_url: str, tmp_path: Path, exits: list[int]
) -> None:
    await (await empty_delivery_database(machinery_url)).close()
    bus = Database(await databases.bus())
    transport = InProcessTransport(bus, {topic.name: topic.partitions for topic in TOPICS})
    settings = ServiceSettings(
        database_url=machinery_url, core=CoreSettings(home=tmp_path, relay_poll_seconds=0.02)
    )
    handling, go_on = asyncio.Event(), asyncio.Event()

    async def hold(_unit: Any, _event: Event) -> None:
        handling.set()
        await go_on.wait()

    async with build(settings, transport, handlers={ComplaintWithdrawn: hold}) as small:
        async with small.service.units.begin() as unit:
            unit.publish(withdrawn(new_complaint()))
        await asyncio.wait_for(handling.wait(), 30)
        asyncio.get_running_loop().call_later(0.3, go_on.set)
    assert exits == []
    assert small.service.subscription is not None

    async with build(settings, transport, handlers={ComplaintWithdrawn: hold}) as small:
        assert small.service.subscription is not None
        await small.service.subscription.stop()
        await until(lambda: exits)
    assert set(exits) == {70}
    await bus.close()
