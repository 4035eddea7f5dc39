"""Drives sla as its neighbours do: with events of intake and routing, through the inbox."""

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import text

from services.sla.consumers import handlers
from services.sla.context import SlaContext
from services.sla.scanner import scan_until_idle
from shared.clock import ManualClock
from shared.contracts.envelope import Envelope, encode, source_of
from shared.contracts.event import Event
from shared.contracts.intake import ComplaintSubmitted, ComplaintWithdrawn
from shared.contracts.routing import (
    CaseAssigned,
    CaseClosed,
    CaseRejected,
    CaseReopened,
    CaseResolved,
    CaseReturned,
    CaseTriaged,
    InformationReceived,
    InformationRequested,
    ResponseGiven,
)
from shared.contracts.topics import class_of, topic_of
from shared.ids import ComplaintId, EventId, new_id
from shared.inbox import Inbox
from shared.transport.message import ReceivedMessage
from shared.unit_of_work import UnitsOfWork

OFFICER = "petugas-1"


@dataclass
class Case:
    """Builds the events of one case, each `hours` after the clock's present instant."""

    clock: ManualClock
    complaint_id: ComplaintId = field(default_factory=lambda: ComplaintId(new_id()))

    def _at(self, hours: float) -> dict[str, Any]:
        at = self.clock.now() + timedelta(hours=hours)
        return {"complaint_id": self.complaint_id, "occurred_at": at}

    def submitted(self, hours: float = 0, **fields: Any) -> ComplaintSubmitted:
        about = self._at(hours)
        usual: dict[str, Any] = {
            "tracking_code": "TGP2345678",
            "channel": "web",
            "classification": "complaint",
            "text": "Lampu jalan padam.",
            "submitted_at": about["occurred_at"],
        }
        return ComplaintSubmitted(**about, **{**usual, **fields})

    def withdrawn(self, hours: float = 0) -> ComplaintWithdrawn:
        return ComplaintWithdrawn(**self._at(hours), reason="Sudah selesai sendiri.")

    def triaged(self, hours: float = 0) -> CaseTriaged:
        return CaseTriaged(**self._at(hours), reason="Tidak ada aturan yang cocok.")

    def assigned(self, opd: str = "PUPR", hours: float = 0, part: int = 0) -> CaseAssigned:
        return CaseAssigned(
            **self._at(hours), part=part, opd=opd, opd_name=opd, by="rule", reason="Kata kunci."
        )

    def returned(self, opd: str = "PUPR", hours: float = 0) -> CaseReturned:
        return CaseReturned(**self._at(hours), opd=opd, reason="Bukan urusan kami.")

    def answered(self, hours: float = 0) -> ResponseGiven:
        return ResponseGiven(
            **self._at(hours), text="Kami periksa.", kind="answer", officer_id=OFFICER
        )

    def progressed(self, hours: float = 0) -> ResponseGiven:
        return ResponseGiven(
            **self._at(hours), text="Sedang dikerjakan.", kind="progress", officer_id=OFFICER
        )

    def asked(self, hours: float = 0) -> InformationRequested:
        return InformationRequested(**self._at(hours), request_id="r1", text="Di mana?")

    def informed(self, hours: float = 0) -> InformationReceived:
        return InformationReceived(**self._at(hours), request_id="r1", text="Di depan balai.")

    def resolved(self, hours: float = 0) -> CaseResolved:
        return CaseResolved(**self._at(hours), text="Sudah menyala.", officer_id=OFFICER)

    def rejected(self, hours: float = 0) -> CaseRejected:
        return CaseRejected(**self._at(hours), reason_code="unclear", text="Mohon lengkapi.")

    def reopened(self, epoch: int = 1, hours: float = 0) -> CaseReopened:
        return CaseReopened(**self._at(hours), epoch=epoch, reason="Padam lagi.")

    def closed(self, hours: float = 0) -> CaseClosed:
        return CaseClosed(**self._at(hours), reason="satisfied")


@dataclass
class Sla:
    """Sla without its doors: the inbox, the scanner called by hand, and its database."""

    units: UnitsOfWork
    context: SlaContext
    clock: ManualClock
    versions: dict[tuple[str, str], int] = field(default_factory=lambda: defaultdict(int))

    def __post_init__(self) -> None:
        """Make the inbox."""
        self.inbox = Inbox(self.units, "sla", handlers(self.context))

    def case(self) -> Case:
        """Begin the story of a new case."""
        return Case(self.clock)

    def message(self, event: Event) -> ReceivedMessage:
        """Put an event on the wire, as the next one of its publisher and complaint."""
        topic = topic_of(type(event))
        stream = (topic.publisher, str(event.complaint_id))
        self.versions[stream] += 1
        sent = encode(
            Envelope(
                event_id=EventId(new_id()),
                event=event,
                aggregate_version=self.versions[stream],
                source=source_of(type(event)),
                time=self.clock.now(),
                correlation_id=new_id(),
            )
        )
        return ReceivedMessage(sent.topic, sent.key, sent.value, sent.headers, 0, 0)

    async def hear(self, *events: Event) -> list[ReceivedMessage]:
        """Take events in, as one batch."""
        messages = [self.message(event) for event in events]
        await self.inbox.handle(messages)
        return messages

    async def scan(self) -> None:
        """Let everything happen that is due."""
        await scan_until_idle(self.units, self.context)

    async def advance(self, **by: float) -> None:
        """Move the clock (`hours=2`) and scan."""
        self.clock.advance(timedelta(**by))
        await self.scan()

    async def rows(self, sql: str, **values: Any) -> list[dict[str, Any]]:
        """Ask the database."""
        async with self.units.database.transaction() as connection:
            found = await connection.execute(text(sql), values)
            return [dict(row) for row in found.mappings()]

    async def clocks(self, case: Case) -> dict[tuple[str, int], dict[str, Any]]:
        """Return the stored clocks of part 0, by stage and epoch."""
        rows = await self.rows(
            "SELECT * FROM clock WHERE complaint_id = :id AND part = 0", id=case.complaint_id
        )
        return {(row["stage"], row["epoch"]): row for row in rows}

    async def told(self, case: Case, *classes: type[Event]) -> list[Any]:
        """Return what was published of a case, in order; of these classes, if any are named."""
        rows = await self.rows(
            "SELECT type, payload FROM outbox WHERE aggregateid = :id ORDER BY aggregate_version",
            id=case.complaint_id,
        )
        events = [_event(row["type"], row["payload"]) for row in rows]
        return [event for event in events if not classes or isinstance(event, classes)]


def _event(type_name: str, payload: str) -> Event:
    found = class_of(type_name)
    assert found is not None
    return found.model_validate_json(payload, strict=True)


def names(events: Iterable[Event]) -> list[str]:
    """Return what kinds of events these are, each with its stage or level."""
    found = []
    for event in events:
        values = json.loads(event.model_dump_json())
        detail = values["level"] if "level" in values else values.get("stage")
        found.append(f"{type(event).__name__} {detail}")
    return found


def running(clocks: dict[tuple[str, int], dict[str, Any]]) -> set[str]:
    """Return the stages whose clocks run."""
    return {stage for (stage, _), row in clocks.items() if row["state"] == "running"}


def hours_between(start: datetime, end: datetime) -> float:
    """Return how many hours lie between two instants."""
    return (end - start) / timedelta(hours=1)


def sample(exposition: Sequence[str], name: str) -> float:
    """Return the value of one line of a metrics page, given by everything before its value."""
    found = [line for line in exposition if line.startswith(name + " ")]
    return float(found[0].rsplit(" ", 1)[1]) if found else 0.0
