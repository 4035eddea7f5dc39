"""The offices of a profile and who holds them: whom to tell, by which channels, and when not."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

from services.sla.notices_profile import (
    STAFF_CHANNELS,
    Contact,
    NoticesFile,
    QuietHours,
    contact_keys,
)
from services.sla.profile import SlaProfile


def _nobody() -> None:
    """Wake nobody: nothing sends."""


def _no_worker(_channel: str) -> None:
    """Wake no worker: nothing sends."""


@dataclass(slots=True)
class Sending:
    """By which channels this deployment writes to staff, and what wakes those who do."""

    channels: frozenset[str] = frozenset()
    wake_worker: Callable[[str], None] = _no_worker
    wake_postman: Callable[[], None] = _nobody


@dataclass(frozen=True, slots=True)
class Addressee:
    """A contact with the channels that both have an address and send, and its quiet hours."""

    key: str
    contact: Contact
    channels: tuple[str, ...]
    quiet: QuietHours | None
    has_daily: bool


@dataclass(frozen=True, slots=True)
class Offices:
    """Everything that notices need of the profile. Without `notices` nobody is told anything."""

    notices: NoticesFile | None
    zone: ZoneInfo
    pemda: str
    opd_names: Mapping[str, str]
    topic_names: Mapping[str, str]
    staff_url: str
    sending: Sending
    by_key: Mapping[str, Addressee]
    by_office: Mapping[tuple[str, str | None], Sequence[Addressee]] = field(repr=False)

    def holders(self, role: str, opd: str | None) -> Sequence[Addressee]:
        """Return who holds an office; the triage desk for one of an OPD that has nobody."""
        of_opd = opd if role in {"officer", "head"} else None
        return self.by_office.get((role, of_opd)) or self.by_office.get(("triage", None), ())


def make_offices(profile: SlaProfile, staff_url: str, sending: Sending) -> Offices:
    """Make ready what a profile says of contacts and notices."""
    everybody = [
        _addressee(key, contact, profile.notices, sending)
        for key, contact in zip(contact_keys(profile.contacts), profile.contacts, strict=True)
    ]
    by_office: dict[tuple[str, str | None], list[Addressee]] = {}
    for each in everybody:
        by_office.setdefault((each.contact.role, each.contact.opd), []).append(each)
    return Offices(
        notices=profile.notices,
        zone=ZoneInfo(profile.zone),
        pemda=profile.pemda_short_name,
        opd_names=profile.opd_names,
        topic_names=profile.topic_names,
        staff_url=staff_url,
        sending=sending,
        by_key={each.key: each for each in everybody},
        by_office=by_office,
    )


def _addressee(
    key: str, contact: Contact, notices: NoticesFile | None, sending: Sending
) -> Addressee:
    quiet: QuietHours | None = contact.quiet
    if quiet is None and notices is not None:
        quiet = next((each for each in notices.quiet_hours if contact.role in each.roles), None)
    daily = notices.daily if notices is not None else None
    return Addressee(
        key=key,
        contact=contact,
        channels=tuple(
            channel
            for channel in STAFF_CHANNELS
            if channel in sending.channels and contact.address(channel) is not None
        ),
        quiet=quiet,
        has_daily=daily is not None and contact.role in daily.roles,
    )
