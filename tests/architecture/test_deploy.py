"""Image and compose file cannot be built here, so that all they name is held to the code."""

import asyncio
import json
import os
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest
import typer

from services.all_in_one import create_app, settings_of
from services.cli import app as cli
from services.cli.serving import FIRST_STACK_PORT
from services.deployment import (
    NICENESS,
    database_name,
    migrate_all,
    needs_embedded_postgres,
)
from shared.clock import SystemClock
from shared.contracts.topics import SERVICES, ServiceName
from shared.embedded import kafka_jars
from shared.embedded.postgres import DEFAULT_SETTINGS, EXTENSIONS, EmbeddedPostgres
from shared.embedded.postmaster import binary
from shared.settings import CoreSettings
from shared.transport.unconnected import UnconnectedTransport
from shared.vault import open_vault
from tests.architecture.deployment_files import (
    DEPLOY,
    ROOT,
    compose,
    container_environment,
    dockerfile,
    example_environment,
    image_environment,
    locked,
    reaches_build,
    render,
    variables,
)

PORTS = {name: FIRST_STACK_PORT + place for place, name in enumerate(SERVICES)}
ONCE = ("migrate", "topics", "profile")
OURS = (*SERVICES, *ONCE)
FILLED = {
    name: value or ("A" * 43 + "=" if name.endswith("MASTER_KEY") else f"{name.lower()}0")
    for name, value in example_environment()[0].items()
}
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


@pytest.fixture(scope="module")
def services() -> dict[str, Any]:
    """Return the containers of compose.yaml, variables filled in."""
    found: dict[str, Any] = render(compose()["services"], FILLED)
    return found


def _known_variables(name: ServiceName) -> set[str]:
    core = {f"TANGGAP_{field.upper()}" for field in CoreSettings.model_fields}
    own = type(settings_of(name, database_url="unset")).model_fields
    return core | {f"TANGGAP_{name.upper()}_{field.upper()}" for field in own}


def _settings_in(
    environment: dict[str, str], monkeypatch: pytest.MonkeyPatch, *names: ServiceName
) -> tuple[CoreSettings, dict[ServiceName, Any]]:
    for variable in [each for each in os.environ if each.startswith("TANGGAP_")]:
        monkeypatch.delenv(variable)
    for variable, value in environment.items():
        monkeypatch.setenv(variable, value)
    core = CoreSettings()
    return core, {name: settings_of(name, core=core) for name in names}


# ------------------------------------------------------------------------------------ compose


def test_every_variable_in_compose_is_a_setting(services: dict[str, Any]) -> None:
    known = {variable for name in SERVICES for variable in _known_variables(name)}
    for name in OURS:
        assert set(services[name]["environment"]) <= known, name
    for name in SERVICES:
        assert set(services[name]["environment"]) <= _known_variables(name)


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_finds_all_that_it_needs(
    name: ServiceName, services: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    environment = image_environment() | container_environment(services[name], FILLED)
    core, settings = _settings_in(environment, monkeypatch, name)
    assert not needs_embedded_postgres(core, [name])
    assert core.port == PORTS[name]
    assert core.host == "0.0.0.0"  # noqa: S104 - the container's own network
    assert core.clock_file is None
    assert core.instance
    assert core.oidc_jwks_url is None
    assert core.kafka_bootstrap == "kafka:9092"
    assert settings[name].database_url == (
        f"postgresql+asyncpg://{database_name(name)}:postgres_{name}_password0"
        f"@postgres:5432/{database_name(name)}"
    )


@pytest.mark.parametrize("name", ["migrate", "profile"])
def test_preparing_needs_no_embedded_server(
    name: str, services: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    environment = image_environment() | container_environment(services[name], FILLED)
    core, _ = _settings_in(environment, monkeypatch, *SERVICES)
    assert not needs_embedded_postgres(core, SERVICES)


def test_what_the_operator_sets_reaches_the_services(monkeypatch: pytest.MonkeyPatch) -> None:
    offered = example_environment()[1]
    given = {name: f"https://masuk.example/{name.lower()}" for name in offered}
    for name in SERVICES:
        unfilled = compose()["services"][name]
        environment = container_environment(unfilled, FILLED | given)
        core, _ = _settings_in(environment, monkeypatch, name)
        assert core.oidc_jwks_url == given["TANGGAP_OIDC_JWKS_URL"]
        assert core.oidc_issuer == given["TANGGAP_OIDC_ISSUER"]
        assert core.otlp_endpoint == given["TANGGAP_OTLP_ENDPOINT"]


def test_only_intake_can_open_identities(
    services: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    holders = [n for n, each in services.items() if "TANGGAP_MASTER_KEY" in str(each)]
    assert holders == ["intake"]
    core, _ = _settings_in(container_environment(services["intake"], FILLED), monkeypatch, "intake")
    assert open_vault(core).current_key_id


def test_a_service_knows_no_other_ones_database(services: dict[str, Any]) -> None:
    for name in SERVICES:
        urls = [each for each in services[name]["environment"] if each.endswith("_DATABASE_URL")]
        assert urls == [f"TANGGAP_{name.upper()}_DATABASE_URL"]


def test_ports_are_those_of_the_code_and_open_on_this_host_only(services: dict[str, Any]) -> None:
    for name, port in PORTS.items():
        assert services[name]["ports"] == [f"127.0.0.1:{port}:{port}"]
        assert services[name]["environment"]["TANGGAP_PORT"] == str(port)
    published = [each for service in services.values() for each in service.get("ports", ())]
    assert all(each.startswith("127.0.0.1:") for each in published)
    assert not services["postgres"].get("ports")
    assert not services["kafka"].get("ports")


def test_commands_exist(services: dict[str, Any]) -> None:
    for name in OURS:
        arguments = list(services[name]["command"])
        command: Any = typer.main.get_command(cli)
        while hasattr(command, "commands"):
            command = command.commands[arguments.pop(0)]
        taken = sum(each.param_type_name == "argument" for each in command.params)
        assert len(arguments) <= taken, name
    for service in SERVICES:
        assert services[service]["command"] == ["serve", service]
    assert services["migrate"]["command"] == ["migrate", "all"]


def test_profiles_are_default_and_full(services: dict[str, Any]) -> None:
    default = {name for name, each in services.items() if "default" in each["profiles"]}
    full = {name for name, each in services.items() if "full" in each["profiles"]}
    assert default == {*OURS, "postgres", "kafka"}
    assert full == default | {"prometheus", "grafana"}
    assert example_environment()[0]["COMPOSE_PROFILES"] == "default"


def test_services_wait_for_what_they_stand_on(services: dict[str, Any]) -> None:
    for name in OURS:
        for other, how in services[name]["depends_on"].items():
            once = other in ONCE
            wanted = "service_completed_successfully" if once else "service_healthy"
            assert how == {"condition": wanted}
            assert once or "healthcheck" in services[other]
    for name in SERVICES:
        assert {"kafka", "topics", "profile"} <= set(services[name]["depends_on"])


def test_containers_have_no_more_rights_than_they_need(services: dict[str, Any]) -> None:
    for name in OURS:
        assert services[name]["read_only"] is True
        assert services[name]["cap_drop"] == ["ALL"]
        assert services[name]["security_opt"] == ["no-new-privileges:true"]


def test_a_container_steps_back_as_its_process_does(services: dict[str, Any]) -> None:
    # A step of niceness is a quarter of weight (sched(7)), and an ordinary container has 1024.
    weight: dict[str, int] = {
        name: round(1024 / 1.25**niceness) for name, niceness in NICENESS.items()
    }
    assert weight
    given = {name: services[name].get("cpu_shares") for name in OURS}
    assert given == {name: weight.get(name) for name in OURS}


def test_no_secret_has_a_default_and_the_example_names_every_one() -> None:
    text = (DEPLOY / "compose.yaml").read_text()
    found = variables(text)
    set_there, offered = example_environment()
    secret = {name for name in found if re.search(r"PASSWORD|KEY", name)}
    assert secret
    assert all(found[name] for name in secret)
    assert {name for name, demanded in found.items() if demanded} == secret
    assert {name for name, value in set_there.items() if not value} == secret
    passed = {n for each in compose()["services"].values() for n in each.get("environment", {})}
    assert offered.keys() <= found.keys() | passed
    written = re.findall(r"PASSWORD: (.)", text)
    assert written
    assert set(written) == {"$"}


def test_what_is_mounted_is_there(services: dict[str, Any]) -> None:
    named = set(compose()["volumes"])
    for name, service in services.items():
        for source, *_ in (each.split(":") for each in service.get("volumes", ())):
            if source.startswith("."):
                assert (DEPLOY / source).is_dir(), f"{name}: {source}"
            else:
                assert source in named


def test_images_are_pinned_and_those_of_the_tests(services: dict[str, Any]) -> None:
    images = {name: each["image"] for name, each in services.items()}
    bases = [each.rest.split()[0] for each in dockerfile() if each.word == "FROM"]
    for image in (*images.values(), *bases):
        assert re.search(r":v?\d+(\.\d+)*", image), image
        assert "latest" not in image
    jars = kafka_jars.__file__.replace(".py", ".txt")
    tested = re.search(r"kafka-server:(\S+)", Path(jars).read_text())
    assert tested
    assert images["kafka"] == f"apache/kafka:{tested[1]}"
    embedded = next(d for d in PROJECT["optional-dependencies"]["embedded"])
    assert re.search(r">=(\d+)", embedded)[1] == re.search(r"\d+", images["postgres"])[0]  # type: ignore[index]
    assert images["intake"] == f"tanggap:{PROJECT['version']}"


def test_postgres_has_room_for_all_and_logs_no_citizens_words(services: dict[str, Any]) -> None:
    given = dict(each[2:].split("=") for each in services["postgres"]["command"][1:])
    pool = CoreSettings.model_fields["database_pool"].default
    assert 2 * pool * len(SERVICES) + 20 < int(given["max_connections"])
    for name in ("log_error_verbosity", "log_min_error_statement"):
        assert given[name] == DEFAULT_SETTINGS[name]


@pytest.fixture
def bare_postgres(tmp_path: Path) -> Iterator[EmbeddedPostgres]:
    """Run a server in which there is nothing yet."""
    with EmbeddedPostgres(tmp_path / "postgres", settings={"fsync": "off"}) as server:
        yield server


async def test_the_databases_that_postgres_makes_are_those_that_services_use(
    bare_postgres: EmbeddedPostgres, services: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    superuser = re.match(r"postgresql://(\w+):(\w+)@", bare_postgres.dsn("postgres", "postgres"))
    assert superuser
    script = DEPLOY / "postgres" / "10-databases.sh"
    assert os.access(script, os.X_OK), "otherwise Postgres would read it into its own shell"
    server = {
        "PATH": f"{binary('psql').parent}:{os.environ['PATH']}",
        "PGHOST": "127.0.0.1",
        "PGPORT": str(bare_postgres.port),
        "PGPASSWORD": superuser[2],
        "POSTGRES_USER": superuser[1],
    }
    given = container_environment(services["postgres"], FILLED)
    process = await asyncio.create_subprocess_exec(script, env=server | given)
    assert await process.wait() == 0
    for name in SERVICES:
        asked = "SELECT extname FROM pg_extension WHERE extname <> 'plpgsql' ORDER BY 1"
        extensions = bare_postgres.run_sql(asked, database_name(name)).splitlines()
        assert extensions == sorted(EXTENSIONS)

    environment = container_environment(services["migrate"], FILLED)
    place = f"127.0.0.1:{bare_postgres.port}"
    here = {name: value.replace("postgres:5432", place) for name, value in environment.items()}
    _, settings = _settings_in(here, monkeypatch, *SERVICES)
    await migrate_all(settings)
    own = settings["sla"].database_url.replace("postgresql+asyncpg", "postgresql")
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await asyncpg.connect(own.removesuffix(database_name("sla")) + database_name("intake"))


# ----------------------------------------------------------------------------------- the image


def test_files_that_the_image_copies_are_there_and_reach_the_build() -> None:
    for each in dockerfile():
        if each.word == "COPY" and "--from" not in each.rest:
            for source in each.words()[:-1]:
                assert (ROOT / source).exists(), source
                assert reaches_build(source), source
    assert not reaches_build("deploy/.env")
    assert not reaches_build(".tanggap/keys/master.key")
    assert not reaches_build("tests/conftest.py")
    assert not reaches_build("services/intake/__pycache__/app.pyc")


def test_image_runs_the_command_as_nobody_in_particular(services: dict[str, Any]) -> None:
    said = {each.word: each.rest for each in dockerfile()}
    assert json.loads(said["ENTRYPOINT"]) == list(PROJECT["scripts"])
    assert re.fullmatch(r"[1-9]\d*:[1-9]\d*", said["USER"])
    home = image_environment()["TANGGAP_HOME"]
    assert home in next(e.rest for e in reversed(dockerfile()) if e.word == "RUN")
    for name in SERVICES:
        assert services[name]["volumes"] == [f"home:{home}"]
    variables_of_ours = {v for v in image_environment() if v.startswith("TANGGAP_")}
    assert variables_of_ours <= {f"TANGGAP_{field.upper()}" for field in CoreSettings.model_fields}
    assert int(said["EXPOSE"]) == CoreSettings.model_fields["port"].default
    assert image_environment()["TANGGAP_PORT"] == said["EXPOSE"]


@pytest.mark.parametrize("name", SERVICES)
async def test_health_check_asks_for_a_path_that_each_service_has(name: ServiceName) -> None:
    said = {each.word: each.rest for each in dockerfile()}
    check = json.loads(said["HEALTHCHECK"].split("CMD", 1)[1])[-1]
    compile(check, "HEALTHCHECK", "exec")
    path = re.search(r"\+ '(/\w+)'", check)
    assert path
    settings = settings_of(name, database_url="postgresql+asyncpg://nobody@127.0.0.1:1/none")
    app = create_app({name: settings}, UnconnectedTransport(), SystemClock())
    # Without its lifespan the app reaches no database: the path is there, and says not ready.
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://here") as client:
        answer = await client.get(path[1])
    assert answer.status_code == 503
    assert "database" in answer.json()["problems"][name]


def test_the_image_installs_what_was_tested_and_no_embedded_server() -> None:
    whole, runtime = locked(ROOT / "requirements.lock"), locked(DEPLOY / "requirements.lock")
    build = locked(DEPLOY / "build.lock")
    for package, hashes in {**runtime, **build}.items():
        assert package in whole
        assert hashes
    installed = {name for name, _ in runtime}
    wanted = {re.split(r"[\[<>=; ]", each)[0].lower() for each in PROJECT["dependencies"]}
    assert wanted <= installed
    optional = {
        re.split(r"[\[<>=; ]", each)[0].lower()
        for extra in PROJECT["optional-dependencies"].values()
        for each in extra
    }
    assert not optional & installed
    for lock in (ROOT / "requirements.lock", DEPLOY / "requirements.lock", DEPLOY / "build.lock"):
        assert "://" not in lock.read_text()
        named = re.findall(r"^[\w.-]+==", lock.read_text(), re.MULTILINE)
        assert len(named) == len(locked(lock)), "each has its hashes"
