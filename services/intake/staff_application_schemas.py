"""What staff see of applications, and what they ask for."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, Field

from services.intake.application_schemas import FoundScore
from services.intake.attachment_schemas import AttachedFile
from services.intake.schemas import Status
from shared.catalogue.definition import Applicant

Outcome = Literal["open", "done", "refused"]


@dataclass(frozen=True, slots=True)
class Choice:
    """Which applications of an OPD are wanted; `since` and `until` are instants, the end not in."""

    opd: str
    text: str = ""
    service: str | None = None
    stage: str | None = None
    outcome: Outcome | None = None
    since: datetime | None = None
    until: datetime | None = None


class ListedApplication(BaseModel):
    """An application as a list shows it: nothing personal, what people wrote masked."""

    complaint_id: str
    tracking_code: str = Field(examples=["K7M3PXA92W"])
    service: str = Field(examples=["rtlh"])
    version: int
    number: str | None
    applicant: Applicant
    applicant_opd: str | None = Field(description="The OPD that asks, where one does.")
    opd: str = Field(description="The OPD that has it now.", examples=["DISPERKIM"])
    status: Status
    stage: str | None = Field(examples=["rtlh.survei"])
    stage_title: str | None = Field(examples=["Survei lapangan"])
    outcome: Literal["done", "refused"] | None
    rounds: int
    eligible: bool
    submitted_at: datetime
    updated_at: datetime
    answers: dict[str, Any] = Field(description="Those that are not personal, masked.")


class ListedApplications(BaseModel):
    """A page, the newest first."""

    items: list[ListedApplication]
    next: str | None = Field(None, description="The cursor of the next page.")


class StaffApplication(ListedApplication):
    """One application with all answers; they are null once the applicant was erased."""

    all_answers: dict[str, Any] | None
    stage_answers: dict[str, Any]
    unmet: list[str]
    score: FoundScore | None
    files: list[AttachedFile]
