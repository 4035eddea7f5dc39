"""A small service of its own: the machinery with no domain in it."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from shared.clock import ManualClock
from shared.settings import CoreSettings, ServiceSettings
from shared.unit_of_work import UnitsOfWork
from tests.service.shared.small_service import SmallService, build
from tests.support.delivery import NOW, empty_delivery_database
from tests.support.servers import Databases


@pytest.fixture(scope="session")
async def machinery_url(databases: Databases) -> str:
    """Make a database that the tests of this worker use one after the other."""
    return await databases.empty()


@pytest.fixture
async def units(machinery_url: str) -> AsyncIterator[UnitsOfWork]:
    """Open units on an empty database."""
    database = await empty_delivery_database(machinery_url)
    yield UnitsOfWork(database, ManualClock(NOW))
    await database.close()


@pytest.fixture
async def small(machinery_url: str, tmp_path: Path) -> AsyncIterator[SmallService]:
    """Run the small service."""
    await (await empty_delivery_database(machinery_url)).close()
    core = CoreSettings(home=tmp_path, gauge_seconds=0.05, relay_poll_seconds=0.02)
    settings = ServiceSettings(database_url=machinery_url, core=core)
    async with build(settings) as running:
        yield running
