"""What the API takes and gives about follow-up plans."""

from datetime import date, datetime
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from services.survey.rules.plan_effect import EffectVerdict
from services.survey.rules.plan_states import PlanAction, PlanState
from services.survey.rules.weak_elements import Reason
from shared.text import CleanText
from shared.written import WrittenDay

MOST_EVIDENCE = 20


Words = Annotated[CleanText, Field(min_length=5, max_length=4000)]
Post = Annotated[CleanText, Field(min_length=2, max_length=200)]
Note = Annotated[CleanText, Field(min_length=5, max_length=2000)]
PeriodText = Annotated[CleanText, Field(min_length=4, max_length=7, examples=["2026-02"])]
Link = Annotated[str, Field(pattern=r"^https://[^\s\u0000<>\"']+$", min_length=10, max_length=500)]


def _example(**values: Any) -> ConfigDict:
    return ConfigDict(extra="forbid", json_schema_extra={"examples": [values]})


class PlanOpeningForm(BaseModel):
    """The period whose weak elements are to get a follow-up plan."""

    model_config = _example(period="2026-02")
    period: PeriodText


class PlanForm(BaseModel):
    """What is done about the weak element. `owner` is a post, not a person's name."""

    model_config = _example(
        cause="Pemohon harus datang dua kali karena syarat tidak tertulis di loket.",
        action="Memasang daftar syarat di loket dan mengirimkannya sebelum kunjungan.",
        owner="Kepala Bidang Pelayanan",
        due_on="2026-05-29",
    )
    cause: Words
    action: Words
    owner: Post
    due_on: WrittenDay


class PlanNoteForm(BaseModel):
    """Why it is done."""

    model_config = _example(note="Hasil pemeriksaan lapangan menunjukkan pekerjaan belum selesai.")
    note: Note


class PlanEvidenceForm(BaseModel):
    """Evidence that something was done: words, and a link where there is one."""

    model_config = _example(
        text="Daftar syarat terpasang di keempat loket.",
        url="https://dukcapil.contoh.example/berita/daftar-syarat",
    )
    text: Note
    url: Link | None = None


class PlanEvidence(BaseModel):
    """Evidence that was added, and when."""

    text: str
    url: str | None
    added_at: datetime


class PlanStep(BaseModel):
    """A step of a plan."""

    version: int
    happened_at: datetime
    action: str = Field(examples=["plan"])
    from_state: PlanState | None
    to_state: PlanState
    note: str | None


class FollowUpSummary(BaseModel):
    """A follow-up plan as lists show it; values are points of the index, 25 to 100."""

    plan_id: str
    version: int
    unit: str = Field(examples=["dukcapil"])
    unit_name: str
    element: str = Field(examples=["U3"])
    element_name: str
    period: str = Field(examples=["2026-02"])
    period_name: str
    opd: str
    state: PlanState
    state_name: str
    reasons: list[Reason]
    reason_text: str
    value: float
    answers: int
    target: float
    cause: str | None
    action: str | None
    owner: str | None
    due_on: date | None
    overdue: bool
    opened_at: datetime
    updated_at: datetime


class FollowUpPage(BaseModel):
    """A page of plans, the newest first."""

    items: list[FollowUpSummary]
    next: str | None = Field(description="Cursor of the next page; null on the last.")


class PlansOpened(BaseModel):
    """The plans that this request opened: none where all were there already."""

    period: str
    opened: list[FollowUpSummary]


class EffectView(BaseModel):
    """A later period against the one in which the element was weak, in points of the index.

    `low` and `high` bound the 95 % confidence interval of the difference. With too few answers
    there are neither figures nor a conclusion.
    """

    period: str
    period_name: str
    verdict: EffectVerdict
    answers_before: int
    answers_after: int
    before: float | None
    after: float | None
    difference: float | None
    low: float | None
    high: float | None
    sentence: str


class FollowUpDetail(FollowUpSummary):
    """A plan with its evidence, its steps, whether it helped, and what the caller may do now."""

    evidence: list[PlanEvidence]
    steps: list[PlanStep]
    effects: list[EffectView]
    caution: str
    actions: list[PlanAction]
