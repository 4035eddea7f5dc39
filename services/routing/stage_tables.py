"""Tables of what applications of the service catalogue go through, and of their dispositions."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Column, Index, text
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


class Disposition(RoutingTable, table=True):
    """Work that was given down the chain within the OPD that has the case: to whom, until when.

    It is the part `part` of its case; `parent` is the one that was passed on. `state` is open,
    answered, or cancelled, where the case left its stage otherwise.
    """

    __tablename__ = "disposition"
    __table_args__ = (
        Index(
            "disposition_open",
            "opd",
            "due_at",
            "complaint_id",
            "part",
            postgresql_where=text("state = 'open'"),
        ),
    )

    complaint_id: str = id_column(primary=True)
    part: int = Field(primary_key=True)
    parent: int | None
    opd: str = text_column()
    stage: str = text_column()
    to_officer: str | None = text_column(nullable=True)
    to_position: str | None = text_column(nullable=True)
    instruction: str = text_column()
    note: str | None = text_column(nullable=True)
    given_by: str = text_column()
    given_at: datetime = time_column()
    due_at: datetime = time_column()
    state: str = text_column()
    answer: str | None = text_column(nullable=True)
    answered_by: str | None = text_column(nullable=True)
    answered_at: datetime | None = time_column(nullable=True)


class StageFiling(RoutingTable, table=True):
    """A decision that was filled in without a network: what was sent, and what became of it.

    It is kept whatever became of it, so that nothing that was seen in the field is lost.
    """

    __tablename__ = "stage_filing"
    __table_args__ = (Index("stage_filing_of_opd", "opd", "received_at"),)

    subject: str = text_column(primary=True)
    client_id: str = text_column(primary=True)
    complaint_id: str = id_column()
    opd: str = text_column()
    filing: dict[str, Any] = Field(sa_column=Column(JSON, nullable=False))
    filled_at: datetime = time_column()
    received_at: datetime = time_column()
    outcome: str | None = text_column(nullable=True)
    result: dict[str, Any] | None = Field(default=None, sa_column=Column(JSON(none_as_null=True)))
