"""Reports: figures as they are published, in the order in which the regulation wants them."""

from datetime import date, datetime

from pydantic import BaseModel, Field


class IndexValue(BaseModel):
    """An IKM as published, with its letter; null where too few answered to show it."""

    ikm: float | None = Field(examples=[87.28])
    quality: str | None = Field(examples=["B"])
    quality_name: str | None = Field(examples=["Baik"])
    answers: int | None = Field(
        description="Null where so few answered that even their number is not shown.",
        examples=[132],
    )


class SureIndex(IndexValue):
    """The index of a unit with its 95 % confidence interval, cut off at 25 and 100."""

    low: float | None = Field(examples=[85.91])
    high: float | None = Field(examples=[88.65])
    margin: float | None = Field(examples=[1.37])


class GroupValue(IndexValue):
    """One group of respondents; `share` is of all answers."""

    code: str = Field(examples=["female"])
    name: str = Field(examples=["Perempuan"])
    share: float | None = Field(examples=[0.54])


class RespondentGroups(BaseModel):
    """The respondents by one of the questions about themselves."""

    dimension: str = Field(examples=["sex"])
    name: str = Field(examples=["Jenis kelamin"])
    values: list[GroupValue]


class ChannelValue(GroupValue):
    """A channel by which answers came; `difference` is from all others, in points of the index.

    Where `differs`, the interval of the difference does not hold zero: people who answer here may
    be others, or answer otherwise.
    """

    difference: float | None = Field(examples=[2.4])
    difference_low: float | None
    difference_high: float | None
    differs: bool = False


class SampleState(BaseModel):
    """How many should answer, and how many did."""

    population: int | None = Field(examples=[5200])
    wanted: int | None = Field(examples=[358])
    answers: int = Field(examples=[212])
    progress: float | None = Field(description="Answers as a share of those wanted.")
    enough: bool
    warning: str | None = Field(
        examples=["Baru 212 dari 358 responden; hasil belum mewakili."],
    )


class ResponseRate(BaseModel):
    """Of links that were sent, how many were answered. Silence is no answer, and counts nowhere."""

    sent: int = Field(examples=[400])
    answered: int = Field(examples=[96])
    rate: float | None = Field(examples=[0.24])


class ElementReport(BaseModel):
    """One of the nine elements: how often each score was given, and its values."""

    code: str = Field(examples=["U3"])
    name: str = Field(examples=["Waktu penyelesaian"])
    answers: int
    scores: list[int] = Field(description="How many gave 1, 2, 3 and 4.")
    nrr: float | None = Field(examples=[3.49])
    weighted: float | None = Field(examples=[0.388])
    ikm: float | None = Field(description="NRR times 25.", examples=[87.25])
    quality: str | None


class ElementRank(BaseModel):
    """An element among the weakest or strongest."""

    code: str
    name: str
    nrr: float
    ikm: float


class EarlierPeriod(IndexValue):
    """An earlier period of the same length."""

    period: str = Field(examples=["2026-02"])
    name: str = Field(examples=["Februari 2026"])


class ReportedPlan(BaseModel):
    """A follow-up plan for a weak element of this period."""

    element: str
    element_name: str
    reason: str
    cause: str | None
    action: str | None
    owner: str | None
    due_on: date | None
    state: str
    state_name: str


class ThemeReport(BaseModel):
    """How many comments are about something; the last is those of no theme."""

    code: str = Field(examples=["antrean"])
    name: str = Field(examples=["Antrean dan waktu tunggu"])
    comments: int


class ExtraReport(BaseModel):
    """A question beside the nine: how often each of its answers was given, in their order."""

    code: str
    question: str
    answers: list[str]
    counts: list[int]


class Publication(BaseModel):
    """What is published: only periods that are closed, on the public page."""

    published: bool
    address: str = Field(examples=["http://127.0.0.1:8000/survey/v1/results/dukcapil"])
    statement: str


class UnitReport(BaseModel):
    """A unit's report on a period, or on a year."""

    unit: str
    unit_name: str
    opd: str
    opd_name: str
    pemda: str
    period: str
    period_name: str
    made_at: datetime
    final: bool = Field(description="False while a period of it still takes answers.")
    shown: bool = Field(description="False where fewer answered than the smallest group.")
    sample: SampleState
    response: ResponseRate
    respondents: list[RespondentGroups]
    services: list[GroupValue]
    channels: list[ChannelValue]
    elements: list[ElementReport]
    index: SureIndex
    weakest: list[ElementRank]
    strongest: list[ElementRank]
    earlier: list[EarlierPeriod] = Field(description="The newest first.")
    change: float | None = Field(description="Of the index since the period before, in points.")
    follow_up: list[ReportedPlan]
    themes: list[ThemeReport]
    extras: list[ExtraReport]
    publication: Publication


class UnitLine(IndexValue):
    """A unit in the list of all."""

    unit: str
    unit_name: str
    opd: str
    wanted: int | None
    enough: bool
    weakest: str | None = Field(description="Code of the lowest element.", examples=["U1"])


class PemdaReport(BaseModel):
    """All units of a period or a year, and the Pemda as a whole."""

    pemda: str
    period: str
    period_name: str
    made_at: datetime
    final: bool
    combined: str = Field(
        description="`mean_of_units`: the mean of their indexes; or `all_answers` together."
    )
    index: IndexValue
    elements: list[ElementReport]
    respondents: list[RespondentGroups]
    units: list[UnitLine]


class PemdaReports(BaseModel):
    """The report on the Pemda, and on each of its units."""

    whole: PemdaReport
    units: list[UnitReport]


class SampleProgress(SampleState):
    """How far a unit is."""

    unit: str
    unit_name: str


class SampleProgresses(BaseModel):
    """How far each unit is in a period."""

    period: str
    period_name: str
    units: list[SampleProgress]


class CommentShown(BaseModel):
    """A masked comment; its id says nothing of when it came or who wrote it."""

    comment_id: str
    service: str
    text: str
    themes: list[str]


class CommentPage(BaseModel):
    """A page of comments, in no order that tells of time."""

    items: list[CommentShown]
    next: str | None


class IndexNow(SureIndex):
    """One unit's index."""

    unit: str
    period: str
    final: bool
