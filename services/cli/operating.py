"""`tanggap migrate` and `tanggap topics`: what services stand on, made and verified."""

import asyncio
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import Progress

from services.cli.databases import named_databases
from services.cli.serving import known_services
from shared.contracts.topics import ServiceName
from shared.migrating import migrate as migrate_service
from shared.settings import CoreSettings, ServiceSettings
from shared.transport.kafka_topics import create_topics, verify_topics

console = Console(highlight=False)


def migrate(
    services: Annotated[
        list[str] | None, typer.Argument(help="Which services: names, or `all` (the default).")
    ] = None,
    revision: Annotated[str, typer.Option(help="Alembic revision to go to.")] = "head",
) -> None:
    """Bring the databases to a revision; safe to run twice, and by two at once."""
    names = known_services(services or ["all"])
    with named_databases(CoreSettings(), names) as settings:
        _migrate(settings, revision)


def topics(
    verify: Annotated[
        bool, typer.Option("--verify", help="Only compare the broker with the table of topics.")
    ] = False,
    replication: Annotated[int, typer.Option(min=1, help="Copies of each partition.")] = 1,
) -> None:
    """Create the Kafka topics that are missing, and verify all of them."""
    core = CoreSettings()
    if core.kafka_bootstrap is None:
        raise typer.BadParameter("set TANGGAP_KAFKA_BOOTSTRAP to the broker's host:port")
    if not verify:
        asyncio.run(create_topics(core.kafka_bootstrap, replication))
    problems = asyncio.run(verify_topics(core.kafka_bootstrap))
    for problem in problems:
        console.print(f"[red]✗[/red] {problem}")
    if problems:
        raise typer.Exit(1)
    console.print("[green]✓[/green] every topic is as the table says")


def _migrate(settings: dict[ServiceName, ServiceSettings], revision: str) -> None:
    with Progress(console=console) as progress:
        task = progress.add_task("Migrating", total=len(settings))
        for name, each in settings.items():
            progress.update(task, description=f"Migrating {name}")
            asyncio.run(migrate_service(name, each.database_url, revision))
            progress.advance(task)
