"""A partner: a key, and reports that another implementation than ours signs with it."""

import json
from base64 import b64encode
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import httpx
from standardwebhooks.webhooks import Webhook

from shared.clock import Clock
from shared.ids import new_id

KEYS = {
    partner: "whsec_" + b64encode(partner.encode().ljust(32, b"-")).decode()
    for partner in ("sp4n", "call112", "sms")
}
#: The settings that let these partners in.
ENVIRONMENT = {f"TANGGAP_INTAKE_PARTNER_{name.upper()}_KEYS": key for name, key in KEYS.items()}


@dataclass(frozen=True)
class Partner:
    """One partner, who signs what it sends."""

    name: str
    client: httpx.AsyncClient
    clock: Clock

    @property
    def path(self) -> str:
        """Where it sends its reports."""
        return f"/intake/v1/partners/{self.name}/reports"

    def signed(
        self, body: bytes, *, at: datetime | None = None, key: str | None = None
    ) -> dict[str, str]:
        """Return the headers that go with a body."""
        message_id, sent_at = new_id(), at or self.clock.now()
        signature = Webhook(key or KEYS[self.name]).sign(message_id, sent_at, body.decode())
        return {
            "Content-Type": "application/json",
            "webhook-id": message_id,
            "webhook-timestamp": str(int(sent_at.timestamp())),
            "webhook-signature": signature,
        }

    async def push(self, report: dict[str, Any]) -> httpx.Response:
        """Send a report."""
        body = json.dumps(report).encode()
        return await self.client.post(self.path, content=body, headers=self.signed(body))

    async def report(self, report: dict[str, Any]) -> dict[str, Any]:
        """Send a report that is taken in."""
        answer = await self.push(report)
        assert answer.status_code == 201, answer.text
        said: dict[str, Any] = answer.json()
        return said
