"""A world to send into, and a database with a queue."""

from collections.abc import AsyncIterator

import pytest

from tests.support.platforms import Mailbox, Platforms, running_mailbox, running_platforms


@pytest.fixture(scope="module")
async def _running() -> AsyncIterator[Platforms]:
    async with running_platforms() as running:
        yield running


@pytest.fixture
def platforms(_running: Platforms) -> Platforms:
    """Return the platforms, on a good day and with nothing sent."""
    _running.reset()
    return _running


@pytest.fixture
async def mailbox() -> AsyncIterator[Mailbox]:
    """Run an SMTP server."""
    async with running_mailbox() as running:
        yield running
