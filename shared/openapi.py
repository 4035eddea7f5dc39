"""The OpenAPI document of a service, completed where FastAPI's own would not be true."""

from typing import Any

from fastapi import FastAPI

from shared.problems import describe_problems


class DocumentedApp(FastAPI):
    """A FastAPI app whose document knows what problems look like."""

    def openapi(self) -> dict[str, Any]:
        """Return the document; it is made once."""
        if self.openapi_schema is None:
            describe_problems(super().openapi())
        return super().openapi()
