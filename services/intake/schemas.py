"""What citizens and staff send to intake, and what they are answered."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StrictBool, StringConstraints

from services.intake.attachment_schemas import AttachedFile, UploadToken
from shared.contracts.event import Classification, UtcDatetime
from shared.text import CleanText

MOST_TEXT = 8_000
MOST_TITLE = 200
MOST_NAME = 120
MOST_ADDRESS = 300
MOST_MESSAGE = 4_000
MOST_REASON = 1_000
MOST_SUMMARY = 160
MOST_UPLOADS = 100

Status = Literal[
    "received",
    "triage",
    "assigned",
    "in_progress",
    "waiting_citizen",
    "resolved",
    "closed",
    "rejected",
    "merged",
    "withdrawn",
]
Degrees = Annotated[float, Field(strict=True, allow_inf_nan=False)]
Code = Annotated[CleanText, Field(min_length=1, max_length=32)]
Via = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=32)]

_CODE = "K7M3PXA92W"
_VIA = "pasar-induk"
_ID = "019b76da-a800-7000-8000-00000000a001"
_PATH = f"/intake/v1/complaints/{_CODE}"


class LocationForm(BaseModel):
    """Where it is: both degrees (WGS 84) or none, the area's code, an address line."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    lat: Degrees | None = Field(None, ge=-90, le=90)
    lon: Degrees | None = Field(None, ge=-180, le=180)
    address: Annotated[CleanText, Field(max_length=MOST_ADDRESS)] | None = None
    area_code: Code | None = None


class ReporterForm(BaseModel):
    """Who reports; all of it may be left out. It is kept encrypted and leaves intake never."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    name: Annotated[CleanText, Field(max_length=MOST_NAME)] | None = None
    phone: Annotated[CleanText, Field(max_length=40)] | None = Field(
        None, description="Any spelling; without a country's code it is Indonesian."
    )
    email: Annotated[CleanText, Field(max_length=254)] | None = None
    nik: Annotated[CleanText, Field(max_length=32)] | None = Field(
        None, description="Sixteen digits."
    )


class ComplaintForm(BaseModel):
    """A new complaint."""

    model_config = ConfigDict(
        extra="forbid",
        hide_input_in_errors=True,
        json_schema_extra={
            "examples": [
                {
                    "title": "Lampu jalan padam",
                    "text": "Lampu jalan di depan pos ronda RT 03 padam sejak tiga hari lalu.",
                    "channel": "web",
                    "location": {
                        "lat": -7.62874,
                        "lon": 111.53067,
                        "address": "Jalan Kenanga, depan pos ronda",
                        "area_code": "99.71.01",
                    },
                    "reporter": {"name": "Warga Contoh", "phone": "0812-0000-0001"},
                }
            ]
        },
    )

    text: Annotated[CleanText, Field(min_length=1, max_length=MOST_TEXT)]
    title: Annotated[CleanText, Field(max_length=MOST_TITLE)] | None = None
    channel: Code | None = Field(
        None, description="A channel of the Pemda's profile; left out, its default (web)."
    )
    classification: Classification = "complaint"
    location: LocationForm | None = None
    reporter: ReporterForm | None = None
    anonymous: StrictBool = Field(False, description="Nobody is shown who reports.")
    secret: StrictBool = Field(
        False, description="The public sees nothing but status and dates (Rahasia)."
    )
    join: Annotated[CleanText, Field(min_length=1, max_length=40)] | None = Field(
        None, description="The code of a complaint about the same matter that this one joins."
    )
    device_time: UtcDatetime | None = Field(
        None, description="What the sender's device says the time is; decides nothing."
    )
    via: Via | None = Field(
        None,
        description="The code of the QR sheet that led here, as its link says.",
        examples=[_VIA],
    )
    attachments: Annotated[list[UploadToken], Field(max_length=MOST_UPLOADS)] = Field(
        [], description="Files that were uploaded before."
    )


class ComplaintLinks(BaseModel):
    """Where the complaint goes on."""

    self: str
    messages: str
    feedback: str
    withdraw: str
    secrecy: str
    similar: str
    join: str


class SubmittedComplaint(BaseModel):
    """The answer to a submission. The secret is shown here and nowhere else."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "complaint_id": _ID,
                    "tracking_code": _CODE,
                    "secret": "MZXW6YTBOI5DENJTGQZA",
                    "status": "received",
                    "submitted_at": "2026-03-09T02:00:00Z",
                    "secret_suggested": False,
                    "links": {
                        "self": _PATH,
                        "messages": f"{_PATH}/messages",
                        "feedback": f"{_PATH}/feedback",
                        "withdraw": f"{_PATH}/withdraw",
                        "secrecy": f"{_PATH}/secrecy",
                        "similar": f"{_PATH}/similar",
                        "join": f"{_PATH}/join",
                    },
                }
            ]
        }
    )

    complaint_id: str
    tracking_code: str
    secret: str
    status: Literal["received"] = "received"
    submitted_at: datetime
    secret_suggested: bool = Field(
        False,
        description=(
            "The words tell of a child, of violence at home or of health: propose to the reporter "
            "to make the complaint secret, which `links.secrecy` does."
        ),
    )
    links: ComplaintLinks


class MessageForm(BaseModel):
    """A further message; it also answers the open question of an officer, if there is one."""

    model_config = ConfigDict(
        extra="forbid",
        hide_input_in_errors=True,
        json_schema_extra={"examples": [{"text": "Tiangnya persis di sebelah pos ronda."}]},
    )

    text: Annotated[CleanText, Field(min_length=1, max_length=MOST_MESSAGE)]
    attachments: Annotated[list[UploadToken], Field(max_length=MOST_UPLOADS)] = []


class FeedbackForm(BaseModel):
    """Whether the result satisfies."""

    model_config = ConfigDict(
        extra="forbid",
        hide_input_in_errors=True,
        json_schema_extra={
            "examples": [{"satisfied": False, "text": "Baru satu lampu yang menyala."}]
        },
    )

    satisfied: StrictBool
    text: Annotated[CleanText, Field(max_length=MOST_MESSAGE)] | None = None


class WithdrawalForm(BaseModel):
    """Why the complaint is taken back."""

    model_config = ConfigDict(
        extra="forbid",
        hide_input_in_errors=True,
        json_schema_extra={"examples": [{"reason": "Lampunya sudah menyala lagi."}]},
    )

    reason: Annotated[CleanText, Field(min_length=1, max_length=MOST_REASON)]


class Accepted(BaseModel):
    """A message, a feedback or a withdrawal was taken in."""

    message_id: str = Field(examples=[_ID])
    status: Status
    request_id: str | None = Field(None, description="The officer's question that it answers.")
    sent_at: datetime


class TimelineItem(BaseModel):
    """One step; `text`, an officer's words, only with the secret."""

    kind: str = Field(examples=["assigned"])
    at: datetime
    opd: str | None = Field(None, examples=["DISHUB"])
    opd_name: str | None = Field(None, examples=["Dinas Perhubungan"])
    sentence: str = Field(examples=["Laporan diteruskan kepada Dinas Perhubungan."])
    text: str | None = None


class ExpectedBy(BaseModel):
    """When a step is due; `state` is running, paused, met, missed, cancelled or merged."""

    stage: str = Field(examples=["first_response"])
    title: str | None = Field(
        None, description="Of a service's stage.", examples=["Survei lapangan"]
    )
    due_at: datetime
    state: str = Field(examples=["running"])


class SentMessage(BaseModel):
    """What the citizen wrote later."""

    message_id: str
    kind: Literal["message", "feedback", "withdrawal"]
    text: str | None
    satisfied: bool | None = None
    sent_at: datetime


class OwnWords(BaseModel):
    """What only the reporter and the officers in charge read; null after an erasure."""

    title: str | None
    text: str | None
    address: str | None
    lat: float | None
    lon: float | None
    area_code: str | None
    messages: list[SentMessage]
    attachments: list[AttachedFile] = []


class SimilarComplaint(BaseModel):
    """A public complaint that may be about the same matter; `summary` is masked."""

    tracking_code: str = Field(examples=[_CODE])
    score: float = Field(ge=0, le=1, examples=[0.82], description="How alike, from 0 to 1.")
    summary: str = Field(examples=["Lampu jalan padam"])
    status: Status
    opd_name: str | None = Field(examples=["Dinas Perhubungan"])


class SimilarComplaints(BaseModel):
    """Open complaints that may be about the same matter, the likest first."""

    items: list[SimilarComplaint]


class SimilarForm(BaseModel):
    """What somebody is about to complain of, and where; nothing of it is kept."""

    model_config = ConfigDict(
        extra="forbid",
        hide_input_in_errors=True,
        json_schema_extra={
            "examples": [
                {
                    "text": "Lampu jalan di depan pos ronda padam.",
                    "location": {"lat": -7.62874, "lon": 111.53067},
                }
            ]
        },
    )

    text: Annotated[CleanText, Field(min_length=1, max_length=MOST_TEXT)]
    location: LocationForm


class JoinForm(BaseModel):
    """The code of the complaint that is joined ("saya juga")."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"joined": "K7M3PXA92W"}]}
    )

    joined: Annotated[CleanText, Field(min_length=1, max_length=40)]


class JoinAccepted(BaseModel):
    """The wish was taken in; `joined` is the complaint whose case will lead."""

    status: Status
    joined: str = Field(examples=[_CODE])


class TrackedComplaint(BaseModel):
    """A complaint as its code shows it; `own` and officers' texts only with the secret.

    Of a secret complaint (Rahasia) the public sees status and dates alone.
    """

    tracking_code: str = Field(examples=[_CODE])
    status: Status
    submitted_at: datetime
    secret: bool
    anonymous: bool
    classification: Classification | None = None
    opd: str | None = None
    opd_name: str | None = None
    expected: list[ExpectedBy]
    timeline: list[TimelineItem]
    resolution: str | None = Field(None, description="What the OPD says it did; with the secret.")
    open_request: str | None = Field(
        None, description="The officer's question that waits for an answer; with the secret."
    )
    followed_status: Status | None = Field(
        None, description="While merged: where the case stands that answers this complaint."
    )
    legal_actions: list[Literal["message", "feedback", "withdraw"]]
    similar: list[SimilarComplaint] = Field(
        default_factory=list, description="Complaints that this one may join; with the secret."
    )
    own: OwnWords | None = None


class StaffComplaint(BaseModel):
    """The original words for the officers in charge; who reported is not shown."""

    complaint_id: str
    tracking_code: str
    status: Status
    channel: str
    classification: Classification
    opd: str | None
    submitted_at: datetime
    anonymous: bool
    secret: bool
    own: OwnWords
