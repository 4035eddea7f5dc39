"""The tables from which models come and in which all of them are kept."""

from datetime import datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Column,
    ForeignKey,
    Identity,
    Index,
    Integer,
    LargeBinary,
)
from sqlmodel import Field

from services.routing.tables import RoutingTable
from shared.columns import id_column, text_column, time_column


class ArchivedComplaint(RoutingTable, table=True):
    """A complaint of the time before, imported to learn from; its text is masked."""

    __tablename__ = "archived_complaints"
    __table_args__ = (Index("archived_complaints_newest", "submitted_at"),)

    complaint_id: str = id_column(primary=True)
    text: str = text_column()
    opd: str | None = text_column(nullable=True)
    topic: str | None = text_column(nullable=True)
    submitted_at: datetime = time_column()


class StoredModel(RoutingTable, table=True):
    """A trained model with what was measured when it was trained; versions are never changed."""

    __tablename__ = "models"

    version: int = Field(sa_column=Column(Integer, Identity(always=True), primary_key=True))
    trained_at: datetime = time_column()
    learned_until: datetime = time_column()
    lessons: int
    digest: str = text_column()
    content: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    report: dict[str, Any] = Field(sa_column=Column(JSON, nullable=False))


class Promotion(RoutingTable, table=True):
    """A version becomes the one that decides; the newest row tells which. None: the rules alone."""

    __tablename__ = "model_promotions"

    number: int = Field(sa_column=Column(BigInteger, Identity(always=True), primary_key=True))
    version: int | None = Field(
        sa_column=Column(Integer, ForeignKey("models.version"), nullable=True)
    )
    promoted_at: datetime = time_column()
    reason: str = text_column()
