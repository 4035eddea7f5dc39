"""Routing's tables: the cases, and the ordered facts of each.

They declare the schema and type its rows; a statement never goes through a session.
"""

from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import JSON, CheckConstraint, Column, DateTime, Index, MetaData, Text, false, text
from sqlalchemy.dialects.postgresql import UUID
from sqlmodel import Field, SQLModel

from services.routing.states import OPEN_STATES

metadata = MetaData()

_OPEN = ", ".join(f"'{state}'" for state in OPEN_STATES)


class RoutingTable(SQLModel):
    """Gives routing's tables a schema of their own, apart from the other services'."""

    metadata: ClassVar[MetaData] = metadata


def _time(*, nullable: bool = False) -> Any:
    return Field(
        default=None if nullable else ...,
        sa_column=Column(DateTime(timezone=True), nullable=nullable),
    )


def _text(*, nullable: bool = False) -> Any:
    return Field(default=None if nullable else ..., sa_column=Column(Text, nullable=nullable))


class Case(RoutingTable, table=True):
    """One complaint as routing knows it. `version` counts its facts and is its ETag.

    `reason` says why it is where it is; `state_since` is when it came into its state. `waits`
    counts how often it began to wait for the citizen. `officer_id` is who acted last, `handler_id`
    the colleague who has it in hand. A case without an OPD is with the triage desk, where
    `lease_by` has it in hand until `lease_until`, or was put aside there. `candidates` are earlier
    complaints that it may repeat; `merged_into` is the case that it is part of, which may be part
    of another itself.
    """

    __tablename__ = "cases"
    __table_args__ = (
        # Never without an owner: only the triage desk, or who put the case aside, has no OPD.
        CheckConstraint(
            "opd IS NOT NULL OR state IN ('triage', 'rejected', 'merged', 'withdrawn')",
            name="cases_have_an_owner",
        ),
        # The inbox lists, newest first; each is read backwards and stops after a page.
        Index("cases_newest", "submitted_at", "complaint_id"),
        Index("cases_by_opd", "opd", "submitted_at", "complaint_id"),
        Index("cases_by_state", "state", "submitted_at", "complaint_id"),
        Index("cases_by_opd_state", "opd", "state", "submitted_at", "complaint_id"),
        Index(
            "cases_in_triage",
            "submitted_at",
            "complaint_id",
            postgresql_where=text("state = 'triage'"),
        ),
        Index(
            "cases_by_handler",
            "handler_id",
            "submitted_at",
            "complaint_id",
            postgresql_where=text("handler_id IS NOT NULL"),
        ),
        Index("cases_merged", "merged_into", postgresql_where=text("merged_into IS NOT NULL")),
        Index(
            "cases_resolved_of_topic",
            "topic",
            "resolved_at",
            postgresql_where=text("resolved_at IS NOT NULL"),
        ),
        # For the gauges: only what is open, so that a million closed cases cost nothing.
        Index("cases_open", "opd", "state", postgresql_where=f"state IN ({_OPEN})"),
    )

    complaint_id: str = Field(sa_column=Column(UUID(as_uuid=False), primary_key=True))
    version: int
    tracking_code: str = _text()
    state: str = _text()
    state_since: datetime = _time()
    state_before_merge: str | None = _text(nullable=True)
    merged_into: str | None = Field(
        default=None, sa_column=Column(UUID(as_uuid=False), nullable=True)
    )
    epoch: int
    waits: int
    times_returned: int
    opd: str | None = _text(nullable=True)
    opd_name: str | None = _text(nullable=True)
    topic: str | None = _text(nullable=True)
    topic_name: str | None = _text(nullable=True)
    priority: str = _text()
    assigned_by: str | None = _text(nullable=True)
    reason: str = _text()
    proposals: list[dict[str, Any]] = Field(sa_column=Column(JSON, nullable=False))
    spam: bool = Field(default=False, sa_column_kwargs={"server_default": false()})
    request_id: str | None = Field(
        default=None, sa_column=Column(UUID(as_uuid=False), nullable=True)
    )
    officer_id: str | None = _text(nullable=True)
    channel: str = _text()
    classification: str = _text()
    title: str | None = _text(nullable=True)
    text: str = _text()
    area_code: str | None = _text(nullable=True)
    address: str | None = _text(nullable=True)
    lat: float | None
    lon: float | None
    anonymous: bool
    secret: bool
    emergency: bool
    submitted_at: datetime = _time()
    handler_id: str | None = _text(nullable=True)
    lease_by: str | None = _text(nullable=True)
    lease_until: datetime | None = _time(nullable=True)
    candidates: list[dict[str, Any]] = Field(
        default=[], sa_column=Column(JSON, nullable=False, server_default="[]")
    )
    assigned_at: datetime | None = _time(nullable=True)
    resolved_at: datetime | None = _time(nullable=True)
    closed_at: datetime | None = _time(nullable=True)
    updated_at: datetime = _time()


class CaseFact(RoutingTable, table=True):
    """What happened to a case: who, when, what, and in which words.

    Exactly one row for each version of the case. `by` is rule, desk, officer, citizen or sla;
    `actor` is the opaque id of the member of staff.
    """

    __tablename__ = "case_history"

    complaint_id: str = Field(sa_column=Column(UUID(as_uuid=False), primary_key=True))
    version: int = Field(primary_key=True)
    happened_at: datetime = _time()
    action: str = _text()
    by: str = _text()
    actor: str | None = _text(nullable=True)
    from_state: str | None = _text(nullable=True)
    to_state: str = _text()
    opd: str | None = _text(nullable=True)
    text: str | None = _text(nullable=True)
    details: dict[str, Any] = Field(sa_column=Column(JSON, nullable=False))
