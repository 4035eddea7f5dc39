"""One live system for all the tests of this folder that a worker runs."""

from collections.abc import Iterator

import pytest

from tests.service.http.live import LiveSystem, live_system
from tests.support.servers import Databases


@pytest.fixture(scope="session")
def live(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveSystem]:
    """Serve the whole system on a port of its own."""
    with live_system(databases, tmp_path_factory.mktemp("live")) as running:
        yield running
