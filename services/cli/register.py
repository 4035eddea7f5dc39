"""`tanggap register import`: takes an existing register of an OPD in from CSV."""

from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from services.cli.clocks import make_clock
from services.cli.databases import work_on
from services.intake import profile
from services.intake.operations.register_importing import Tally, batches, import_rows
from services.intake.rules.register_files import FileUnreadable, read_register
from services.intake.rules.registers import Book, books_of
from shared.database import Database
from shared.profile_store import ProfileMissing, latest_profile
from shared.settings import ServiceSettings
from shared.unit_of_work import UnitsOfWork

console = Console(highlight=False)
app = typer.Typer(help="Look after registers of the service catalogue.", no_args_is_help=True)


@dataclass(frozen=True, slots=True)
class _File:
    """A file of an existing register, and whose it is."""

    path: Path
    register: str
    opd: str | None


@app.callback()
def register() -> None:
    """Look after registers of the service catalogue."""


@app.command("import")
def import_file(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="CSV in UTF-8.")],
    register: Annotated[str, typer.Option(help="The register's code in the catalogue.")],
    opd: Annotated[
        str | None, typer.Option(help="Whose entries they are; needed where several keep it.")
    ] = None,
) -> None:
    """Take an existing register in: each row once, however often the file is imported.

    Headings are codes or labels of the register's columns, and lat, lon, alamat. What is not
    understood is refused, and told with line and reason. After an interruption, import it again.
    """
    try:
        tally = work_on("intake", partial(_import, _File(file, register, opd)), migrated=True)
    except (FileUnreadable, ProfileMissing) as error:
        raise typer.BadParameter(str(error)) from error
    except UnicodeDecodeError as error:
        raise typer.BadParameter("the file is not UTF-8") from error
    console.print(
        f"[green]✓[/green] {tally.added:,} added, {tally.changed:,} changed, {tally.same:,} were "
        f"there already, {tally.refused:,} refused"
    )
    for each in tally.refusals:
        console.print(f"  line {each.line}: {each.reason}", soft_wrap=True)


async def _import(given: _File, database: Database, settings: ServiceSettings) -> Tally:
    async with database.transaction() as connection:
        _, content = await latest_profile(connection)
    book = books_of(profile.parse(content).services).get(given.register)
    if book is None:
        raise typer.BadParameter(f"the catalogue has no register '{given.register}'")
    opd = _owner(book, given.opd)
    units, tally = UnitsOfWork(database, make_clock(settings.core)), Tally()
    for batch in batches(read_register(book, given.path.read_text(encoding="utf-8-sig"))):
        async with units.begin() as unit:
            await import_rows(unit, book, opd, batch, tally)
    return tally


def _owner(book: Book, opd: str | None) -> str:
    offering = sorted(book.offered_by)
    if opd is None and len(offering) == 1:
        return offering[0]
    if opd not in offering:
        raise typer.BadParameter(f"--opd must be one of {', '.join(offering)}")
    return opd
