"""The command `tanggap`: serves, prepares, looks after and demonstrates the system."""

import typer

from services.cli.commands import Commands

app = typer.Typer(
    cls=Commands,
    help=(
        "Tanggap, the backend with which a local government answers its people fast.\n\n"
        "Start with `tanggap serve all --profile DIR`: one process, one embedded Postgres. "
        "Every setting is an environment variable, listed in docs/settings.md."
    ),
    no_args_is_help=True,
    pretty_exceptions_show_locals=False,
    rich_markup_mode="markdown",
)


@app.callback()
def tanggap() -> None:
    """Do nothing before a command: Typer wants this where it is given no command itself."""
