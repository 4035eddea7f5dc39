"""A town on the running system: its citizens, officers and desk, who use nothing but the doors."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import httpx

from shared.auth import Role
from tests.support.system import System

COMPLAINTS = "/intake/v1/complaints"

Json = dict[str, Any]


@dataclass(frozen=True)
class Town:
    """The system as its people know it."""

    system: System

    @property
    def now(self) -> datetime:
        """What the town's clock shows."""
        return self.system.clock.now()

    async def submit(
        self, form: Json, *, key: str | None = None, expect: int = 201
    ) -> httpx.Response:
        """Send a submission, and let everything that follows happen."""
        headers = {"Idempotency-Key": key} if key else {}
        answer = await self.system.client.post(COMPLAINTS, json=form, headers=headers)
        assert answer.status_code == expect, answer.text
        await self.system.settle()
        return answer

    async def complain(self, text: str, **form: Any) -> "Complaint":
        """Lodge a complaint."""
        said = (await self.submit({"text": text, **form})).json()
        return Complaint(self, said["complaint_id"], said["tracking_code"], said["secret"])


@dataclass(frozen=True)
class Complaint:
    """One complaint, as its citizen, its officers and the town's leaders see it."""

    town: Town
    complaint_id: str
    code: str
    secret: str

    # ------------------------------------------------------------- the citizen

    async def look(self, *, known: bool = False) -> Json:
        """Read the timeline, with or without the secret."""
        headers = {"X-Tracking-Secret": self.secret} if known else {}
        answer = await self._client.get(f"{COMPLAINTS}/{self.code}", headers=headers)
        assert answer.status_code == 200, answer.text
        said: Json = answer.json()
        return said

    async def sentences(self) -> list[str]:
        """Read what the public timeline says."""
        return [step["sentence"] for step in (await self.look())["timeline"]]

    async def citizen(self, step: str, *, expect: int = 201, **body: Any) -> Json:
        """Write a message, a feedback or a withdrawal."""
        return await self._post(
            f"{COMPLAINTS}/{self.code}/{step}", body, {"X-Tracking-Secret": self.secret}, expect
        )

    # ------------------------------------------------------------- staff

    async def case(self) -> Json:
        """Read the case as the leader sees it."""
        answer = await self._client.get(self._case, headers=self.town.system.staff(Role.LEADER))
        assert answer.status_code == 200, answer.text
        said: Json = answer.json()
        return said

    async def officer(self, action: str, *, expect: int = 200, **body: Any) -> Json:
        """Act as an officer of the OPD that has the case."""
        opd = (await self.case())["opd"]
        headers = self.town.system.staff(Role.OFFICER, opd=opd, subject=f"petugas-{opd}")
        return await self._post(f"{self._case}/{action}", body, headers, expect)

    async def desk(self, action: str, *, expect: int = 200, **body: Any) -> Json:
        """Act as the triage desk."""
        headers = self.town.system.staff(Role.TRIAGE, subject="meja-1")
        return await self._post(f"{self._case}/{action}", body, headers, expect)

    async def clocks(self) -> dict[tuple[str, int], Json]:
        """Read the case's clocks, by stage and epoch."""
        answer = await self._client.get(
            f"/sla/v1/cases/{self.complaint_id}/clocks",
            headers=self.town.system.staff(Role.LEADER),
        )
        assert answer.status_code == 200, answer.text
        return {(clock["stage"], clock["epoch"]): clock for clock in answer.json()["clocks"]}

    async def told(self, stage: str, epoch: int = 0) -> list[tuple[int, str]]:
        """Return who was told of one of its clocks: level and role."""
        clock = (await self.clocks())[stage, epoch]
        return [(step["level"], step["to_role"]) for step in clock["escalations"]]

    # ------------------------------------------------------------- both

    @property
    def _client(self) -> httpx.AsyncClient:
        return self.town.system.client

    @property
    def _case(self) -> str:
        return f"/routing/v1/cases/{self.complaint_id}"

    async def _post(self, path: str, body: Json, headers: dict[str, str], expect: int) -> Json:
        answer = await self._client.post(path, json=body, headers=headers)
        assert answer.status_code == expect, answer.text
        await self.town.system.settle()
        said: Json = answer.json()
        return said
