"""The services that stand alone start on a database with a profile, and tell how they are."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from services.all_in_one import EVENT_DRIVEN, create_service_app, profile_module, settings_of
from shared.clock import ManualClock
from shared.contracts.topics import SERVICES, ServiceName
from shared.profile_store import ProfileMissing
from shared.settings import CoreSettings
from tests.support.servers import PROFILE, Databases
from tests.support.system import START, System, running_system

ALONE = [name for name in SERVICES if name not in EVENT_DRIVEN]

each_alone = pytest.mark.parametrize("name", ALONE)


@pytest.fixture(scope="module")
async def system(
    databases: Databases, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[System]:
    """Run those that stand alone, without the others."""
    home = tmp_path_factory.mktemp("alone")
    async with running_system(databases, home, services=ALONE) as running:
        yield running


def test_there_are_two() -> None:
    assert ALONE == ["survey", "marketplace"]


@each_alone
@pytest.mark.parametrize("path", ["livez", "readyz"])
async def test_it_is_alive_and_ready(system: System, name: ServiceName, path: str) -> None:
    answer = await system.client.get(f"/{name}/{path}")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


@each_alone
async def test_it_shows_metrics(system: System, name: ServiceName) -> None:
    answer = await system.client.get(f"/{name}/metrics")
    assert answer.status_code == 200
    assert "tanggap_http_requests_total" in answer.text
    # It neither publishes nor consumes, and so has nothing to say of either.
    assert "tanggap_outbox_unpublished" not in answer.text


@each_alone
async def test_it_starts_on_the_profile_that_was_loaded_last(
    system: System, name: ServiceName
) -> None:
    context = system.app.apps[name].state.context
    assert context.profile == profile_module(name).read(PROFILE)
    [stored] = await system.rows(name, "SELECT version FROM profile")
    assert context.profile_version == stored["version"]


@each_alone
def test_a_profile_survives_being_stored(name: ServiceName) -> None:
    module = profile_module(name)
    read = module.read(PROFILE)
    assert module.parse(module.dump(read)) == read


@each_alone
async def test_it_does_not_start_without_a_profile(
    databases: Databases, tmp_path: Path, name: ServiceName
) -> None:
    settings = settings_of(
        name, database_url=await databases.fresh(name), core=CoreSettings(home=tmp_path)
    )
    app = create_service_app(name, settings, None, ManualClock(START))
    with pytest.raises(ProfileMissing):
        async with app.router.lifespan_context(app):
            pass


@each_alone
async def test_an_unknown_path_is_answered_with_a_problem(
    system: System, name: ServiceName
) -> None:
    answer = await system.client.get(f"/{name}/v1/nothing")
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"
