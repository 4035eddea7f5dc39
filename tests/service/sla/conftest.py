"""Sla on a fresh database, without its doors; or running, for a module's tests of the doors."""

from collections.abc import AsyncIterator

import pytest
from prometheus_client import CollectorRegistry

from services.sla import profile
from services.sla.context import make_context
from services.sla.metrics import SlaMetrics
from services.sla.operations.waking import keep_rules
from shared.clock import ManualClock
from shared.database import Database
from shared.unit_of_work import UnitsOfWork
from tests.service.sla.driver import Sla
from tests.support.servers import PROFILE, Databases
from tests.support.system import START, System, running_system


@pytest.fixture(scope="session")
def shipped() -> profile.SlaProfile:
    """Read the profile once for all."""
    return profile.read(PROFILE)


@pytest.fixture
async def sla(databases: Databases, shipped: profile.SlaProfile) -> AsyncIterator[Sla]:
    """Give a test its own database and clock."""
    database = Database(await databases.fresh("sla"))
    clock = ManualClock(START)
    context = make_context(shipped, "test", SlaMetrics(CollectorRegistry()))
    async with database.transaction() as connection:
        await keep_rules(connection, context.policies, clock.now())
    yield Sla(UnitsOfWork(database, clock), context, clock)
    await database.close()


@pytest.fixture(scope="module")
async def system(
    databases: Databases, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[System]:
    """Run sla alone for a module's tests, each of which works on complaints of its own."""
    home = tmp_path_factory.mktemp("sla")
    async with running_system(databases, home, services=["sla"]) as running:
        yield running


@pytest.fixture
def desk(system: System) -> Sla:
    """Feed the running sla with events."""
    service = system.service("sla")
    return Sla(service.units, system.app.apps["sla"].state.context, system.clock)
