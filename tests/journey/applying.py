"""Walks applications through the stages of their services, by nothing but the doors."""

from dataclasses import dataclass
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

import httpx

from services.cli.demo.applications import (
    NEXT_SESSION,
    DemoApplication,
    Turn,
    dated,
    files_in,
    make_file,
)
from shared.auth import Role
from tests.journey.town import Complaint, Json, Town

UPLOADS = "/intake/v1/attachments"
STAFF = "/intake/v1/staff"


@dataclass
class Walk:
    """One application on its way."""

    town: Town
    script: DemoApplication
    complaint: Complaint
    answers: Json
    said: Json

    async def stage(self) -> Json:
        """Look at the stage that it is in, as the OPD that has it."""
        answer = await self._client.get(
            f"/routing/v1/cases/{self.complaint.complaint_id}/stage", headers=await self.officer()
        )
        assert answer.status_code == 200, answer.text
        seen: Json = answer.json()
        return seen

    async def officer(self) -> dict[str, str]:
        """Return the headers of a head of the OPD that has the case."""
        opd = (await self.complaint.case())["opd"]
        return self.town.system.staff(
            Role.OFFICER, Role.HEAD, opd=opd, subject=f"petugas-{opd.lower()}"
        )

    async def take(self, turn: Turn, *, expect: int = 200) -> Json:
        """Let the turn happen: a decision of staff, or a correction of the applicant."""
        if turn.decision is None:
            return await self.correct(turn.answers)
        officer = await self.officer()
        body: Json = {
            "decision": turn.decision,
            "answers": await self._with_files(dated(turn.answers, today_of(self.town)), officer),
        }
        body |= {
            name: value
            for name, value in (("text", turn.text), ("reason", turn.reason))
            if value is not None
        }
        answer = await self._client.post(
            f"/routing/v1/cases/{self.complaint.complaint_id}/decide", json=body, headers=officer
        )
        assert answer.status_code == expect, answer.text
        await self.town.system.settle()
        said: Json = answer.json()
        return said

    async def correct(self, changes: Json, *, expect: int = 200) -> Json:
        """Send the form again with other answers, as the officer asked."""
        self.answers = {
            **self.answers,
            **await given_files(self.town, self.script.service, changes),
        }
        answer = await self._client.put(
            f"/intake/v1/applications/{self.complaint.code}/answers",
            json={"answers": self.answers},
            headers={"X-Tracking-Secret": self.complaint.secret},
        )
        assert answer.status_code == expect, answer.text
        await self.town.system.settle()
        said: Json = answer.json()
        return said

    async def stage_clock(self, stage: str, entry: int = 0) -> Json:
        """Return the clock of a stage."""
        return (await self.complaint.clocks())[f"{self.script.service}.{stage}", entry]

    async def own(self) -> Json:
        """Read the application with its secret."""
        answer = await self._client.get(
            f"/intake/v1/applications/{self.complaint.code}",
            headers={"X-Tracking-Secret": self.complaint.secret},
        )
        assert answer.status_code == 200, answer.text
        seen: Json = answer.json()
        return seen

    async def documents(self) -> list[Json]:
        """List what was issued, as the applicant."""
        answer = await self._client.get(
            f"/intake/v1/applications/{self.complaint.code}/documents",
            headers={"X-Tracking-Secret": self.complaint.secret},
        )
        assert answer.status_code == 200, answer.text
        listed: list[Json] = answer.json()["documents"]
        return listed

    async def download(self, document: Json) -> bytes:
        """Download a document, as the applicant; nobody else can."""
        path = f"/intake/v1/applications/{self.complaint.code}/documents/{document['document_id']}"
        refused = await self._client.get(path, headers={"X-Tracking-Secret": "SALAH"})
        assert refused.status_code == 403, refused.text
        answer = await self._client.get(path, headers={"X-Tracking-Secret": self.complaint.secret})
        assert answer.status_code == 200, answer.text
        return answer.content

    async def _with_files(self, answers: Json, officer: dict[str, str]) -> Json:
        """Upload an officer's photos, and name them by their ids."""
        found = dict(answers)
        for code, words in files_in(answers).items():
            found[code] = [
                (await self._prove(word, f"{code}{number}", officer))["attachment_id"]
                for number, word in enumerate(words)
            ]
        if found != answers:
            await self.town.system.settle()
        return found

    async def _prove(self, word: str, name: str, officer: dict[str, str]) -> Json:
        answer = await self._client.post(
            f"{STAFF}/complaints/{self.complaint.complaint_id}/attachments",
            files={"file": make_file(word, f"{self.complaint.complaint_id}{name}")},
            headers=officer,
        )
        assert answer.status_code == 201, answer.text
        said: Json = answer.json()
        return said

    @property
    def _client(self) -> httpx.AsyncClient:
        return self.town.system.client


def today_of(town: Town) -> date:
    """Return the day that the town's clock shows."""
    return town.now.astimezone(ZoneInfo("Asia/Jakarta")).date()


async def given_files(town: Town, service: str, answers: Json) -> Json:
    """Return answers as an applicant sends them: files uploaded, days and a session chosen."""
    found = dated(answers, today_of(town))
    for code, answer in answers.items():
        if answer == NEXT_SESSION:
            found[code] = await next_session(town, service)
    for code, words in files_in(answers).items():
        tokens = []
        for number, word in enumerate(words):
            answer = await town.system.client.post(
                UPLOADS, files={"file": make_file(word, f"{id(answers)}{code}{number}")}
            )
            assert answer.status_code == 201, answer.text
            tokens.append(answer.json()["upload_token"])
        found[code] = tokens
    return found


async def apply(town: Town, script: DemoApplication, **changes: Any) -> Walk:
    """Apply as the script says."""
    answers = await given_files(town, script.service, {**script.answers, **changes})
    body: Json = {"answers": answers}
    if script.opd is not None:
        body["opd"] = script.opd
    if script.applicant == "citizen":
        path, headers = f"/intake/v1/services/{script.service}/applications", {}
    else:
        path = f"{STAFF}/services/{script.service}/applications"
        headers = _staff(town, script)
    answer = await town.system.client.post(path, json=body, headers=headers)
    assert answer.status_code == 201, answer.text
    await town.system.settle()
    said = answer.json()
    complaint = Complaint(town, said["complaint_id"], said["tracking_code"], said["secret"])
    return Walk(town, script, complaint, answers, said)


async def next_session(town: Town, service: str) -> str:
    """Return the first session that has a place left."""
    answer = await town.system.client.get(f"/intake/v1/services/{service}/sessions")
    assert answer.status_code == 200, answer.text
    return next(str(each["session"]) for each in answer.json()["sessions"] if each["left"] > 0)


def _staff(town: Town, script: DemoApplication) -> dict[str, str]:
    if script.applicant == "operator":
        return town.system.staff(Role.OPERATOR, subject="petugas-loket")
    return town.system.staff(Role.OFFICER, opd=script.applicant_opd, subject="petugas-pemohon")
