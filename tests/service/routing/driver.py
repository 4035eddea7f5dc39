"""Drives routing as its neighbours do: events of intake and sla, and requests of staff."""

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from time import monotonic
from typing import Any, cast

import httpx

from shared.auth import Role
from shared.contracts.envelope import Envelope, encode, source_of
from shared.contracts.event import Event, Location
from shared.contracts.intake import (
    CitizenMessageReceived,
    ComplaintAmended,
    ComplaintSubmitted,
    ComplaintWithdrawn,
    EvidenceAdded,
    FeedbackGiven,
    ReporterJoined,
)
from shared.contracts.sla import DeadlineMissed
from shared.contracts.topics import class_of, topic_of
from shared.ids import AttachmentId, ClockId, ComplaintId, EventId, new_id
from shared.transport.message import Message
from tests.support.system import System

DISHUB_TEXT = "PJU di depan balai warga padam sejak tiga malam."
UNPLACED_TEXT = "Selamat pagi, mohon perhatiannya."
BODIES: dict[str, dict[str, Any]] = {
    "assign": {"opd": "PUPR", "reason": "Urusan Dinas PUPR."},
    "return": {"reason": "Bukan urusan kami.", "legal_basis": "Perwal Contoh 1/2020"},
    "respond": {"text": "Kami periksa hari ini."},
    "progress": {"text": "Petugas sedang bekerja."},
    "request-information": {"text": "Di nomor berapa?"},
    "resolve": {"text": "Sudah diperbaiki.", "evidence": []},
    "reject": {"reason_code": "unclear", "text": "Mohon lengkapi laporan."},
    "close": {"note": "Pelapor puas."},
    "reconsider": {"reason": "Ada bukti baru."},
    "reopen": {"reason": "Lampu padam lagi."},
    "merge": {"into": "019b76da-a800-7000-8000-00000000c002"},
    "unmerge": {},
    "split": {
        "parts": [
            {"opd": "DISHUB", "text": "Lampu jalan padam."},
            {"opd": "PUPR", "text": "Aspal di bawahnya amblas."},
        ],
        "reason": "Dua urusan.",
    },
}


@dataclass
class Driver:
    """One routing service, with a builder for each thing that may be done to it."""

    system: System
    versions: dict[tuple[str, str], int] = field(default_factory=lambda: defaultdict(int))

    @property
    def now(self) -> datetime:
        """The service's present instant."""
        return self.system.clock.now()

    # ------------------------------------------------------------- events in

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
        await self.publish([encode(each) for each in envelopes])
        ids = {each.event_id for each in envelopes}
        await self._wait_for(
            """SELECT count(*) AS n FROM (
                SELECT event_id FROM inbox UNION SELECT event_id FROM dead_letter
                UNION SELECT event_id FROM parked
            ) known WHERE event_id = ANY(CAST(:ids AS uuid[]))""",
            len(ids),
            ids=sorted(ids),
        )

    async def publish(self, messages: Sequence[Message]) -> None:
        """Put raw messages on the wire."""
        await self.system.transport.publish(messages)
        service = self.system.service("routing")
        deadline = monotonic() + 30
        while service.subscription is None or service.subscription.health().lag:
            assert monotonic() < deadline, "routing does not read"
            await asyncio.sleep(0.005)

    async def _wait_for(self, sql: str, count: int, **values: Any) -> None:
        deadline = monotonic() + 30
        while (await self.system.rows("routing", sql, **values))[0]["n"] < count:
            assert monotonic() < deadline, "routing did not take the events in"
            await asyncio.sleep(0.005)

    def submitted(self, text: str = DISHUB_TEXT, **values: Any) -> ComplaintSubmitted:
        """Build a complaint."""
        given: dict[str, Any] = {
            "complaint_id": new_id(),
            "occurred_at": self.now,
            "tracking_code": "K7Q2M9XWPA",
            "channel": "web",
            "classification": "complaint",
            "text": text,
            "location": Location(lat=-7.62, lon=111.52, area_code="99.71.01"),
            "submitted_at": self.now,
        }
        return ComplaintSubmitted.model_validate({**given, **values})

    def withdrawn(self, complaint_id: str) -> ComplaintWithdrawn:
        """Build a withdrawal."""
        return ComplaintWithdrawn(
            complaint_id=ComplaintId(complaint_id), occurred_at=self.now, reason="Sudah beres."
        )

    def message(self, complaint_id: str, request_id: str | None = None) -> CitizenMessageReceived:
        """Build a further message of the citizen."""
        return CitizenMessageReceived(
            complaint_id=ComplaintId(complaint_id),
            occurred_at=self.now,
            text="Di nomor dua belas.",
            request_id=request_id,
        )

    def joined(self, complaint_id: str, other_id: str) -> ReporterJoined:
        """Build the citizen's “saya juga”."""
        return ReporterJoined(
            complaint_id=ComplaintId(complaint_id),
            occurred_at=self.now,
            joined_complaint_id=ComplaintId(other_id),
        )

    def amended(self, complaint_id: str, **values: Any) -> ComplaintAmended:
        """Build what intake says has changed."""
        return ComplaintAmended.model_validate(
            {"complaint_id": complaint_id, "occurred_at": self.now, **values}
        )

    def feedback(self, complaint_id: str, *, satisfied: bool) -> FeedbackGiven:
        """Build the citizen's judgement."""
        return FeedbackGiven(
            complaint_id=ComplaintId(complaint_id), occurred_at=self.now, satisfied=satisfied
        )

    def missed(
        self, complaint_id: str, stage: str = "closing", epoch: int = 0, **values: Any
    ) -> DeadlineMissed:
        """Build sla's word that a clock ran out just now."""
        given = {
            "complaint_id": complaint_id,
            "occurred_at": self.now,
            "clock_id": ClockId(new_id()),
            "stage": stage,
            "epoch": epoch,
            "due_at": self.now,
        }
        return DeadlineMissed.model_validate({**given, **values})

    async def photo(self, complaint_id: str, bits: int, **values: Any) -> str:
        """Let intake tell of a photo with this fingerprint; returns its id."""
        attachment = new_id()
        await self.tell(
            EvidenceAdded(
                complaint_id=ComplaintId(complaint_id),
                occurred_at=self.now,
                attachment_id=AttachmentId(attachment),
                by="officer",
                fingerprint=f"dhash:{bits:016x}",
                officer_id="petugas-1",
                **values,
            )
        )
        return attachment

    # ------------------------------------------------------- what is to see

    async def case(self, complaint_id: str) -> dict[str, Any]:
        """Return the case's row."""
        rows = await self.system.rows(
            "routing", "SELECT * FROM cases WHERE complaint_id = :id", id=complaint_id
        )
        return rows[0]

    async def facts(self, complaint_id: str) -> list[dict[str, Any]]:
        """Return the case's history, oldest first."""
        return await self.system.rows(
            "routing",
            "SELECT * FROM case_history WHERE complaint_id = :id ORDER BY version",
            id=complaint_id,
        )

    async def published(self, complaint_id: str) -> list[Event]:
        """Return what routing published of a complaint, in order."""
        rows = await self.system.rows(
            "routing",
            "SELECT * FROM outbox WHERE aggregateid = :id ORDER BY aggregate_version",
            id=complaint_id,
        )
        events = []
        for row in rows:
            cls = class_of(row["type"])
            assert cls is not None
            events.append(cls.model_validate_json(row["payload"]))
        return events

    async def dead(self, complaint_id: str | None = None) -> list[dict[str, Any]]:
        """Return the dead letters of a complaint, or all."""
        sql = "SELECT * FROM dead_letter WHERE coalesce(aggregateid = CAST(:id AS text), true)"
        return await self.system.rows("routing", sql, id=complaint_id)

    # --------------------------------------------------------------- staff

    def desk(self) -> dict[str, str]:
        """Return the headers of somebody at the triage desk."""
        return self.system.staff(Role.TRIAGE, subject="meja-1")

    def officer(self, opd: str = "DISHUB", subject: str = "petugas-1") -> dict[str, str]:
        """Return the headers of an officer."""
        return self.system.staff(Role.OFFICER, opd=opd, subject=subject)

    async def act(
        self,
        complaint_id: str,
        action: str,
        headers: dict[str, str],
        body: dict[str, Any] | None = None,
        **more_headers: str,
    ) -> httpx.Response:
        """Take an action; header names are written with underscores."""
        if action == "merge" and body is None:
            body = {"into": await self.open()}
        more = {name.replace("_", "-"): value for name, value in more_headers.items()}
        return await self.system.client.post(
            f"/routing/v1/cases/{complaint_id}/{action}",
            json=BODIES[action] if body is None else body,
            headers={**headers, **more},
        )

    async def post(
        self, path: str, headers: dict[str, str], body: dict[str, Any] | None = None
    ) -> httpx.Response:
        """Send a body to a path below /routing/v1."""
        return await self.system.client.post(f"/routing/v1/{path}", json=body, headers=headers)

    async def get(self, path: str, headers: dict[str, str], **query: Any) -> httpx.Response:
        """Ask for a path below /routing/v1."""
        return await self.system.client.get(f"/routing/v1/{path}", params=query, headers=headers)

    async def look(self, complaint_id: str, headers: dict[str, str]) -> httpx.Response:
        """Open a case."""
        return await self.system.client.get(f"/routing/v1/cases/{complaint_id}", headers=headers)

    # ------------------------------------------------------ cases in a state

    async def open(self, text: str = DISHUB_TEXT, **values: Any) -> str:
        """Submit a complaint and return its id; by default DISHUB has it then."""
        event = self.submitted(text, **values)
        await self.tell(event)
        return str(event.complaint_id)

    async def case_in(self, state: str) -> str:
        """Return a new case in a state; DISHUB has it wherever an OPD has."""
        complaint_id = await self.open(UNPLACED_TEXT if state == "triage" else DISHUB_TEXT)
        officer, path = self.officer(), _PATHS[state]
        for step in path:
            if step == "withdraw":
                await self.tell(self.withdrawn(complaint_id))
            elif step == "merge":
                await self.merge(complaint_id, await self.open())
            else:
                headers = self.desk() if step == "close" else officer
                answer = await self.act(complaint_id, step, headers)
                assert answer.status_code == 200, answer.text
        assert (await self.case(complaint_id))["state"] == state
        return complaint_id

    async def merge(self, complaint_id: str, into: str) -> None:
        """Let the desk merge a case into another."""
        answer = await self.act(complaint_id, "merge", self.desk(), {"into": into})
        assert answer.status_code == 200, answer.text

    async def ask(self, complaint_id: str) -> str:
        """Ask the citizen something and return the request's id."""
        answer = await self.act(complaint_id, "request-information", self.officer())
        assert answer.status_code == 200, answer.text
        return cast(str, answer.json()["request_id"])

    def later(self, **by: float) -> None:
        """Move the clock."""
        self.system.clock.advance(timedelta(**by))


_PATHS: dict[str, tuple[str, ...]] = {
    "triage": (),
    "assigned": (),
    "in_progress": ("respond",),
    "waiting_citizen": ("request-information",),
    "resolved": ("resolve",),
    "closed": ("resolve", "close"),
    "rejected": ("reject",),
    "merged": ("merge",),
    "withdrawn": ("withdraw",),
}
