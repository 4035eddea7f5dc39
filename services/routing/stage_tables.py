"""Tables of what applications of the service catalogue go through."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Column
from sqlmodel import Field

from services.routing.tables import RoutingTable
from shared.columns import id_column, text_column, time_column


class StageVisit(RoutingTable, table=True):
    """One stay of a case in a stage; `number` counts them from 1, whichever stages they were.

    `decision`, `answers`, `text` and `officer_id` are those with which the stage was left; a case
    that ended otherwise left it without a decision.
    """

    __tablename__ = "stage_visit"

    complaint_id: str = id_column(primary=True)
    number: int = Field(primary_key=True)
    stage: str = text_column()
    title: str = text_column()
    opd: str = text_column()
    opd_name: str = text_column()
    entered_at: datetime = time_column()
    left_at: datetime | None = time_column(nullable=True)
    decision: str | None = text_column(nullable=True)
    decision_title: str | None = text_column(nullable=True)
    answers: dict[str, Any] | None = Field(default=None, sa_column=Column(JSON(none_as_null=True)))
    text: str | None = text_column(nullable=True)
    officer_id: str | None = text_column(nullable=True)
