"""The blocks beside form and stages: numbers, appointments, documents, registers."""

from datetime import date, time
from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from shared.catalogue.fields import Condition, FieldCode, Label, Sentence, Slug, Template
from shared.profile import ProfilePart


class Numbering(ProfilePart):
    """A series of numbers without gaps.

    `pattern` has `{seq}` or `{seq:04}`, and any of `{opd}`, `{month}`, `{roman_month}`, `{year}`
    and `{<field>}` of a choice. It begins anew each year; with `per_opd` each OPD has its own.
    `start` is the first number.
    """

    series: Slug
    pattern: Annotated[str, StringConstraints(min_length=5, max_length=100)]
    per_opd: bool = False
    start: Annotated[int, Field(ge=1, le=10_000_000)] = 1


class Session(ProfilePart):
    """A time on each day of the appointment, and for how many."""

    starts: time
    ends: time
    capacity: Annotated[int, Field(ge=1, le=1000)]

    @model_validator(mode="after")
    def _is_a_span(self) -> Self:
        if self.starts >= self.ends:
            raise ValueError("it ends before it starts")
        return self


Weekday = Literal["senin", "selasa", "rabu", "kamis", "jumat", "sabtu", "minggu"]


class Appointment(ProfilePart):
    """When and where people come, how many, and what they bring.

    Sessions can be booked `opens_days` before, until `closes_hours` before they start. `closed` are
    days on which there are none.
    """

    weekdays: tuple[Weekday, ...] = Field(min_length=1)
    sessions: tuple[Session, ...] = Field(min_length=1, max_length=50)
    place: Label
    bring: tuple[Label, ...] = ()
    opens_days: Annotated[int, Field(ge=1, le=366)] = 28
    closes_hours: Annotated[int, Field(ge=0, le=24 * 30)] = 2
    closed: tuple[date, ...] = ()

    @model_validator(mode="after")
    def _has_sessions_apart(self) -> Self:
        starts = {f"{session.starts:%H:%M}" for session in self.sessions}
        if len(starts) < len(self.sessions):
            raise ValueError("two sessions begin in the same minute")
        return self


class Fee(ProfilePart):
    """What the service costs, in rupiah; 0 is free."""

    amount: Annotated[int, Field(ge=0, le=10_000_000_000)] = 0
    note: Sentence | None = None


class Paragraph(ProfilePart):
    """A part of a document: words, or rows of a label and a value, or a row for each of a group."""

    text: Template | None = None
    rows: tuple[tuple[Label, Template], ...] = ()
    each: FieldCode | None = Field(None, description="A group; `text` is written for each row.")
    when: Condition | None = None

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if (self.text is None) == (not self.rows) or (self.each is not None and self.text is None):
            raise ValueError("a paragraph has text, or rows; `each` needs text")
        return self


class Document(ProfilePart):
    """A document at the end: a template that becomes a PDF with a QR, or a file of the staff's.

    It is made when `stage` is left by a decision that leads on, or when the service is done. `file`
    is a staff's file field, which is handed out instead of a PDF. `public` are the fields
    that the page behind the QR shows beside number and date; nothing personal may be among them.
    """

    code: Slug
    title: Label
    number: Slug | None = Field(None, description="The series its number is drawn from.")
    stage: Slug | None = Field(None, description="Left out: when the service is done.")
    when: Condition | None = None
    heading: Label | None = None
    body: tuple[Paragraph, ...] = Field((), max_length=60)
    signed_by: Label | None = Field(None, description="The function of who signs, no name.")
    public: tuple[FieldCode, ...] = ()
    valid_days: Annotated[int, Field(ge=1, le=36_600)] | None = None
    file: FieldCode | None = None

    @model_validator(mode="after")
    def _is_one_kind(self) -> Self:
        if (self.file is None) == (not self.body):
            raise ValueError("a document has a body, or is a file")
        return self


class Column(ProfilePart):
    """A column of a register: a value `from` an answer, `number`, or a date that expires it."""

    code: FieldCode
    label: Label
    source: FieldCode | None = Field(None, description="Whose answer it is; left out: of `code`.")
    public: bool = True


class Match(ProfilePart):
    """How an application is looked up in the register: by equal values, and near its place.

    `same` are columns; the fields of the same name must have equal values. `compare` are columns
    that may differ, which is told. Expressions know `register_match` (`none`, `found`, `differs`,
    `expired`) and `register_metres`.
    """

    same: tuple[FieldCode, ...] = ()
    near_metres: Annotated[float, Field(gt=0, le=1000)] | None = None
    compare: tuple[FieldCode, ...] = ()


class Registry(ProfilePart):
    """A register that the service keeps and can be searched, shown on a map where it has a place.

    With `keeps`, an application that is done becomes an entry. `place` is a location, `expires` a
    date column. Several services may share one register by its code; one of them says its columns.
    """

    code: Slug
    title: Label
    columns: tuple[Column, ...] = Field((), max_length=40)
    place: FieldCode | None = None
    expires: FieldCode | None = None
    keeps: bool = True
    match: Match | None = None
    public: bool = False

    @model_validator(mode="after")
    def _names_its_own_columns(self) -> Self:
        # Where another service says the columns, they are not known here.
        if not self.columns:
            return self
        match = self.match or Match()
        named = {*match.same, *match.compare} | ({self.expires} if self.expires else set())
        unknown = named - {column.code for column in self.columns}
        if unknown:
            raise ValueError(f"there is no column '{min(unknown)}'")
        if match.near_metres is not None and self.place is None:
            raise ValueError("near_metres needs a place")
        return self
