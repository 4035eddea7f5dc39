"""What the tests of reliability are given."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.chaos.stage import Stage
from tests.support.servers import Databases


@pytest.fixture(scope="session")
def rounds(request: pytest.FixtureRequest) -> int:
    """Return how often each fault is made."""
    number: int = request.config.getoption("--chaos-rounds")
    return number


@pytest.fixture
def stage(databases: Databases, tmp_path: Path) -> Iterator[Stage]:
    """Give the machine a stage."""
    made = Stage(databases, tmp_path)
    yield made
    made.close()
