"""What partners send to intake, and what they are answered."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StrictBool, model_validator

from services.intake.schemas import MOST_ADDRESS, MOST_TEXT, MOST_TITLE, Code, Degrees
from shared.contracts.event import Classification, UtcDatetime
from shared.text import CleanText

Partner = Literal["sp4n", "call112", "sms"]
CallType = Literal["real", "prank", "ghost", "information"]
Outcome = Literal["accepted", "counted"]

ExternalId = Annotated[CleanText, Field(min_length=1, max_length=64)]
Short = Annotated[CleanText, Field(max_length=200)]
_ID = "019b76da-a800-7000-8000-00000000a001"


class PartnerPlace(BaseModel):
    """Where it is, as far as the partner knows: degrees, names of areas, an address line.

    What is outside the Pemda, or unknown to it, is kept with the address and refuses nothing.
    """

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    lat: Degrees | None = Field(None, ge=-90, le=90)
    lon: Degrees | None = Field(None, ge=-180, le=180)
    address: Annotated[CleanText, Field(max_length=MOST_ADDRESS)] | None = None
    area_code: Code | None = None
    district: Short | None = Field(None, description="Kecamatan by name.")
    village: Short | None = Field(None, description="Kelurahan or desa by name.")


class PartnerReporter(BaseModel):
    """Who reported to the partner; what cannot be read as a number or address is left out."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    name: Annotated[CleanText, Field(max_length=120)] | None = None
    phone: Annotated[CleanText, Field(max_length=40)] | None = None
    email: Annotated[CleanText, Field(max_length=254)] | None = None


class Sp4nReport(BaseModel):
    """A report that SP4N-LAPOR, or what stands between it and the Pemda, hands on."""

    model_config = ConfigDict(
        extra="forbid",
        hide_input_in_errors=True,
        json_schema_extra={
            "examples": [
                {
                    "external_id": "9000001",
                    "title": "Lampu jalan padam",
                    "text": "Lampu jalan di depan pos ronda padam sejak tiga hari lalu.",
                    "category": "Penerangan Jalan",
                    "source": "Android",
                    "reported_at": "2026-03-09T01:30:00Z",
                    "anonymous": True,
                    "place": {"district": "Mekarsari"},
                }
            ]
        },
    )

    external_id: ExternalId = Field(description="The Tracking ID.")
    title: Annotated[CleanText, Field(max_length=MOST_TITLE)] | None = None
    text: Annotated[CleanText, Field(min_length=1, max_length=MOST_TEXT)]
    classification: Classification = "complaint"
    category: Short | None = Field(None, description="The category's national name.")
    category_id: int | None = Field(None, ge=1, le=10**9)
    source: Short | None = Field(None, description="Where it was lodged: Website, Android, ….")
    reported_at: UtcDatetime | None = None
    anonymous: StrictBool = False
    secret: StrictBool = False
    reporter: PartnerReporter | None = None
    place: PartnerPlace | None = None


class CallReport(BaseModel):
    """A call that the call centre 112 took; what it was is for the call taker to say."""

    model_config = ConfigDict(
        extra="forbid",
        hide_input_in_errors=True,
        json_schema_extra={
            "examples": [
                {
                    "external_id": "112-2026-000417",
                    "call_type": "real",
                    "category": "Kebakaran",
                    "text": "Rumah terbakar di belakang pasar, api mulai merambat.",
                    "called_at": "2026-03-09T01:58:10Z",
                    "answered_at": "2026-03-09T01:58:16Z",
                    "phone": "0812-0000-0001",
                    "place": {"lat": -7.62874, "lon": 111.53067, "district": "Mekarsari"},
                    "operator": "agen-07",
                    "shift": "07-14",
                }
            ]
        },
    )

    external_id: ExternalId = Field(description="The ticket's number.")
    call_type: CallType
    category: Short | None = Field(None, description="As the profile's partners.yaml names it.")
    text: Annotated[CleanText, Field(max_length=MOST_TEXT)] | None = Field(
        None, description="What the caller said; needed for real calls and for information."
    )
    called_at: UtcDatetime
    answered_at: UtcDatetime | None = None
    dispatched_at: UtcDatetime | None = None
    arrived_at: UtcDatetime | None = None
    finished_at: UtcDatetime | None = None
    phone: Annotated[CleanText, Field(max_length=40)] | None = None
    name: Annotated[CleanText, Field(max_length=120)] | None = None
    anonymous: StrictBool = False
    secret: StrictBool = False
    place: PartnerPlace | None = None
    units: list[Short] = Field(default_factory=list, max_length=20)
    victims: int | None = Field(None, ge=0, le=100_000)
    outcome: Annotated[CleanText, Field(max_length=1_000)] | None = None
    operator: Annotated[CleanText, Field(max_length=64)] | None = Field(
        None, description="An opaque id, no name."
    )
    shift: Annotated[CleanText, Field(max_length=32)] | None = None

    @model_validator(mode="after")
    def _says_something(self) -> "CallReport":
        if self.call_type in ("real", "information") and not self.text:
            raise ValueError("text: isi uraian panggilan")
        return self


class SmsReport(BaseModel):
    """A text message that an SMS gateway hands on."""

    model_config = ConfigDict(
        extra="forbid",
        hide_input_in_errors=True,
        json_schema_extra={
            "examples": [
                {
                    "external_id": "sms-000981",
                    "sender": "081200000001",
                    "recipient": "1708",
                    "text": "Sampah di belakang pasar belum diangkut sejak Jumat",
                    "received_at": "2026-03-09T01:59:00Z",
                }
            ]
        },
    )

    external_id: ExternalId
    sender: Annotated[CleanText, Field(min_length=1, max_length=40)]
    recipient: Annotated[CleanText, Field(max_length=40)] | None = Field(
        None, description="The Pemda's number that it was sent to."
    )
    text: Annotated[CleanText, Field(min_length=1, max_length=MOST_TEXT)]
    received_at: UtcDatetime | None = None


class CallerBlock(BaseModel):
    """A number that the call centre is asked to block, and until when."""

    until: datetime


class PartnerReceipt(BaseModel):
    """What became of a report; the same report sent again is answered with the same complaint."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "external_id": "112-2026-000417",
                    "outcome": "accepted",
                    "complaint_id": _ID,
                    "tracking_code": "K7M3PXA92W",
                    "received_at": "2026-03-09T02:00:00Z",
                    "block": None,
                }
            ]
        }
    )

    external_id: str
    outcome: Outcome
    complaint_id: str | None = None
    tracking_code: str | None = None
    received_at: datetime
    block: CallerBlock | None = None


class CallCount(BaseModel):
    """Calls of one type and category."""

    call_type: CallType
    category: str | None
    calls: int
    complaints: int


class CallCounts(BaseModel):
    """The calls of a stretch of time; its end does not belong to it."""

    since: datetime
    until: datetime
    counts: list[CallCount]


class LiftForm(BaseModel):
    """Which number is to be let through again."""

    model_config = ConfigDict(
        extra="forbid",
        hide_input_in_errors=True,
        json_schema_extra={"examples": [{"phone": "0812-0000-0001"}]},
    )

    phone: Annotated[CleanText, Field(min_length=1, max_length=40)]


class Lifted(BaseModel):
    """A number is let through again."""

    lifted_at: datetime
    was_blocked_until: datetime
