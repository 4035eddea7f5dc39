"""Which running clocks other calendars, or other policies, would move. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from services.sla.facts import CaseFacts
from services.sla.policies import Policies, Terms
from services.sla.policy_profile import is_of_a_service
from services.sla.rules import ClockPlan, derive_clocks
from services.sla.stopwatch import ClockKey

#: `calendar`: by the same policies, with the present versions of their calendars. `policies`: as
#: if the clocks started on the present profile.
AdjustmentKind = Literal["calendar", "policies"]


@dataclass(frozen=True, slots=True)
class Move:
    """A running clock as it is, and as it would be by other terms."""

    before: ClockPlan
    after: ClockPlan

    @property
    def is_later(self) -> bool:
        """Tell whether it would have more time."""
        return self.after.due_at > self.before.due_at

    @property
    def moves_deadline(self) -> bool:
        """Tell whether the deadline is another one, and not the wording alone."""
        return self.after.due_at != self.before.due_at


def find_moves(
    facts: CaseFacts,
    kept: Mapping[ClockKey, Terms],
    policies: Policies,
    kind: AdjustmentKind,
    now: datetime,
) -> list[Move]:
    """Return the clocks of a case, running or standing still, that would get other terms.

    What has stopped keeps what it was measured by. So does a service's stage, whose terms are of
    the version that its case has; only the holidays of its calendar may change.
    """
    before = {plan.key: plan for plan in derive_clocks(facts, policies, kept, now)}
    open_keys = {
        key
        for key in kept
        if key in before
        and before[key].state != "stopped"
        and (kind == "calendar" or not is_of_a_service(key.stage))
    }
    wanted = {key: terms for key, terms in kept.items() if key not in open_keys}
    if kind == "calendar":
        wanted |= {key: _with_present_calendar(kept[key], policies) for key in open_keys}
    return [
        Move(before[plan.key], plan)
        for plan in derive_clocks(facts, policies, wanted, now)
        if plan.key in open_keys and plan.terms != kept[plan.key]
    ]


def _with_present_calendar(terms: Terms, policies: Policies) -> Terms:
    if terms.counts == "elapsed":
        return terms
    return replace(terms, calendar=policies.present_calendar(terms.calendar))
