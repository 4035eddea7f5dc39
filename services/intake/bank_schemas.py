"""What the data bank answers: entries, counts, trends, and what people say about a thing."""

from datetime import date, datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

_ID = "019b76da-a800-7000-8000-00000000a001"

Sort = Literal["newest", "relevance"]
Source = Literal["live", "archive"]
#: The statuses that citizens see, and that of what was imported.
BankState = Literal[
    "received",
    "triage",
    "assigned",
    "in_progress",
    "waiting_citizen",
    "resolved",
    "closed",
    "rejected",
    "merged",
    "withdrawn",
    "archived",
]


class BankItem(BaseModel):
    """One complaint as the bank shows it: masked, and without who reported."""

    entry_id: str = Field(examples=[_ID], description="The complaint's id, or an import's own.")
    source: Source
    submitted_at: datetime
    channel: str | None
    classification: str
    state: BankState
    opd: str | None
    topic: str | None
    area_code: str | None
    lat: float | None
    lon: float | None
    secret: bool
    title: str | None
    text: str
    responded_at: datetime | None
    resolved_at: datetime | None
    score: float | None = Field(None, description="Relevance or likeness, the greater the better.")


class BankPage(BaseModel):
    """Entries found. Without `next` there are no more."""

    items: list[BankItem]
    next: str | None = Field(None, description="The cursor of the next page.")
    searched_for: str | None = Field(
        None, description="What was searched for instead, where nothing was spelled like that."
    )


class Tally(BaseModel):
    """How many entries have a value; null where it is not known."""

    value: str | None
    entries: int


class Facets(BaseModel):
    """Matches by OPD, topic, area, channel, status, kind and month, the most frequent first.

    At most the newest `most` are counted; `complete` tells whether those are all.
    """

    entries: int
    complete: bool
    most: int
    answered: int
    in_time: int = Field(description="Answered until the first response was due.")
    late: int = Field(description="Answered later, or not at all though it was due.")
    opds: list[Tally]
    topics: list[Tally]
    areas: list[Tally]
    channels: list[Tally]
    states: list[Tally]
    classifications: list[Tally]
    months: list[Tally]


class AreaCount(BaseModel):
    """Matches in an area; without a code, those whose area is not known."""

    area_code: str | None
    name: str | None
    entries: int


class CellCount(BaseModel):
    """Matches in a cell of the grid; the position is its middle, in degrees of WGS 84."""

    lat: float
    lon: float
    entries: int


class BankMap(BaseModel):
    """Matches by sub-district, by village and by cell; at most the newest `most` are counted."""

    complete: bool
    most: int
    grid_degrees: float
    districts: list[AreaCount]
    villages: list[AreaCount]
    cells: list[CellCount]


class WeekCount(BaseModel):
    """Entries of the week that begins on this Monday."""

    week: date
    entries: int


class RisingTopic(BaseModel):
    """A topic that comes more often than it did; see the route for the measure."""

    topic: str
    name: str | None
    opd: str | None
    recent: int
    expected: float
    ratio: float
    at_least: float


class Trends(BaseModel):
    """Entries by week, and the topics that rise, the surest first."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "weeks": [{"week": "2026-03-02", "entries": 214}],
                    "recent_from": "2026-02-23",
                    "compared_from": "2025-12-01",
                    "rising": [
                        {
                            "topic": "genangan-banjir",
                            "name": "Genangan dan banjir",
                            "opd": "PUPR",
                            "recent": 31,
                            "expected": 6.3,
                            "ratio": 4.9,
                            "at_least": 3.2,
                        }
                    ],
                }
            ]
        }
    )

    weeks: list[WeekCount]
    recent_from: date
    compared_from: date
    rising: list[RisingTopic]


class RisingWord(BaseModel):
    """A word that stands in a greater share of the recent texts than of those before."""

    word: str
    recent: int
    ratio: float


class WordCount(BaseModel):
    """In how many of the texts a word stands."""

    word: str
    entries: int


class About(BaseModel):
    """What people said about something: when, where, to whom, in which words, and was it answered.

    `answered_in_time` is the share of those whose first response was due; null where none was.
    """

    entries: int
    complete: bool
    most: int
    answered: int
    answered_in_time: float | None
    months: list[Tally]
    areas: list[Tally]
    opds: list[Tally]
    topics: list[Tally]
    common_words: list[WordCount]
    rising_words: list[RisingWord]
    sample: list[BankItem]
    searched_for: str | None = None


class OpenDataRow(BaseModel):
    """Complaints of an area to an OPD; null is all of them, "-" what is not known.

    `entries` is null where it is too small to be told, or where another could be worked out of it.
    """

    area_code: str | None
    area_name: str
    opd: str | None
    opd_name: str
    entries: int | None
    suppressed: bool


class OpenDataTable(BaseModel):
    """A month's complaints by village and OPD, with totals. What is not listed is zero."""

    month: str = Field(examples=["2026-02"])
    publisher: str
    least_shown: int = Field(description="Smaller counts are suppressed, and what tells them.")
    rows: list[OpenDataRow]
