"""What routing's API takes and gives."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from services.routing.states import Action, State
from shared.contracts.event import Candidate
from shared.text import CleanText

Code = Annotated[CleanText, Field(min_length=1, max_length=100)]
Words = Annotated[CleanText, Field(min_length=1, max_length=10_000)]
Reason = Annotated[CleanText, Field(min_length=1, max_length=2_000)]
MOST_PARTS = 10
Basis = Annotated[CleanText, Field(min_length=1, max_length=500)]

_ID = "019b76da-a800-7000-8000-00000000c001"
_OTHER = "019b76da-a800-7000-8000-00000000c002"
_ANSWER = "Terima kasih. Petugas kami datang besok pagi untuk mengganti lampunya."


def _example(**values: Any) -> ConfigDict:
    return ConfigDict(extra="forbid", json_schema_extra={"examples": [values]})


class RejectionReason(StrEnum):
    """Why a case is not taken up."""

    NOT_GOVERNMENT = "not_government"
    OTHER_GOVERNMENT = "other_government"
    UNCLEAR = "unclear"
    NO_EVIDENCE = "no_evidence"
    DUPLICATE = "duplicate"
    IN_COURT = "in_court"
    LEGISLATIVE = "legislative"
    CRIMINAL = "criminal"
    HATE = "hate"
    NOT_SERIOUS = "not_serious"


class Assignment(BaseModel):
    """Which OPD shall have the case, and why."""

    model_config = _example(
        opd="DISHUB", topic="pju-padam", reason="Penerangan jalan umum adalah urusan Dishub."
    )
    opd: Code
    topic: Code | None = None
    reason: Reason


class Return(BaseModel):
    """Why the case is not this OPD's, which regulation says so, and whose it is.

    With a legal basis and an OPD, the first return of a case goes straight to that OPD.
    """

    model_config = _example(
        reason="Lampu itu milik pengelola pasar, bukan penerangan jalan umum.",
        legal_basis="Peraturan Wali Kota Contoh Raya 1/2020 pasal 2",
    )
    reason: Reason
    legal_basis: Basis | None = None
    opd: Code | None = None


class Answer(BaseModel):
    """What the citizen is told."""

    model_config = _example(text=_ANSWER)
    text: Words


class Question(BaseModel):
    """What the citizen is asked."""

    model_config = _example(text="Di depan rumah nomor berapa lampu yang padam itu?")
    text: Words


class Resolution(BaseModel):
    """What was done, and the photos or files that prove it."""

    model_config = _example(text="Lampu sudah diganti dan menyala kembali.", evidence=[_ID])
    text: Words
    evidence: Annotated[list[UUID], Field(max_length=20)] = []


class Rejection(BaseModel):
    """Why the case is not taken up, and where the citizen may go instead."""

    model_config = _example(
        reason_code="not_government",
        text="Listrik rumah adalah urusan PLN; silakan hubungi 123.",
    )
    reason_code: RejectionReason
    text: Words


class Closing(BaseModel):
    """A note for the case's history; the citizen is told only that the desk closed it."""

    model_config = _example(note="Pelapor sudah menyatakan puas lewat telepon.")
    note: Reason | None = None


class Reconsideration(BaseModel):
    """Why a rejected case is looked at again."""

    model_config = _example(reason="Pelapor mengirim bukti bahwa jalan itu milik kota.")
    reason: Reason


class Merging(BaseModel):
    """Which case this one shall be part of; of a chain, the case at its end leads."""

    model_config = _example(into=_OTHER, reason="Lampu yang sama, dilaporkan tetangganya.")
    into: UUID
    reason: Reason | None = None


class Unmerging(BaseModel):
    """Why a case was not the same matter after all."""

    model_config = _example(reason="Ternyata tiang yang lain.")
    reason: Reason | None = None


class PartForm(BaseModel):
    """One matter of a complaint, and the OPD that shall have it."""

    model_config = ConfigDict(extra="forbid")
    opd: Code
    topic: Code | None = None
    text: Annotated[CleanText, Field(min_length=1, max_length=2_000)]


class Splitting(BaseModel):
    """The parts of a case, each an OPD's own; the first one leads."""

    model_config = _example(
        parts=[
            {"opd": "DISHUB", "topic": "pju-padam", "text": "Lampu jalan padam."},
            {"opd": "PUPR", "text": "Aspal di bawah tiangnya amblas."},
        ],
        reason="Dua urusan, dua dinas.",
    )
    parts: Annotated[list[PartForm], Field(min_length=2, max_length=MOST_PARTS)]
    reason: Reason


class PartView(BaseModel):
    """What a further OPD does of a case: asked, done or returned; the leading part is 0."""

    part: int
    opd: str
    opd_name: str
    topic: str | None
    state: Literal["asked", "done", "returned"]
    text: str
    answer: str | None
    asked_at: datetime
    done_at: datetime | None


class MemberView(BaseModel):
    """A case that was merged into this one."""

    complaint_id: str
    tracking_code: str


class Reopening(BaseModel):
    """Why a case that was over is worked on again; the citizen is told."""

    model_config = _example(reason="Lampu padam lagi malam itu juga.")
    reason: Reason


class ProposalView(BaseModel):
    """An OPD that the rules proposed, how surely (0 to 1), and by which words."""

    opd: str
    topic: str | None = None
    confidence: float
    words: list[str] = []


class FactView(BaseModel):
    """One thing that happened to a case; `by` is rule, desk, officer, citizen or sla."""

    version: int
    happened_at: datetime
    action: str
    by: str
    actor: str | None
    from_state: str | None
    to_state: str
    opd: str | None
    text: str | None
    details: dict[str, Any]


class CaseSummary(BaseModel):
    """A case as a list shows it; `excerpt` is how the citizen's masked text begins."""

    complaint_id: str
    tracking_code: str
    version: int
    state: State
    opd: str | None
    opd_name: str | None
    topic: str | None
    topic_name: str | None
    priority: Literal["normal", "high", "emergency"]
    emergency: bool
    secret: bool
    channel: str
    classification: str
    title: str | None
    excerpt: str
    area_code: str | None
    epoch: int
    handler_id: str | None
    submitted_at: datetime
    assigned_at: datetime | None
    updated_at: datetime
    service: str | None = None
    stage: str | None = Field(None, description="The stage of the service that the case is in.")
    stage_title: str | None = None
    stage_since: datetime | None = None


class CasePage(BaseModel):
    """A page of cases, newest first; `next` is the cursor of the following page, if any."""

    items: list[CaseSummary]
    next: str | None


class CaseDetail(BaseModel):
    """A case with its history; `legal_actions` are those that this caller may take now."""

    complaint_id: str
    tracking_code: str
    version: int
    state: State
    state_since: datetime
    open311_status: Literal["open", "closed"]
    sp4n_status: str
    opd: str | None
    opd_name: str | None
    topic: str | None
    topic_name: str | None
    priority: Literal["normal", "high", "emergency"]
    assigned_by: str | None
    reason: str
    proposals: list[ProposalView]
    epoch: int
    times_returned: int
    request_id: str | None
    officer_id: str | None
    handler_id: str | None
    channel: str
    classification: str
    title: str | None
    text: str
    area_code: str | None
    address: str | None
    lat: float | None
    lon: float | None
    anonymous: bool
    secret: bool
    emergency: bool
    submitted_at: datetime
    assigned_at: datetime | None
    resolved_at: datetime | None
    closed_at: datetime | None
    updated_at: datetime
    spam: bool
    merged_into: str | None = Field(description="The case that this one is part of.")
    members: list[MemberView] = Field(description="The cases that were merged into this one.")
    candidates: list[Candidate]
    parts: list[PartView]
    service: str | None
    service_version: int | None
    addressed: str | None = Field(description="The OPD that the application was made to.")
    stage: str | None = Field(description="The stage of the service that the case is in.")
    stage_title: str | None
    stage_since: datetime | None
    rounds: int = Field(description="How often the applicant was asked to correct.")
    legal_actions: list[Action]
    history: list[FactView]


class ActionDone(BaseModel):
    """Where a case stands after an action; `legal_actions` are those of this caller now."""

    complaint_id: str
    tracking_code: str
    version: int
    state: State
    opd: str | None
    opd_name: str | None
    request_id: str | None
    updated_at: datetime
    stage: str | None = None
    stage_title: str | None = None
    legal_actions: list[Action]
