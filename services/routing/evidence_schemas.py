"""What the API takes and gives about proof, bodies outside, and how to answer."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from services.routing.schemas import Code, Reason, Words


def _example(**values: Any) -> ConfigDict:
    return ConfigDict(extra="forbid", json_schema_extra={"examples": [values]})


class FlagView(BaseModel):
    """What looks odd about a closing's proof, for a person to judge."""

    flag_id: str
    complaint_id: str
    attachment_id: str
    kind: Literal["reused", "elsewhere", "too_old", "in_the_future"]
    details: dict[str, Any]
    raised_at: datetime
    verdict: str | None = None


class Flags(BaseModel):
    """The flags that nobody has judged, the oldest first."""

    items: list[FlagView]


class Judgement(BaseModel):
    """What a person at the desk makes of a flag."""

    model_config = _example(verdict="Foto memang sama: dua laporan tentang lubang yang sama.")
    verdict: Reason


class ReferralWish(BaseModel):
    """Which body outside is asked for what; the text also goes to the citizen."""

    model_config = _example(body="PLN", text="Tiang dan kabelnya milik PLN; sudah kami minta.")
    body: Code
    text: Words
    remind_days: Annotated[int, Field(ge=1, le=60)] | None = None


class OutsideAnswer(BaseModel):
    """What the body outside said; the text also goes to the citizen."""

    model_config = _example(text="Kabel diperbaiki lusa pagi.")
    text: Words


class ReferralView(BaseModel):
    """A referral to a body outside."""

    referral_id: str
    complaint_id: str
    body: str
    body_name: str
    opd: str | None
    text: str
    referred_at: datetime
    remind_at: datetime
    answer: str | None
    answered_at: datetime | None


class Referrals(BaseModel):
    """Referrals, the first to remind first."""

    items: list[ReferralView]


class SimilarCase(BaseModel):
    """A resolved case of the same topic, and what its citizen was told; likeness is 0 to 1."""

    tracking_code: str
    excerpt: str
    opd_name: str | None
    answer: str | None
    resolved_at: datetime
    likeness: float


class AnswerGuide(BaseModel):
    """How to answer a case."""

    topic: str | None
    guide: str | None
    needs_photo: bool
    similar: list[SimilarCase]
