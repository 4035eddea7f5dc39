"""Each test of this folder runs once on every kind of bus."""

from collections.abc import AsyncIterator

import pytest

from tests.conformance.buses import Bus, InProcessBus, KafkaBus
from tests.support.servers import Databases


@pytest.fixture(scope="session")
async def bus_url(databases: Databases) -> str:
    """Make a database that the tests of this worker use one after the other."""
    return await databases.empty()


@pytest.fixture(
    params=[
        "in_process",
        pytest.param("kafka", marks=[pytest.mark.kafka, pytest.mark.xdist_group("kafka")]),
    ]
)
async def bus(request: pytest.FixtureRequest, bus_url: str) -> AsyncIterator[Bus]:
    """Make a bus whose topics hold nothing."""
    made: Bus
    if request.param == "kafka":
        made = await KafkaBus.create(request.getfixturevalue("kafka"))
    else:
        made = await InProcessBus.create(bus_url)
    yield made
    await made.close()
