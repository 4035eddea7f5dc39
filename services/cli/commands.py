"""Finds the commands in their modules, runs them, and says what is wrong with the settings."""

from collections.abc import Iterator, Mapping
from functools import cache
from importlib import import_module
from typing import Any, Final

import typer
from pydantic import ValidationError
from typer.core import TyperGroup

#: Where each command is, as module of this package and name in it, in the order of the help.
PLACES: Final[Mapping[str, str]] = {
    "serve": "serving:serve",
    "stack": "serving:stack",
    "migrate": "operating:migrate",
    "topics": "operating:topics",
    "replay": "replaying:replay",
    "asyncapi": "documents:asyncapi",
    "openapi": "documents:openapi",
    "token": "staff:token",
    "demo": "demo:demo",
    "profile": "profiles:app",
    "audit": "guarding:audit",
    "retention": "guarding:retention",
    "routing": "routing:app",
    "sla": "sla:app",
    "sp4n": "sp4n:app",
    "bank": "bank:app",
    "register": "register:app",
    "messages": "messages:app",
    "survey": "survey:app",
    "innovation": "innovation:app",
    "plan": "innovation:plans",
    "marketplace": "marketplace:app",
}


class Commands(TyperGroup):
    """The group of all commands."""

    def __init__(self, **given: Any) -> None:
        """Take what Typer found, but the commands: they come from `PLACES`."""
        super().__init__(**given | {"commands": _Found()})

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


class _Found(Mapping[str, Any]):
    """Commands by name; a module is imported when a command of it is first asked for.

    All of them together take seconds to import, and a service would hold all that only they need.
    """

    def __getitem__(self, name: str) -> Any:
        return _command(name)

    def __iter__(self) -> Iterator[str]:
        return iter(PLACES)

    def __len__(self) -> int:
        return len(PLACES)


@cache
def _command(name: str) -> Any:
    module, attribute = PLACES[name].split(":")
    found = getattr(import_module(f"services.cli.{module}"), attribute)
    around = typer.Typer(rich_markup_mode="markdown", add_completion=False)
    if isinstance(found, typer.Typer):
        around.add_typer(found, name=name)
    else:
        around.command(name)(found)
    return typer.main.get_group(around).commands[name]


def _sentences(error: ValidationError) -> list[str]:
    name = error.title.removesuffix("Settings")
    prefix = "TANGGAP_" if name == "Core" else f"TANGGAP_{name.upper()}_"
    return [
        # The value is left out: it may be a secret.
        f"{prefix}{'_'.join(map(str, each['loc'])).upper()}: {each['msg']}"
        for each in error.errors(include_input=False, include_url=False)
    ]
