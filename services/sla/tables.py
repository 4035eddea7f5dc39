"""Sla's tables: what is known of each case, its clocks, and who was told of them.

They declare the schema and type its rows; a statement never goes through a session.
"""

from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import (
    Boolean,
    Column,
    Double,
    Index,
    Integer,
    MetaData,
    Text,
    UniqueConstraint,
    false,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from shared.columns import id_column, text_column, time_column

metadata = MetaData()


class SlaTable(SQLModel):
    """Gives sla's tables a schema of their own, apart from the other services'."""

    metadata: ClassVar[MetaData] = metadata


def _number(kind: type[Integer | Double[float]], *, nullable: bool = False) -> Any:
    return Field(default=None if nullable else ..., sa_column=Column(kind, nullable=nullable))


class CaseRow(SlaTable, table=True):
    """What both publishers said of a case, and what was published of its clocks.

    Its row is locked before anything of the case changes. Without `submitted_at`, routing was
    heard before intake. `marks`, `acts` and `clocks` are written by `facts` and `queries`.
    """

    __tablename__ = "case_facts"
    __table_args__ = (Index("case_facts_open", "submitted_at", postgresql_where="is_open"),)

    complaint_id: str = id_column(primary=True)
    submitted_at: datetime | None = time_column(nullable=True)
    channel: str = text_column()
    classification: str = text_column()
    emergency: bool = Field(default=False, sa_column_kwargs={"server_default": false()})
    service: str | None = text_column(nullable=True)
    withdrawn_at: datetime | None = time_column(nullable=True)
    marks: list[Any] = Field(sa_column=Column(JSONB, nullable=False))
    acts: list[Any] = Field(sa_column=Column(JSONB, nullable=False, server_default=text("'[]'")))
    clocks: list[Any] = Field(sa_column=Column(JSONB, nullable=False))
    opds: list[str] = Field(sa_column=Column(JSONB, nullable=False))
    is_open: bool = Field(sa_column=Column(Boolean, nullable=False))


class ClockRow(SlaTable, table=True):
    """One clock. `next_fire_at` is when the scanner must look at it again, at the latest.

    `due_at` of a paused clock is as if it ran on at once; `resumes_at` is when it does so by itself
    because the pause may last no longer. `rungs` is its ladder, as JSON. The
    `…_fired_at` say when the event of that name was published: once, even if the clock runs again.
    """

    __tablename__ = "clock"
    __table_args__ = (
        UniqueConstraint("complaint_id", "part", "stage", "epoch", name="clock_key"),
        # The scanner looks at nothing but what is due; stopped and paused clocks are not in it.
        Index("clock_fires", "next_fire_at", postgresql_where="next_fire_at IS NOT NULL"),
        Index("clock_by_state", "state", "due_at", "clock_id"),
        Index("clock_by_opd", "opd", "state", "due_at", "clock_id"),
        Index("clock_running", "stage", postgresql_where="state = 'running'"),
        Index("clock_resumes", "resumes_at", postgresql_where="resumes_at IS NOT NULL"),
    )

    clock_id: str = id_column(primary=True)
    complaint_id: str = id_column(of="case_facts.complaint_id")
    part: int = _number(Integer)
    stage: str = text_column()
    epoch: int = _number(Integer)
    opd: str | None = text_column(nullable=True)
    policy: str = text_column()
    profile_version: str = text_column()
    rungs: str = text_column()
    state: str = text_column()
    started_at: datetime = time_column()
    due_at: datetime = time_column()
    near_at: datetime = time_column()
    paused_at: datetime | None = time_column(nullable=True)
    stopped_at: datetime | None = time_column(nullable=True)
    outcome: str | None = text_column(nullable=True)
    elapsed_seconds: float | None = _number(Double, nullable=True)
    working_seconds: float | None = _number(Double, nullable=True)
    resumes_at: datetime | None = time_column(nullable=True)
    next_fire_at: datetime | None = time_column(nullable=True)
    near_fired_at: datetime | None = time_column(nullable=True)
    missed_fired_at: datetime | None = time_column(nullable=True)


class EscalationRow(SlaTable, table=True):
    """Who was told of a clock, and when. The key is what makes each level come once."""

    __tablename__ = "escalation"

    clock_id: str = id_column(primary=True, of="clock.clock_id")
    level: int = Field(sa_column=Column(Integer, primary_key=True))
    to_role: str = text_column()
    opd: str | None = text_column(nullable=True)
    fired_at: datetime = time_column()


class RuleVersionRow(SlaTable, table=True):
    """The wording of a policy or calendar by which clocks run or ran; never changed, never deleted.

    A clock's terms name its versions, so that its deadline can be explained years later.
    """

    __tablename__ = "rule_version"

    fingerprint: str = Field(sa_column=Column(Text, primary_key=True))
    kind: str = text_column()
    name: str = text_column()
    content: str = text_column()
    known_since: datetime = time_column()
