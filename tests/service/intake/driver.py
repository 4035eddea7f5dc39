"""Drives intake as the world does: requests of citizens and staff, events of routing and sla."""

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from time import monotonic
from typing import Any

import httpx

from services.intake.api.doors import Doors
from shared.contracts.envelope import Envelope, encode, source_of
from shared.contracts.event import Event
from shared.contracts.topics import topic_of
from shared.ids import EventId, new_id
from tests.support.system import System

COMPLAINTS = "/intake/v1/complaints"

#: Invented; no person has these.
REPORTER = {
    "name": "Wagiman Contohnya",
    "phone": "0812-0000-0001",
    "email": "wagiman@contoh.example",
    "nik": "9971010101010001",
}


@dataclass(frozen=True)
class Lodged:
    """A complaint that was taken in, as its reporter knows it."""

    complaint_id: str
    code: str
    secret: str
    answer: dict[str, Any]

    @property
    def path(self) -> str:
        """Where it is."""
        return f"{COMPLAINTS}/{self.code}"

    @property
    def key(self) -> dict[str, str]:
        """The header that opens the private part."""
        return {"X-Tracking-Secret": self.secret}


@dataclass
class Driver:
    """One intake service."""

    system: System
    versions: dict[tuple[str, str], int] = field(default_factory=lambda: defaultdict(int))

    @property
    def now(self) -> datetime:
        """The service's present instant."""
        return self.system.clock.now()

    @property
    def client(self) -> httpx.AsyncClient:
        """The HTTP client."""
        return self.system.client

    @property
    def doors(self) -> Doors:
        """What the service's doors are given."""
        doors: Doors = self.system.app.apps["intake"].state.doors
        return doors

    # ------------------------------------------------------------- citizens

    async def post(self, form: dict[str, Any], *, key: str | None = None) -> httpx.Response:
        """Send a submission."""
        headers = {"Idempotency-Key": key} if key else {}
        return await self.client.post(COMPLAINTS, json=form, headers=headers)

    async def lodge(self, text: str = "Lampu jalan padam.", **form: Any) -> Lodged:
        """Submit a complaint that is taken in."""
        answer = await self.post({"text": text, **form})
        assert answer.status_code == 201, answer.text
        said = answer.json()
        return Lodged(said["complaint_id"], said["tracking_code"], said["secret"], said)

    async def track(self, lodged: Lodged, *, known: bool = False) -> dict[str, Any]:
        """Look at a complaint, with or without its secret."""
        answer = await self.client.get(lodged.path, headers=lodged.key if known else {})
        assert answer.status_code == 200, answer.text
        said: dict[str, Any] = answer.json()
        return said

    async def say(self, lodged: Lodged, step: str, body: dict[str, Any]) -> httpx.Response:
        """Send a message, a feedback or a withdrawal, with the secret."""
        return await self.client.post(f"{lodged.path}/{step}", json=body, headers=lodged.key)

    # ------------------------------------------------------------- events

    def envelope(self, event: Event) -> Envelope:
        """Put an event in the next envelope of its publisher and complaint."""
        stream = (topic_of(type(event)).publisher, str(event.complaint_id))
        self.versions[stream] += 1
        return Envelope(
            event_id=EventId(new_id()),
            event=event,
            aggregate_version=self.versions[stream],
            source=source_of(type(event)),
            time=self.now,
            correlation_id=new_id(),
        )

    async def tell(self, *events: Event) -> list[Envelope]:
        """Publish events and wait until each is handled, dead or parked."""
        envelopes = [self.envelope(event) for event in events]
        await self.deliver(envelopes)
        return envelopes

    async def deliver(self, envelopes: Sequence[Envelope]) -> None:
        """Put these envelopes on the wire, in this order, and wait until each is dealt with."""
        await self.system.transport.publish([encode(each) for each in envelopes])
        service = self.system.service("intake")
        deadline = monotonic() + 30
        while service.subscription is None or service.subscription.health().lag:
            assert monotonic() < deadline, "intake does not read"
            await asyncio.sleep(0.005)

    async def rows(self, sql: str, **values: Any) -> list[dict[str, Any]]:
        """Ask intake's database."""
        return await self.system.rows("intake", sql, **values)

    async def published(self, complaint_id: str) -> list[dict[str, Any]]:
        """Return what intake wrote to its outbox of a complaint, in order."""
        return await self.rows(
            "SELECT * FROM outbox WHERE aggregateid = :id ORDER BY aggregate_version",
            id=complaint_id,
        )
