"""The table of practice: invented cases, apart from the real ones, and published by nobody."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Column, Index
from sqlmodel import Field

from services.routing.tables import RoutingTable
from shared.columns import id_column, text_column, time_column


class PracticeCase(RoutingTable, table=True):
    """An invented case of one trainee: it as a real one would be, its facts, and the score."""

    __tablename__ = "practice_case"
    __table_args__ = (Index("practice_case_of_trainee", "trainee", "opened_at"),)

    case_id: str = id_column(primary=True)
    trainee: str = text_column()
    scenario: str = text_column()
    opened_at: datetime = time_column()
    case: dict[str, Any] = Field(sa_column=Column(JSON, nullable=False))
    facts: list[dict[str, Any]] = Field(sa_column=Column(JSON, nullable=False))
    score: dict[str, Any] | None = Field(default=None, sa_column=Column(JSON))
