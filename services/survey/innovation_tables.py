"""The tables of innovations: proposals and their stages, scores, self-assessments, rewards."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import JSON, Boolean, Column, Index, Integer, LargeBinary, Numeric, Text, text
from sqlmodel import Field

from services.survey.tables import SurveyTable
from shared.columns import id_column, text_column, time_column

_SCORE = Numeric(5, 2)


def _json_column(*, nullable: bool = False) -> Any:
    return Field(default=None if nullable else ..., sa_column=Column(JSON, nullable=nullable))


class Innovation(SurveyTable, table=True):
    """An innovation, from the idea to its display. `version` counts its facts and is its ETag.

    `digest` keeps the same proposal from coming twice. `reference` is how a citizen asks what
    became of theirs: nothing of the citizen is kept. `proposer` is the opaque id of an employee.
    `criteria` holds, by code, the argument and the coordinator's verdict. `dossier` holds what the
    stages ask for. `origin` tells of an imported innovation where it is from.
    """

    __tablename__ = "innovation"
    __table_args__ = (
        Index("innovation_newest", "proposed_at", "innovation_id"),
        Index("innovation_of_opd", "opd", "proposed_at", "innovation_id"),
        Index(
            "innovation_displayed",
            "displayed_at",
            "innovation_id",
            postgresql_where=text("stage = 'display'"),
        ),
        Index("innovation_finalised", "finalised_at"),
    )

    innovation_id: str = id_column(primary=True)
    version: int
    digest: bytes = Field(sa_column=Column(LargeBinary, nullable=False, unique=True))
    reference: str = Field(sa_column=Column(Text, nullable=False, unique=True))
    title: str = text_column()
    problem: str = text_column()
    idea: str = text_column()
    initiator: str = text_column()
    form: str = text_column()
    digital: bool = Field(sa_column=Column(Boolean, nullable=False))
    opd: str | None = text_column(nullable=True)
    proposer: str | None = text_column(nullable=True)
    stage: str = text_column()
    stage_before_declined: str | None = text_column(nullable=True)
    evidence: list[dict[str, Any]] = _json_column()
    dossier: dict[str, Any] = _json_column()
    criteria: dict[str, dict[str, Any]] = _json_column()
    documents: list[dict[str, Any]] = _json_column()
    snippets: list[dict[str, Any]] = _json_column()
    origin: dict[str, Any] | None = _json_column(nullable=True)
    final_score: Decimal | None = Field(default=None, sa_column=Column(_SCORE))
    finalised_at: datetime | None = time_column(nullable=True)
    displayed_at: datetime | None = time_column(nullable=True)
    proposed_at: datetime = time_column()
    updated_at: datetime = time_column()


class InnovationFact(SurveyTable, table=True):
    """One step of an innovation: by whom, from which stage into which, and what was said."""

    __tablename__ = "innovation_fact"

    innovation_id: str = id_column(primary=True, of="innovation.innovation_id")
    version: int = Field(primary_key=True)
    happened_at: datetime = time_column()
    actor: str | None = text_column(nullable=True)
    action: str = text_column()
    from_stage: str | None = text_column(nullable=True)
    to_stage: str = text_column()
    note: str | None = text_column(nullable=True)


class InnovationScore(SurveyTable, table=True):
    """What one member of the panel thinks; shown to nobody else before the score is final."""

    __tablename__ = "innovation_score"

    innovation_id: str = id_column(primary=True, of="innovation.innovation_id")
    panelist: str = text_column(primary=True)
    marks: dict[str, int] = _json_column()
    total: Decimal = Field(sa_column=Column(_SCORE, nullable=False))
    comment: str = text_column()
    scored_version: int
    scored_at: datetime = time_column()


class InnovationAdoption(SurveyTable, table=True):
    """Who adopted an innovation. What others report counts once the coordinator confirmed it."""

    __tablename__ = "innovation_adoption"
    __table_args__ = (Index("innovation_adoption_of", "innovation_id", "reported_at"),)

    adoption_id: str = id_column(primary=True)
    innovation_id: str = id_column(of="innovation.innovation_id")
    digest: bytes = Field(sa_column=Column(LargeBinary, nullable=False, unique=True))
    adopter: str = text_column()
    region_code: str | None = text_column(nullable=True)
    url: str | None = text_column(nullable=True)
    note: str | None = text_column(nullable=True)
    reported_at: datetime = time_column()
    confirmed_at: datetime | None = time_column(nullable=True)
    confirmed_by: str | None = text_column(nullable=True)


class InnovationSheet(SurveyTable, table=True):
    """A sheet of the self-assessment: of the Pemda (`pemda`) or of an innovation, in a year."""

    __tablename__ = "innovation_sheet"

    year: int = Field(sa_column=Column(Integer, primary_key=True, autoincrement=False))
    subject: str = text_column(primary=True)
    levels: dict[str, int] = _json_column()
    updated_at: datetime = time_column()
    updated_by: str = text_column()


class InnovationReward(SurveyTable, table=True):
    """An OPD that was rewarded for a year, and why; fixed once awarded."""

    __tablename__ = "innovation_reward"

    year: int = Field(sa_column=Column(Integer, primary_key=True, autoincrement=False))
    opd: str = text_column(primary=True)
    rank: int
    points: Decimal = Field(sa_column=Column(_SCORE, nullable=False))
    reason: str = text_column()
    awarded_at: datetime = time_column()
    awarded_by: str = text_column()
