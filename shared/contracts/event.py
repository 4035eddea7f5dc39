"""What every event shares: its parent class and the value types that payloads are made of.

Within v1 a payload only grows: a new field is optional, and a field that is not known is ignored.
"""

from datetime import UTC, datetime
from typing import Annotated, Final, Literal

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field

from shared.ids import UUID_PATTERN, AttachmentId, ClockId, ComplaintId, MessageId

# A refused payload may hold a citizen's words: they must not get into an error's text, nor with it
# into a log. Infinity and NaN have no JSON form and would come back as null.
FROZEN: Final = ConfigDict(
    frozen=True, extra="ignore", allow_inf_nan=False, hide_input_in_errors=True
)


def _to_utc(time: datetime) -> datetime:
    if time.tzinfo is UTC:
        return time
    try:
        return time.astimezone(UTC)
    except OverflowError as error:
        # Year 1 or 9999 with an offset leaves the calendar; pydantic only understands ValueError.
        raise ValueError("the time is outside the calendar") from error


#: An aware time, kept in UTC and written as RFC 3339 with Z.
UtcDatetime = Annotated[AwareDatetime, AfterValidator(_to_utc)]

ComplaintKey = Annotated[ComplaintId, Field(pattern=UUID_PATTERN)]
AttachmentKey = Annotated[AttachmentId, Field(pattern=UUID_PATTERN)]
ClockKey = Annotated[ClockId, Field(min_length=1, max_length=128)]
MessageKey = Annotated[MessageId, Field(pattern=UUID_PATTERN)]
#: A staff member as an opaque id: never a name, an address or a number.
OfficerId = Annotated[str, Field(min_length=1, max_length=128)]
#: The id of a question put to the citizen.
RequestId = Annotated[str, Field(min_length=1, max_length=128)]
#: Free text. A citizen's words are masked before they get here.
Text = Annotated[str, Field(max_length=32_000)]
ShortText = Annotated[str, Field(max_length=500)]
#: A code of the Pemda's profile: an OPD, a topic, a stage, a policy, a channel, a role.
Code = Annotated[str, Field(min_length=1, max_length=100)]
Channel = Code
#: A part of a case: 0 is the leading OPD, further parts are contributing OPDs.
Part = Annotated[int, Field(ge=0, le=1_000)]
#: How often a case was reopened; of a `closing` clock, how often the citizen was waited for before.
Epoch = Annotated[int, Field(ge=0, le=100_000)]
Seconds = Annotated[float, Field(ge=0)]
#: An answer to a question of the service catalogue (Open311 datatypes).
Answer = str | int | float | bool | tuple[str, ...]

Classification = Literal[
    "complaint",
    "supervisory_complaint",
    "aspiration",
    "information",
    "public_information_request",
]
AttachmentKind = Literal["image", "video", "audio", "document", "other"]


class Event(BaseModel):
    """A fact about one complaint, named in the past tense by the service that publishes it."""

    model_config = FROZEN

    complaint_id: ComplaintKey
    occurred_at: UtcDatetime


class Location(BaseModel):
    """A place as far as it is known: degrees in WGS 84, the area's code, an address line."""

    model_config = FROZEN

    lat: Annotated[float, Field(ge=-90, le=90)] | None = None
    lon: Annotated[float, Field(ge=-180, le=180)] | None = None
    area_code: Code | None = None
    address: ShortText | None = None


class Candidate(BaseModel):
    """An earlier complaint that may be the same matter; `score` is 0 to 1."""

    model_config = FROZEN

    complaint_id: ComplaintKey
    score: Annotated[float, Field(ge=0, le=1)]


class AttachmentRef(BaseModel):
    """A file that intake holds; its content is read through intake's API."""

    model_config = FROZEN

    id: AttachmentKey
    kind: AttachmentKind


class Proposal(BaseModel):
    """Which OPD and topic a rule or the model proposes, how surely (0 to 1), by which words."""

    model_config = FROZEN

    opd: Code
    topic: Code | None = None
    confidence: Annotated[float, Field(ge=0, le=1)]
    words: tuple[ShortText, ...] = ()
