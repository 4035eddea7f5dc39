"""A publisher and a consumer, each on a database of its own."""

from collections.abc import AsyncIterator

import pytest

from tests.support.delivery import Consumer, Publisher, make_consumer, make_publisher
from tests.support.servers import Databases


@pytest.fixture
async def publisher(databases: Databases) -> AsyncIterator[Publisher]:
    """Make a publisher with an empty outbox."""
    made = await make_publisher(databases)
    yield made
    await made.database.close()


@pytest.fixture
async def consumer(databases: Databases) -> AsyncIterator[Consumer]:
    """Make a consumer with an empty inbox."""
    made = await make_consumer(databases)
    yield made
    await made.database.close()
