"""What routing's API takes and gives about the stages of applications."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, JsonValue

from services.routing.schemas import Code, Words

_DEEPEST = 5
_MOST_ANSWERS = 300
_LONGEST = 10_000


def _plain(answers: dict[str, JsonValue]) -> dict[str, JsonValue]:
    for answer in answers.values():
        _check(answer, _DEEPEST)
    return answers


def _check(value: JsonValue, depth: int) -> None:
    if isinstance(value, str):
        if len(value) > _LONGEST or "\x00" in value:
            raise ValueError("teks terlalu panjang atau memuat huruf yang tidak dapat disimpan")
        try:
            value.encode()
        except UnicodeEncodeError:
            raise ValueError("teks memuat huruf yang tidak dapat disimpan") from None
    elif isinstance(value, list | dict):
        if depth == 0:
            raise ValueError("isian bertingkat terlalu dalam")
        for each in value.values() if isinstance(value, dict) else value:
            _check(each, depth - 1)


#: What was filled in, by the codes of the stage's fields.
Answers = Annotated[
    dict[Annotated[Code, Field(max_length=40)], JsonValue],
    Field(max_length=_MOST_ANSWERS),
    AfterValidator(_plain),
]


class DecisionWish(BaseModel):
    """A decision of the stage that the case is in, with what its form asks.

    `stage` is the one that the caller saw. `text` is said to the applicant beside the sentence of
    the decision; `reason` is one of a refusal's. Files in `answers` are attachments of this case,
    uploaded through intake before, by their ids; so are those of `evidence`.
    """

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "decision": "lengkap",
                    "stage": "administrasi",
                    "answers": {},
                    "text": "Berkas Anda lengkap; petugas survei akan menghubungi.",
                }
            ]
        },
    )
    decision: Code
    stage: Code | None = None
    answers: Answers = {}
    text: Words | None = None
    reason: Code | None = None
    evidence: Annotated[list[UUID], Field(max_length=20)] = []


class MissingAnswer(BaseModel):
    """A field as a JSON pointer, and what is wrong there."""

    field: str
    message: str


class ReasonView(BaseModel):
    """A reason to refuse for, and what the applicant reads then."""

    code: str
    text: str


class DecisionView(BaseModel):
    """A decision of a stage; `open` says whether it could be taken with what is answered now."""

    code: str
    title: str
    next: str = Field(description="A stage, or done, refused or applicant.")
    next_title: str | None
    reasons: list[ReasonView]
    open: bool
    why_not: str | None = Field(description="Why it cannot be taken now, whatever is filled in.")
    missing: list[MissingAnswer]


class VisitView(BaseModel):
    """One stay of the case in a stage, and how it was left."""

    number: int
    stage: str
    title: str
    opd: str
    opd_name: str
    entered_at: datetime
    left_at: datetime | None
    decision: str | None
    decision_title: str | None
    answers: dict[str, Any] | None
    text: str | None
    officer_id: str | None


class StageView(BaseModel):
    """Where an application is, what may be decided there, and where it was before.

    `stage` and what belongs to it are null where the service is over or the desk has the case.
    """

    complaint_id: str
    tracking_code: str
    version: int
    service: str
    service_version: int
    service_title: str
    addressed: str | None
    rounds: int
    answers: dict[str, Any] = Field(description="What is not personal of the application.")
    stage: str | None
    title: str | None
    opd: str | None
    opd_name: str | None
    role: Literal["officer", "head"] | None
    since: datetime | None
    offline: bool
    may_decide: bool = Field(description="Whether this caller may decide here.")
    form: dict[str, Any] | None = Field(description="JSON Schema 2020-12 of what is filled in.")
    filled: dict[str, Any] = Field(description="What was filled in here before.")
    decisions: list[DecisionView]
    visits: list[VisitView]
