"""One town for all the journeys that a worker walks; each is about complaints of its own."""

from collections.abc import AsyncIterator

import pytest

from tests.journey.doors import TEXT, Door, count_complaints, doors_of
from tests.journey.town import Complaint, Town
from tests.support.servers import Databases
from tests.support.system import running_system


@pytest.fixture(scope="session")
async def town(
    databases: Databases, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Town]:
    """Run the whole system with a clock that the journeys move, ever forwards."""
    async with running_system(databases, tmp_path_factory.mktemp("town")) as system:
        yield Town(system)


@pytest.fixture(scope="module")
async def complaint(town: Town) -> Complaint:
    """A complaint with the OPD, for doors that have to refuse."""
    return await town.complain(TEXT)


@pytest.fixture
async def doors(town: Town, complaint: Complaint) -> AsyncIterator[list[Door]]:
    """Every door that takes a body; that none of them did anything is seen afterwards."""
    complaints, before = await count_complaints(town), await complaint.case()
    yield doors_of(town, complaint)
    await town.system.settle()
    assert await count_complaints(town) == complaints
    assert await complaint.case() == before
    assert (await complaint.look(known=True))["own"]["messages"] == []
