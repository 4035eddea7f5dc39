"""What the board shows, and what each event of its stream holds."""

from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

_PERIOD: dict[str, Any] = {
    "since": "2026-03-09T00:00:00+07:00",
    "received": 42,
    "answered": 40,
    "within_2h": 37,
    "within_24h": 40,
    "share_within_2h": 0.925,
    "share_within_24h": 1.0,
    "median_seconds": 1980.0,
    "p90_seconds": 6840.0,
}
_BOARD: dict[str, Any] = {
    "as_of": "2026-03-09T08:00:00Z",
    "opd": None,
    "open": {
        "cases": 131,
        "under_2h": 9,
        "h2_to_h24": 40,
        "d1_to_d3": 51,
        "d3_to_d10": 27,
        "over_d10": 4,
    },
    "due_within_hour": 3,
    "overdue": 2,
    "overdue_by_opd": [{"opd": "PUPR", "opd_name": "Dinas Pekerjaan Umum", "cases": 2}],
    "overdue_by_area": [{"area_code": "99.71.01.1001", "area_name": "Mekarwangi", "cases": 2}],
    "escalated": {"head": 1, "sekda": 1, "leader": 0},
    "oldest": [],
    "opds": [],
    "last_hour": {"received": 9, "answered": 7, "resolved": 4},
    "today": _PERIOD,
    "this_week": _PERIOD,
    "this_month": _PERIOD,
}


class OpenCases(BaseModel):
    """Cases that wait for staff or for the citizen's answer to them, by time since submission."""

    cases: int
    under_2h: int
    h2_to_h24: int
    d1_to_d3: int
    d3_to_d10: int
    over_d10: int


class OpdCases(BaseModel):
    """Cases of an OPD; without a code, of the triage desk."""

    opd: str | None
    opd_name: str
    cases: int


class AreaCases(BaseModel):
    """Cases of a village or district; without a code, of unknown place."""

    area_code: str | None
    area_name: str
    cases: int


class EscalatedCases(BaseModel):
    """Cases of which so high a rung was told that they are late, each counted at its highest."""

    head: int = Field(description="Level 1 of the ladder.")
    sekda: int = Field(description="Level 2.")
    leader: int = Field(description="Level 3 and above.")


class OldCase(BaseModel):
    """One of the cases that have been open longest."""

    complaint_id: str
    submitted_at: datetime
    opd: str | None
    opd_name: str
    area_code: str | None
    area_name: str


class OpdBoardLine(BaseModel):
    """An OPD at a glance."""

    opd: str | None
    opd_name: str
    open: int
    due_within_hour: int
    overdue: int
    answered_today: int
    within_2h_today: int


class HourFlow(BaseModel):
    """What came and went in the last 60 minutes."""

    received: int
    answered: int
    resolved: int


class PeriodFigures(BaseModel):
    """How people were answered since the beginning of a day, week or month in the Pemda's zone.

    `answered` are the first answers given in that time, and the shares and times are of those; a
    case that nobody has answered is among the open and the overdue ones.
    """

    since: datetime
    received: int
    answered: int
    within_2h: int
    within_24h: int
    share_within_2h: float | None
    share_within_24h: float | None
    median_seconds: float | None
    p90_seconds: float | None


class Board(BaseModel):
    """All that a mayor, or the head of an OPD, looks at."""

    model_config = ConfigDict(json_schema_extra={"examples": [_BOARD]})

    as_of: datetime
    opd: str | None = Field(description="Whose board it is; null: everybody's.")
    open: OpenCases
    due_within_hour: int = Field(description="Cases of which a deadline comes within the hour.")
    overdue: int = Field(description="Cases with a deadline that has passed.")
    overdue_by_opd: list[OpdCases]
    overdue_by_area: list[AreaCases]
    escalated: EscalatedCases
    oldest: list[OldCase]
    opds: list[OpdBoardLine]
    last_hour: HourFlow
    today: PeriodFigures
    this_week: PeriodFigures
    this_month: PeriodFigures
