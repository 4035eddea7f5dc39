"""What the scoreboard, the public figures and the monthly report say."""

from datetime import date, datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from services.sla.periods import MONTH_PATTERN
from shared.parameters import OrAbsent

_SCORE: dict[str, Any] = {
    "opd": "PUPR",
    "opd_name": "Dinas Pekerjaan Umum",
    "officer_id": None,
    "rank": 1,
    "score": 81.4,
    "cases": 120,
    "in_time": 112,
    "share_in_time": 0.9333,
    "share_in_time_bound": 0.8743,
    "median_seconds": 2400.0,
    "resolved": 110,
    "reopened": 2,
    "rated": 30,
    "satisfied": 27,
    "note": None,
}
_BEST: dict[str, Any] = {
    "title": "OPD terbaik",
    "opd": "PUPR",
    "opd_name": "Dinas Pekerjaan Umum",
    "officer_id": None,
    "reason": "Nilai 81,4: 112 dari 120 kasus dijawab tepat waktu.",
}
_LINE: dict[str, Any] = {
    "key": "PUPR",
    "name": "Dinas Pekerjaan Umum",
    "received": 120,
    "verified": 120,
    "answered": 118,
    "followed_up": 115,
    "resolved": 110,
    "rejected": 2,
    "withdrawn": 1,
    "merged": 3,
    "reopened": 2,
    "rated": 30,
    "satisfied": 27,
    "within_2h": 96,
    "within_24h": 117,
    "verification_seconds": 900.0,
    "answer_seconds": 3600.0,
    "median_answer_seconds": 2400.0,
    "follow_up_seconds": 50000.0,
    "resolution_seconds": 180000.0,
}


class ScoreboardQuery(BaseModel):
    """Which month's scores are asked for."""

    model_config = ConfigDict(extra="forbid")

    period: OrAbsent[str] = Field(
        default=None,
        pattern=MONTH_PATTERN,
        description="The month; the one before this when it is left out.",
        examples=["2026-02"],
    )


class ScoreLine(BaseModel):
    """The score of an OPD, or of an officer, who is an opaque id."""

    opd: str
    opd_name: str
    officer_id: str | None
    rank: int | None = Field(description="Null where there were too few cases to rank.")
    score: float = Field(ge=0, le=100)
    cases: int = Field(description="Answered, or not answered although the time is over.")
    in_time: int
    share_in_time: float | None
    share_in_time_bound: float = Field(
        description="Lower bound of its 95 % interval (Wilson), of which the score is made."
    )
    median_seconds: float | None
    resolved: int
    reopened: int
    rated: int
    satisfied: int
    note: str | None


class BestLine(BaseModel):
    """Somebody to thank this month, and why."""

    title: str
    opd: str
    opd_name: str
    officer_id: str | None
    reason: str


class Scoreboard(BaseModel):
    """The scores of a month."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "period": "2026-02",
                    "made_at": "2026-03-09T02:00:00Z",
                    "least_opd_cases": 20,
                    "least_officer_cases": 10,
                    "best": [_BEST],
                    "opds": [_SCORE],
                    "officers": [],
                }
            ]
        }
    )

    period: str
    made_at: datetime
    least_opd_cases: int
    least_officer_cases: int
    best: list[BestLine]
    opds: list[ScoreLine]
    officers: list[ScoreLine]


class PublicLine(BaseModel):
    """How an OPD answered; null is a figure so small that it might tell of a person."""

    opd: str | None = Field(description="Null: all OPDs together.")
    opd_name: str
    received: int | None
    within_2h: int | None
    within_24h: int | None
    share_within_2h: float | None
    share_within_24h: float | None
    median_seconds: float | None


class PublicPerformance(BaseModel):
    """How a month's complaints were answered, for everybody."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "month": "2026-02",
                    "publisher": "Pemerintah Kota Contoh Raya",
                    "least_shown": 5,
                    "opds": [
                        {
                            "opd": "PUPR",
                            "opd_name": "Dinas Pekerjaan Umum",
                            "received": 120,
                            "within_2h": 96,
                            "within_24h": 117,
                            "share_within_2h": 0.8,
                            "share_within_24h": 0.975,
                            "median_seconds": 2400.0,
                        }
                    ],
                }
            ]
        }
    )

    month: str
    publisher: str
    least_shown: int
    opds: list[PublicLine]


class ReportLine(BaseModel):
    """What became of the complaints that a month brought; times are averages in seconds."""

    key: str
    name: str
    received: int
    verified: int
    answered: int
    followed_up: int
    resolved: int
    rejected: int
    withdrawn: int
    merged: int
    reopened: int
    rated: int
    satisfied: int
    within_2h: int
    within_24h: int
    verification_seconds: float | None
    answer_seconds: float | None
    median_answer_seconds: float | None
    follow_up_seconds: float | None
    resolution_seconds: float | None


class DayCount(BaseModel):
    """How many complaints a day brought."""

    day: date
    received: int


class StatusCount(BaseModel):
    """How many of the month's complaints are in a state, as SP4N-LAPOR calls it."""

    status: str
    cases: int


class MonthlyReport(BaseModel):
    """The report of a month: all complaints that came in it, and what became of them so far."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "month": "2026-02",
                    "publisher": "Pemerintah Kota Contoh Raya",
                    "opd": None,
                    "made_at": "2026-03-09T02:00:00Z",
                    "total": {**_LINE, "key": "", "name": "Semua"},
                    "by_opd": [_LINE],
                    "by_channel": [],
                    "by_classification": [],
                    "by_status": [{"status": "Ditindaklanjuti", "cases": 12}],
                    "by_day": [{"day": "2026-02-01", "received": 4}],
                }
            ]
        }
    )

    month: str
    publisher: str
    opd: str | None = Field(description="Whose report it is; null: everybody's.")
    made_at: datetime
    total: ReportLine
    by_opd: list[ReportLine]
    by_channel: list[ReportLine]
    by_classification: list[ReportLine]
    by_status: list[StatusCount]
    by_day: list[DayCount]
