"""`tanggap profile`: check, load and help to write the folder of YAML that makes it one Pemda's."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from services.all_in_one import settings_of
from services.cli.gazetteer import gazetteer
from services.cli.serving import check_or_exit, embedded_postgres
from services.deployment import load_profile, migrate_all, needs_embedded_postgres, settle_settings
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
    core = CoreSettings()
    if needs_embedded_postgres(core, SERVICES):
        with embedded_postgres(core, SERVICES) as postgres:
            _, settings = settle_settings(core, SERVICES, postgres)
            asyncio.run(migrate_all(settings))
            version = asyncio.run(load_profile(folder, settings))
    else:
        settings = {name: settings_of(name, core=core) for name in SERVICES}
        version = asyncio.run(load_profile(folder, settings))
    console.print(f"[green]✓[/green] loaded version {version[:12]}")
