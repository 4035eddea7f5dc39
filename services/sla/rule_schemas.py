"""What the doors of policies, standstills and explanations are asked and answer."""

from datetime import date, datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StrictBool, StrictInt, StringConstraints

Reason = Annotated[str, StringConstraints(strip_whitespace=True, min_length=10, max_length=1000)]
PartNumber = Annotated[StrictInt, Field(ge=0, le=9, description="0 is the leading OPD's part.")]

_COMPLAINT = "0199e4c7-7d51-7c51-8f3f-6d0a4d5f8a11"
_CLOCK = "5f0c6d1e-4b53-5d4e-9a44-0f2f0b1f5a10"
_FLOOD = "Banjir menutup jalan ke lokasi; alat berat belum dapat masuk."


class PauseWish(BaseModel):
    """A request to let the resolution stand still for force majeure."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"reason": _FLOOD}]})

    reason: Reason
    part: PartNumber = 0


class PauseDecision(BaseModel):
    """What the head of the OPD decides."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"approve": True, "note": "Sesuai SK."}]}
    )

    approve: StrictBool
    note: Annotated[str, StringConstraints(max_length=1000)] | None = None


class PauseView(BaseModel):
    """A standstill for force majeure: who asked, who decided, since when, until when."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "pause_id": "0199e4c7-7d51-7c51-8f3f-6d0a4d5f8a21",
                    "part": 0,
                    "opd": "PUPR",
                    "state": "running",
                    "reason": _FLOOD,
                    "asked_by": "petugas-1",
                    "asked_at": "2026-03-09T02:00:00Z",
                    "decided_by": "kepala-1",
                    "decided_at": "2026-03-09T03:00:00Z",
                    "note": None,
                    "ended_by": None,
                    "ended_at": None,
                }
            ]
        }
    )

    pause_id: str
    part: int
    opd: str
    state: Literal["asked", "refused", "running", "ended"]
    reason: str
    asked_by: str
    asked_at: datetime
    decided_by: str | None
    decided_at: datetime | None
    note: str | None
    ended_by: str | None
    ended_at: datetime | None


class Pauses(BaseModel):
    """The standstills of a case, the oldest first."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"items": []}]})

    items: list[PauseView]


class ExtensionWish(BaseModel):
    """A request for the extension that a policy grants once."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [{"reason": "Dokumen masih dihimpun dari tiga unit; UU 14/2008 pasal 22."}]
        },
    )

    reason: Reason
    part: PartNumber = 0


class ExtensionView(BaseModel):
    """An extension that was made."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "extension_id": "0199e4c7-7d51-7c51-8f3f-6d0a4d5f8a31",
                    "part": 0,
                    "epoch": 0,
                    "opd": "KOMINFO",
                    "reason": "Dokumen masih dihimpun dari tiga unit.",
                    "extended_by": "petugas-1",
                    "extended_at": "2026-03-09T02:00:00Z",
                }
            ]
        }
    )

    extension_id: str
    part: int
    epoch: int
    opd: str
    reason: str
    extended_by: str
    extended_at: datetime


# ---------------------------------------------------------------------------- adjustments

_MOVED: dict[str, Any] = {
    "complaint_id": _COMPLAINT,
    "clock_id": _CLOCK,
    "stage": "follow_up",
    "old_policy": "tindak-lanjut-24-jam",
    "new_policy": "tindak-lanjut-12-jam",
    "old_due_at": "2026-03-10T02:00:00Z",
    "new_due_at": "2026-03-09T14:00:00Z",
}


class MovedClock(BaseModel):
    """A running clock with its deadline before and after."""

    complaint_id: str
    clock_id: str
    stage: str
    old_policy: str
    new_policy: str
    old_due_at: datetime
    new_due_at: datetime


class MovedCount(BaseModel):
    """How many clocks of a stage go from one policy to another, to an earlier or later deadline."""

    stage: str
    old_policy: str
    new_policy: str
    earlier: int
    later: int


class PreviewWish(BaseModel):
    """How much to look at."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"samples": 20, "most_cases": 50000}]}
    )

    samples: Annotated[StrictInt, Field(ge=0, le=200, description="Clocks to show.")] = 20
    most_cases: Annotated[
        StrictInt, Field(ge=1, le=200_000, description="Cases with running clocks, at most.")
    ] = 50_000


class PolicyPreview(BaseModel):
    """Which running clocks the policies and calendars of the loaded profile would move."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "profile_version": "b06e3ed42628",
                    "examined": 1200,
                    "complete": True,
                    "moved": 310,
                    "counts": [
                        {
                            "stage": "follow_up",
                            "old_policy": "tindak-lanjut-24-jam",
                            "new_policy": "tindak-lanjut-12-jam",
                            "earlier": 310,
                            "later": 0,
                        }
                    ],
                    "samples": [_MOVED],
                }
            ]
        }
    )

    profile_version: str
    examined: int = Field(description="Cases with running clocks that were looked at.")
    complete: bool = Field(description="False where there are more cases than `most_cases`.")
    moved: int
    counts: list[MovedCount]
    samples: list[MovedClock]


class ApplyWish(BaseModel):
    """Why running clocks shall go by the loaded profile."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [{"reason": "Perwal 12/2026 berlaku juga bagi laporan berjalan."}]
        },
    )

    reason: Reason


class AdjustmentView(BaseModel):
    """An adjustment of running clocks, and how far it is; `samples` are clocks that it moved."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "adjustment_id": "0199e4c7-7d51-7c51-8f3f-6d0a4d5f8a41",
                    "kind": "policies",
                    "profile_version": "b06e3ed42628",
                    "reason": "Perwal 12/2026 berlaku juga bagi laporan berjalan.",
                    "asked_by": "admin-1",
                    "asked_at": "2026-03-09T02:00:00Z",
                    "finished_at": None,
                    "examined": 500,
                    "moved": 120,
                    "by_stage": {"follow_up": 120},
                    "samples": [_MOVED],
                }
            ]
        }
    )

    adjustment_id: str
    kind: Literal["calendar", "policies"]
    profile_version: str
    reason: str
    asked_by: str
    asked_at: datetime
    finished_at: datetime | None
    examined: int
    moved: int
    by_stage: dict[str, int] = Field(default_factory=dict)
    samples: list[MovedClock] = Field(default_factory=list)


# --------------------------------------------------------------------------- explanations


class PolicyInForce(BaseModel):
    """The policy by which a clock runs, in the wording of then."""

    id: str
    version: str
    counts: str
    seconds: int | None
    days: int | None
    regulation: str | None
    assumption: str | None
    valid_from: date | None


class FreeDay(BaseModel):
    """A day without working time that would have had some."""

    date: date
    name: str


class CalendarInForce(BaseModel):
    """The calendar by which a clock counts working time, in the version of then."""

    id: str
    name: str
    version: str
    zone: str
    free_days: list[FreeDay] = Field(description="From the clock's start to its deadline.")


class Step(BaseModel):
    """One thing that happened to a clock, as data and as a sentence."""

    at: datetime
    kind: Literal["started", "paused", "resumed", "extended", "stopped", "held", "adjusted"]
    text: str
    opd: str | None = None
    due_at: datetime | None = Field(None, description="The deadline from then on.")
    reason: str | None = None


class ClockExplanation(BaseModel):
    """Why a clock has the deadline that it has."""

    clock_id: str
    stage: str
    part: int
    epoch: int
    state: Literal["running", "paused", "stopped"]
    outcome: str | None
    started_at: datetime
    near_at: datetime
    due_at: datetime
    policy: PolicyInForce
    calendar: CalendarInForce | None
    steps: list[Step]
    held_seconds: dict[str, float] = Field(description="While it ran, up to now, by OPD.")
    held_working_seconds: dict[str, float]
    sentences: list[str] = Field(description="The same to be read, in Indonesian.")


class CaseExplanation(BaseModel):
    """Every clock of a case, worked out again from all that is known of it."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"complaint_id": _COMPLAINT, "clocks": []}]}
    )

    complaint_id: str
    clocks: list[ClockExplanation]
