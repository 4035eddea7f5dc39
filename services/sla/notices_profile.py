"""The profile's contacts.yaml and notices.yaml: whom notices go to, when, and in which words."""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import time
from typing import Annotated, Final

from pydantic import Field, StringConstraints, model_validator

from services.sla.calendar_profile import Code, Name
from services.sla.policy_profile import StaffRole
from shared.messaging.wording import WordingInvalid, names_in
from shared.profile import ProfilePart, ProfileReader

CONTACTS: Final = "contacts.yaml"
NOTICES: Final = "notices.yaml"
_OPDS: Final = "opds.yaml"

Email = Annotated[str, StringConstraints(pattern=r"^[^@\s]+@[^@\s]+\.[^@\s]+$", max_length=254)]
Phone = Annotated[str, StringConstraints(pattern=r"^\+62[0-9 ]{7,16}$")]
ChatId = Annotated[str, StringConstraints(pattern=r"^-?[0-9]{3,20}$")]
Wording = Annotated[str, StringConstraints(min_length=1, max_length=2000)]
Title = Annotated[str, StringConstraints(min_length=3, max_length=60)]

ROLES_OF_OPD = ("officer", "head")
ROLES_OF_PEMDA = ("triage", "sekda", "leader")
#: By which channels staff may be told, in the order in which a contact's are shown.
STAFF_CHANNELS: Final = ("email", "whatsapp", "telegram", "webhook")

_CASE: Final = frozenset({"code", "opd", "opd_code", "topic", "stage", "due", "left", "link"})
_EVERYWHERE: Final = frozenset({"name", "pemda"})
#: What the text of a single notice may name.
NOTICE_FIELDS: Final = _CASE | _EVERYWHERE | {"level"}
#: What the line of a case in a list may name.
CASE_FIELDS: Final = _CASE | {"title"}
DIGEST_FIELDS: Final = _EVERYWHERE | {"total", "counts", "cases"}
DAILY_FIELDS: Final = _EVERYWHERE | {"opd", "date", "open", "near", "overdue", "cases"}


class QuietHours(ProfilePart):
    """From `start` until `end`, past midnight where `end` is the earlier one, in the Pemda's zone.

    The same hour twice is no quiet at all.
    """

    start: time
    end: time


class StaffWebhook(ProfilePart):
    """A system of the Pemda's own that is told; its key is in `TANGGAP_SEND_WEBHOOK_KEYS`."""

    name: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_-]{0,31}$")]
    url: Annotated[str, StringConstraints(pattern=r"^https?://\S+$", max_length=500)]


class Contact(ProfilePart):
    """A member of staff whom notices go to, by every channel named; officers and heads have an OPD.

    `telegram` is the id of the chat with the Pemda's bot. `quiet` replaces the quiet hours of the
    role.
    """

    role: StaffRole
    opd: Code | None = None
    name: Name
    email: Email | None = None
    whatsapp: Phone | None = None
    telegram: ChatId | None = None
    webhook: StaffWebhook | None = None
    quiet: QuietHours | None = None

    @model_validator(mode="after")
    def _belongs_somewhere(self) -> "Contact":
        if (self.role in ROLES_OF_OPD) != (self.opd is not None):
            raise ValueError("officer and head have an opd; triage, sekda and leader have none")
        if not any(self.address(channel) for channel in STAFF_CHANNELS):
            raise ValueError(f"needs an address: one of {', '.join(STAFF_CHANNELS)}")
        return self

    def address(self, channel: str) -> str | None:
        """Return where the contact is reached by a channel, as its sender takes it."""
        if channel == "webhook":
            return self.webhook.url if self.webhook else None
        if channel == "whatsapp":
            return self.whatsapp.replace(" ", "") if self.whatsapp else None
        return {"email": self.email, "telegram": self.telegram}.get(channel)


class ContactsFile(ProfilePart):
    """contacts.yaml."""

    contacts: tuple[Contact, ...] = Field(min_length=1)


class ApprovedTemplate(ProfilePart):
    """A template that Meta approved; without one a WhatsApp reaches only who wrote within 24 h."""

    name: Annotated[str, StringConstraints(pattern=r"^[a-z0-9_]{1,512}$")]
    parameters: tuple[str, ...] = ()
    language: str = "id"


class NoticeTemplate(ProfilePart):
    """One occasion; `title` is what a digest counts it under."""

    title: Title
    subject: Wording
    text: Wording
    whatsapp: ApprovedTemplate | None = None


class NoticeTemplates(ProfilePart):
    """Every occasion on which staff are told something."""

    assigned: NoticeTemplate
    contribution: NoticeTemplate
    returned: NoticeTemplate
    reopened: NoticeTemplate
    near: NoticeTemplate
    missed: NoticeTemplate
    escalated: NoticeTemplate
    digest: NoticeTemplate
    daily: NoticeTemplate

    def named(self, name: str) -> NoticeTemplate:
        """Return the template of an occasion."""
        template: NoticeTemplate = getattr(self, name)
        return template


class RolesQuietHours(QuietHours):
    """The quiet hours of some roles."""

    roles: tuple[StaffRole, ...] = Field(min_length=1)


class Urgent(ProfilePart):
    """What passes through quiet hours: emergencies, and escalations to these roles."""

    emergencies: bool = True
    escalations_to: tuple[StaffRole, ...] = ("leader",)


class Flood(ProfilePart):
    """More than `more_than` notices to one contact within `within_minutes` become one digest."""

    more_than: Annotated[int, Field(ge=1, le=1000)] = 10
    within_minutes: Annotated[int, Field(ge=1, le=24 * 60)] = 15
    cases: Annotated[int, Field(ge=0, le=50)] = 10


class Daily(ProfilePart):
    """A digest a day, to these roles, of what is open; `at` is in the Pemda's zone."""

    roles: tuple[StaffRole, ...] = Field(min_length=1)
    at: time
    cases: Annotated[int, Field(ge=0, le=50)] = 10


class NoticesFile(ProfilePart):
    """notices.yaml. `stages` are the stages' names as staff read them."""

    stages: dict[Code, Title]
    case_line: Wording
    quiet_hours: tuple[RolesQuietHours, ...] = ()
    urgent: Urgent = Urgent()
    flood: Flood = Flood()
    daily: Daily | None = None
    templates: NoticeTemplates


def contact_keys(contacts: Sequence[Contact]) -> list[str]:
    """Return of each contact what it is found by: its role, its OPD, and which it is of those.

    Whoever takes over an office gets what was queued for it; no key names a person.
    """
    seen: Counter[str] = Counter()
    keys = []
    for contact in contacts:
        office = f"{contact.role}/{contact.opd}" if contact.opd else contact.role
        seen[office] += 1
        keys.append(office if seen[office] == 1 else f"{office}/{seen[office]}")
    return keys


def check_contacts(reader: ProfileReader, file: ContactsFile, opds: frozenset[str]) -> None:
    """Complain of an OPD that there is not, and of a rung on which nobody would be told."""
    told = {(contact.opd, contact.role) for contact in file.contacts}
    for index, contact in enumerate(file.contacts):
        if contact.opd is not None and contact.opd not in opds:
            place = ("contacts", index, "opd")
            reader.complain(CONTACTS, place, f"{_OPDS} has no OPD '{contact.opd}'")
    needed: list[tuple[str | None, StaffRole]] = [(None, "triage"), (None, "sekda")]
    needed.append((None, "leader"))
    for opd in sorted(opds):
        needed += [(opd, "officer"), (opd, "head")]
    for opd_code, role in needed:
        if (opd_code, role) not in told:
            whose = f"of {opd_code}" if opd_code else "of the Pemda"
            reader.complain(CONTACTS, ("contacts",), f"the {role} {whose} is missing")


def check_notices(
    reader: ProfileReader, file: NoticesFile, contacts: ContactsFile | None, stages: Sequence[str]
) -> None:
    """Complain of a stage without a name, a role with two quiet hours, and of texts."""
    for stage in stages:
        if stage not in file.stages:
            reader.complain(NOTICES, ("stages",), f"the stage '{stage}' has no name")
    seen: set[str] = set()
    for index, quiet in enumerate(file.quiet_hours):
        for role in quiet.roles:
            if role in seen:
                place = ("quiet_hours", index, "roles")
                reader.complain(NOTICES, place, f"'{role}' has quiet hours already")
        seen.update(quiet.roles)
    for problem in _wording_problems(file.case_line, CASE_FIELDS):
        reader.complain(NOTICES, ("case_line",), problem)
    by_whatsapp = any(contact.whatsapp for contact in contacts.contacts) if contacts else False
    for name in NoticeTemplates.model_fields:
        _check_template(reader, name, file.templates.named(name), by_whatsapp=by_whatsapp)


def fields_of(template: str) -> frozenset[str]:
    """Return what the texts of an occasion may name."""
    return {"digest": DIGEST_FIELDS, "daily": DAILY_FIELDS}.get(template, NOTICE_FIELDS)


def _check_template(
    reader: ProfileReader, name: str, template: NoticeTemplate, *, by_whatsapp: bool
) -> None:
    place = ("templates", name)
    known = fields_of(name)
    for form, wording in (("subject", template.subject), ("text", template.text)):
        for problem in _wording_problems(wording, known):
            reader.complain(NOTICES, (*place, form), problem)
    if template.whatsapp is None:
        if by_whatsapp:
            message = f"has no 'whatsapp', by which {CONTACTS} wants somebody to be told"
            reader.complain(NOTICES, place, message)
        return
    for each in template.whatsapp.parameters:
        if each not in known:
            there = f"there is no '{each}'; there is {', '.join(sorted(known))}"
            reader.complain(NOTICES, (*place, "whatsapp", "parameters"), there)


def _wording_problems(wording: str, known: frozenset[str]) -> Iterator[str]:
    try:
        names_in(wording, known)
    except WordingInvalid as invalid:
        yield str(invalid)
