"""calendars.yaml: the working time of the Pemda and of single OPDs, in the Pemda's own zone."""

import itertools
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date, time
from typing import Annotated, Literal

from pydantic import Field, StringConstraints, field_validator, model_validator

from shared.profile import ProfilePart, ProfileReader, indonesian_zone

FILE = "calendars.yaml"

Slug = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=64)]
Code = Annotated[str, StringConstraints(min_length=1, max_length=64)]
Name = Annotated[str, StringConstraints(min_length=2, max_length=120)]
Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
#: In the order of `date.weekday()`.
DAYS: tuple[Day, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

_MINUTES_A_DAY = 24 * 60


class Window(ProfilePart):
    """A stretch of working time within one day; an end of 00:00 is the midnight after it."""

    start: time
    end: time

    @property
    def minutes(self) -> tuple[int, int]:
        """Return where it begins and ends, in minutes after midnight."""
        begin = self.start.hour * 60 + self.start.minute
        return begin, (self.end.hour * 60 + self.end.minute) or _MINUTES_A_DAY

    @field_validator("start", "end")
    @classmethod
    def _is_a_minute(cls, at: time) -> time:
        if at.second or at.microsecond or at.tzinfo is not None:
            raise ValueError("write hours and minutes, such as 07:30")
        return at

    @model_validator(mode="after")
    def _ends_after_it_starts(self) -> "Window":
        begin, end = self.minutes
        if end <= begin:
            raise ValueError("end must be after start")
        return self


Windows = tuple[Window, ...]


def _overlap(windows: Windows) -> bool:
    return any(later.minutes[0] < one.minutes[1] for one, later in itertools.pairwise(windows))


class WorkingWeek(ProfilePart):
    """The working time of each day, breaks left out; a day that is not named is free."""

    days: dict[Day, Windows]

    @field_validator("days")
    @classmethod
    def _do_not_overlap(cls, days: dict[Day, Windows]) -> dict[Day, Windows]:
        for day, windows in days.items():
            if _overlap(windows):
                raise ValueError(f"the windows of {day} overlap or are out of order")
        return days


class Season(WorkingWeek):
    """A time of the year with another working week, such as Ramadan; both days are included."""

    name: Name
    first_day: date
    last_day: date

    @model_validator(mode="after")
    def _ends_after_it_starts(self) -> "Season":
        if self.last_day < self.first_day:
            raise ValueError("last_day must not be before first_day")
        return self


class DayOverride(ProfilePart):
    """One day that the Pemda makes free, or makes a working day.

    It outweighs holidays and seasons. `windows` are the working time of a day that is `working`;
    without them it has the time of its weekday.
    """

    date: date
    kind: Literal["holiday", "working"]
    name: Name
    windows: Windows = ()

    @model_validator(mode="after")
    def _is_free_or_has_windows(self) -> "DayOverride":
        if self.kind == "holiday" and self.windows:
            raise ValueError("a holiday has no windows")
        if _overlap(self.windows):
            raise ValueError("the windows overlap or are out of order")
        return self


class HolidaySource(ProfilePart):
    """Where public holidays come from: the package `holidays`, and which of its categories.

    A service that never closes names no category.
    """

    country: Literal["ID"] = "ID"
    categories: tuple[Literal["public", "government"], ...] = ("public", "government")


class Calendar(WorkingWeek):
    """One calendar of working time. `opds` work by it; the others by the file's default."""

    id: Slug
    name: Name
    opds: tuple[Code, ...] = ()
    seasons: tuple[Season, ...] = ()
    holidays: HolidaySource = HolidaySource()
    overrides: tuple[DayOverride, ...] = ()

    @field_validator("days")
    @classmethod
    def _has_working_time(cls, days: dict[Day, Windows]) -> dict[Day, Windows]:
        if not any(days.values()):
            raise ValueError("a calendar without working time would never let a deadline come")
        return days

    @field_validator("seasons")
    @classmethod
    def _follow_each_other(cls, seasons: tuple[Season, ...]) -> tuple[Season, ...]:
        for one, later in itertools.pairwise(seasons):
            if later.first_day <= one.last_day:
                raise ValueError("the seasons overlap or are out of order")
        return seasons

    @model_validator(mode="after")
    def _overrides_are_clear(self) -> "Calendar":
        times = Counter(each.date for each in self.overrides)
        for each in self.overrides:
            if times[each.date] > 1:
                raise ValueError(f"{each.date} stands twice among the overrides")
            if each.kind == "working" and not each.windows and not self.windows_of(each.date):
                raise ValueError(f"{each.date} is a free weekday: say its windows")
        return self

    def windows_of(self, day: date) -> Windows:
        """Return the working time that the weekday has then, whatever holiday it may be."""
        for season in self.seasons:
            if season.first_day <= day <= season.last_day:
                return season.days.get(DAYS[day.weekday()], ())
        return self.days.get(DAYS[day.weekday()], ())


class CalendarsFile(ProfilePart):
    """calendars.yaml. Without `default`, the first calendar is everybody's."""

    zone: str
    default: Slug | None = None
    calendars: tuple[Calendar, ...] = Field(min_length=1)

    _zone = field_validator("zone")(indonesian_zone)


def check_calendars(
    reader: ProfileReader, file: CalendarsFile, opds: frozenset[str], zone: tuple[str, str | None]
) -> None:
    """Note what no single value shows: codes that stand twice, or nowhere.

    `zone` is the file that says the Pemda's zone, and the zone that it says, if it could be read.
    """
    ids = [calendar.id for calendar in file.calendars]
    reader.require_unique(FILE, ("calendars",), ids, "id")
    if zone[1] is not None and zone[1] != file.zone:
        reader.complain(FILE, ("zone",), f"{zone[0]} says '{zone[1]}'")
    if file.default is not None and file.default not in ids:
        reader.complain(FILE, ("default",), f"there is no calendar '{file.default}'")
    _check_opds(reader, file.calendars, opds)


def _check_opds(reader: ProfileReader, calendars: Sequence[Calendar], opds: Iterable[str]) -> None:
    served: set[str] = set()
    for index, calendar in enumerate(calendars):
        for opd in calendar.opds:
            place = ("calendars", index, "opds")
            if opd not in opds:
                reader.complain(FILE, place, f"opds.yaml has no OPD '{opd}'")
            if opd in served:
                reader.complain(FILE, place, f"'{opd}' has a calendar already")
            served.add(opd)
