"""The tables of follow-up plans: what is done about a weak element, and each step of it."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, Column, Date, Index, UniqueConstraint, text
from sqlmodel import Field

from services.survey.rules.plan_states import UNFINISHED
from services.survey.tables import SurveyTable
from shared.columns import id_column, text_column, time_column

_UNFINISHED = ", ".join(f"'{state}'" for state in UNFINISHED)


class FollowUpPlan(SurveyTable, table=True):
    """What a unit does about an element that was weak in a period; one for each of these.

    `answers`, `total` and `squares` are the element's tally when the plan was opened, `target` what
    it was to reach, 25 to 100. `opd` is whose unit it was then. `owner` is a post, not a name.
    """

    __tablename__ = "follow_up_plan"
    __table_args__ = (
        UniqueConstraint("unit", "element", "period", name="follow_up_plan_once"),
        Index("follow_up_plan_newest", "opened_at", "plan_id"),
        Index("follow_up_plan_of_opd", "opd", "opened_at", "plan_id"),
        Index(
            "follow_up_plan_unfinished",
            "due_on",
            postgresql_where=text(f"state IN ({_UNFINISHED})"),
        ),
    )

    plan_id: str = id_column(primary=True)
    version: int
    unit: str = text_column()
    element: str = text_column()
    period: str = text_column()
    opd: str = text_column()
    state: str = text_column()
    reasons: list[str] = Field(sa_column=Column(JSON, nullable=False))
    answers: int
    total: int
    squares: int
    target: float
    cause: str | None = text_column(nullable=True)
    action: str | None = text_column(nullable=True)
    owner: str | None = text_column(nullable=True)
    due_on: date | None = Field(default=None, sa_column=Column(Date))
    evidence: list[dict[str, Any]] = Field(sa_column=Column(JSON, nullable=False))
    opened_at: datetime = time_column()
    updated_at: datetime = time_column()


class FollowUpFact(SurveyTable, table=True):
    """One step of a plan: by whom, from which state into which, and what was said."""

    __tablename__ = "follow_up_fact"

    plan_id: str = id_column(primary=True, of="follow_up_plan.plan_id")
    version: int = Field(primary_key=True)
    happened_at: datetime = time_column()
    actor: str | None = text_column(nullable=True)
    action: str = text_column()
    from_state: str | None = text_column(nullable=True)
    to_state: str = text_column()
    note: str | None = text_column(nullable=True)
