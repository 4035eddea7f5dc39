"""What applicants send to services of the catalogue, and what they are shown."""

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from services.intake.attachment_schemas import AttachedFile
from services.intake.document_schemas import DocumentView
from services.intake.paper_schemas import BookedSession
from services.intake.schemas import Code, ComplaintLinks, Status

_CODE = "K7M3PXA92W"
_ANSWERS: dict[str, JsonValue] = {
    "nama": "Warga Contoh",
    "hp": "0812-0000-0001",
    "satu_satunya": True,
    "lokasi": {"lat": -7.62874, "lon": 111.53067, "address": "Jalan Kenanga 3"},
}


class ListedService(BaseModel):
    """A service as a list shows it."""

    code: str = Field(examples=["rtlh"])
    version: int = Field(examples=[1])
    title: str = Field(examples=["Perbaikan rumah tidak layak huni (RTLH)"])
    group: str = Field(examples=["Perumahan"])
    description: str
    opds: list[str] = Field(examples=[["DISPERKIM"]])
    applicants: list[str] = Field(examples=[["citizen", "operator"]])
    fee: int = Field(description="In rupiah; 0 is free.", examples=[0])


class ListedServices(BaseModel):
    """The catalogue, by group and title."""

    items: list[ListedService]


class ServiceStep(BaseModel):
    """A stage of the work, as an applicant is told of it."""

    stage: str = Field(examples=["rtlh.survei"])
    title: str = Field(examples=["Survei lapangan"])
    opd: str | None = Field(description="None: the OPD that the application is made to.")
    days: int | None = Field(description="Working days that it may take.")
    seconds: int | None = Field(description="Seconds that it may take.")


class ServiceCriterion(BaseModel):
    """A condition of eligibility; with `refuse` an application that does not meet it is refused."""

    id: str
    reason: str
    refuse: bool


class ServiceDefinition(ListedService):
    """All that a front end needs to offer a service; `form` is a JSON Schema (2020-12)."""

    requires: list[str]
    fee_note: str | None
    regulation: str | None
    form: dict[str, Any]
    eligibility: list[ServiceCriterion]
    stages: list[ServiceStep]
    documents: list[str] = Field(description="The titles of what comes out.")
    pass_score: float | None = Field(description="Of the self-assessment, where there is one.")


class ApplicationAnswers(BaseModel):
    """What was filled in: answers by the codes of the form's fields."""

    model_config = ConfigDict(
        extra="forbid",
        hide_input_in_errors=True,
        json_schema_extra={"examples": [{"answers": _ANSWERS}]},
    )

    answers: dict[str, Any] = Field(max_length=300)


class NewApplication(ApplicationAnswers):
    """An application; `opd` is needed where several OPDs offer the service."""

    channel: Code | None = Field(
        None, description="A channel of the Pemda's profile; left out, its default (web)."
    )
    opd: Code | None = Field(None, examples=["DISPERKIM"])


class UnmetCriterion(BaseModel):
    """A condition of eligibility that is not met, and why."""

    id: str
    reason: str


class FoundGap(BaseModel):
    """An item of the self-assessment that earned less than its weight, and what to do about it."""

    item: str
    question: str
    lost: float = Field(description="Points of 100.")
    advice: str | None
    critical: bool


class FoundScore(BaseModel):
    """What the self-assessment came to, 0 to 100, its gaps with the dearest first."""

    points: float = Field(ge=0, le=100)
    passed: bool
    gaps: list[FoundGap]


class FieldProblem(BaseModel):
    """What is wrong at a field (a JSON pointer)."""

    field: str
    message: str


class ApplicationCheck(BaseModel):
    """What would become of an application now; nothing of it is kept."""

    problems: list[FieldProblem]
    eligible: bool
    unmet: list[UnmetCriterion]
    score: FoundScore | None


class SubmittedApplication(BaseModel):
    """The answer to an application. The secret is shown here and nowhere else."""

    complaint_id: str
    tracking_code: str = Field(examples=[_CODE])
    secret: str
    status: Literal["received"] = "received"
    submitted_at: datetime
    service: str = Field(examples=["rtlh"])
    version: int
    number: str | None = Field(description="The application's own number, where it has one.")
    eligible: bool
    unmet: list[UnmetCriterion]
    score: FoundScore | None
    links: ComplaintLinks


class CorrectionForm(ApplicationAnswers):
    """All answers anew, as they shall stand; files that stay are named by their ids."""

    note: str | None = Field(
        None, min_length=1, max_length=2_000, description="What the officer should know of it."
    )


class CorrectedApplication(BaseModel):
    """A correction was taken in; the work goes on."""

    message_id: str
    request_id: str
    sent_at: datetime
    eligible: bool
    unmet: list[UnmetCriterion]
    score: FoundScore | None


class AskedCorrection(BaseModel):
    """What an officer asks the applicant to correct or complete; `PUT …/answers` answers it."""

    request_id: str
    text: str | None
    answered: bool = Field(description="It was sent, and the officer has not read it yet.")


class OwnApplication(BaseModel):
    """What only the applicant sees; answers are null once they were erased."""

    complaint_id: str
    submitted_at: datetime
    opd: str = Field(description="The OPD that it was made to.", examples=["DISPERKIM"])
    number: str | None
    answers: dict[str, Any] | None
    eligible: bool
    unmet: list[str]
    score: FoundScore | None
    rounds: int = Field(description="How often a correction was asked for.")
    asked: AskedCorrection | None
    appointment: BookedSession | None
    files: list[AttachedFile]
    documents: list[DocumentView]


class ShownApplication(BaseModel):
    """Where an application stands; `own` only with the secret."""

    tracking_code: str = Field(examples=[_CODE])
    service: str = Field(examples=["rtlh"])
    version: int
    title: str
    status: Status
    stage: str | None = Field(examples=["rtlh.survei"])
    stage_title: str | None = Field(examples=["Survei lapangan"])
    outcome: Literal["done", "refused"] | None
    links: ComplaintLinks
    own: OwnApplication | None = None


class SavedDraft(BaseModel):
    """A draft was kept. Its secret is shown here and nowhere else."""

    draft_id: str = Field(examples=["019b76da-a800-7000-8000-00000000a001"])
    secret: str
    expires_at: datetime


class DeletedDraft(BaseModel):
    """A draft that is gone."""

    draft_id: str
    deleted: Literal[True] = True


class ShownDraft(BaseModel):
    """A draft, and what would be wrong with it now; what is missing is not said before the end."""

    draft_id: str
    service: str
    answers: dict[str, Any]
    problems: list[FieldProblem]
    score: FoundScore | None
    expires_at: datetime


class SubmittedDraft(BaseModel):
    """How a draft is submitted; `opd` is needed where several OPDs offer the service."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{}]})

    channel: Code | None = None
    opd: Code | None = Field(None, examples=["DISPERKIM"])
