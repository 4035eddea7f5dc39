"""What the tests of reliability are given."""

import pytest


@pytest.fixture(scope="session")
def rounds(request: pytest.FixtureRequest) -> int:
    """Return how often each fault is made."""
    number: int = request.config.getoption("--chaos-rounds")
    return number
