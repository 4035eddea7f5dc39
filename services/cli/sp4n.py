"""`tanggap sp4n`: SP4N-LAPOR by files, and simulated."""

import asyncio
import csv
import getpass
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import typer
from rich.console import Console
from rich.progress import Progress

from services.all_in_one import create_service_app
from services.cli.clocks import make_clock
from services.cli.databases import named_databases
from services.cli.sp4n_simulator import simulate
from services.intake.api.doors import Doors
from services.intake.operations.auditing import record
from services.intake.operations.sp4n_files import FileRow, export_rows, import_row, read_file
from services.intake.rules.sp4n_files import RowRefused
from shared.contracts.topics import ServiceName
from shared.errors import Problem
from shared.logging import configure_logging
from shared.settings import CoreSettings, ServiceSettings
from shared.transport.unconnected import UnconnectedTransport

console = Console(highlight=False)
app = typer.Typer(
    help="Bring reports in from SP4N-LAPOR's export, and write ours in its form.",
    no_args_is_help=True,
)

_INTAKE: ServiceName = "intake"
_REPORT_HEADER = ("baris", "tracking_id", "alasan")
_DAY = ["%Y-%m-%d"]


app.command("simulate")(simulate)


@app.command("import")
def import_reports(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="The export, as CSV.")],
    report: Annotated[
        Path | None,
        typer.Option(help="Where rows that were not taken in are listed; default FILE.ditolak.csv"),
    ] = None,
) -> None:
    """Take in the open reports of an export, each once by its Tracking ID.

    It may be run again: what is there already stays as it is. Rows that were not taken in are
    listed with their line and the reason, and without anything that they say.
    """
    target = report or file.with_name(f"{file.name}.ditolak.csv")
    _with_doors(lambda doors: _import(doors, file, target))


@app.command("export")
def export_reports(
    file: Annotated[Path, typer.Argument(dir_okay=False, help="The CSV to write.")],
    since: Annotated[datetime, typer.Option(formats=_DAY, help="The first day.")],
    until: Annotated[datetime, typer.Option(formats=_DAY, help="The last day.")],
    full: Annotated[
        str | None,
        typer.Option(
            help="A reason: then words are the reporters' own, and those who are not anonymous "
            "are named. It goes into the audit log with who asked."
        ),
    ] = None,
) -> None:
    """Write the complaints of some days, the last one included, in SP4N-LAPOR's 21 columns.

    Without --full words are masked, nobody is named, and of a secret report nothing is said. An
    anonymous reporter is named in no case.
    """
    _with_doors(lambda doors: _export(doors, file, since, until, full))


async def _import(doors: Doors, file: Path, target: Path) -> None:
    rows = _read(file, ZoneInfo(doors.context.profile.pemda.zone))
    counted = {"new": 0, "there": 0, "refused": 0}
    with (
        target.open("w", encoding="utf-8", newline="") as refusals,
        Progress(console=console) as progress,
    ):
        writer = csv.writer(refusals)
        writer.writerow(_REPORT_HEADER)
        for row in progress.track(rows, description="Taking in reports"):
            outcome, why = await _take_in(doors, row)
            counted[outcome] += 1
            if why is not None:
                writer.writerow((row.line, row.tracking_id, why))
    console.print(
        f"[green]✓[/green] {counted['new']} taken in, {counted['there']} there already, "
        f"{counted['refused']} not taken in: {target}"
    )


def _read(file: Path, zone: ZoneInfo) -> list[FileRow]:
    with file.open(encoding="utf-8-sig", newline="") as source:
        try:
            return list(read_file(source, zone))
        except (RowRefused, UnicodeDecodeError, csv.Error) as error:
            console.print(f"[red]✗[/red] {file}: {error}")
            raise typer.Exit(1) from None


async def _take_in(doors: Doors, row: FileRow) -> tuple[str, str | None]:
    began = doors.units.clock.now()
    try:
        receipt = await doors.in_unit(lambda unit: import_row(unit, doors.context, row))
    except RowRefused as refused:
        return "refused", str(refused)
    except Problem as problem:
        return "refused", problem.detail
    return ("new" if receipt.received_at >= began else "there"), None


async def _export(
    doors: Doors, file: Path, since: datetime, until: datetime, reason: str | None
) -> None:
    zone = ZoneInfo(doors.context.profile.pemda.zone)
    first, last = since.replace(tzinfo=zone), until.replace(tzinfo=zone) + timedelta(days=1)
    if reason is not None:
        # Committed before anything is read: whoever saw some of it has asked.
        async with doors.units.begin() as unit:
            record(
                unit,
                f"cli:{getpass.getuser()}",
                "exported_in_full",
                "sp4n:export",
                reason=reason,
                since=first.isoformat(),
                until=last.isoformat(),
            )
    rows = -1
    with file.open("w", encoding="utf-8", newline="") as target:
        writer = csv.writer(target, quoting=csv.QUOTE_ALL)
        async with doors.units.database.transaction() as connection:
            async for cells in export_rows(
                connection, doors.context, first, last, in_full=reason is not None
            ):
                writer.writerow(cells)
                rows += 1
    console.print(f"[green]✓[/green] {rows} reports written to {file}")


def _with_doors(work: Callable[[Doors], Coroutine[Any, Any, None]]) -> None:
    """Do something with intake's doors on the configured database, beside a running service."""
    core = CoreSettings()
    configure_logging("WARNING", core.log_output)
    with named_databases(core, [_INTAKE]) as settings:
        asyncio.run(_work(settings[_INTAKE], work))


async def _work(
    settings: ServiceSettings, work: Callable[[Doors], Coroutine[Any, Any, None]]
) -> None:
    async with _intake(settings) as doors:
        await work(doors)


@asynccontextmanager
async def _intake(settings: ServiceSettings) -> AsyncIterator[Doors]:
    clock = make_clock(settings.core)
    intake = create_service_app(_INTAKE, settings, UnconnectedTransport(), clock)
    async with intake.router.lifespan_context(intake):
        doors: Doors = intake.state.doors
        yield doors
