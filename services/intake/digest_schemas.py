"""The monthly digest of an OPD: what its people and those who plan next year's programmes read."""

from datetime import date, datetime

from pydantic import BaseModel, Field

from services.intake.bank_schemas import RisingTopic, WeekCount


class DigestTopic(BaseModel):
    """A topic of the month, beside the month before."""

    topic: str | None
    name: str
    entries: int
    before: int


class HotSpot(BaseModel):
    """A village, or a place of about 500 m, from which many complaints came."""

    name: str
    lat: float | None = None
    lon: float | None = None
    entries: int


class RepeatPlace(BaseModel):
    """A place about which the same thing was said in several of the last six months."""

    topic: str
    name: str
    area_name: str
    months: int
    entries: int


class Unanswered(BaseModel):
    """A complaint of the month that nobody has answered; its words are masked."""

    entry_id: str
    submitted_at: datetime
    topic: str | None
    text: str = Field(description="The beginning; of a secret complaint nothing.")


class Digest(BaseModel):
    """One month of one OPD, or of all; counts are of complaints submitted in the month."""

    month: str = Field(examples=["2026-02"])
    opd: str | None
    name: str
    publisher: str
    made_at: datetime
    entries: int
    entries_before: int
    answered: int
    answered_in_time: float | None = Field(
        description="Share of those whose first response was due."
    )
    median_hours: float | None = Field(description="Half of the answers came within so many hours.")
    unanswered: int
    oldest_unanswered: list[Unanswered]
    topics: list[DigestTopic]
    rising: list[RisingTopic]
    hot_spots: list[HotSpot]
    repeat_places: list[RepeatPlace]
    weeks: list[WeekCount]
    first_day: date
    last_day: date
