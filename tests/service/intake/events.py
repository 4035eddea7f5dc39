"""Builders of what routing and sla tell intake of one complaint."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeVar

from shared.contracts.event import Event
from shared.contracts.routing import (
    CaseAssigned,
    CaseClosed,
    CaseMerged,
    CaseRejected,
    CaseReopened,
    CaseResolved,
    CaseReturned,
    CaseTriaged,
    CaseUnmerged,
    InformationReceived,
    InformationRequested,
    ResponseGiven,
)
from shared.contracts.sla import (
    CaseEscalated,
    ClockPaused,
    ClockResumed,
    ClockStarted,
    ClockStopped,
    DeadlineMissed,
    DeadlineNear,
)
from shared.ids import ComplaintId

OFFICER = "petugas-1"
EventT = TypeVar("EventT", bound=Event)


@dataclass
class Telling:
    """Events of one complaint; each is a minute after the one before."""

    complaint_id: str
    at: datetime

    def _make(self, cls: type[EventT], **values: Any) -> EventT:
        self.at += timedelta(minutes=1)
        return cls.model_validate(
            {"complaint_id": self.complaint_id, "occurred_at": self.at, **values}
        )

    def triaged(self) -> CaseTriaged:
        """Build CaseTriaged."""
        return self._make(CaseTriaged, reason="Tidak ada aturan yang cocok.")

    def assigned(self, opd: str = "DISHUB", name: str = "Dinas Perhubungan") -> CaseAssigned:
        """Build CaseAssigned."""
        return self._make(CaseAssigned, opd=opd, opd_name=name, by="rule", reason="PJU")

    def returned(self, opd: str = "DISHUB") -> CaseReturned:
        """Build CaseReturned."""
        return self._make(CaseReturned, opd=opd, reason="Bukan urusan kami.")

    def answered(self, text: str = "Kami periksa.", kind: str = "answer") -> ResponseGiven:
        """Build ResponseGiven."""
        return self._make(ResponseGiven, text=text, kind=kind, officer_id=OFFICER)

    def asked(self, request_id: str, text: str = "Nomor berapa?") -> InformationRequested:
        """Build InformationRequested."""
        return self._make(InformationRequested, request_id=request_id, text=text)

    def told(self, request_id: str) -> InformationReceived:
        """Build InformationReceived."""
        return self._make(InformationReceived, request_id=request_id)

    def resolved(self, text: str = "Sudah diperbaiki.") -> CaseResolved:
        """Build CaseResolved."""
        return self._make(CaseResolved, text=text, officer_id=OFFICER)

    def rejected(self, text: str = "Mohon lengkapi.") -> CaseRejected:
        """Build CaseRejected."""
        return self._make(CaseRejected, reason_code="unclear", text=text)

    def reopened(self, epoch: int = 1) -> CaseReopened:
        """Build CaseReopened."""
        return self._make(CaseReopened, epoch=epoch, reason="Belum puas.")

    def merged(self, into: str) -> CaseMerged:
        """Build CaseMerged."""
        return self._make(CaseMerged, into=ComplaintId(into))

    def unmerged(self, into: str, state: str | None = None) -> CaseUnmerged:
        """Build CaseUnmerged."""
        return self._make(CaseUnmerged, into=ComplaintId(into), restored_state=state)

    def closed(self, reason: str = "silence") -> CaseClosed:
        """Build CaseClosed."""
        return self._make(CaseClosed, reason=reason)

    def clock(self, stage: str, *, hours: float = 2, epoch: int = 0) -> ClockStarted:
        """Build ClockStarted."""
        return self._make(ClockStarted, **self._clock(stage, hours, epoch))

    def resumed(self, stage: str, *, hours: float = 2) -> ClockResumed:
        """Build ClockResumed."""
        return self._make(ClockResumed, **self._clock(stage, hours, 0))

    def paused(self, stage: str) -> ClockPaused:
        """Build ClockPaused."""
        return self._make(ClockPaused, clock_id=self._clock_id(stage, 0), reason="menunggu")

    def stopped(self, stage: str, outcome: str = "met") -> ClockStopped:
        """Build ClockStopped."""
        return self._make(
            ClockStopped,
            clock_id=self._clock_id(stage, 0),
            outcome=outcome,
            elapsed_seconds=60,
            working_seconds=60,
        )

    def near(self, stage: str) -> DeadlineNear:
        """Build DeadlineNear."""
        return self._make(
            DeadlineNear, clock_id=self._clock_id(stage, 0), stage=stage, due_at=self.at
        )

    def missed(self, stage: str) -> DeadlineMissed:
        """Build DeadlineMissed."""
        return self._make(
            DeadlineMissed, clock_id=self._clock_id(stage, 0), stage=stage, due_at=self.at
        )

    def escalated(self, stage: str, role: str) -> CaseEscalated:
        """Build CaseEscalated."""
        return self._make(
            CaseEscalated,
            clock_id=self._clock_id(stage, 0),
            stage=stage,
            level=1,
            to_role=role,
        )

    def _clock(self, stage: str, hours: float, epoch: int) -> dict[str, Any]:
        return {
            "clock_id": self._clock_id(stage, epoch),
            "stage": stage,
            "epoch": epoch,
            "policy": "umum",
            "due_at": self.at + timedelta(hours=hours),
        }

    def _clock_id(self, stage: str, epoch: int) -> str:
        return f"{self.complaint_id}:0:{stage}:{epoch}"
