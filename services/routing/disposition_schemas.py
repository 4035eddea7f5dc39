"""What routing's API takes and gives about dispositions and filings from the field."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from services.routing.schemas import ActionDone, Code, Reason, Words
from services.routing.stage_schemas import DecisionWish, MissingAnswer
from shared.written import WrittenDay, WrittenTime

MOST_FILINGS = 100
_FILING: dict[str, Any] = {
    "client_id": "tablet-3-00017",
    "complaint_id": "019b76da-a800-7000-8000-00000000c001",
    "stage": "survei",
    "decision": "layak",
    "answers": {"atap": "berat"},
    "filled_at": "2026-03-09T09:30:00+07:00",
}
Position = Annotated[Code, Field(min_length=2)]


class DispositionWish(BaseModel):
    """To whom in the OPD, an officer or a position, with which instruction, until which day.

    Without `due_on` it is due after the working days (Monday to Friday) that the stage says.
    """

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "to_position": "Kepala Bidang Persuratan",
                    "instruction": "Tindak lanjuti",
                    "due_on": "2026-03-12",
                    "note": "Mohon dibahas bersama subbagian umum.",
                }
            ]
        },
    )
    to_officer: Code | None = None
    to_position: Position | None = None
    instruction: Annotated[Code, Field(max_length=200)]
    due_on: WrittenDay | None = None
    note: Reason | None = None


class DispositionAnswer(BaseModel):
    """What was done."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"text": "Surat sudah dibalas hari ini."}]},
    )
    text: Words


class DispositionView(BaseModel):
    """A disposition; `parent` is the one that was passed on."""

    complaint_id: str
    part: int
    parent: int | None
    opd: str
    stage: str
    to_officer: str | None
    to_position: str | None
    instruction: str
    note: str | None
    given_by: str
    given_at: datetime
    due_at: datetime
    state: Literal["open", "answered", "cancelled"]
    late: bool
    answer: str | None
    answered_by: str | None
    answered_at: datetime | None


class DispositionInTree(DispositionView):
    """A disposition; `depth` is how far down the chain it is, 0 for the first."""

    depth: int


class DispositionTree(BaseModel):
    """The dispositions of a case, each followed by those below it."""

    items: list[DispositionInTree]


class OpenDisposition(DispositionView):
    """A disposition that waits for an answer, with its case."""

    tracking_code: str
    title: str | None


class OpenDispositions(BaseModel):
    """What waits for an answer, the one due first at the head; at most 200."""

    items: list[OpenDisposition]


class Filing(DecisionWish):
    """A decision that was filled in without a network; `client_id` is the device's own id of it."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [_FILING]},
    )
    client_id: Annotated[str, Field(min_length=4, max_length=100, pattern=r"^[\x21-\x7e]+$")]
    complaint_id: UUID
    stage: Code
    filled_at: Annotated[WrittenTime, Field(description="When, by the device.")]


class Filings(BaseModel):
    """What was filled in, each with a result of its own."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"decisions": [_FILING]}]}
    )
    decisions: Annotated[list[Filing], Field(min_length=1, max_length=MOST_FILINGS)]


class FilingProblem(BaseModel):
    """Why a filing did not take effect; `errors` name fields as JSON pointers."""

    type: str
    status: int
    detail: str
    errors: list[MissingAnswer]


class FilingResult(BaseModel):
    """What became of one: taken; in conflict, for the stage was decided before; or refused.

    What was refused may be corrected and sent again under the same `client_id`. Nothing is lost:
    whatever was sent is kept.
    """

    client_id: str
    complaint_id: str
    outcome: Literal["taken", "conflict", "refused"]
    case: ActionDone | None = None
    problem: FilingProblem | None = None


class FilingResults(BaseModel):
    """The results, in the order of what was sent."""

    results: list[FilingResult]


class FilingView(BaseModel):
    """What was sent from the field, as it is kept."""

    client_id: str
    complaint_id: str
    filing: dict[str, Any]
    filled_at: datetime
    received_at: datetime
    outcome: Literal["taken", "conflict", "refused"] | None
    result: FilingResult | None


class FilingPage(BaseModel):
    """What an OPD's staff sent from the field, the newest first; at most 200."""

    items: list[FilingView]
