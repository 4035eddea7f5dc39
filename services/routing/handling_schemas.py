"""What the API takes and gives about the work itself: queues, leases, notes, contributions."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, model_validator

from services.routing.schemas import (
    ActionDone,
    Assignment,
    CaseSummary,
    Code,
    ProposalView,
    Reason,
    Rejection,
    Words,
)
from shared.text import CleanText

OfficerCode = Annotated[
    CleanText, Field(min_length=1, max_length=128, pattern=r"^[A-Za-z0-9._:|-]+$")
]
Version = Annotated[int, Field(ge=1)]

_ID = "019b76da-a800-7000-8000-00000000a001"


def _example(**values: Any) -> ConfigDict:
    return ConfigDict(extra="forbid", json_schema_extra={"examples": [values]})


class PossibleRepeat(BaseModel):
    """An earlier complaint that this one may repeat, how surely (0 to 1)."""

    complaint_id: str
    score: float


class QueuedCase(CaseSummary):
    """A case as the triage desk's queue shows it.

    `proposals` are numbered from 1: a decision may name the number. `lease_until` is set while
    somebody has it in hand, `leased_by_me` tells whether that is the caller.
    """

    reason: str
    proposals: list[ProposalView]
    candidates: list[PossibleRepeat]
    late: bool
    lease_until: datetime | None
    leased_by_me: bool


class Queue(BaseModel):
    """The first cases of the desk's queue, the most urgent first, and how many wait in all."""

    items: list[QueuedCase]
    waiting: int
    free: int


class LeaseWish(BaseModel):
    """How many cases the caller takes in hand, from the top of the queue."""

    model_config = _example(count=5)
    count: int = Field(1, ge=1, le=20)


class Choice(BaseModel):
    """A decision of the desk about one case: a proposal by its number, an OPD, or a rejection."""

    model_config = _example(complaint_id=_ID, proposal=1)
    complaint_id: UUID
    version: Version | None = Field(None, description="The version seen; else any is decided on.")
    proposal: int | None = Field(None, ge=1, le=3)
    assign: Assignment | None = None
    reject: Rejection | None = None

    @model_validator(mode="after")
    def _is_one(self) -> "Choice":
        if sum(each is not None for each in (self.proposal, self.assign, self.reject)) != 1:
            raise ValueError("give exactly one of proposal, assign and reject")
        return self


class Choices(BaseModel):
    """Decisions about several cases; each takes effect by itself."""

    model_config = _example(decisions=[{"complaint_id": _ID, "proposal": 1}])
    decisions: Annotated[list[Choice], Field(min_length=1, max_length=50)]


class CaseDecided(BaseModel):
    """What came of one decision: the case as it is now, or why it was refused."""

    complaint_id: str
    status: int
    case: ActionDone | None = None
    problem: str | None = None


class LeaseEnded(BaseModel):
    """A case of the desk's queue that is free again."""

    complaint_id: str


class CasesDecided(BaseModel):
    """What came of each decision, in the order in which they were sent."""

    results: list[CaseDecided]


class Claim(BaseModel):
    """Nothing but the wish to have the case."""

    model_config = _example()


class HandOver(BaseModel):
    """Which colleague of the same OPD shall have the case, and what they should know."""

    model_config = _example(to="petugas-dishub-2", note="Sudah saya hubungi RT, tinggal survei.")
    to: OfficerCode
    note: Reason | None = None


class NoteWish(BaseModel):
    """A note for colleagues; citizens never see it."""

    model_config = _example(text="Tiang nomor 17 sudah pernah diganti bulan lalu.")
    text: Reason


class NoteView(BaseModel):
    """A note among staff."""

    note_id: str
    written_at: datetime
    author: str
    opd: str | None
    text: str


class Notes(BaseModel):
    """The notes on a case, the oldest first."""

    items: list[NoteView]


class ContributionWish(BaseModel):
    """Which further OPD is asked for what."""

    model_config = _example(opd="DLH", text="Mohon pohon yang menutupi lampu dipangkas.")
    opd: Code
    text: Words
    topic: Code | None = None


class Contribution(BaseModel):
    """What a contributing OPD did."""

    model_config = _example(text="Pohon sudah dipangkas.")
    text: Words


class ContributionView(BaseModel):
    """One contribution: who was asked for what, and what came of it."""

    complaint_id: str
    part: int
    opd: str
    opd_name: str
    topic: str | None
    state: Literal["asked", "done", "returned"]
    text: str
    answer: str | None
    asked_at: datetime
    done_at: datetime | None
    late: bool


class Contributions(BaseModel):
    """Contributions, the newest first."""

    items: list[ContributionView]


class InboxCounts(BaseModel):
    """How much work there is for the caller's OPD (for the desk: everywhere), by state."""

    by_state: dict[str, int]
    late: int
    mine: int
    unclaimed: int
    contributions: int
