"""`tanggap asyncapi` and `tanggap openapi`: the documents that front ends and partners live by.

Beside them the schema of a service's file, which `make documents` writes for editors.
"""

import json
from pathlib import Path
from typing import Annotated

import typer
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaMode, JsonSchemaValue
from pydantic_core import CoreSchema, core_schema

from services.all_in_one import create_service_app, settings_of
from shared.catalogue.definition import Service
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


def service_schema_text() -> str:
    """Return the JSON Schema of a service's file, for editors that complete and check it."""
    schema = Service.model_json_schema(schema_generator=_EditorSchema)
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


class _EditorSchema(GenerateJsonSchema):
    """As Pydantic writes it, but with times as the files have them, and the dialect named."""

    def generate(self, schema: CoreSchema, mode: JsonSchemaMode = "validation") -> JsonSchemaValue:
        made = super().generate(schema, mode)
        return {"$schema": self.schema_dialect, **made, "title": "A service of the catalogue"}

    def time_schema(self, schema: core_schema.TimeSchema) -> JsonSchemaValue:
        # The format "time" would ask for seconds and a zone.
        return {"type": "string", "pattern": "^([01][0-9]|2[0-3]):[0-5][0-9]$"}
