"""`tanggap serve` and `tanggap stack`: run services in this process, or each in its own."""

import asyncio
import gc
import os
import sys
from collections.abc import Coroutine, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Annotated, Any

import httpx
import typer
import uvicorn
from rich.console import Console

from services.all_in_one import create_app
from services.cli.clocks import make_clock
from services.deployment import (
    NICENESS,
    check_profile,
    create_databases,
    load_profile,
    make_transport,
    migrate_all,
    needs_embedded_postgres,
    settle_settings,
)
from shared import event_loop
from shared.auth import Role
from shared.contracts.topics import SERVICES, ServiceName
from shared.embedded.kafka import EmbeddedKafka
from shared.embedded.postgres import EmbeddedPostgres
from shared.embedded.supervisor import Supervisor
from shared.local_issuer import LocalIssuer
from shared.logging import configure_logging
from shared.settings import CoreSettings, ServiceSettings
from shared.telemetry import export_traces
from shared.transport.kafka_topics import create_topics

console = Console(highlight=False)

FIRST_STACK_PORT = 8001

Profile = Annotated[
    Path | None,
    typer.Option(
        exists=True,
        file_okay=False,
        help="Profile to load before starting; the one loaded last stays otherwise.",
    ),
]


def serve(
    services: Annotated[
        list[str] | None, typer.Argument(help="Which services: names, or `all` (the default).")
    ] = None,
    profile: Profile = None,
    prepare: Annotated[
        bool, typer.Option(help="Create databases and migrate before starting.")
    ] = False,
) -> None:
    """Run services in this process until Ctrl-C.

    A service whose database is not named in the environment gets one in an embedded Postgres
    below TANGGAP_HOME. Without TANGGAP_KAFKA_BOOTSTRAP the services talk in-process.
    """
    names = known_services(services or ["all"])
    core = CoreSettings()
    configure_logging(core.log_level, core.log_output)
    if profile is not None:
        check_or_exit(profile, names)
    if core.otlp_endpoint:
        export_traces("+".join(names), core.otlp_endpoint)
    with ExitStack() as stack:
        postgres = None
        if needs_embedded_postgres(core, names):
            postgres = stack.enter_context(embedded_postgres(core, names))
        core, settings = settle_settings(core, names, postgres)
        if postgres is not None or prepare:
            asyncio.run(migrate_all(settings))
        if profile is not None:
            asyncio.run(load_profile(profile, settings))
        event_loop.run(_serve(core, settings))


def stack(
    profile: Profile = None,
) -> None:
    """Run like production without Docker: real Kafka, real Postgres, a process per service.

    Services listen on ports 8001 to 8005 in the order intake, routing, sla, survey, marketplace.
    Lines of all processes come out here, each with its service's name. Ctrl-C stops everything.
    """
    core = CoreSettings(clock_file=_clock_file(CoreSettings()))
    configure_logging(core.log_level, "console")
    if profile is not None:
        check_or_exit(profile, SERVICES)
    with ExitStack() as running:
        bootstrap = core.kafka_bootstrap
        if bootstrap is None:
            console.print("Starting Kafka (the first time, its jars are fetched) …")
            kafka = running.enter_context(EmbeddedKafka(core.home / "kafka"))
            bootstrap = kafka.bootstrap
        core = core.model_copy(update={"kafka_bootstrap": bootstrap})
        postgres = None
        if needs_embedded_postgres(core, SERVICES):
            console.print("Starting Postgres …")
            postgres = running.enter_context(embedded_postgres(core, SERVICES))
        core, settings = settle_settings(core, SERVICES, postgres)
        asyncio.run(_prepare_stack(bootstrap, settings, profile))
        sys.exit(asyncio.run(_supervise(core, settings)))


def known_services(given: Iterable[str]) -> list[ServiceName]:
    """Turn names, or `all`, into services; exits with what there is when a name is unknown."""
    names = list(given)
    if "all" in names:
        return list(SERVICES)
    unknown = [name for name in names if name not in SERVICES]
    if unknown:
        raise typer.BadParameter(f"unknown: {', '.join(unknown)}; there are {', '.join(SERVICES)}")
    return [name for name in SERVICES if name in names]


def check_or_exit(profile: Path, names: Sequence[ServiceName]) -> None:
    """Print every problem of a profile and exit with 1, or return."""
    problems = check_profile(profile, names)
    for problem in problems:
        console.print(
            f"[red]{problem.file}:{problem.line}[/red]: {problem.message}", soft_wrap=True
        )
    if problems:
        raise typer.Exit(1)


@contextmanager
def embedded_postgres(
    core: CoreSettings, names: Iterable[ServiceName]
) -> Iterator[EmbeddedPostgres]:
    """Run the embedded server with a database for each service."""
    with EmbeddedPostgres(core.home / "postgres") as postgres:
        create_databases(postgres, names)
        yield postgres


async def _serve(core: CoreSettings, settings: dict[ServiceName, ServiceSettings]) -> None:
    transport, bus = make_transport(core, client_id="-".join(("tanggap", *settings)))
    app = create_app(settings, transport, make_clock(core))
    server = uvicorn.Server(
        uvicorn.Config(
            app,
            host=core.host,
            port=core.port,
            log_config=None,
            access_log=False,
            server_header=False,
            forwarded_allow_ips=core.trusted_proxies,
            # Longer than clients keep an idle connection, so that none is closed under a request.
            timeout_keep_alive=75,
            timeout_graceful_shutdown=5,
        )
    )
    greeting = asyncio.create_task(_settle_in(server, core, settings))
    try:
        await server.serve()
    finally:
        greeting.cancel()
        if bus is not None:
            await _to_its_end(bus.close())
    if not server.started:
        sys.exit(3)


async def _to_its_end(work: Coroutine[Any, Any, None]) -> None:
    """Finish some work although this task is cancelled: uvicorn, once it is done, hands Ctrl-C on.

    Then this process ends as it would have by itself.
    """
    task = asyncio.create_task(work)
    while not task.done():
        with suppress(asyncio.CancelledError):
            await asyncio.shield(task)


async def _settle_in(
    server: uvicorn.Server, core: CoreSettings, settings: dict[ServiceName, ServiceSettings]
) -> None:
    """Once the door is open, say to a person at a terminal where it is and how to knock."""
    while not server.started:  # noqa: ASYNC110 - uvicorn offers no event
        await asyncio.sleep(0.05)
    # What start-up made stays for good: let the collector pass over it.
    gc.collect()
    gc.freeze()
    if len(settings) == len(SERVICES):
        base = dict.fromkeys(SERVICES, f"http://{core.host}:{core.port}")
        print_welcome(core, base)


async def _prepare_stack(
    bootstrap: str, settings: dict[ServiceName, ServiceSettings], profile: Path | None
) -> None:
    await create_topics(bootstrap)
    await migrate_all(settings)
    if profile is not None:
        await load_profile(profile, settings)


async def _supervise(core: CoreSettings, settings: dict[ServiceName, ServiceSettings]) -> int:
    supervisor = Supervisor()
    base: dict[ServiceName, str] = {}
    for port, (name, each) in enumerate(settings.items(), FIRST_STACK_PORT):
        base[name] = f"http://{core.host}:{port}"
        await supervisor.start(
            name,
            [sys.executable, "-m", "services.cli", "serve", name],
            {
                "TANGGAP_PORT": str(port),
                "TANGGAP_HOME": str(core.home.absolute()),
                "TANGGAP_KAFKA_BOOTSTRAP": core.kafka_bootstrap or "",
                "TANGGAP_CLOCK_FILE": str(_clock_file(core)),
                "TANGGAP_LOG_OUTPUT": os.environ.get("TANGGAP_LOG_OUTPUT", "console"),
                f"TANGGAP_{name.upper()}_DATABASE_URL": each.database_url,
            },
            niceness=NICENESS.get(name, 0),
        )
    greeting = asyncio.create_task(_greet_when_ready(core, base))
    try:
        return await supervisor.run_until_stopped()
    finally:
        greeting.cancel()


async def _greet_when_ready(core: CoreSettings, base: dict[ServiceName, str]) -> None:
    async with httpx.AsyncClient(timeout=2) as client:
        for name, address in base.items():
            await _wait_ready(client, f"{address}/{name}/readyz")
    print_welcome(core, base)


async def _wait_ready(client: httpx.AsyncClient, url: str) -> None:
    while True:
        with suppress(httpx.TransportError):
            if (await client.get(url)).is_success:
                return
        await asyncio.sleep(0.2)


def _clock_file(core: CoreSettings) -> Path:
    return (core.clock_file or core.home / "clock.json").absolute()


def print_welcome(core: CoreSettings, base: dict[ServiceName, str]) -> None:
    """Print addresses and lines to paste."""
    issuer = LocalIssuer(core.home, issuer=core.oidc_issuer, audience=core.oidc_audience)
    token = issuer.token(make_clock(core), [Role.TRIAGE, Role.ADMIN], subject="meja-triase-1")
    lines = [f"  {name:<12}{address}/{name}/docs" for name, address in base.items()]
    console.print("\n[bold]Tanggap is running.[/bold]")
    console.print("\n".join(lines))
    console.print("\nLodge a complaint:")
    console.print(
        f"  curl -s {base['intake']}/intake/v1/complaints -H 'Content-Type: application/json' \\\n"
        """    -d '{"text": "Lampu jalan di depan SD Mekarsari padam sejak tiga malam"}'""",
        soft_wrap=True,
    )
    console.print("\nSee where it went, as the triage desk:")
    console.print(f"  TOKEN={token}", soft_wrap=True)
    console.print(
        f'  curl -s {base["routing"]}/routing/v1/cases -H "Authorization: Bearer $TOKEN"\n',
        soft_wrap=True,
    )
