"""`tanggap profile`: check, load and help to write the folder of YAML that makes it one Pemda's."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from services.cli.databases import named_databases
from services.cli.gazetteer import gazetteer
from services.cli.serving import check_or_exit
from services.deployment import load_profile
from shared.contracts.topics import SERVICES
from shared.profile import version_of
from shared.settings import CoreSettings

console = Console(highlight=False)
app = typer.Typer(help="Write, check and load the profile of a Pemda.", no_args_is_help=True)

app.command()(gazetteer)

Folder = Annotated[Path, typer.Argument(exists=True, file_okay=False, help="The profile's folder.")]


@app.command()
def check(folder: Folder) -> None:
    """Say what is wrong with a profile, each problem with its file and line."""
    check_or_exit(folder, SERVICES)
    console.print(f"[green]✓[/green] {folder}: no problem; version {version_of(folder)[:12]}")


@app.command()
def load(folder: Folder) -> None:
    """Write a profile into the services' databases; they start on it the next time.

    Nothing is written when the profile has a problem.
    """
    check_or_exit(folder, SERVICES)
    with named_databases(CoreSettings(), SERVICES, migrated=True) as settings:
        version = asyncio.run(load_profile(folder, settings))
    console.print(f"[green]✓[/green] loaded version {version[:12]}")
