"""Sla's part of a Pemda's profile: deadlines, escalation, calendars, and whom to tell.

It also looks at the codes of `opds.yaml` and the zone of `pemda.yaml`, which others own.
"""

import itertools
from datetime import date, time
from pathlib import Path
from typing import Annotated, Literal

from pydantic import ConfigDict, Field, StringConstraints, field_validator, model_validator

from shared.profile import (
    ProfileInvalid,
    ProfilePart,
    ProfileProblem,
    ProfileReader,
    indonesian_zone,
)

FILES = ("sla.yaml", "calendars.yaml", "contacts.yaml")
_SLA, _CALENDARS, _CONTACTS = FILES
_OPDS = "opds.yaml"
_PEMDA = "pemda.yaml"

Slug = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=64)]
Code = Annotated[str, StringConstraints(min_length=1, max_length=64)]
Sentence = Annotated[str, StringConstraints(min_length=5, max_length=400)]
Name = Annotated[str, StringConstraints(min_length=2, max_length=120)]
Email = Annotated[str, StringConstraints(pattern=r"^[^@\s]+@[^@\s]+\.[^@\s]+$", max_length=254)]
Phone = Annotated[str, StringConstraints(pattern=r"^\+62[0-9 ]{7,16}$")]

REQUIRED_STAGES = ("verification", "first_response", "follow_up", "closing")
STAGES_BEFORE_AN_OPD = ("verification", "first_response")
ROLES_OF_OPD = ("officer", "head")
ROLES_OF_PEMDA = ("triage", "sekda", "leader")
StaffRole = Literal["officer", "head", "triage", "sekda", "leader"]
Longest = Annotated[int, Field(ge=60, le=366 * 86_400)]


class PolicyScope(ProfilePart):
    """What a policy is for; an empty list is for all. The more it names, the more specific.

    With `emergency` it is for emergencies alone.
    """

    channels: tuple[Code, ...] = ()
    opds: tuple[Code, ...] = ()
    topics: tuple[Code, ...] = ()
    classifications: tuple[Code, ...] = ()
    emergency: bool = False

    @property
    def specificity(self) -> int:
        """Return how many kinds of conditions it sets; an emergency outweighs all others.

        What is urgent is urgent by whatever channel it came.
        """
        lists = (self.channels, self.opds, self.topics, self.classifications)
        return sum(map(bool, lists)) + (len(lists) + 1) * self.emergency


class Policy(ProfilePart):
    """How long a stage may take: `seconds` of elapsed or of working time from its start.

    `near_at` is the share of that time after which the clock counts as near.
    """

    id: Slug
    stage: Code
    seconds: Longest
    counts: Literal["elapsed", "working"] = "elapsed"
    near_at: Annotated[float, Field(gt=0, lt=1)]
    ladder: Slug | None = None
    scope: PolicyScope = PolicyScope()
    regulation: Sentence
    assumption: Sentence | None = None
    valid_from: date
    valid_until: date | None = None

    @model_validator(mode="after")
    def _ends_after_it_starts(self) -> "Policy":
        if self.valid_until is not None and self.valid_until <= self.valid_from:
            raise ValueError("valid_until must be after valid_from")
        return self


class LadderStep(ProfilePart):
    """Whom to tell, and when: `after_seconds` count from the clock's becoming near or missed."""

    level: Annotated[int, Field(ge=0, le=20)]
    on: Literal["near", "missed"]
    after_seconds: Annotated[int, Field(ge=0, le=366 * 86_400)] = 0
    to: StaffRole
    while_unassigned: StaffRole | None = None

    @property
    def role_while_unassigned(self) -> StaffRole:
        """Return whom to tell while no OPD has the case."""
        return self.while_unassigned or self.to


class Ladder(ProfilePart):
    """An escalation ladder; its steps are in the order of their levels."""

    id: Slug
    steps: tuple[LadderStep, ...] = Field(min_length=1)

    @field_validator("steps")
    @classmethod
    def _climbs(cls, steps: tuple[LadderStep, ...]) -> tuple[LadderStep, ...]:
        levels = [step.level for step in steps]
        if levels != sorted(set(levels)):
            raise ValueError("each level comes once, and they rise")
        moments = [(step.on == "missed", step.after_seconds) for step in steps]
        if moments != sorted(moments):
            raise ValueError("a higher level may not be told before a lower one")
        return steps


class SlaFile(ProfilePart):
    """sla.yaml."""

    ladders: tuple[Ladder, ...] = Field(min_length=1)
    policies: tuple[Policy, ...] = Field(min_length=1)


class Window(ProfilePart):
    """A stretch of working time within one day, in the Pemda's own zone."""

    start: time
    end: time

    @model_validator(mode="after")
    def _ends_after_it_starts(self) -> "Window":
        if self.end <= self.start:
            raise ValueError("end must be after start")
        return self


Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]


class WorkingWeek(ProfilePart):
    """The working time of each day, breaks left out; a day that is not named is free."""

    days: dict[Day, tuple[Window, ...]]

    @field_validator("days")
    @classmethod
    def _do_not_overlap(cls, days: dict[Day, tuple[Window, ...]]) -> dict[Day, tuple[Window, ...]]:
        for day, windows in days.items():
            for one, next_one in itertools.pairwise(windows):
                if next_one.start < one.end:
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
    """One day that the Pemda makes free, or makes a working day."""

    date: date
    kind: Literal["holiday", "working"]
    name: Name


class HolidaySource(ProfilePart):
    """Where public holidays come from: the package `holidays`, and which of its categories."""

    country: Literal["ID"] = "ID"
    categories: tuple[Literal["public", "government"], ...] = ("public", "government")


class Calendar(WorkingWeek):
    """One calendar of working time."""

    id: Slug
    name: Name
    seasons: tuple[Season, ...] = ()
    holidays: HolidaySource = HolidaySource()
    overrides: tuple[DayOverride, ...] = ()


class CalendarsFile(ProfilePart):
    """calendars.yaml."""

    zone: str
    calendars: tuple[Calendar, ...] = Field(min_length=1)

    _zone = field_validator("zone")(indonesian_zone)


class Contact(ProfilePart):
    """A member of staff whom notices go to; officers and heads belong to an OPD."""

    role: StaffRole
    opd: Code | None = None
    name: Name
    email: Email
    whatsapp: Phone | None = None

    @model_validator(mode="after")
    def _belongs_somewhere(self) -> "Contact":
        if (self.role in ROLES_OF_OPD) != (self.opd is not None):
            raise ValueError("officer and head have an opd; triage, sekda and leader have none")
        return self


class ContactsFile(ProfilePart):
    """contacts.yaml."""

    contacts: tuple[Contact, ...] = Field(min_length=1)


class SlaProfile(ProfilePart):
    """What sla needs of a Pemda's profile, and stores."""

    zone: str
    ladders: tuple[Ladder, ...]
    policies: tuple[Policy, ...]
    calendars: tuple[Calendar, ...]
    contacts: tuple[Contact, ...]


class _Zone(ProfilePart):
    model_config = ConfigDict(extra="ignore")

    zone: str


def check(folder: Path) -> list[ProfileProblem]:
    """Return what is wrong with sla's files, in the order of file and line."""
    try:
        read(folder)
    except ProfileInvalid as invalid:
        return list(invalid.problems)
    return []


def read(folder: Path) -> SlaProfile:
    """Return sla's part of the profile in a folder.

    Raises:
        ProfileInvalid: with every problem found, each with its file and line.
    """
    reader = ProfileReader(folder)
    sla = reader.read(_SLA, SlaFile)
    calendars = reader.read(_CALENDARS, CalendarsFile)
    contacts = reader.read(_CONTACTS, ContactsFile)
    pemda = reader.read(_PEMDA, _Zone)
    opds = reader.codes(_OPDS, "opds")
    if sla:
        _check_policies(reader, sla, opds)
    if calendars:
        ids = [calendar.id for calendar in calendars.calendars]
        reader.require_unique(_CALENDARS, ("calendars",), ids, "id")
        if pemda and pemda.zone != calendars.zone:
            reader.complain(_CALENDARS, ("zone",), f"{_PEMDA} says '{pemda.zone}'")
    if contacts:
        _check_contacts(reader, contacts, opds)
    reader.finish()
    # Without a problem every file was read; this is said for the type checker.
    if not (sla and calendars and contacts):
        raise ProfileInvalid(reader.problems)
    return SlaProfile(
        zone=calendars.zone,
        ladders=sla.ladders,
        policies=sla.policies,
        calendars=calendars.calendars,
        contacts=contacts.contacts,
    )


def dump(profile: SlaProfile) -> str:
    """Write a profile as JSON, the way it is stored."""
    return profile.model_dump_json()


def parse(content: str) -> SlaProfile:
    """Read what `dump` wrote; raises pydantic's ValidationError for anything else."""
    return SlaProfile.model_validate_json(content)


def _check_policies(reader: ProfileReader, sla: SlaFile, opds: frozenset[str]) -> None:
    reader.require_unique(_SLA, ("ladders",), [ladder.id for ladder in sla.ladders], "id")
    reader.require_unique(_SLA, ("policies",), [policy.id for policy in sla.policies], "id")
    reader.require_unique(
        _SLA,
        ("policies",),
        [(policy.stage, policy.scope, policy.valid_from) for policy in sla.policies],
        "stage",
    )
    ladders = {ladder.id for ladder in sla.ladders}
    for index, policy in enumerate(sla.policies):
        place = ("policies", index)
        if policy.ladder is not None and policy.ladder not in ladders:
            reader.complain(_SLA, (*place, "ladder"), f"there is no ladder '{policy.ladder}'")
        for opd in policy.scope.opds:
            if opd not in opds:
                reader.complain(_SLA, (*place, "scope", "opds"), f"{_OPDS} has no OPD '{opd}'")
        _check_can_apply(reader, policy, place)
    general = {policy.stage for policy in sla.policies if not policy.scope.specificity}
    for stage in REQUIRED_STAGES:
        if stage not in general:
            reader.complain(_SLA, ("policies",), f"the stage '{stage}' has no policy for all cases")


def _check_can_apply(reader: ProfileReader, policy: Policy, place: tuple[str | int, ...]) -> None:
    if policy.counts == "working":
        reader.complain(_SLA, (*place, "counts"), "working time is not counted yet; use elapsed")
    if policy.stage in STAGES_BEFORE_AN_OPD and (policy.scope.opds or policy.scope.topics):
        message = f"'{policy.stage}' starts before the case has an OPD or topic: this never applies"
        reader.complain(_SLA, (*place, "scope"), message)


def _check_contacts(reader: ProfileReader, file: ContactsFile, opds: frozenset[str]) -> None:
    told = {(contact.opd, contact.role) for contact in file.contacts}
    for index, contact in enumerate(file.contacts):
        if contact.opd is not None and contact.opd not in opds:
            place = ("contacts", index, "opd")
            reader.complain(_CONTACTS, place, f"{_OPDS} has no OPD '{contact.opd}'")
    # Without somebody on each rung, an escalation would tell nobody.
    needed: list[tuple[str | None, StaffRole]] = [(None, "triage"), (None, "sekda")]
    needed.append((None, "leader"))
    for opd in sorted(opds):
        needed += [(opd, "officer"), (opd, "head")]
    for opd_code, role in needed:
        if (opd_code, role) not in told:
            whose = f"of {opd_code}" if opd_code else "of the Pemda"
            reader.complain(_CONTACTS, ("contacts",), f"the {role} {whose} is missing")
