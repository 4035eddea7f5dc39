"""Tables of the work itself: notes among colleagues, contributing OPDs, and what is late."""

from datetime import datetime

from sqlalchemy import Index
from sqlmodel import Field

from services.routing.tables import RoutingTable
from shared.columns import id_column, text_column, time_column


class CaseNote(RoutingTable, table=True):
    """What staff write for one another; it leaves routing in no event and reaches no citizen."""

    __tablename__ = "case_note"
    __table_args__ = (Index("case_note_of_case", "complaint_id", "written_at"),)

    note_id: str = id_column(primary=True)
    complaint_id: str = id_column()
    written_at: datetime = time_column()
    author: str = text_column()
    opd: str | None = text_column(nullable=True)
    text: str = text_column()


class CasePart(RoutingTable, table=True):
    """What a further OPD was asked to contribute; `state` is asked, done or returned."""

    __tablename__ = "case_part"
    __table_args__ = (Index("case_part_of_opd", "opd", "state", "asked_at"),)

    complaint_id: str = id_column(primary=True)
    part: int = Field(primary_key=True)
    opd: str = text_column()
    opd_name: str = text_column()
    topic: str | None = text_column(nullable=True)
    state: str = text_column()
    text: str = text_column()
    answer: str | None = text_column(nullable=True)
    asked_at: datetime = time_column()
    asked_by: str = text_column()
    done_at: datetime | None = time_column(nullable=True)
    done_by: str | None = text_column(nullable=True)


class LateClock(RoutingTable, table=True):
    """A clock of sla that ran out and has not stopped since: the case is late with this."""

    __tablename__ = "late_clock"

    complaint_id: str = id_column(primary=True)
    clock_id: str = text_column(primary=True)
    stage: str = text_column()
    part: int
    opd: str | None = text_column(nullable=True)
    due_at: datetime = time_column()
