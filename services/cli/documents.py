"""`tanggap asyncapi` and `tanggap openapi`: the documents that front ends and partners live by."""

import json
from pathlib import Path
from typing import Annotated

import typer

from services.all_in_one import create_service_app, settings_of
from shared.clock import SystemClock
from shared.contracts.asyncapi import asyncapi_yaml
from shared.contracts.topics import SERVICES, ServiceName
from shared.transport.unconnected import UnconnectedTransport

_NOWHERE = "postgresql+asyncpg://nobody@127.0.0.1:1/none"


def asyncapi() -> None:
    """Print the AsyncAPI 3.0 document of every event."""
    typer.echo(asyncapi_yaml(), nl=False)


def openapi(
    service: Annotated[str, typer.Argument(help="Name of the service.")],
    output: Annotated[Path | None, typer.Option(help="File to write instead.")] = None,
) -> None:
    """Print the OpenAPI document of a service."""
    if service not in SERVICES:
        raise typer.BadParameter(f"there are {', '.join(SERVICES)}")
    text = openapi_text(service)
    if output is None:
        typer.echo(text, nl=False)
    else:
        output.write_text(text)


def openapi_text(service: ServiceName) -> str:
    """Return a service's OpenAPI document as JSON; nothing is connected to for it."""
    settings = settings_of(service, database_url=_NOWHERE)
    app = create_service_app(service, settings, UnconnectedTransport(), SystemClock())
    return json.dumps(app.openapi(), indent=2, ensure_ascii=False) + "\n"
