"""Which policy a clock starts with, and when its deadline and its escalations come. Pure.

A clock keeps the terms that it started with: a policy that is changed later does not touch it.
"""

import hashlib
import json
from collections.abc import Iterable, Sequence, Set
from dataclasses import astuple, dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Final, Literal
from zoneinfo import ZoneInfo

from services.sla.calendars import WorkingCalendar, read_calendar, resolve_calendar
from services.sla.facts import StageEntry
from services.sla.policy_profile import REQUIRED_STAGES, Counts, Ladder, Policy, PolicyScope
from services.sla.profile import SlaProfile

VERIFICATION: Final = "verification"
FIRST_RESPONSE: Final = "first_response"
FOLLOW_UP: Final = "follow_up"
RESOLUTION: Final = "resolution"
CLOSING: Final = "closing"
#: The stages whose clocks run so far, in the order in which a case meets them.
STAGES: Final = (VERIFICATION, FIRST_RESPONSE, FOLLOW_UP, RESOLUTION, CLOSING)

_MOST_REMEMBERED: Final = 20_000


@dataclass(frozen=True, slots=True)
class Rung:
    """A step of the ladder: whom to tell, and how long after the clock is near or missed."""

    level: int
    on: Literal["near", "missed"]
    after_seconds: int
    to_role: str
    to_role_unassigned: str


@dataclass(frozen=True, slots=True)
class Terms:
    """What a clock runs by, as it is kept with the clock.

    `counts` says whether `seconds` are of elapsed or of working time, or whether `days` count.
    `version` and `calendar` are the fingerprints of the policy and of the calendar, which tell
    their contents apart from later ones of the same name. `pauses` are (reason, how often at most,
    seconds in all at most); `extra` is by how many seconds, or days, the time may be extended.
    """

    policy: str
    seconds: int
    near_share: float
    rungs: tuple[Rung, ...] = ()
    counts: Counts = "elapsed"
    days: int = 0
    version: str = ""
    calendar: str = ""
    pauses: tuple[tuple[str, int, int], ...] = ()
    extra: int = 0

    @property
    def limit(self) -> timedelta:
        """Return how long the clock may run, where time and not days are counted."""
        return timedelta(seconds=self.seconds)

    def pause_limit(self, reason: str) -> tuple[int, timedelta] | None:
        """Return how often, and for how long in all, it may stand still for this; None: always."""
        for named, times, seconds in self.pauses:
            if named == reason:
                return times, timedelta(seconds=seconds)
        return None


# Thousands of clocks share a handful of terms, so that writing and reading them is remembered.
@lru_cache(maxsize=4096)
def write_terms(terms: Terms) -> str:
    """Write terms the way they are kept with each clock."""
    return json.dumps(
        [
            *(terms.policy, terms.seconds, terms.near_share, write_rungs(terms.rungs)),
            *(terms.counts, terms.days, terms.version, terms.calendar, terms.pauses, terms.extra),
        ]
    )


@lru_cache(maxsize=4096)
def read_terms(stored: str) -> Terms:
    """Read what `write_terms` wrote, also before there was working time."""
    policy, seconds, near_share, rungs, *rest = json.loads(stored)
    if not rest:
        return Terms(policy, seconds, near_share, read_rungs(rungs))
    counts, days, version, calendar, pauses, extra = rest
    limits = tuple((reason, times, longest) for reason, times, longest in pauses)
    return Terms(
        *(policy, seconds, near_share, read_rungs(rungs), counts, days, version, calendar),
        *(limits, extra),
    )


@lru_cache(maxsize=4096)
def write_rungs(rungs: tuple[Rung, ...]) -> str:
    """Write a ladder as JSON."""
    return json.dumps([list(astuple(rung)) for rung in rungs])


@lru_cache(maxsize=4096)
def read_rungs(stored: str) -> tuple[Rung, ...]:
    """Read what `write_rungs` wrote."""
    return tuple(Rung(*each) for each in json.loads(stored))


@dataclass(frozen=True, slots=True)
class Traits:
    """What is known of a case at the moment when one of its clocks starts."""

    channel: str
    classification: str
    opd: str | None = None
    topic: str | None = None
    emergency: bool = False


class Policies:
    """A profile's policies and calendars, ready to choose from."""

    def __init__(self, profile: SlaProfile) -> None:
        """Take them as the profile has them."""
        self.versions = {
            calendar.id: resolve_calendar(calendar, profile.zone) for calendar in profile.calendars
        }
        self._fingerprints = {name: each.fingerprint for name, each in self.versions.items()}
        self._calendars = {
            self._fingerprints[name]: read_calendar(each.model_dump_json())
            for name, each in self.versions.items()
        }
        first = profile.calendars[0].id if profile.calendars else ""
        self._default = self._fingerprints.get(profile.default_calendar or first, "")
        self._of_opd = {
            opd: self._fingerprints[calendar.id]
            for calendar in profile.calendars
            for opd in calendar.opds
        }
        self._zone = ZoneInfo(profile.zone)
        self._ladders = {ladder.id: _rungs(ladder) for ladder in profile.ladders}
        self.by_version = {version_of_policy(policy): policy for policy in profile.policies}
        self._of_stage: dict[str, list[Policy]] = {}
        for policy in profile.policies:
            self._of_stage.setdefault(policy.stage, []).append(policy)
        self._chosen: dict[tuple[str, date, Traits], Terms | None] = {}

    @property
    def zone(self) -> str:
        """Return the Pemda's zone."""
        return self._zone.key

    @property
    def default_calendar(self) -> str:
        """Return the version by which those work whom no calendar names."""
        return self._default

    @property
    def stages(self) -> Set[str]:
        """Return the stages that have any policy."""
        return self._of_stage.keys()

    def learn_calendar(self, written: str) -> None:
        """Know a calendar's version of before, by which clocks still run."""
        calendar = read_calendar(written)
        self._calendars[calendar.version.fingerprint] = calendar

    def knows_calendar(self, fingerprint: str) -> bool:
        """Tell whether clocks that run by this version of a calendar can be worked out."""
        return not fingerprint or fingerprint in self._calendars

    def calendar_of(self, terms: Terms) -> WorkingCalendar | None:
        """Return the calendar that terms name; the Pemda's own for those from before calendars."""
        return self._calendars.get(terms.calendar or self._default)

    def present_calendar(self, fingerprint: str) -> str:
        """Return the version of the same calendar that is valid now; the Pemda's if it is gone."""
        known = self._calendars.get(fingerprint)
        if known is None:
            return self._default
        return self._fingerprints.get(known.version.id, self._default)

    def terms_for(self, stage: str, started_at: datetime, traits: Traits) -> Terms | None:
        """Return the terms of the most specific policy, or None where no policy applies.

        Policies count that are valid on the day on which the clock starts, in the Pemda's zone;
        among equally specific ones the newest wins, so that a later one ends an earlier one. A
        stage that every case has takes the nearest policy on a day for which there is none: no
        complaint goes without its clock.
        """
        day = started_at.astimezone(self._zone).date()
        key = (stage, day, traits)
        if key not in self._chosen:
            if len(self._chosen) > _MOST_REMEMBERED:
                self._chosen.clear()
            policy = self._choose(stage, day, traits)
            self._chosen[key] = self._terms(policy, traits.opd) if policy is not None else None
        return self._chosen[key]

    def terms_of_stage(
        self, stage: str, entry: StageEntry, started_at: datetime, opd: str | None
    ) -> Terms | None:
        """Return the terms that a service's stage brought with it, or None where no clock runs.

        The ladder is the present profile's of that name, or its first where it is gone. A deadline
        that somebody set is not moved by a question to the citizen.
        """
        if entry.counts is None:
            return None
        counts, seconds, days = entry.counts, entry.seconds, entry.days
        if entry.due_at is not None:
            seconds = max(round((entry.due_at - started_at).total_seconds()), 60)
            counts, days = "elapsed", 0
        stands = entry.pauses and entry.due_at is None
        return Terms(
            policy=f"{stage}@{entry.version or '-'}",
            seconds=seconds,
            near_share=entry.near_at,
            rungs=self._ladders.get(entry.ladder) or next(iter(self._ladders.values()), ()),
            counts=counts,
            days=days,
            calendar=self._of_opd.get(opd or "", self._default),
            pauses=() if stands else (("citizen", 0, 0),),
        )

    def _choose(self, stage: str, day: date, traits: Traits) -> Policy | None:
        fitting = [p for p in self._of_stage.get(stage, ()) if _fits(p.scope, traits)]
        valid = [p for p in fitting if _days_off(p, day) == 0]
        if valid:
            return _most_specific(valid)
        if not fitting or stage not in REQUIRED_STAGES:
            return None
        nearest = min(_days_off(p, day) for p in fitting)
        return _most_specific([p for p in fitting if _days_off(p, day) == nearest])

    def _terms(self, policy: Policy, opd: str | None) -> Terms:
        extension = policy.extension
        own = self._of_opd.get(opd or "", self._default)
        return Terms(
            policy=policy.id,
            seconds=policy.seconds or 0,
            near_share=policy.near_at,
            rungs=self._ladders[policy.ladder] if policy.ladder is not None else (),
            counts=policy.counts,
            days=policy.days or 0,
            version=version_of_policy(policy),
            calendar=self._fingerprints[policy.calendar] if policy.calendar else own,
            pauses=tuple((p.reason, p.max_times, p.max_seconds) for p in policy.pauses),
            extra=(extension.days or extension.seconds or 0) if extension is not None else 0,
        )


@lru_cache(maxsize=4096)
def version_of_policy(policy: Policy) -> str:
    """Return what tells this wording of a policy from every other."""
    return hashlib.sha256(policy.model_dump_json().encode()).hexdigest()[:16]


def _rungs(ladder: Ladder) -> tuple[Rung, ...]:
    return tuple(
        Rung(
            level=step.level,
            on=step.on,
            after_seconds=step.after_seconds,
            to_role=step.to,
            to_role_unassigned=step.role_while_unassigned,
        )
        for step in ladder.steps
    )


def _fits(scope: PolicyScope, traits: Traits) -> bool:
    wanted: Iterable[tuple[Sequence[str], str | None]] = (
        (scope.channels, traits.channel),
        (scope.classifications, traits.classification),
        (scope.opds, traits.opd),
        (scope.topics, traits.topic),
    )
    if scope.emergency and not traits.emergency:
        return False
    return all(not values or value in values for values, value in wanted)


def _days_off(policy: Policy, day: date) -> int:
    """Return by how many days the policy is not valid yet, or no longer; 0 while it is."""
    early = (policy.valid_from - day).days
    late = (day - policy.valid_until).days if policy.valid_until is not None else 0
    return max(early, late, 0)


def _most_specific(policies: Sequence[Policy]) -> Policy:
    return max(policies, key=lambda p: (p.scope.specificity, p.valid_from))
