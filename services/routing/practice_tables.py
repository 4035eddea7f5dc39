"""The table of practice: invented cases, apart from the real ones, and published by nobody."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Column, DateTime, Index, Text
from sqlalchemy.dialects.postgresql import UUID
from sqlmodel import Field

from services.routing.tables import RoutingTable


class PracticeCase(RoutingTable, table=True):
    """An invented case of one trainee: it as a real one would be, its facts, and the score."""

    __tablename__ = "practice_case"
    __table_args__ = (Index("practice_case_of_trainee", "trainee", "opened_at"),)

    case_id: str = Field(sa_column=Column(UUID(as_uuid=False), primary_key=True))
    trainee: str = Field(sa_column=Column(Text, nullable=False))
    scenario: str = Field(sa_column=Column(Text, nullable=False))
    opened_at: datetime = Field(sa_column=Column(DateTime(timezone=True), nullable=False))
    case: dict[str, Any] = Field(sa_column=Column(JSON, nullable=False))
    facts: list[dict[str, Any]] = Field(sa_column=Column(JSON, nullable=False))
    score: dict[str, Any] | None = Field(default=None, sa_column=Column(JSON))
