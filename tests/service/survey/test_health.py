"""It starts on a database with a profile, and tells how it is."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from services.survey import profile
from services.survey.app import create_app
from services.survey.settings import SurveySettings
from shared.clock import ManualClock
from shared.profile_store import ProfileMissing
from shared.settings import CoreSettings
from tests.support.servers import PROFILE, Databases
from tests.support.system import START, System, running_system


@pytest.fixture(scope="module")
async def system(
    databases: Databases, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[System]:
    """Run survey alone."""
    home = tmp_path_factory.mktemp("survey")
    async with running_system(databases, home, services=["survey"]) as running:
        yield running


@pytest.mark.parametrize("path", ["livez", "readyz"])
async def test_it_is_alive_and_ready(system: System, path: str) -> None:
    answer = await system.client.get(f"/survey/{path}")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


async def test_it_shows_metrics(system: System) -> None:
    answer = await system.client.get("/survey/metrics")
    assert answer.status_code == 200
    assert "tanggap_http_requests_total" in answer.text
    # It neither publishes nor consumes, and so has nothing to say of either.
    assert "tanggap_outbox_unpublished" not in answer.text


async def test_it_starts_on_the_profile_that_was_loaded_last(system: System) -> None:
    context = system.app.apps["survey"].state.context
    assert context.profile == profile.read(PROFILE)
    [stored] = await system.rows("survey", "SELECT version FROM profile")
    assert context.profile_version == stored["version"]


async def test_a_profile_survives_being_stored() -> None:
    read = profile.read(PROFILE)
    assert profile.parse(profile.dump(read)) == read


async def test_it_does_not_start_without_a_profile(databases: Databases, tmp_path: Path) -> None:
    settings = SurveySettings(
        database_url=await databases.fresh("survey"), core=CoreSettings(home=tmp_path)
    )
    app = create_app(settings, None, ManualClock(START))
    with pytest.raises(ProfileMissing):
        async with app.router.lifespan_context(app):
            pass


async def test_an_unknown_path_is_answered_with_a_problem(system: System) -> None:
    answer = await system.client.get("/survey/v1/nothing")
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"
