"""Between SP4N-LAPOR and intake: a port for the national system, and what carries both ways.

The live API's shape is not public. Whoever gets it writes one class with the methods of
`Sp4nPort`; pushing, signing, and being told of each status once are here already.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import httpx
from fastapi import FastAPI, Request, Response

from services.intake.partner_schemas import Sp4nReport
from shared.clock import Clock
from shared.ids import new_id
from shared.standard_webhooks import SignatureInvalid, sign, verify

REPORTS_PATH = "/intake/v1/partners/sp4n/reports"
STATUSES_PATH = "/statuses"

_CREATED = 201
_SERVER_ERROR = 500
_TOO_MANY = 429


@dataclass(frozen=True, slots=True)
class StatusTold:
    """Where a report stands: SP4N's own name of the status, who has it, what the citizen read."""

    external_id: str
    tracking_code: str
    status: str
    opd_name: str | None
    text: str | None
    happened_at: str


class Sp4nPort(Protocol):
    """The national system, as the bridge needs it."""

    async def list_new(self) -> Sequence[Sp4nReport]:
        """Return the reports for this Pemda that were neither accepted nor refused yet."""
        ...

    async def accept(self, external_id: str, tracking_code: str) -> None:
        """Note that the Pemda has a report, under its own code; the same twice changes nothing."""
        ...

    async def refuse(self, external_id: str, reason: str) -> None:
        """Note that the Pemda cannot take a report in, and why."""
        ...

    async def tell(self, status: StatusTold) -> None:
        """Take a status over; the bridge tells each once, in order."""
        ...


class Bridge:
    """Carries reports to intake and statuses back."""

    def __init__(
        self, port: Sp4nPort, intake: httpx.AsyncClient, keys: Sequence[bytes], clock: Clock
    ) -> None:
        """`intake` is a client whose base address is intake's; `keys` are the partner's."""
        self._port = port
        self._intake = intake
        self._keys = keys
        self._clock = clock
        self._seen: set[str] = set()

    async def carry_reports(self) -> int:
        """Push what is new; returns how many reports intake has now.

        What intake cannot take at present stays new, and goes again with the next call.
        """
        accepted = 0
        for report in await self._port.list_new():
            answer = await self._push(report)
            if answer is None or answer.status_code >= _SERVER_ERROR:
                continue
            if answer.status_code == _CREATED:
                await self._port.accept(report.external_id, answer.json()["tracking_code"])
                accepted += 1
            elif answer.status_code != _TOO_MANY:
                await self._port.refuse(report.external_id, _reason(answer))
        return accepted

    async def receive_status(self, headers: Mapping[str, str], body: bytes) -> None:
        """Hand on what intake tells of a report, each message once; raises SignatureInvalid."""
        message = verify(self._keys, headers, body, self._clock.now())
        if message.message_id in self._seen:
            return
        told: dict[str, Any] = json.loads(body)
        fields = ("external_id", "tracking_code", "status", "opd_name", "text", "happened_at")
        await self._port.tell(StatusTold(**{name: told[name] for name in fields}))
        self._seen.add(message.message_id)

    async def _push(self, report: Sp4nReport) -> httpx.Response | None:
        body = report.model_dump_json(exclude_none=True).encode()
        headers = sign(self._keys, new_id(), self._clock.now(), body)
        try:
            return await self._intake.post(
                REPORTS_PATH, content=body, headers={**headers, "Content-Type": "application/json"}
            )
        except httpx.TransportError:
            return None


def _reason(answer: httpx.Response) -> str:
    """Return why intake refused; what is no answer of intake's own says but its status."""
    try:
        detail = answer.json()["detail"]
    except (ValueError, TypeError, KeyError):
        return f"HTTP {answer.status_code}"
    return str(detail)


def status_door(bridge: Bridge) -> FastAPI:
    """Return the app that intake tells statuses to: `TANGGAP_INTAKE_PARTNER_SP4N_URL`."""
    app = FastAPI(title="Jembatan SP4N-LAPOR", openapi_url=None)

    @app.post(STATUSES_PATH)
    async def receive_status(request: Request) -> Response:
        """Take a signed status."""
        try:
            await bridge.receive_status(request.headers, await request.body())
        except SignatureInvalid as error:
            return Response(error.detail, error.status)
        return Response(status_code=204)

    return app
