"""Sla's part of a Pemda's profile: deadlines, escalation, calendars, and whom to tell.

It also looks at the codes of `opds.yaml` and the zone of `pemda.yaml`, which others own.
"""

from pathlib import Path

from pydantic import ConfigDict

from services.sla import calendar_profile, policy_profile
from services.sla.calendar_profile import Calendar, CalendarsFile, Slug, check_calendars
from services.sla.notices_profile import (
    CONTACTS,
    NOTICES,
    Contact,
    ContactsFile,
    NoticesFile,
    check_contacts,
    check_notices,
)
from services.sla.policy_profile import Ladder, Policy, SlaFile, check_policies
from shared.profile import (
    ProfileInvalid,
    ProfilePart,
    ProfileProblem,
    ProfileReader,
)

FILES = (policy_profile.FILE, calendar_profile.FILE, CONTACTS, NOTICES)
_SLA, _CALENDARS = FILES[:2]
_OPDS = "opds.yaml"
_PEMDA = "pemda.yaml"
_TOPICS = "topics.yaml"


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
    #: What staff are told; without it, as in a profile of before there were notices, nobody is.
    notices: NoticesFile | None = None
    pemda_short_name: str = ""
    topic_names: dict[str, str] = {}


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
    short_name: str = ""
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
    contacts = reader.read(CONTACTS, ContactsFile)
    notices = reader.read(NOTICES, NoticesFile)
    pemda = reader.read(_PEMDA, _Pemda)
    opds = reader.codes(_OPDS, "opds")
    if sla:
        ids = [each.id for each in calendars.calendars] if calendars else None
        check_policies(reader, sla, opds, ids)
    if calendars:
        check_calendars(reader, calendars, opds, (_PEMDA, pemda.zone if pemda else None))
    if contacts:
        check_contacts(reader, contacts, opds)
    if notices:
        stages = [policy.stage for policy in sla.policies] if sla else []
        check_notices(reader, notices, contacts, list(dict.fromkeys(stages)))
    reader.finish()
    # Without a problem every file was read; this is said for the type checker.
    if not (sla and calendars and contacts and notices):
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
        notices=notices,
        pemda_short_name=pemda.short_name if pemda else "",
        topic_names=reader.names(_TOPICS, "topics"),
    )


def dump(profile: SlaProfile) -> str:
    """Write a profile as JSON, the way it is stored."""
    return profile.model_dump_json()


def parse(content: str) -> SlaProfile:
    """Read what `dump` wrote; raises pydantic's ValidationError for anything else."""
    return SlaProfile.model_validate_json(content)
