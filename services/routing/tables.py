"""Routing's tables: the cases, and the ordered facts of each.

They declare the schema and type its rows; a statement never goes through a session.
"""

from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import JSON, CheckConstraint, Column, Index, MetaData, false, text
from sqlmodel import Field, SQLModel

from services.routing.states import OPEN_STATES
from shared.columns import id_column, text_column, time_column

metadata = MetaData()

_OPEN = ", ".join(f"'{state}'" for state in OPEN_STATES)


class RoutingTable(SQLModel):
    """Gives routing's tables a schema of their own, apart from the other services'."""

    metadata: ClassVar[MetaData] = metadata


class Case(RoutingTable, table=True):
    """One complaint as routing knows it. `version` counts its facts and is its ETag.

    `reason` says why it is where it is; `state_since` is when it came into its state. `waits`
    counts how often it began to wait for the citizen. `officer_id` is who acted last, `handler_id`
    the colleague who has it in hand. A case without an OPD is with the triage desk, where
    `lease_by` has it in hand until `lease_until`, or was put aside there. `candidates` are earlier
    complaints that it may repeat; `merged_into` is the case that it is part of, which may be part
    of another itself.

    An application has a `service` with its version, and `answers`: what was published of its form,
    with the scores and the general names. `stage` is the code of the stage it is in, None where its
    service is over or the desk has it; `stage_answers` are those of all stages, the latest of each
    field; `rounds` counts how often the applicant was asked to correct.
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
        Index(
            "cases_by_stage",
            "service",
            "stage",
            "submitted_at",
            "complaint_id",
            postgresql_where=text("service IS NOT NULL"),
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

    complaint_id: str = id_column(primary=True)
    version: int
    tracking_code: str = text_column()
    state: str = text_column()
    state_since: datetime = time_column()
    state_before_merge: str | None = text_column(nullable=True)
    merged_into: str | None = id_column(nullable=True)
    epoch: int
    waits: int
    times_returned: int
    opd: str | None = text_column(nullable=True)
    opd_name: str | None = text_column(nullable=True)
    topic: str | None = text_column(nullable=True)
    topic_name: str | None = text_column(nullable=True)
    priority: str = text_column()
    assigned_by: str | None = text_column(nullable=True)
    reason: str = text_column()
    proposals: list[dict[str, Any]] = Field(sa_column=Column(JSON, nullable=False))
    spam: bool = Field(default=False, sa_column_kwargs={"server_default": false()})
    request_id: str | None = id_column(nullable=True)
    officer_id: str | None = text_column(nullable=True)
    channel: str = text_column()
    classification: str = text_column()
    title: str | None = text_column(nullable=True)
    text: str = text_column()
    area_code: str | None = text_column(nullable=True)
    address: str | None = text_column(nullable=True)
    lat: float | None
    lon: float | None
    anonymous: bool
    secret: bool
    emergency: bool
    submitted_at: datetime = time_column()
    handler_id: str | None = text_column(nullable=True)
    lease_by: str | None = text_column(nullable=True)
    lease_until: datetime | None = time_column(nullable=True)
    candidates: list[dict[str, Any]] = Field(
        default=[], sa_column=Column(JSON, nullable=False, server_default="[]")
    )
    assigned_at: datetime | None = time_column(nullable=True)
    resolved_at: datetime | None = time_column(nullable=True)
    closed_at: datetime | None = time_column(nullable=True)
    updated_at: datetime = time_column()
    service: str | None = text_column(nullable=True)
    service_version: int | None = None
    addressed: str | None = text_column(nullable=True)
    stage: str | None = text_column(nullable=True)
    stage_title: str | None = text_column(nullable=True)
    stage_since: datetime | None = time_column(nullable=True)
    rounds: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    answers: dict[str, Any] | None = Field(default=None, sa_column=Column(JSON(none_as_null=True)))
    stage_answers: dict[str, Any] | None = Field(
        default=None, sa_column=Column(JSON(none_as_null=True))
    )


class CaseFact(RoutingTable, table=True):
    """What happened to a case: who, when, what, and in which words.

    Exactly one row for each version of the case. `by` is rule, desk, officer, citizen or sla;
    `actor` is the opaque id of the member of staff.
    """

    __tablename__ = "case_history"

    complaint_id: str = id_column(primary=True)
    version: int = Field(primary_key=True)
    happened_at: datetime = time_column()
    action: str = text_column()
    by: str = text_column()
    actor: str | None = text_column(nullable=True)
    from_state: str | None = text_column(nullable=True)
    to_state: str = text_column()
    opd: str | None = text_column(nullable=True)
    text: str | None = text_column(nullable=True)
    details: dict[str, Any] = Field(sa_column=Column(JSON, nullable=False))
