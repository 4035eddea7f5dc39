"""Tables of what moves a deadline beside the news of a case: acts of officers, and adjustments."""

from datetime import datetime
from typing import Any

from sqlalchemy import Column, Index, Integer, UniqueConstraint
from sqlmodel import Field

from services.sla.tables import SlaTable
from shared.columns import id_column, text_column, time_column


def _count() -> Any:
    return Field(default=0, sa_column=Column(Integer, nullable=False, server_default="0"))


class DisruptionRow(SlaTable, table=True):
    """A standstill for force majeure: asked for by an officer, decided on by the head of the OPD.

    `state` is asked, refused, running or ended.
    """

    __tablename__ = "disruption"
    __table_args__ = (
        # Of one part, one at a time: two requests at once cannot both be there.
        Index(
            "disruption_open",
            "complaint_id",
            "part",
            unique=True,
            postgresql_where="state IN ('asked', 'running')",
        ),
        Index("disruption_of_case", "complaint_id", "asked_at"),
    )

    pause_id: str = id_column(primary=True)
    complaint_id: str = id_column(of="case_facts.complaint_id")
    part: int = Field(sa_column=Column(Integer, nullable=False))
    opd: str = text_column()
    state: str = text_column()
    reason: str = text_column()
    asked_by: str = text_column()
    asked_at: datetime = time_column()
    decided_by: str | None = text_column(nullable=True)
    decided_at: datetime | None = time_column(nullable=True)
    note: str | None = text_column(nullable=True)
    ended_by: str | None = text_column(nullable=True)
    ended_at: datetime | None = time_column(nullable=True)


class ExtensionRow(SlaTable, table=True):
    """An extension of the time for a resolution: once per part and epoch, with its reason."""

    __tablename__ = "extension"
    __table_args__ = (UniqueConstraint("complaint_id", "part", "epoch", name="extension_once"),)

    extension_id: str = id_column(primary=True)
    complaint_id: str = id_column(of="case_facts.complaint_id")
    part: int = Field(sa_column=Column(Integer, nullable=False))
    epoch: int = Field(sa_column=Column(Integer, nullable=False))
    opd: str = text_column()
    reason: str = text_column()
    extended_by: str = text_column()
    extended_at: datetime = time_column()


class AdjustmentRow(SlaTable, table=True):
    """That running clocks shall go by the present calendars, or policies; and how far that is.

    `basis` tells one set of calendars from another; `reached` is the last case that was looked at,
    so that who takes over after a crash goes on behind it.
    """

    __tablename__ = "adjustment"
    __table_args__ = (
        Index("adjustment_open", "asked_at", postgresql_where="finished_at IS NULL"),
        Index("adjustment_asked", "asked_at"),
    )

    adjustment_id: str = id_column(primary=True)
    kind: str = text_column()
    basis: str = text_column()
    profile_version: str = text_column()
    reason: str = text_column()
    asked_by: str = text_column()
    asked_at: datetime = time_column()
    reached: str | None = id_column(nullable=True)
    finished_at: datetime | None = time_column(nullable=True)
    examined: int = _count()
    moved: int = _count()


class AdjustedClockRow(SlaTable, table=True):
    """A clock that an adjustment gave other terms, with its deadline before and after."""

    __tablename__ = "adjusted_clock"
    __table_args__ = (Index("adjusted_clock_of_case", "complaint_id"),)

    adjustment_id: str = id_column(primary=True, of="adjustment.adjustment_id")
    clock_id: str = id_column(primary=True)
    complaint_id: str = id_column()
    stage: str = text_column()
    old_policy: str = text_column()
    new_policy: str = text_column()
    old_due_at: datetime = time_column()
    new_due_at: datetime = time_column()
    adjusted_at: datetime = time_column()
