"""Which policy a clock starts with, and when its deadline and its escalations come. Pure.

A clock keeps the terms that it started with: a policy that is changed later does not touch it.
"""

import json
from collections.abc import Iterable, Sequence, Set
from dataclasses import astuple, dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Final, Literal
from zoneinfo import ZoneInfo

from services.sla.profile import REQUIRED_STAGES, Ladder, Policy, PolicyScope, SlaProfile

VERIFICATION: Final = "verification"
FIRST_RESPONSE: Final = "first_response"
FOLLOW_UP: Final = "follow_up"
RESOLUTION: Final = "resolution"
CLOSING: Final = "closing"
#: The stages whose clocks run so far, in the order in which a case meets them.
STAGES: Final = (VERIFICATION, FIRST_RESPONSE, FOLLOW_UP, RESOLUTION, CLOSING)


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
    """What a clock runs by: the policy's name, its limit, the share of it that is near, rungs."""

    policy: str
    seconds: int
    near_share: float
    rungs: tuple[Rung, ...] = ()

    @property
    def limit(self) -> timedelta:
        """Return how long the clock may run."""
        return timedelta(seconds=self.seconds)

    @property
    def near_after(self) -> timedelta:
        """Return after how long the clock is near its deadline."""
        return self.limit * self.near_share


# Thousands of clocks share a handful of terms, so that writing and reading them is remembered.
@lru_cache(maxsize=4096)
def write_terms(terms: Terms) -> str:
    """Write terms the way they are kept with each clock."""
    return json.dumps([terms.policy, terms.seconds, terms.near_share, write_rungs(terms.rungs)])


@lru_cache(maxsize=4096)
def read_terms(stored: str) -> Terms:
    """Read what `write_terms` wrote."""
    policy, seconds, near_share, rungs = json.loads(stored)
    return Terms(policy, seconds, near_share, read_rungs(rungs))


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
    """A profile's policies, ready to choose from."""

    def __init__(self, profile: SlaProfile) -> None:
        """Take them as the profile has them; policies are tried in its order."""
        self._zone = ZoneInfo(profile.zone)
        self._policies = profile.policies
        ladders = {ladder.id: _rungs(ladder) for ladder in profile.ladders}
        self._terms = {
            policy.id: Terms(
                policy=policy.id,
                seconds=policy.seconds,
                near_share=policy.near_at,
                rungs=ladders[policy.ladder] if policy.ladder is not None else (),
            )
            for policy in profile.policies
        }

    @property
    def stages(self) -> Set[str]:
        """Return the stages that have any policy."""
        return {policy.stage for policy in self._policies}

    def terms_for(self, stage: str, started_at: datetime, traits: Traits) -> Terms | None:
        """Return the terms of the most specific policy, or None where no policy applies.

        Policies count that are valid on the day on which the clock starts, in the Pemda's zone;
        among equally specific ones the newest wins. A stage that every case has takes the nearest
        policy on a day for which there is none: no complaint goes without its clock.
        """
        fitting = [p for p in self._policies if p.stage == stage and _fits(p.scope, traits)]
        day = started_at.astimezone(self._zone).date()
        valid = [p for p in fitting if _days_off(p, day) == 0]
        if valid:
            return self._terms[_most_specific(valid).id]
        if not fitting or stage not in REQUIRED_STAGES:
            return None
        nearest = min(_days_off(p, day) for p in fitting)
        return self._terms[_most_specific([p for p in fitting if _days_off(p, day) == nearest]).id]


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
