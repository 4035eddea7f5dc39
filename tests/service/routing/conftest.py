"""A routing service on fresh databases: one for a module's tests, or one for a test alone."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.service.routing.driver import Driver
from tests.support.servers import Databases
from tests.support.system import running_system


@pytest.fixture(scope="module")
async def routing(
    databases: Databases, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Driver]:
    """Run routing for a module's tests, each of which works on complaints of its own."""
    home = tmp_path_factory.mktemp("routing")
    async with running_system(databases, home, services=["routing"]) as system:
        yield Driver(system)


@pytest.fixture
async def alone(databases: Databases, tmp_path: Path) -> AsyncIterator[Driver]:
    """Run routing for one test that counts what there is."""
    async with running_system(databases, tmp_path, services=["routing"]) as system:
        yield Driver(system)
