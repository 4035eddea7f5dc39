"""A publisher and a consumer, each on a database of its own."""

from collections.abc import AsyncIterator

import pytest

from tests.support.delivery import Consumer, Publisher, empty_delivery_database
from tests.support.servers import Databases


@pytest.fixture(scope="session")
async def delivery_urls(databases: Databases) -> tuple[str, str]:
    """Make two databases that the tests of this worker use one after the other."""
    return await databases.empty(), await databases.empty()


@pytest.fixture
async def publisher(delivery_urls: tuple[str, str]) -> AsyncIterator[Publisher]:
    """Make a publisher with an empty outbox."""
    made = Publisher(await empty_delivery_database(delivery_urls[0]))
    yield made
    await made.database.close()


@pytest.fixture
async def consumer(delivery_urls: tuple[str, str]) -> AsyncIterator[Consumer]:
    """Make a consumer with an empty inbox."""
    made = Consumer(await empty_delivery_database(delivery_urls[1]))
    yield made
    await made.database.close()
