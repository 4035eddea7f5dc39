"""What sla's doors answer."""

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

ClockState = Literal["running", "paused", "stopped"]
ListedState = Literal["running", "paused", "overdue", "stopped"]

_CLOCK: dict[str, Any] = {
    "id": "5f0c6d1e-4b53-5d4e-9a44-0f2f0b1f5a10",
    "complaint_id": "0199e4c7-7d51-7c51-8f3f-6d0a4d5f8a11",
    "stage": "first_response",
    "part": 0,
    "epoch": 0,
    "opd": "PUPR",
    "policy": "tanggapan-pertama-2-jam",
    "state": "running",
    "started_at": "2026-03-09T02:00:00Z",
    "due_at": "2026-03-09T04:00:00Z",
    "paused_at": None,
    "stopped_at": None,
    "outcome": None,
    "remaining_seconds": 1800.0,
    "elapsed_seconds": None,
    "working_seconds": None,
    "resumes_at": None,
    "overdue": False,
    "escalations": [
        {"level": 0, "to_role": "officer", "opd": "PUPR", "at": "2026-03-09T03:30:00.120000Z"}
    ],
}


class EscalationView(BaseModel):
    """A role that was told of a clock."""

    level: int
    to_role: str
    opd: str | None
    at: datetime


class ClockView(BaseModel):
    """One clock as it stands now."""

    model_config = ConfigDict(json_schema_extra={"examples": [_CLOCK]})

    id: str
    complaint_id: str
    stage: str
    part: int = Field(description="0 is the leading OPD's part.")
    epoch: int = Field(description="Counts reopenings; for `closing`, how often was waited.")
    opd: str | None = Field(description="Who has the case, or had it at the stop; null: the desk.")
    policy: str
    state: ClockState
    started_at: datetime
    due_at: datetime = Field(description="While paused: as if the clock ran on at once.")
    paused_at: datetime | None
    stopped_at: datetime | None
    outcome: Literal["met", "missed", "cancelled", "merged"] | None
    remaining_seconds: float | None = Field(
        description="Time left, negative when overdue; null once the clock has stopped."
    )
    elapsed_seconds: float | None = Field(description="From start to stop; null before.")
    working_seconds: float | None = Field(
        None, description="Working time while it ran, by its calendar; null before the stop."
    )
    resumes_at: datetime | None = Field(
        None, description="When a pause ends by itself, because its policy allows no longer one."
    )
    overdue: bool
    escalations: list[EscalationView]


class CaseClocks(BaseModel):
    """All clocks of a case, in the order in which they started."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"complaint_id": _CLOCK["complaint_id"], "clocks": []}]}
    )

    complaint_id: str
    clocks: list[ClockView]


class ClockPage(BaseModel):
    """A page of clocks, the one due first at the head; `next` is the cursor of what follows."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"clocks": [_CLOCK], "next": None}]})

    clocks: list[ClockView]
    next: str | None = None
