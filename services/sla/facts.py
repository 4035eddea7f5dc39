"""What sla knows of one case, from publishers and its own doors, as far as clocks heed it. Pure.

Intake's part, routing's part and sla's own are kept apart, so that it does not matter which of them
comes first; within routing's part the order is the publisher's own.
"""

from collections.abc import Iterable
from dataclasses import astuple, dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, Literal


class MarkKind(StrEnum):
    """What happened to a case, as far as clocks are concerned."""

    ASSIGNED = "assigned"
    UNASSIGNED = "unassigned"
    CONTRIBUTES = "contributes"
    ANSWERED = "answered"
    PROGRESSED = "progressed"
    ASKED = "asked"
    INFORMED = "informed"
    RESOLVED = "resolved"
    REJECTED = "rejected"
    REOPENED = "reopened"
    MERGED = "merged"
    UNMERGED = "unmerged"
    CLOSED = "closed"
    REFERRED = "referred"
    REFERRAL_ANSWERED = "referral_answered"
    # A stage of a service, or, without one, that the part is in none any more.
    ENTERED = "entered"
    # What sla's own doors say; these are acts, and kept apart from routing's marks.
    DISRUPTED = "disrupted"
    DISRUPTION_ENDED = "disruption_ended"
    EXTENDED = "extended"


_STAFF_MESSAGES = frozenset(
    {
        MarkKind.ANSWERED,
        MarkKind.PROGRESSED,
        MarkKind.ASKED,
        MarkKind.RESOLVED,
        MarkKind.REJECTED,
    }
)
_OPENING = frozenset(
    {
        MarkKind.ASSIGNED,
        MarkKind.UNASSIGNED,
        MarkKind.ASKED,
        MarkKind.INFORMED,
        MarkKind.REOPENED,
    }
)
_ENTERED = MarkKind.ENTERED
_HANDS_OVER = frozenset({MarkKind.ASSIGNED, MarkKind.UNASSIGNED, MarkKind.CONTRIBUTES})
_ENDING = frozenset({MarkKind.RESOLVED, MarkKind.REJECTED, MarkKind.CLOSED})


@dataclass(frozen=True, slots=True)
class StageEntry:
    """What routing said of a stage with the event: its title, and how long it may take.

    `version` is that of the service. Without `counts` no clock runs. `due_at`, where it is given,
    is a deadline that somebody set, and outweighs the rest.
    """

    title: str | None = None
    version: str | None = None
    counts: Literal["elapsed", "working", "working_days"] | None = None
    seconds: int = 0
    days: int = 0
    near_at: float = 0.75
    ladder: str = ""
    pauses: bool = True
    due_at: datetime | None = None

    def as_json(self) -> list[Any]:
        """Write it the way it is stored."""
        *rest, due_at = astuple(self)
        return [*rest, due_at.isoformat() if due_at else None]

    @classmethod
    def from_json(cls, stored: list[Any]) -> "StageEntry":
        """Read what `as_json` wrote."""
        title, version, counts, seconds, days, near_at, ladder, pauses, due_at = stored
        at = datetime.fromisoformat(due_at) if due_at else None
        return cls(title, version, counts, seconds, days, near_at, ladder, pauses, at)


@dataclass(frozen=True, slots=True)
class Mark:
    """One fact: of routing's, in the order in which routing published it, or an act of sla's own.

    `ref` is the referral, the disruption, the extension or the stage that it is about; `entry` is
    what was said of that stage.
    """

    kind: MarkKind
    at: datetime
    part: int = 0
    opd: str | None = None
    topic: str | None = None
    epoch: int = 0
    ref: str | None = None
    entry: StageEntry | None = None

    @property
    def hands_over(self) -> bool:
        """Tell whether it says who has the part; a disposition's stage does, a service's does not.

        The OPD of a service's stage was told with an assignment before.
        """
        return self.kind in _HANDS_OVER or (
            self.kind is _ENTERED and self.part > 0 and self.ref is not None
        )

    def as_json(self) -> list[Any]:
        """Write the mark the way it is stored."""
        written = [self.kind, self.at.isoformat(), self.part, self.opd, self.topic, self.epoch]
        if self.entry is not None:
            return [*written, self.ref, self.entry.as_json()]
        return written if self.ref is None else [*written, self.ref]

    @classmethod
    def from_json(cls, stored: list[Any]) -> "Mark":
        """Read what `as_json` wrote."""
        kind, at, part, opd, topic, epoch, *rest = stored
        ref, entry = (*rest, None, None)[:2]
        about = (part, opd, topic, epoch, ref, StageEntry.from_json(entry) if entry else None)
        return cls(MarkKind(kind), datetime.fromisoformat(at), *about)


@dataclass(frozen=True, slots=True)
class CaseFacts:
    """All that is known of one case. Without `submitted_at`, intake has not been heard yet."""

    submitted_at: datetime | None = None
    channel: str = ""
    classification: str = ""
    withdrawn_at: datetime | None = None
    marks: tuple[Mark, ...] = ()
    emergency: bool = False
    #: What sla's own doors said, in the order of time.
    acts: tuple[Mark, ...] = ()
    #: The service of the catalogue that it is an application for.
    service: str | None = None

    def with_act(self, act: Mark) -> "CaseFacts":
        """Add an act of sla's own; the same facts again if it is known already."""
        if any(each.kind is act.kind and each.ref == act.ref for each in self.acts):
            return self
        return replace(self, acts=tuple(sorted((*self.acts, act), key=lambda each: each.at)))

    def with_mark(self, mark: Mark) -> "CaseFacts":
        """Add a mark; the same facts again where no clock could ever heed it."""
        if _is_old_news(self.marks, mark):
            return self
        return replace(self, marks=(*self.marks, mark))

    @property
    def opds(self) -> list[str]:
        """Return the OPDs that have or had the case or a part of it, sorted."""
        return sorted({mark.opd for mark in self.marks if mark.opd is not None})

    @property
    def opd(self) -> str | None:
        """Return which OPD has the leading part now; None is the triage desk."""
        return self.holder(0)

    def holder(self, part: int) -> str | None:
        """Return which OPD has this part now; None is the desk, or nobody."""
        for mark in reversed(self.marks):
            if mark.part == part and mark.hands_over:
                return mark.opd
        return None

    def entry_of(self, part: int, stage: str, epoch: int) -> StageEntry | None:
        """Return what was said when this part entered this stage for the so-manieth time from 0."""
        entered = [m for m in self.marks if (m.kind, m.part, m.ref) == (_ENTERED, part, stage)]
        return entered[epoch].entry if epoch < len(entered) else None

    @property
    def is_open(self) -> bool:
        """Tell whether the case still waits for staff or for the citizen's answer to them."""
        if self.submitted_at is None or self.withdrawn_at is not None:
            return False
        is_open = before_merge = True
        for mark in self.marks:
            if mark.kind in _OPENING:
                is_open = True
            elif mark.kind in _ENDING and mark.part == 0:
                is_open = False
            elif mark.kind is MarkKind.MERGED:
                before_merge, is_open = is_open, False
            elif mark.kind is MarkKind.UNMERGED:
                is_open = before_merge
        return is_open

    def resolution_seconds(self) -> list[float]:
        """Return, per time it was resolved, how long after submission or reopening that was."""
        if self.submitted_at is None:
            return []
        found = []
        since = self.submitted_at
        for mark in self.marks:
            if mark.kind is MarkKind.REOPENED:
                since = mark.at
            elif mark.kind is MarkKind.RESOLVED and mark.part == 0:
                found.append(max((mark.at - since).total_seconds(), 0.0))
        return found


def _is_old_news(marks: Iterable[Mark], mark: Mark) -> bool:
    """Keep the list short: a hundred answers of an officer are one fact to a clock."""
    if mark.kind is MarkKind.ANSWERED:
        return any(each.kind in _STAFF_MESSAGES for each in marks)
    if mark.kind is MarkKind.CONTRIBUTES:
        return any(each.kind is mark.kind and each.part == mark.part for each in marks)
    if mark.kind is MarkKind.PROGRESSED:
        return _is_progress_known(marks, mark.part)
    return False


def _is_progress_known(marks: Iterable[Mark], part: int) -> bool:
    known = begun = False
    for each in marks:
        if each.kind is MarkKind.REOPENED:
            known = False
        elif each.part == part and each.kind is MarkKind.ASSIGNED and not begun:
            # Only what comes after the beginning can stop a follow-up.
            begun, known = True, False
        elif each.part == part and each.kind is MarkKind.PROGRESSED:
            known = True
    return known
