"""The documents that are generated from the code: writes them, or says which are stale.

`python -m tests.architecture.documents --write` or `--check`; `make documents`, `make check`.
"""

import sys
from collections.abc import Callable
from pathlib import Path

from pydantic_core import PydanticUndefined
from pydantic_settings import BaseSettings

from services.all_in_one import settings_of
from services.cli.documents import openapi_text, service_schema_text
from services.routing.states import draw_table
from shared.contracts.asyncapi import asyncapi_yaml
from shared.contracts.topics import SERVICES, ServiceName
from shared.media.settings import MediaSettings
from shared.messaging.settings import MessagingSettings
from shared.settings import CoreSettings

ROOT = Path(__file__).parents[2]


def _openapi(service: ServiceName) -> Callable[[], str]:
    return lambda: openapi_text(service)


def settings_document() -> str:
    """Describe every environment variable, from the settings classes."""
    parts = [
        "# Settings\n",
        "Environment variables, made from the settings classes by `make documents`. What is unset",
        "has its default; embedded servers stand in for a Kafka or Postgres that is not named.\n",
        _settings_table("All services", CoreSettings),
    ]
    for name in SERVICES:
        settings_class = type(settings_of(name, database_url="unset"))
        parts.append(_settings_table(name, settings_class))
    parts.append(_settings_table("Sending messages", MessagingSettings))
    parts.append(_settings_table("Files", MediaSettings))
    parts.append(
        "## Sending messages to traders\n\nMarketplace sends by accounts of its own: each variable "
        "of “Sending messages”,\nwith `TANGGAP_MARKETPLACE_SEND_` in place of `TANGGAP_SEND_`.\n"
    )
    return "\n".join(parts)


def _settings_table(title: str, settings_class: type[BaseSettings]) -> str:
    prefix = settings_class.model_config.get("env_prefix", "")
    lines = [f"## {title}\n", "| Variable | Default | Meaning |", "|---|---|---|"]
    for name, field in settings_class.model_fields.items():
        if field.exclude:
            continue
        default = field.default
        shown = "" if default in (None, "", PydanticUndefined) else f"`{default}`"
        meaning = (field.description or "").replace("|", "\\|")
        lines.append(f"| `{prefix}{name.upper()}` | {shown} | {meaning} |")
    return "\n".join(lines) + "\n"


#: Each generated document, and what makes it.
DOCUMENTS: dict[str, Callable[[], str]] = {
    "docs/asyncapi.yaml": asyncapi_yaml,
    "docs/settings.md": settings_document,
    "docs/service.schema.json": service_schema_text,
    "docs/states.md": draw_table,
    **{f"docs/openapi/{name}.json": _openapi(name) for name in SERVICES},
}


def stale_documents() -> list[str]:
    """Return the documents whose committed text is not what the code makes now."""
    return [
        name
        for name, make in DOCUMENTS.items()
        if not (ROOT / name).exists() or (ROOT / name).read_text() != make()
    ]


def write_documents() -> None:
    """Write every document."""
    for name, make in DOCUMENTS.items():
        path = ROOT / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(make())


def main(arguments: list[str]) -> int:
    """Check or write; returns the exit code."""
    if arguments == ["--write"]:
        write_documents()
        return 0
    stale = stale_documents()
    for name in stale:
        sys.stderr.write(f"{name} is stale: run `make documents` and read the difference\n")
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
