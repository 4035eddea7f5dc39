"""A routing service for each test, on a fresh database."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.service.routing.driver import Driver
from tests.support.servers import Databases
from tests.support.system import running_system


@pytest.fixture
async def routing(databases: Databases, tmp_path: Path) -> AsyncIterator[Driver]:
    """Run routing alone."""
    async with running_system(databases, tmp_path, services=["routing"]) as system:
        yield Driver(system)
