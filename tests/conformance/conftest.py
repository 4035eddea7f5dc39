"""Each test of this folder runs once on every kind of bus."""

from collections.abc import AsyncIterator

import pytest

from tests.conformance.buses import Bus, InProcessBus, KafkaBus
from tests.support.servers import Databases


@pytest.fixture(
    params=[
        "in_process",
        pytest.param("kafka", marks=[pytest.mark.kafka, pytest.mark.xdist_group("kafka")]),
    ]
)
async def bus(request: pytest.FixtureRequest, databases: Databases) -> AsyncIterator[Bus]:
    """Make a bus whose topics no other test uses."""
    made: Bus
    if request.param == "kafka":
        made = await KafkaBus.create(request.getfixturevalue("kafka"))
    else:
        made = InProcessBus(await databases.empty())
    yield made
    await made.close()
