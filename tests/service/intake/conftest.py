"""An intake service on fresh databases: one for a module's tests, or one for a test alone."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from hashlib import sha256
from pathlib import Path

import pytest

from tests.service.intake.driver import Driver
from tests.support.deliveries import SECRETS, SMS_KEY
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
    home = tmp_path_factory.mktemp("channels")
    async with AsyncExitStack() as stack:
        with pytest.MonkeyPatch.context() as environment:
            for name, secret in SECRETS.items():
                environment.setenv(f"TANGGAP_INTAKE_{name.upper()}", secret)
            environment.setenv("TANGGAP_INTAKE_LIMIT_SENDER", "30 per hour")
            environment.setenv("TANGGAP_INTAKE_PARTNER_SMS_KEYS", SMS_KEY)
            starting = running_system(databases, home, services=["intake"])
            system = await stack.enter_async_context(starting)
        yield Driver(system)


@pytest.fixture
def sender(request: pytest.FixtureRequest) -> str:
    """Return somebody who writes in no other test."""
    return str(6_280_000_000_000 + int(sha256(request.node.nodeid.encode()).hexdigest()[:8], 16))
