"""One clock, followed through a case: it runs, stands still, runs again, and stops. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, Literal, NamedTuple

from services.sla.policies import Terms

Outcome = Literal["met", "missed", "cancelled", "merged"]
State = Literal["running", "paused", "stopped"]
Interval = tuple[datetime, datetime]

NOTHING: Final = timedelta(0)

# Why a clock stands still or runs again, as staff and citizens read it.
WAITS_FOR_CITIZEN: Final = "Menunggu keterangan dari pelapor."
CITIZEN_ANSWERED: Final = "Keterangan dari pelapor sudah diterima."
UNMERGED: Final = "Laporan berdiri sendiri lagi."


class ClockKey(NamedTuple):
    """What makes a clock the one that it is, within its case."""

    part: int
    stage: str
    epoch: int


class ChangeKind(StrEnum):
    """What may happen to a clock."""

    STARTED = "started"
    PAUSED = "paused"
    RESUMED = "resumed"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that happened to a clock; `due_at` where it runs from then on.

    `ran` is how much had counted by then, and of that `held` how long each OPD held the case.
    """

    kind: ChangeKind
    at: datetime
    opd: str | None
    due_at: datetime | None = None
    reason: str | None = None
    outcome: Outcome | None = None
    ran: timedelta = NOTHING
    held: Mapping[str, timedelta] = field(default_factory=dict)

    @property
    def is_verdict(self) -> bool:
        """Tell whether the clock stopped because what it measured was done, in time or late."""
        return self.outcome in {"met", "missed"}

    @property
    def fingerprint(self) -> str:
        """Return what tells this change from another of the same clock."""
        return f"{self.kind} {self.at.isoformat()} {self.opd or ''} {self.outcome or ''}"


@dataclass(slots=True)
class Stopwatch:
    """A clock under way. Times that go backwards are taken as the latest one seen."""

    key: ClockKey
    terms: Terms
    started_at: datetime
    opd: str | None
    changes: list[Change] = field(default_factory=list)
    #: The stretches of time that counted.
    runs: list[Interval] = field(default_factory=list)
    stood: timedelta = NOTHING
    #: Since when it stands still; None while it runs.
    still_since: datetime | None = None
    stopped_at: datetime | None = None
    outcome: Outcome | None = None
    _running_since: datetime = field(init=False)
    _waits: bool = False
    _merged: bool = False
    _latest: datetime = field(init=False)

    def __post_init__(self) -> None:
        """Start to run."""
        self._running_since = self._latest = self.started_at
        self._note(ChangeKind.STARTED, self.started_at)

    @property
    def is_over(self) -> bool:
        """Tell whether the clock stopped for good, or until it is unmerged."""
        return self.outcome is not None

    @property
    def state(self) -> State:
        """Return what the clock does now."""
        if self.is_over:
            return "stopped"
        return "paused" if self._waits else "running"

    @property
    def due_at(self) -> datetime:
        """Return when the time is used up; while it stands still, as if it ran on at once."""
        return self.started_at + self.terms.limit + self.stood

    @property
    def near_at(self) -> datetime:
        """Return when the greater part of the time is used up."""
        return self.started_at + self.terms.near_after + self.stood

    @property
    def ran(self) -> timedelta:
        """Return how long the clock ran, up to its last change."""
        return sum((end - begin for begin, end in self.runs), NOTHING)

    def pause(self, at: datetime) -> None:
        """Stand still, because the citizen was asked something."""
        if self.is_over or self._waits:
            return
        at = self._not_before(at)
        self._waits = True
        self._stand(at)
        self._note(ChangeKind.PAUSED, at, WAITS_FOR_CITIZEN)

    def resume(self, at: datetime) -> None:
        """Run again; the due time moves by what the clock stood still."""
        if not self._waits:
            return
        self._waits = False
        if self.is_over:
            return
        at = self._not_before(at)
        self._run(at)
        self._note(ChangeKind.RESUMED, at, CITIZEN_ANSWERED)

    def stop(self, at: datetime, outcome: Outcome | None = None) -> None:
        """Stop for good; without an outcome it is met or missed by the time that was used."""
        if self.is_over:
            return
        at = self._not_before(at)
        self._stand(at)
        self.outcome = outcome or ("met" if self.ran <= self.terms.limit else "missed")
        self.stopped_at = at
        self._note(ChangeKind.STOPPED, at)

    def merge(self, at: datetime) -> None:
        """Stop for as long as the case is part of another one."""
        if not self.is_over:
            self.stop(at, "merged")
            self._merged = True

    def unmerge(self, at: datetime, opd: str | None) -> None:
        """Be what it was before it was merged; the time meanwhile does not count."""
        if not self._merged:
            return
        at = self._not_before(at)
        self._merged = False
        self.outcome = self.stopped_at = None
        self.opd = opd
        self._run(at)
        self._note(ChangeKind.RESUMED, at, UNMERGED)
        if self._waits:
            self._stand(at)
            self._note(ChangeKind.PAUSED, at, WAITS_FOR_CITIZEN)

    def _not_before(self, at: datetime) -> datetime:
        self._latest = max(self._latest, at)
        return self._latest

    def _stand(self, at: datetime) -> None:
        if self.still_since is None:
            self.runs.append((self._running_since, at))
            self.still_since = at

    def _run(self, at: datetime) -> None:
        if self.still_since is not None:
            self.stood += at - self.still_since
        self.still_since = None
        self._running_since = at

    def _note(self, kind: ChangeKind, at: datetime, reason: str | None = None) -> None:
        runs_on = kind in {ChangeKind.STARTED, ChangeKind.RESUMED}
        self.changes.append(
            Change(
                kind=kind,
                at=at,
                opd=self.opd,
                due_at=self.due_at if runs_on else None,
                reason=reason,
                outcome=self.outcome,
                ran=self.ran,
            )
        )
