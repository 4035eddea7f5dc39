"""`tanggap replay`: what an operator does with events that failed for good."""

import asyncio
import getpass
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from services.all_in_one import EVENT_DRIVEN, create_service_app
from services.cli.clocks import make_clock
from services.cli.databases import named_databases
from services.cli.serving import known_services
from shared.contracts.topics import ServiceName
from shared.delivery_queries import HeldEvent
from shared.logging import configure_logging
from shared.replay import (
    EarlierEventWaits,
    NoSuchDeadLetter,
    list_dead,
    list_parked,
    replay_dead,
    skip_dead,
)
from shared.service import Service
from shared.settings import CoreSettings, ServiceSettings
from shared.transport.unconnected import UnconnectedTransport

console = Console(highlight=False)


def replay(
    service: Annotated[str, typer.Argument(help="The service whose dead letters are meant.")],
    event: Annotated[str | None, typer.Option(help="One event by its id.")] = None,
    every: Annotated[bool, typer.Option("--all", help="Try every dead letter again.")] = False,
    skip: Annotated[
        bool, typer.Option(help="Pass over the event for good, instead of trying it again.")
    ] = False,
    why: Annotated[str, typer.Option(help="With --skip: the reason, for the log.")] = "",
) -> None:
    """List a service's dead letters; with --event or --all, try them again.

    An event keeps its id, so that it takes effect once however often it is tried, and what was
    parked behind it follows. `--skip --why …` passes over one whose effect shall never happen.
    """
    names = [name for name in known_services([service]) if name in EVENT_DRIVEN]
    if not names:
        raise typer.BadParameter(f"{service} stands alone and consumes no events")
    if skip and (event is None or not why):
        raise typer.BadParameter("--skip needs --event and --why")
    reason = why if skip else None
    core = CoreSettings()
    configure_logging("CRITICAL", core.log_output)
    with named_databases(core, names) as settings:
        asyncio.run(_act(names[0], settings[names[0]], event, every=every, reason=reason))


async def _act(
    name: ServiceName,
    settings: ServiceSettings,
    event: str | None,
    *,
    every: bool,
    reason: str | None,
) -> None:
    async with _handling(name, settings) as service:
        if event is not None and reason is not None:
            await _skip(service, event, reason)
        elif event is not None or every:
            await _try_again(service, event)
        else:
            _print("Dead letters", await list_dead(service.units, name))
            _print("Parked behind an earlier event", await list_parked(service.units, name))


async def _skip(service: Service, event: str, why: str) -> None:
    try:
        await skip_dead(
            service.units, service.name, service.handlers, event, by=getpass.getuser(), why=why
        )
    except (NoSuchDeadLetter, EarlierEventWaits) as error:
        _fail(str(error))
    console.print(f"[green]✓[/green] passed over {event}")


async def _try_again(service: Service, event: str | None) -> None:
    try:
        done = await replay_dead(service.units, service.name, service.handlers, event)
    except NoSuchDeadLetter as error:
        _fail(str(error))
    console.print(f"[green]✓[/green] {len(done.settled)} settled")
    if done.still_dead:
        _fail(f"{len(done.still_dead)} still dead: {', '.join(done.still_dead)}")


def _fail(text: str) -> None:
    console.print(f"[red]✗[/red] {text}")
    raise typer.Exit(1)


def _print(title: str, held: list[HeldEvent]) -> None:
    table = Table(title=f"{title}: {len(held)}", title_justify="left")
    for column in ("event", "complaint", "version", "since", "reason"):
        table.add_column(column, overflow="fold")
    for each in held:
        table.add_row(
            each.event_id,
            each.stream[1] if each.stream else "",
            str(each.version or ""),
            f"{each.since:%Y-%m-%d %H:%M:%SZ}",
            each.reason,
        )
    console.print(table)


@asynccontextmanager
async def _handling(name: ServiceName, settings: ServiceSettings) -> AsyncIterator[Service]:
    """Run a service without a bus: it has its handlers, and what it publishes waits for a relay."""
    app = create_service_app(name, settings, UnconnectedTransport(), make_clock(settings.core))
    async with app.router.lifespan_context(app):
        service: Service = app.state.service
        yield service
