"""Sla's part of a Pemda's profile: deadlines, escalation, calendars, and whom to tell.

It also looks at the codes of `opds.yaml` and the zone of `pemda.yaml`, which others own.
"""

from pathlib import Path
from typing import Annotated

from pydantic import ConfigDict, Field, StringConstraints, model_validator

from services.sla import calendar_profile, policy_profile
from services.sla.calendar_profile import Calendar, CalendarsFile, Code, Name, Slug, check_calendars
from services.sla.policy_profile import Ladder, Policy, SlaFile, StaffRole, check_policies
from shared.profile import (
    ProfileInvalid,
    ProfilePart,
    ProfileProblem,
    ProfileReader,
)

FILES = (policy_profile.FILE, calendar_profile.FILE, "contacts.yaml")
_SLA, _CALENDARS, _CONTACTS = FILES
_OPDS = "opds.yaml"
_PEMDA = "pemda.yaml"

Email = Annotated[str, StringConstraints(pattern=r"^[^@\s]+@[^@\s]+\.[^@\s]+$", max_length=254)]
Phone = Annotated[str, StringConstraints(pattern=r"^\+62[0-9 ]{7,16}$")]

ROLES_OF_OPD = ("officer", "head")


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
    default_calendar: Slug | None = None
    contacts: tuple[Contact, ...]
    #: For boards and reports: the Pemda, its OPDs and its areas by their codes. A profile that was
    #: stored before there were any has none, and codes are shown.
    pemda_name: str = ""
    opd_names: dict[str, str] = {}
    area_names: dict[str, str] = {}


class _Named(ProfilePart):
    model_config = ConfigDict(extra="ignore")

    code: str
    name: str


class _District(_Named):
    villages: tuple[_Named, ...] = ()


class _Pemda(ProfilePart):
    model_config = ConfigDict(extra="ignore")

    zone: str
    name: str = ""
    districts: tuple[_District, ...] = ()

    @property
    def area_names(self) -> dict[str, str]:
        areas = [area for each in self.districts for area in (each, *each.villages)]
        return {area.code: area.name for area in areas}


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
    pemda = reader.read(_PEMDA, _Pemda)
    opds = reader.codes(_OPDS, "opds")
    if sla:
        ids = [each.id for each in calendars.calendars] if calendars else None
        check_policies(reader, sla, opds, ids)
    if calendars:
        check_calendars(reader, calendars, opds, (_PEMDA, pemda.zone if pemda else None))
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
        default_calendar=calendars.default,
        contacts=contacts.contacts,
        pemda_name=pemda.name if pemda else "",
        opd_names=reader.names(_OPDS, "opds"),
        area_names=pemda.area_names if pemda else {},
    )


def dump(profile: SlaProfile) -> str:
    """Write a profile as JSON, the way it is stored."""
    return profile.model_dump_json()


def parse(content: str) -> SlaProfile:
    """Read what `dump` wrote; raises pydantic's ValidationError for anything else."""
    return SlaProfile.model_validate_json(content)


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
