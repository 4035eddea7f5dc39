"""A marketplace on a fresh database, with a local gateway for SMS, for each module's tests."""

from collections.abc import AsyncIterator

import pytest

from tests.service.marketplace.driver import Driver
from tests.support.platforms import running_platforms, sending_settings
from tests.support.servers import Databases
from tests.support.system import running_system


@pytest.fixture(scope="module")
async def market(
    databases: Databases, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Driver]:
    """Run marketplace for a module's tests, each of which works with traders of its own."""
    home = tmp_path_factory.mktemp("marketplace")
    async with running_platforms() as platforms:
        messaging = sending_settings(platforms)
        async with running_system(
            databases, home, services=["marketplace"], messaging=messaging
        ) as system:
            yield Driver(system, platforms)
