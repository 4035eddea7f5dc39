"""Tables of complaints about one matter: who looks alike, who joined whom, whose case leads."""

from datetime import datetime

from sqlalchemy import BigInteger, Column, DateTime, Float, Index, SmallInteger
from sqlmodel import Field

from services.intake.tables import IntakeTable
from shared.columns import id_column, text_column, time_column


class Newcomer(IntakeTable, table=True):
    """A complaint for which nobody has looked yet whether there is one like it."""

    __tablename__ = "newcomer"

    complaint_id: str = id_column(primary=True)


class Sighting(IntakeTable, table=True):
    """Where, lately, something was reported: a cell of the grid, an area.

    Apart from the complaint, so that the search stays small and complaints are changed as cheaply
    as without it. Rows go when they are older than what is searched.
    """

    __tablename__ = "sighting"
    __table_args__ = (
        Index("sighting_by_cell", "cell", "submitted_at"),
        Index("sighting_by_area", "area_code", "submitted_at"),
        Index("sighting_age", "submitted_at"),
    )

    complaint_id: str = id_column(primary=True)
    cell: int | None = Field(default=None, sa_column=Column(BigInteger, nullable=True))
    area_code: str | None = text_column(nullable=True)
    submitted_at: datetime = time_column()


class Likeness(IntakeTable, table=True):
    """An earlier complaint that may be the same matter, as it was found; `score` is 0 to 1.

    `offered_as` is the number by which a reporter was offered to join it in a chat.
    """

    __tablename__ = "likeness"

    complaint_id: str = id_column(primary=True)
    other_id: str = id_column(primary=True)
    score: float = Field(sa_column=Column(Float, nullable=False))
    offered_as: int | None = Field(default=None, sa_column=Column(SmallInteger, nullable=True))


class Joining(IntakeTable, table=True):
    """A citizen's “saya juga”: the complaint whose case shall lead theirs. Routing decides."""

    __tablename__ = "joining"

    complaint_id: str = id_column(primary=True)
    joined_id: str = id_column()
    joined_at: datetime = time_column()


class Merger(IntakeTable, table=True):
    """A time in which a complaint's case was part of another's; without `until` it still is."""

    __tablename__ = "merger"
    __table_args__ = (Index("merger_of_leader", "into_id"),)

    complaint_id: str = id_column(primary=True)
    since: datetime = Field(
        sa_column=Column(DateTime(timezone=True), primary_key=True, nullable=False)
    )
    into_id: str = id_column()
    until: datetime | None = time_column(nullable=True)
