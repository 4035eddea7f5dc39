"""`tanggap audit verify` and `tanggap retention plan`: what an auditor and an operator look at."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Annotated, TypeVar

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from rich.table import Table
from sqlalchemy.ext.asyncio import AsyncConnection

from services.cli.clocks import make_clock
from services.cli.databases import work_on
from services.intake import profile
from services.intake.operations.proving import Flaw, count_links, find_flaw
from services.intake.operations.retention import Planned, plan_retention
from shared.database import Database
from shared.profile_store import latest_profile
from shared.settings import CoreSettings, ServiceSettings

console = Console(highlight=False)
audit = typer.Typer(help="Verify the audit log and the daily roots.", no_args_is_help=True)
retention = typer.Typer(help="See what retention will destroy.", no_args_is_help=True)

ResultT = TypeVar("ResultT")
Look = Callable[[AsyncConnection], Awaitable[ResultT]]


@audit.callback()
def _audit() -> None:
    """Verify the audit log and the daily roots."""


@retention.callback()
def _retention() -> None:
    """See what retention will destroy."""


@audit.command()
def verify() -> None:
    """Compute every hash of the audit log and of the daily roots again.

    Says which is the first that does not fit, and exits with 1 then.
    """
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=console) as progress:
        task = progress.add_task("Memeriksa", total=None)

        async def look(connection: AsyncConnection) -> tuple[int, Flaw | None]:
            links = await count_links(connection)
            progress.update(task, total=links)
            return links, await find_flaw(connection, lambda n: progress.advance(task, n))

        links, flaw = _look_into_intake(look)
    if flaw is not None:
        console.print(f"[red]✗[/red] {flaw.where}: {flaw.what}", soft_wrap=True)
        raise typer.Exit(1)
    console.print(f"[green]✓[/green] {links} entri dan hari cocok")


@retention.command()
def plan(
    days: Annotated[int, typer.Option(min=0, max=3660, help="How far to look ahead.")] = 30,
) -> None:
    """Say what retention destroys now and within the days ahead; destroys nothing."""
    now = make_clock(CoreSettings()).now()

    async def look(connection: AsyncConnection) -> list[Planned]:
        _, content = await latest_profile(connection)
        classes = profile.parse(content).privacy.retention
        return await plan_retention(connection, classes, now, timedelta(days=days))

    table = Table(title="Retensi", title_justify="left")
    for column in ("state", "kept for days", "due now", f"due in {days} days", "oldest"):
        table.add_column(column)
    for each in _look_into_intake(look):
        oldest = f"{each.oldest:%Y-%m-%d}" if each.oldest else ""
        table.add_row(each.state, str(each.days), str(each.due), str(each.soon), oldest)
    console.print(table)


def _look_into_intake(look: Look[ResultT]) -> ResultT:
    """Look into intake's database, in one transaction that sees one state of it."""

    async def work(database: Database, _settings: ServiceSettings) -> ResultT:
        async with database.engine.connect() as connection:
            await connection.execution_options(
                isolation_level="REPEATABLE READ", postgresql_readonly=True
            )
            return await look(connection)

    return work_on("intake", work)
