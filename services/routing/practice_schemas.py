"""What the API takes and gives about practice."""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from services.routing.schemas import CaseDetail


class PracticeWish(BaseModel):
    """How many invented cases the trainee wants."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"count": 3}]})
    count: int = Field(3, ge=1, le=10)


class PracticeStep(BaseModel):
    """The body of an action, as the same action on a real case takes it."""

    model_config = ConfigDict(
        extra="allow",
        json_schema_extra={"examples": [{"text": "Terima kasih. Regu datang besok pagi."}]},
    )


class PracticeScore(BaseModel):
    """How an invented case was handled, in points of 100.

    `speed` is 1 for a first answer within ten minutes and falls to 0 at two hours. `completeness`
    is the share of points that the answers made; `missing` are the others. A case that belongs to
    another OPD is complete when it was returned.
    """

    speed: float
    completeness: float
    points: float
    missing: list[str]


class PracticeView(BaseModel):
    """An invented case, shown as a real one is, with its score once it is over."""

    case: CaseDetail
    score: PracticeScore | None


class PracticeCases(BaseModel):
    """The trainee's invented cases, the newest first, and their mean score."""

    items: list[PracticeView]
    mean_points: float | None


def body_of(step: PracticeStep) -> dict[str, Any]:
    """Return what was sent."""
    return dict(step.model_extra or {})
