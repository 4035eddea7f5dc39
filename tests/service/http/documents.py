"""The committed OpenAPI documents, one by one and as one API, which they are behind one port."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from shared.contracts.topics import SERVICES, ServiceName

FOLDER = Path(__file__).parents[3] / "docs" / "openapi"

Document = dict[str, Any]


@dataclass(frozen=True)
class Operation:
    """One operation of a service's document."""

    service: ServiceName
    method: str
    path: str
    content: Document

    @property
    def for_staff(self) -> bool:
        """Tell whether it asks for a token."""
        return "security" in self.content

    def __str__(self) -> str:
        """Name it in a test's report."""
        return f"{self.method.upper()} {self.path}"


@cache
def document_of(service: ServiceName) -> Document:
    """Read a service's committed document."""
    document: Document = json.loads((FOLDER / f"{service}.json").read_text())
    return document


def operations_of(*services: ServiceName) -> Iterator[Operation]:
    """Yield every operation of these services."""
    for service in services:
        for path, methods in document_of(service)["paths"].items():
            for method, content in methods.items():
                yield Operation(service, method, path, content)


def merged_document() -> Document:
    """Return one document for all services; that no names clash is a test of its own."""
    documents = [document_of(service) for service in SERVICES]
    merged: Document = {
        "openapi": documents[0]["openapi"],
        "info": {"title": "Tanggap", "version": "1"},
        "paths": {},
        "components": {},
    }
    for document in documents:
        merged["paths"] |= document["paths"]
        for kind, named in document["components"].items():
            merged["components"].setdefault(kind, {}).update(named)
    return merged


def resolve(document: Document, schema: Document) -> Document:
    """Follow a reference within a document; raises KeyError where it leads nowhere."""
    found: Any = schema
    while "$ref" in found:
        steps = found["$ref"].removeprefix("#/").split("/")
        found = document
        for step in steps:
            found = found[step.replace("~1", "/").replace("~0", "~")]
    resolved: Document = found
    return resolved
