"""Survey alone on real Postgres, with a key for links; one system for a module's tests."""

from collections.abc import AsyncIterator
from itertools import count
from typing import Any

import pytest

from tests.service.survey.people import LINK_KEY, People
from tests.support.servers import Databases
from tests.support.system import System, running_system

_NUMBERS = count(1)


@pytest.fixture(scope="module")
async def survey(
    databases: Databases, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[System]:
    """Run survey alone."""
    home = tmp_path_factory.mktemp("survey")
    core: dict[str, Any] = {"survey_link_key": LINK_KEY}
    async with running_system(databases, home, services=["survey"], **core) as running:
        yield running


@pytest.fixture
def people(survey: System) -> People:
    """Return people who answer, each with a device of their own."""
    return People(survey, f"{next(_NUMBERS):06}")
