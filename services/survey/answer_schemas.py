"""What people answer, and what they are told."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StrictInt, StringConstraints

from services.survey.official import Language
from shared.text import CleanText

MOST_INTERVIEWS = 200
MOST_LINKS = 10_000_000

Code = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=64)]
Period = Annotated[str, StringConstraints(pattern=r"^20[0-9]{2}(-(0[1-9]|1[0-2]|Q[1-4]|S[12]))?$")]
Key = Annotated[str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9_]{0,31}$")]

_SCORES = {"U1": 3, "U2": 3, "U3": 2, "U4": 4, "U5": 3, "U6": 3, "U7": 4, "U8": 3, "U9": 3}
_CONTENT: dict[str, Any] = {
    "scores": _SCORES,
    "respondent": {"sex": "female", "age": "30_39", "education": "sma", "occupation": "business"},
    "comment": "Petugasnya ramah, antreannya lama.",
}


_INTERVIEW: dict[str, Any] = {
    "id": "7d9f0b62-52a6-4a0c-9a3c-1f4f7f1f2a10",
    "device_time": "2026-03-09T10:15:00+07:00",
    "unit": "dukcapil",
    "service": "ktp-el",
    **_CONTENT,
}


class Respondent(BaseModel):
    """What a respondent says of themselves; none of it must be said."""

    model_config = ConfigDict(extra="forbid")

    sex: Literal["male", "female"] | None = None
    age: Literal["under_20", "20_29", "30_39", "40_49", "50_59", "60_up"] | None = None
    education: Literal["sd", "smp", "sma", "diploma", "s1", "s2"] | None = None
    occupation: Literal["asn", "tni_polri", "private", "business", "student", "other"] | None = None

    def stated(self) -> dict[str, str]:
        """Return what was said, by dimension."""
        return self.model_dump(exclude_none=True)


class AnswerContent(BaseModel):
    """An answer: scores 1 to 4 by element, and what the unit's form asks beside."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [_CONTENT]})

    scores: dict[Key, StrictInt] = Field(
        max_length=20, description="By element, U1 to U9; those not answered are left out."
    )
    respondent: Respondent = Field(default_factory=Respondent)
    extras: dict[Key, StrictInt] = Field(
        default_factory=dict, max_length=50, description="Scores of extra questions, by code."
    )
    texts: dict[Key, CleanText] = Field(
        default_factory=dict, max_length=50, description="Answers in words, by code of question."
    )
    comment: CleanText | None = Field(None, max_length=1000)
    language: Language = "id"


class PublicAnswer(AnswerContent):
    """An answer at the public form."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"unit": "dukcapil", "service": "ktp-el", **_CONTENT}],
        }
    )

    unit: Code = Field(examples=["dukcapil"])
    service: Code = Field(examples=["ktp-el"])


class AnswerTaken(BaseModel):
    """That an answer counts, and for what."""

    unit: str = Field(examples=["dukcapil"])
    service: str = Field(examples=["ktp-el"])
    period: str = Field(examples=["2026-03"])
    thanks: str = Field(examples=["Terima kasih, jawaban Anda sudah kami terima."])


class Interview(PublicAnswer):
    """An interview that was taken without a network; `id` makes it count once."""

    model_config = ConfigDict(json_schema_extra={"examples": [_INTERVIEW]})

    id: Annotated[str, StringConstraints(pattern=r"^[0-9A-Za-z-]{8,64}$")]
    device_time: Annotated[datetime, Field(description="When it was taken, by the device's clock.")]


class InterviewBatch(BaseModel):
    """Interviews that are sent together; each is taken or refused for itself."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"interviews": [_INTERVIEW]}]})

    interviews: list[Interview] = Field(min_length=1, max_length=MOST_INTERVIEWS)


class RowFault(BaseModel):
    """What is wrong with one field of a row."""

    field: str = Field(examples=["/scores/U3"])
    message: str = Field(examples=["Nilai 5 tidak ada; pilih 1, 2, 3, atau 4."])


class InterviewResult(BaseModel):
    """What became of one interview: stored, repeated (it was there already) or refused."""

    id: str
    outcome: Literal["stored", "repeated", "refused"]
    reason: str | None = None
    errors: list[RowFault] = Field(default_factory=list)


class InterviewResults(BaseModel):
    """What became of each, in the order in which they came."""

    stored: int = Field(examples=[1])
    results: list[InterviewResult]


class PaperTaken(BaseModel):
    """A file of paper forms was taken whole."""

    batch_id: str
    answers: int = Field(examples=[120])


class KioskForm(BaseModel):
    """Where a kiosk stands and what it asks about."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"unit": "dukcapil", "service": "ktp-el"}]},
    )

    unit: Code
    service: Code


class KioskMade(BaseModel):
    """A kiosk's address, with a token that is shown this once."""

    code: str = Field(examples=["loket-1"])
    token: str
    url: str = Field(examples=["http://127.0.0.1:8000/survey/v1/kiosk/TOKEN"])


class KioskShown(BaseModel):
    """A kiosk."""

    code: str = Field(examples=["loket-1"])
    unit: str = Field(examples=["dukcapil"])
    service: str = Field(examples=["ktp-el"])
    made_at: datetime


class KiosksShown(BaseModel):
    """All kiosks."""

    kiosks: list[KioskShown]


class InvitationsForm(BaseModel):
    """How many links someone else sent, such as intake after complaints were closed."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {"unit": "pengaduan", "service": "pengaduan", "period": "2026-03", "sent": 250}
            ]
        },
    )

    unit: Code
    service: Code
    period: Period
    sent: int = Field(ge=1, le=MOST_LINKS)


class InvitationsNoted(BaseModel):
    """How many links are known to be sent."""

    sent: int = Field(examples=[250])


class PeriodShown(BaseModel):
    """A period that answers came for."""

    period: str = Field(examples=["2026-03"])
    name: str = Field(examples=["Maret 2026"])
    closed_at: datetime | None = None


class PeriodsShown(BaseModel):
    """All periods, newest first."""

    periods: list[PeriodShown]
