"""An intake service on fresh databases: one for a module's tests, or one for a test alone."""

from collections.abc import AsyncIterator
from hashlib import sha256
from pathlib import Path

import pytest

from tests.service.intake.applying import with_services
from tests.service.intake.driver import Driver
from tests.service.intake.papers import with_papers
from tests.service.intake.writing import open_to_platforms
from tests.support.servers import Databases
from tests.support.system import running_system


@pytest.fixture(scope="module")
async def intake(
    databases: Databases, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Driver]:
    """Run intake for a module's tests, each of which works on complaints of its own."""
    home = tmp_path_factory.mktemp("intake")
    async with running_system(databases, home, services=["intake"]) as system:
        yield Driver(system)


@pytest.fixture
async def alone(databases: Databases, tmp_path: Path) -> AsyncIterator[Driver]:
    """Run intake for one test that counts what there is."""
    async with running_system(databases, tmp_path, services=["intake"]) as system:
        yield Driver(system)


@pytest.fixture(scope="module")
async def channels(
    databases: Databases, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Driver]:
    """Run intake with the secrets of every platform; each test writes as a person of its own."""
    async with open_to_platforms(databases, tmp_path_factory.mktemp("channels")) as system:
        yield Driver(system)


@pytest.fixture
def sender(request: pytest.FixtureRequest) -> str:
    """Return somebody who writes in no other test."""
    return str(6_280_000_000_000 + int(sha256(request.node.nodeid.encode()).hexdigest()[:8], 16))


@pytest.fixture(scope="module")
async def papers(
    databases: Databases, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Driver]:
    """Run intake with a service that uses every block of the catalogue."""
    async with with_papers(databases, tmp_path_factory.mktemp("papers")) as driver:
        yield driver


@pytest.fixture(scope="module")
async def offices(
    databases: Databases, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Driver]:
    """Run intake with a service that two OPDs offer."""
    async with with_services(databases, tmp_path_factory.mktemp("offices")) as driver:
        yield driver
