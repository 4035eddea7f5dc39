"""What people ask about their own data (UU 27/2022), and what they are answered."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from services.intake.attachment_schemas import AttachedFile
from services.intake.privacy_profile import RequestKind
from services.intake.privacy_schemas import Reason, form_like
from services.intake.schemas import (
    MOST_ADDRESS,
    MOST_REASON,
    MOST_TEXT,
    MOST_TITLE,
    ReporterForm,
    SentMessage,
    Status,
    TimelineItem,
)
from shared.ids import UUID_PATTERN
from shared.text import CleanText

Id = Annotated[str, Field(pattern=UUID_PATTERN)]

_ID = "019b76da-a800-7000-8000-00000000a001"


class ToldUnmasking(BaseModel):
    """When an officer was shown one's identity, which fields, and why."""

    at: datetime
    fields: list[str]
    purpose: str
    reason: str | None


class PersonalComplaint(BaseModel):
    """All that is held on a person by one complaint."""

    complaint_id: str
    tracking_code: str
    status: Status
    channel: str
    account: str | None
    classification: str
    submitted_at: datetime
    device_time: datetime | None
    anonymous: bool
    secret: bool
    notice_version: str | None
    erased_at: datetime | None
    identity: dict[str, str]
    answers: dict[str, Any] | None = Field(None, description="Of an application.")
    title: str | None
    text: str | None
    address: str | None
    lat: float | None
    lon: float | None
    area_code: str | None
    messages: list[SentMessage]
    attachments: list[AttachedFile]
    timeline: list[TimelineItem]
    unmasked: list[ToldUnmasking]


class PersonalData(BaseModel):
    """All that is held on a person."""

    made_at: datetime
    complaints: list[PersonalComplaint]


class ErasureForm(BaseModel):
    """A citizen asks for their data to be erased."""

    model_config = form_like({"wish": "Masalah saya sudah selesai, mohon data saya dihapus."})

    wish: Annotated[CleanText, Field(max_length=MOST_REASON)] | None = None


class SubjectRequestForm(BaseModel):
    """What a person wants, and how it was made sure that they are who they say.

    Either with the code and secret of a complaint, which reaches that complaint alone; or by phone
    or NIK, which reaches all of theirs, where the desk has checked who they are.
    """

    model_config = form_like(
        {
            "kind": "correct",
            "phone": "0812-0000-0001",
            "checked": "KTP asli diperlihatkan di loket.",
            "wish": "Nama saya salah tulis.",
        }
    )

    kind: RequestKind
    tracking_code: Annotated[CleanText, Field(max_length=40)] | None = None
    tracking_secret: Annotated[CleanText, Field(max_length=64)] | None = None
    phone: Annotated[CleanText, Field(max_length=40)] | None = None
    nik: Annotated[CleanText, Field(max_length=32)] | None = None
    checked: Reason | None = Field(None, description="How the desk checked who they are.")
    wish: Annotated[CleanText, Field(max_length=MOST_REASON)] | None = None

    @model_validator(mode="after")
    def _is_proven(self) -> "SubjectRequestForm":
        by_secret = bool(self.tracking_code and self.tracking_secret)
        by_desk = bool(self.checked and (self.phone or self.nik))
        if by_secret == by_desk:
            raise ValueError(
                "isi tracking_code dan tracking_secret, atau checked dengan phone atau nik"
            )
        return self


class SubjectRequestView(BaseModel):
    """A request about personal data; `wish` is shown to those who decide it."""

    request_id: str = Field(examples=[_ID])
    kind: RequestKind
    state: Literal["open", "done", "refused"]
    proof: Literal["tracking_secret", "desk"]
    complaints: list[str] = Field(description="Ids of the complaints that it reaches.")
    wish: str | None = None
    opened_by: str
    opened_at: datetime
    due_at: datetime
    decided_by: str | None = None
    decided_at: datetime | None = None
    reason: str | None = None


class SubjectRequestList(BaseModel):
    """Requests: the open ones by when they are due, then the newest of the others."""

    requests: list[SubjectRequestView]


class WordsCorrection(BaseModel):
    """Words of one complaint that are to stand instead; what is left out stays."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    complaint_id: Id
    title: Annotated[CleanText, Field(max_length=MOST_TITLE)] | None = None
    text: Annotated[CleanText, Field(min_length=1, max_length=MOST_TEXT)] | None = None
    address: Annotated[CleanText, Field(max_length=MOST_ADDRESS)] | None = None


class FulfilForm(BaseModel):
    """Do what was asked. For `correct` it says what shall stand; an empty field is taken away."""

    model_config = form_like(
        {"reason": "Sesuai KTP.", "reporter": {"name": "Warga Contoh", "phone": "0812-0000-0002"}}
    )

    reason: Reason
    reporter: ReporterForm | None = None
    words: WordsCorrection | None = None


class RefuseForm(BaseModel):
    """Why a request is not granted, by which exception (UU 27/2022, art. 15)."""

    model_config = form_like({"reason": "Data diperlukan untuk proses penegakan hukum (pasal 15)."})

    reason: Reason


class DecidedRequest(BaseModel):
    """The request as it is now; with `data` where an export was asked for."""

    request: SubjectRequestView
    data: PersonalData | None = None
