"""One town for all the journeys that a worker walks; each is about complaints of its own."""

from collections.abc import AsyncIterator

import pytest

from tests.journey.town import Town
from tests.support.servers import Databases
from tests.support.system import running_system


@pytest.fixture(scope="session")
async def town(
    databases: Databases, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Town]:
    """Run the whole system with a clock that the journeys move, ever forwards."""
    async with running_system(databases, tmp_path_factory.mktemp("town")) as system:
        yield Town(system)
