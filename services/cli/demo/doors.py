"""The doors of a running system, as the people of the script use them."""

from collections.abc import Collection
from types import TracebackType
from typing import Any, Self

import httpx

from services.cli.demo.applications import DemoApplication
from shared.auth import Role
from shared.clock import Clock
from shared.contracts.topics import SERVICES, ServiceName
from shared.local_issuer import LocalIssuer

Json = dict[str, Any]

_MOST_PAGES = 50


class Refused(RuntimeError):
    """A door answered with a problem; the script and the system disagree."""


async def find_running(port: int, first_stack_port: int) -> dict[ServiceName, str] | None:
    """Return where each service answers: behind one port, or each on its own; None if nowhere."""
    together = f"http://127.0.0.1:{port}"
    apart = {
        name: f"http://127.0.0.1:{number}" for number, name in enumerate(SERVICES, first_stack_port)
    }
    async with httpx.AsyncClient(timeout=5) as client:
        for base in (dict.fromkeys(SERVICES, together), apart):
            try:
                answers = [
                    await client.get(f"{base[name]}/{name}/readyz")
                    for name in ("intake", "routing", "sla")
                ]
            except httpx.TransportError:
                continue
            if all(answer.status_code == 200 for answer in answers):
                return base
    return None


class Doors:
    """Calls the HTTP APIs as a citizen, as the desk, as an officer of an OPD, or as the leader."""

    def __init__(self, base: dict[ServiceName, str], issuer: LocalIssuer, clock: Clock) -> None:
        """Sign tokens with the local issuer, by the clock that the system shows."""
        self._base = base
        self._issuer = issuer
        self._clock = clock
        self._client = httpx.AsyncClient(
            timeout=30, limits=httpx.Limits(max_connections=20, max_keepalive_connections=20)
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._client.aclose()

    async def submit(self, body: dict[str, Any], key: str) -> dict[str, Any]:
        """Lodge a complaint; returns what the citizen gets."""
        return await self._post("intake", "/complaints", body, {"Idempotency-Key": key})

    async def citizen(self, receipt: dict[str, Any], action: str, body: dict[str, Any]) -> None:
        """Do something with one's own complaint."""
        path = f"/complaints/{receipt['tracking_code']}/{action}"
        await self._post("intake", path, body, {"X-Tracking-Secret": receipt["secret"]})

    async def citizen_actions(self, receipt: dict[str, Any]) -> list[str]:
        """Look at one's complaint for what may be done now; `reply` while a question is open."""
        seen = await self._seen(receipt)
        actions: list[str] = seen["legal_actions"]
        return [*actions, "reply"] if seen["open_request"] else actions

    async def agency_seen(self, receipt: dict[str, Any]) -> str | None:
        """Look at which agency has one's complaint, as intake shows it."""
        opd: str | None = (await self._seen(receipt))["opd"]
        return opd

    async def staff(
        self, opd: str | None, complaint_id: str, action: str, body: dict[str, Any]
    ) -> None:
        """Do something with a case, as an officer of its OPD, or at the triage desk."""
        path = f"/cases/{complaint_id}/{action}"
        await self._post("routing", path, body, self._officer_or_desk(opd))

    async def staff_actions(self, opd: str | None, complaint_id: str) -> list[str]:
        """Look at a case for what may be done with it now."""
        answer = await self._client.get(
            f"{self._base['routing']}/routing/v1/cases/{complaint_id}",
            headers=self._officer_or_desk(opd),
        )
        actions: list[str] = _answer(answer)["legal_actions"]
        return actions

    async def case(self, complaint_id: str) -> dict[str, Any] | None:
        """Look a case up; None while routing does not know it."""
        answer = await self._client.get(
            f"{self._base['routing']}/routing/v1/cases/{complaint_id}",
            headers=self._officer_or_desk(None),
        )
        if answer.status_code == 404:
            return None
        return _answer(answer)

    async def clocks(self, complaint_id: str) -> list[dict[str, Any]]:
        """Look up every clock of a case."""
        answer = await self._client.get(
            f"{self._base['sla']}/sla/v1/cases/{complaint_id}/clocks",
            headers=self._staff("wali-kota", Role.LEADER),
        )
        if answer.status_code == 404:
            return []
        clocks: list[dict[str, Any]] = _answer(answer)["clocks"]
        return clocks

    async def apply(self, script: DemoApplication, answers: Json, key: str) -> dict[str, Any]:
        """Apply for a service, as a citizen or through staff; returns what the applicant gets."""
        body: Json = {"answers": answers} | ({"opd": script.opd} if script.opd else {})
        headers = {"Idempotency-Key": key}
        path = f"/services/{script.service}/applications"
        if script.applicant == "operator":
            headers |= self._staff("petugas-loket", Role.OPERATOR)
        elif script.applicant == "opd":
            headers |= self._staff("petugas-pemohon", Role.OFFICER, opd=script.applicant_opd)
        return await self._post(
            "intake", path if script.applicant == "citizen" else f"/staff{path}", body, headers
        )

    async def next_session(self, service: str) -> str:
        """Return the first session of a service that has a place left."""
        url = f"{self._base['intake']}/intake/v1/services/{service}/sessions"
        sessions = _answer(await self._client.get(url))["sessions"]
        return next(str(each["session"]) for each in sessions if each["left"] > 0)

    async def upload(self, content: bytes) -> str:
        """Upload an applicant's file; returns its token."""
        url = f"{self._base['intake']}/intake/v1/attachments"
        answer = await self._client.post(url, files={"file": content})
        token: str = _answer(answer)["upload_token"]
        return token

    async def prove(self, opd: str, complaint_id: str, content: bytes) -> str:
        """Upload a photo of the OPD's own for a case; returns its id."""
        url = f"{self._base['intake']}/intake/v1/staff/complaints/{complaint_id}/attachments"
        answer = await self._client.post(
            url, files={"file": content}, headers=self._officer_or_desk(opd)
        )
        attachment_id: str = _answer(answer)["attachment_id"]
        return attachment_id

    async def decide(self, opd: str, complaint_id: str, body: Json) -> None:
        """Decide a stage, as the head of the OPD that has the case."""
        headers = self._staff(f"kepala-{opd.lower()}", Role.OFFICER, Role.HEAD, opd=opd)
        await self._post("routing", f"/cases/{complaint_id}/decide", body, headers)

    async def correct(self, receipt: dict[str, Any], answers: Json) -> None:
        """Send one's form again, as staff asked."""
        path = f"/intake/v1/applications/{receipt['tracking_code']}/answers"
        secret = {"X-Tracking-Secret": receipt["secret"]}
        _answer(
            await self._client.put(
                f"{self._base['intake']}{path}", json={"answers": answers}, headers=secret
            )
        )

    async def notices(self, complaint_ids: Collection[str]) -> list[dict[str, Any]]:
        """Look up what staff were told of these cases, the newest first."""
        url = f"{self._base['sla']}/sla/v1/notices"
        found: list[dict[str, Any]] = []
        cursor: str | None = None
        for _ in range(_MOST_PAGES):
            asked: dict[str, str | int] = {"limit": 200}
            page = _answer(
                await self._client.get(
                    url,
                    params=asked if cursor is None else {**asked, "cursor": cursor},
                    headers=self._staff("wali-kota", Role.LEADER),
                )
            )
            found += [each for each in page["notices"] if each["complaint_id"] in complaint_ids]
            cursor = page["next"]
            if cursor is None:
                break
        return found

    async def survey_units(self) -> list[dict[str, Any]]:
        """Look up the units that the survey asks about, with their services."""
        answer = await self._client.get(f"{self._base['survey']}/survey/v1/units")
        units: list[dict[str, Any]] = _answer(answer)["units"]
        return units

    async def bring_interviews(self, interviews: list[dict[str, Any]]) -> int:
        """Bring interviews as the one who took them; returns how many were stored."""
        body = {"interviews": interviews}
        headers = self._staff("juru-wawancara", Role.INTERVIEWER)
        stored: int = (await self._post("survey", "/interviews", body, headers))["stored"]
        return stored

    async def _seen(self, receipt: dict[str, Any]) -> dict[str, Any]:
        """Look at one's own complaint."""
        url = f"{self._base['intake']}/intake/v1/complaints/{receipt['tracking_code']}"
        secret = {"X-Tracking-Secret": receipt["secret"]}
        return _answer(await self._client.get(url, headers=secret))

    async def _post(
        self, service: ServiceName, path: str, body: dict[str, Any], headers: dict[str, str]
    ) -> dict[str, Any]:
        url = f"{self._base[service]}/{service}/v1{path}"
        return _answer(await self._client.post(url, json=body, headers=headers))

    def _officer_or_desk(self, opd: str | None) -> dict[str, str]:
        if opd is None:
            return self._staff("meja-triase", Role.TRIAGE)
        return self._staff(f"petugas-{opd.lower()}", Role.OFFICER, opd=opd)

    def _staff(self, subject: str, *roles: Role, opd: str | None = None) -> dict[str, str]:
        token = self._issuer.token(self._clock, roles, subject=subject, opd=opd)
        return {"Authorization": f"Bearer {token}"}


def _answer(answer: httpx.Response) -> dict[str, Any]:
    if answer.is_error:
        raise Refused(f"{answer.request.url.path}: {answer.status_code} {answer.text[:300]}")
    body: dict[str, Any] = answer.json()
    return body
