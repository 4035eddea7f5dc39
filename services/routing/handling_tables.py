"""Tables of the work itself: notes among colleagues, contributing OPDs, and what is late."""

from datetime import datetime
from typing import Any

from sqlalchemy import Column, DateTime, Index, Text
from sqlalchemy.dialects.postgresql import UUID
from sqlmodel import Field

from services.routing.tables import RoutingTable


def _id(*, primary: bool = False) -> Any:
    return Field(sa_column=Column(UUID(as_uuid=False), primary_key=primary, nullable=False))


def _time(*, nullable: bool = False) -> Any:
    return Field(
        default=None if nullable else ...,
        sa_column=Column(DateTime(timezone=True), nullable=nullable),
    )


def _text(*, nullable: bool = False, primary: bool = False) -> Any:
    return Field(
        default=None if nullable else ...,
        sa_column=Column(Text, primary_key=primary, nullable=nullable),
    )


class CaseNote(RoutingTable, table=True):
    """What staff write for one another; it leaves routing in no event and reaches no citizen."""

    __tablename__ = "case_note"
    __table_args__ = (Index("case_note_of_case", "complaint_id", "written_at"),)

    note_id: str = _id(primary=True)
    complaint_id: str = _id()
    written_at: datetime = _time()
    author: str = _text()
    opd: str | None = _text(nullable=True)
    text: str = _text()


class CasePart(RoutingTable, table=True):
    """What a further OPD was asked to contribute; `state` is asked, done or returned."""

    __tablename__ = "case_part"
    __table_args__ = (Index("case_part_of_opd", "opd", "state", "asked_at"),)

    complaint_id: str = _id(primary=True)
    part: int = Field(primary_key=True)
    opd: str = _text()
    opd_name: str = _text()
    topic: str | None = _text(nullable=True)
    state: str = _text()
    text: str = _text()
    answer: str | None = _text(nullable=True)
    asked_at: datetime = _time()
    asked_by: str = _text()
    done_at: datetime | None = _time(nullable=True)
    done_by: str | None = _text(nullable=True)


class LateClock(RoutingTable, table=True):
    """A clock of sla that ran out and has not stopped since: the case is late with this."""

    __tablename__ = "late_clock"

    complaint_id: str = _id(primary=True)
    clock_id: str = _text(primary=True)
    stage: str = _text()
    part: int
    opd: str | None = _text(nullable=True)
    due_at: datetime = _time()
