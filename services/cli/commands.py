"""Runs the commands, and says in one sentence each what is wrong with the settings."""

from typing import Any

import typer
from pydantic import ValidationError
from typer.core import TyperGroup


class Commands(TyperGroup):
    """The group of all commands."""

    def invoke(self, ctx: Any) -> Any:
        """Run a command; a setting that does not hold ends it with its variable's name."""
        try:
            return super().invoke(ctx)
        except ValidationError as error:
            if not error.title.endswith("Settings"):
                raise
            for sentence in _sentences(error):
                typer.echo(sentence, err=True)
            raise typer.Exit(2) from None


def _sentences(error: ValidationError) -> list[str]:
    name = error.title.removesuffix("Settings")
    prefix = "TANGGAP_" if name == "Core" else f"TANGGAP_{name.upper()}_"
    return [
        # The value is left out: it may be a secret.
        f"{prefix}{'_'.join(map(str, each['loc'])).upper()}: {each['msg']}"
        for each in error.errors(include_input=False, include_url=False)
    ]
