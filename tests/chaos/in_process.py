"""The embedded system as the load and the checker see it: no wire between."""

from collections.abc import Mapping

import httpx

from shared.contracts.topics import ServiceName
from shared.database import Database
from tests.chaos.evidence import DELIVERING, Sample
from tests.chaos.gathering import read_samples
from tests.load.client import Answer
from tests.support.system import System


class AppWay:
    """Requests straight into the app."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        """Use the system's own client."""
        self._client = client

    async def ask(
        self,
        method: str,
        path: str,
        content: bytes = b"",
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Send a request and return its answer."""
        kinds = {"content-type": "application/json"} if content else {}
        answer = await self._client.request(
            method, path, content=content or None, headers={**kinds, **(headers or {})}
        )
        return Answer(answer.status_code, dict(answer.headers), answer.content)


def databases_of(system: System) -> dict[ServiceName, Database]:
    """Return the databases that the checker looks at."""
    return {name: system.service(name).database for name in DELIVERING}


async def scrape_app(system: System) -> dict[ServiceName, list[Sample]]:
    """Read `/metrics` of each service."""
    found: dict[ServiceName, list[Sample]] = {}
    for name in DELIVERING:
        answer = await system.client.get(f"/{name}/metrics")
        found[name] = read_samples(answer.text)
    return found
