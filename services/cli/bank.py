"""`tanggap bank import`: puts a log of old complaints into the data bank."""

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from services.cli.clocks import make_clock
from services.cli.databases import work_on
from services.intake import profile
from services.intake.operations.importing import ImportOutcome, import_rows
from services.intake.profile import IntakeProfile
from services.intake.rules.archives import FIELDS, Names, named
from services.intake.rules.old_logs import ColumnsMissing, Form, read_rows
from shared.database import Database
from shared.profile_store import ProfileMissing, latest_profile
from shared.settings import ServiceSettings
from shared.unit_of_work import UnitsOfWork

console = Console(highlight=False)
app = typer.Typer(help="Look after the data bank of complaints.", no_args_is_help=True)

_JSON_LINES = frozenset((".json", ".jsonl", ".ndjson"))


@dataclass(frozen=True, slots=True)
class Log:
    """A file of old complaints, and how to read it."""

    path: Path
    columns: Mapping[str, str]
    opds: Mapping[str, str]
    source: str

    @property
    def form(self) -> Form:
        """Tell the file's form by its name."""
        return "jsonl" if self.path.suffix.lower() in _JSON_LINES else "csv"


@app.callback()
def bank() -> None:
    """Look after the data bank of complaints."""


@app.command("import")
def import_log(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="CSV or JSON lines.")],
    column: Annotated[
        list[str] | None,
        typer.Option(help=f"FIELD=NAME, the file's name of one of: {', '.join(FIELDS)}."),
    ] = None,
    opd: Annotated[
        list[str] | None, typer.Option(help="NAME=CODE, what the file calls an OPD.")
    ] = None,
    source: Annotated[
        str, typer.Option(help="Which log it is from: the rows' keys count within it.")
    ] = "archive",
    refused: Annotated[
        Path | None, typer.Option(help="Report of refused rows; by default beside the file.")
    ] = None,
) -> None:
    """Put a log of old complaints into the data bank: no case is opened, no clock started.

    Personal data in the texts are masked; what the column `person` holds is masked wherever the
    text repeats it, and kept nowhere. A row is stored once, however often it is imported: after an
    interruption, import the file again. Rows without text or time, or with an OPD or area that the
    profile does not know, are refused, and reported with line and reason.
    """
    log = Log(file, _pairs(column, "--column", FIELDS), _pairs(opd, "--opd"), source)
    try:
        outcome = work_on("intake", partial(_import, log), migrated=True)
    except ColumnsMissing as error:
        raise typer.BadParameter(f"the file has no column {error}: see --column") from error
    except ProfileMissing as error:
        raise typer.BadParameter(str(error)) from error
    _tell(outcome, refused or file.with_name(f"{file.name}.refused.csv"))


async def _import(log: Log, database: Database, settings: ServiceSettings) -> ImportOutcome:
    async with database.transaction() as connection:
        _, content = await latest_profile(connection)
    names = _names(profile.parse(content), log)
    units = UnitsOfWork(database, make_clock(settings.core))
    size = max(log.path.stat().st_size, 1)
    with log.path.open("rb") as raw, _progress() as progress:
        task = progress.add_task("Importing", total=size, rows=0)
        lines = io.TextIOWrapper(raw, encoding="utf-8-sig", errors="replace", newline="")
        outcome = await import_rows(
            units,
            read_rows(lines, log.form, log.columns),
            names,
            log.source,
            lambda so_far: progress.update(task, completed=raw.tell(), rows=so_far.rows),
        )
        progress.update(task, completed=size, rows=outcome.rows)
    return outcome


def _names(found: IntakeProfile, log: Log) -> Names:
    opds = named(found.opds.items())
    for written, code in log.opds.items():
        if code not in found.opds:
            raise typer.BadParameter(f"--opd {written}={code}: the profile has no OPD {code}")
        opds[written.casefold()] = code
    return Names(
        ZoneInfo(found.pemda.zone),
        opds,
        named(found.topic_names().items()),
        named(found.area_names().items()),
    )


def _pairs(given: list[str] | None, option: str, known: tuple[str, ...] = ()) -> dict[str, str]:
    pairs = {}
    for each in given or []:
        left, equals, right = each.partition("=")
        if not (left and equals and right) or (known and left not in known):
            wanted = f"one of {', '.join(known)}=NAME" if known else "NAME=CODE"
            raise typer.BadParameter(f"{option} {each}: write {wanted}")
        pairs[left] = right
    return pairs


def _progress() -> Progress:
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f} %  {task.fields[rows]:,} rows"),
        TimeRemainingColumn(),
        console=console,
    )


def _tell(outcome: ImportOutcome, report: Path) -> None:
    console.print(
        f"[green]✓[/green] {outcome.stored:,} stored, {outcome.known:,} were there already, "
        f"{len(outcome.refused):,} refused"
    )
    if not outcome.refused:
        return
    with report.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([("baris", "alasan"), *outcome.refused])
    console.print(f"  why: {report}", soft_wrap=True)
