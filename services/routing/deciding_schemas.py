"""What is asked of the rules and the model beside the cases, and what they answer."""

from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from services.routing.profile_files import RuleEntry
from services.routing.schemas import Code, ProposalView
from shared.contracts.event import Answer, Classification
from shared.text import CleanText

MOST_CASES = 5_000


class TextToClassify(BaseModel):
    """A complaint as it might come; nothing of it is stored."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "text": "Lampu jalan di depan balai warga padam sejak tiga malam.",
                    "channel": "web",
                    "area_code": "99.71.01",
                }
            ]
        },
    )
    text: Annotated[CleanText, Field(min_length=1, max_length=8_000)]
    title: Annotated[CleanText, Field(min_length=1, max_length=200)] | None = None
    channel: Code = "web"
    account_opd: Code | None = None
    classification: Classification = "complaint"
    emergency: Annotated[bool, Field(strict=True)] = False
    area_code: Code | None = None
    lat: Annotated[float, Field(strict=True, ge=-90, le=90)] | None = None
    lon: Annotated[float, Field(strict=True, ge=-180, le=180)] | None = None
    service_code: Code | None = None
    answers: Annotated[dict[Code, Answer], Field(max_length=50)] = {}


class Explanation(BaseModel):
    """Whose the complaint would be and why; without `opd` the triage desk would decide."""

    opd: str | None
    opd_name: str | None
    topic: str | None
    by: Literal["rule", "model"]
    rule: str | None
    model_version: int | None
    reason: str
    priority: Literal["normal", "high", "emergency"]
    proposals: list[ProposalView]
    failed_rules: list[str]


class WhatIf(BaseModel):
    """Rules instead of the present ones, or a model version instead of the present one."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "rules": [
                        {
                            "id": "pohon-di-taman",
                            "reason": "Pohon di dalam taman kota dirawat oleh pengelola taman.",
                            "topic": "taman-kota",
                            "any": ["pohon ~ taman"],
                        }
                    ],
                    "cases": 500,
                }
            ]
        },
    )
    rules: Annotated[list[RuleEntry], Field(max_length=500)] | None = None
    model_version: Annotated[int, Field(ge=1, le=2_000_000_000)] | None = None
    cases: Annotated[int, Field(ge=1, le=MOST_CASES, description="How many of the newest.")] = 1_000

    @model_validator(mode="after")
    def _proposes_something(self) -> Self:
        if self.rules is None and self.model_version is None:
            raise ValueError("isi rules, model_version, atau keduanya")
        return self


class Change(BaseModel):
    """A past case that would have gone elsewhere; OPD null is the triage desk."""

    complaint_id: str
    tracking_code: str
    opd_now: str | None
    opd_then: str | None
    opd_in_the_end: str | None
    reason: str


class WhatIfSummary(BaseModel):
    """The last line: of so many cases, so many would change; right as the officers left them."""

    cases: int
    changed: int
    placed_now: int
    placed_then: int
    right_now: int
    right_then: int
