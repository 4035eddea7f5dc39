"""One clock, followed through a case: it runs, stands still, runs again, and stops. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, Literal, NamedTuple

from services.sla.calendars import WorkingCalendar
from services.sla.deadlines import Deadline, elapsed_time, reckon
from services.sla.policies import Terms
from services.sla.policy_profile import PauseReason, pauses_of

Outcome = Literal["met", "missed", "cancelled", "merged"]
State = Literal["running", "paused", "stopped"]
Interval = tuple[datetime, datetime]

NOTHING: Final = timedelta(0)

# Why a clock stands still or runs again, as staff and citizens read it.
WAITS: Final[Mapping[PauseReason, str]] = {
    "citizen": "Menunggu keterangan dari pelapor.",
    "external": "Menunggu jawaban instansi di luar Pemda.",
    "force_majeure": "Keadaan kahar yang disetujui kepala OPD.",
}
GOES_ON: Final[Mapping[PauseReason, str]] = {
    "citizen": "Keterangan dari pelapor sudah diterima.",
    "external": "Jawaban instansi di luar Pemda sudah diterima.",
    "force_majeure": "Keadaan kahar sudah berakhir.",
}
PAUSED_LONG_ENOUGH: Final = "Batas lama jeda sudah tercapai."
UNMERGED: Final = "Laporan berdiri sendiri lagi."
EXTENDED: Final = "Waktu diperpanjang oleh pejabat dengan alasan tertulis."


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
    RESCHEDULED = "rescheduled"


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that happened to a clock; `due_at` where it runs from then on.

    `ran` is how much time had counted by then. Of a stop, `worked` is how much working time had
    passed while it ran, `held` how long each OPD held the case of all that, `held_worked` the same
    in working time.
    """

    kind: ChangeKind
    at: datetime
    opd: str | None
    due_at: datetime | None = None
    reason: str | None = None
    outcome: Outcome | None = None
    ran: timedelta = NOTHING
    worked: timedelta = NOTHING
    held: Mapping[str, timedelta] = field(default_factory=dict)
    held_worked: Mapping[str, timedelta] = field(default_factory=dict)

    @property
    def is_verdict(self) -> bool:
        """Tell whether the clock stopped because what it measured was done, in time or late."""
        return self.outcome in {"met", "missed"}

    @property
    def fingerprint(self) -> str:
        """Return what tells this change from another of the same clock."""
        return f"{self.kind} {self.at.isoformat()} {self.opd or ''} {self.outcome or ''}"


@dataclass(slots=True)
class _Hold:
    """A reason that holds a clock: what of it is still open, since when, and until when at most."""

    refs: set[str]
    since: datetime
    until: datetime | None


@dataclass(slots=True)
class Stopwatch:
    """A clock under way. Times that go backwards are taken as the latest one seen."""

    key: ClockKey
    terms: Terms
    started_at: datetime
    opd: str | None
    calendar: WorkingCalendar | None = None
    changes: list[Change] = field(default_factory=list)
    #: The stretches of time that counted.
    runs: list[Interval] = field(default_factory=list)
    #: Since when it stands still; None while it runs.
    still_since: datetime | None = None
    stopped_at: datetime | None = None
    outcome: Outcome | None = None
    is_extended: bool = False
    _deadline: Deadline = field(init=False)
    _running_since: datetime = field(init=False)
    _latest: datetime = field(init=False)
    _holds: dict[PauseReason, _Hold] = field(default_factory=dict)
    _spent: dict[PauseReason, tuple[int, timedelta]] = field(default_factory=dict)
    _merged: bool = False

    def __post_init__(self) -> None:
        """Start to run."""
        self._running_since = self._latest = self.started_at
        self._reckon()
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
        return "paused" if self._holds else "running"

    @property
    def due_at(self) -> datetime:
        """Return when the time is used up; while it stands still, as if it ran on at once."""
        return self._deadline.due_at

    @property
    def near_at(self) -> datetime:
        """Return when the greater part of the time is used up."""
        return self._deadline.near_at

    @property
    def resumes_at(self) -> datetime | None:
        """Return when a pause ends by itself, because it may last no longer."""
        if self.is_over or not self._holds:
            return None
        ends = [hold.until for hold in self._holds.values()]
        known = [end for end in ends if end is not None]
        return max(known) if len(known) == len(ends) else None

    @property
    def held_for(self) -> dict[str, frozenset[str]]:
        """Return why it stands still: by reason, what of it is open."""
        return {reason: frozenset(hold.refs) for reason, hold in self._holds.items()}

    def pause(self, at: datetime, reason: PauseReason = "citizen", ref: str = "") -> None:
        """Stand still for a reason, where the stage may, and as often and as long as it may."""
        if reason not in pauses_of(self.key.stage):
            return
        self.catch_up(at)
        if self.is_over or ref in self._refs(reason):
            return
        at = self._not_before(at)
        times, spent = self._spent.get(reason, (0, NOTHING))
        limit = self.terms.pause_limit(reason)
        if limit is not None and (times >= limit[0] or spent >= limit[1]):
            return
        self._spent[reason] = (times + 1, spent)
        if reason in self._holds:
            self._holds[reason].refs.add(ref)
            return
        stood = bool(self._holds)
        until = at + limit[1] - spent if limit is not None else None
        self._holds[reason] = _Hold({ref}, at, until)
        if not stood:
            self._stand(at)
            self._note(ChangeKind.PAUSED, at, WAITS[reason])

    def resume(self, at: datetime, reason: PauseReason = "citizen", ref: str = "") -> None:
        """Let go of a reason; without another one it runs on, with the due time moved."""
        self.catch_up(at)
        if ref not in self._refs(reason):
            return
        self._holds[reason].refs.remove(ref)
        if not self._holds[reason].refs:
            self._let_go(reason, self._not_before(at) if not self.is_over else at, GOES_ON[reason])

    def catch_up(self, at: datetime) -> None:
        """Let pauses end that may last no longer, up to this instant."""
        while self._holds:
            ends = [(hold.until, why) for why, hold in self._holds.items() if hold.until]
            until, reason = min(ends, default=(None, None))
            if until is None or reason is None or until > at:
                return
            # The clock may have stood still for longer than its last news says.
            self._let_go(reason, max(until, self._latest), PAUSED_LONG_ENOUGH)

    def extend(self, at: datetime) -> None:
        """Give it more time, once, before its time is used up, where its policy says so."""
        self.catch_up(at)
        if self.is_over or self.is_extended or not self.terms.extra or at > self.due_at:
            return
        self.is_extended = True
        self._reckon()
        self._note(ChangeKind.RESCHEDULED, self._not_before(at), EXTENDED)

    def stop(self, at: datetime, outcome: Outcome | None = None) -> None:
        """Stop for good; without an outcome it is met or missed by the time that was used."""
        if self.is_over:
            return
        self.catch_up(at)
        at = self._not_before(at)
        self._stand(at)
        self.outcome = outcome or ("missed" if self._is_late else "met")
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
        self.catch_up(at)
        at = self._not_before(at)
        self._merged = False
        self.outcome = self.stopped_at = None
        self.opd = opd
        self._run(at)
        self._note(ChangeKind.RESUMED, at, UNMERGED)
        if self._holds:
            self._stand(at)
            self._note(ChangeKind.PAUSED, at, WAITS[next(iter(self._holds))])

    @property
    def _is_late(self) -> bool:
        """Tell whether its time was used up when it last ran."""
        return bool(self.runs) and self.runs[-1][1] > self.due_at

    def _refs(self, reason: PauseReason) -> set[str]:
        return self._holds[reason].refs if reason in self._holds else set()

    def _let_go(self, reason: PauseReason, at: datetime, why: str) -> None:
        hold = self._holds.pop(reason)
        times, spent = self._spent[reason]
        self._spent[reason] = (times, spent + max(at - hold.since, NOTHING))
        if not self._holds and not self.is_over:
            at = self._not_before(at)
            self._run(at)
            self._note(ChangeKind.RESUMED, at, why)

    def _not_before(self, at: datetime) -> datetime:
        self._latest = max(self._latest, at)
        return self._latest

    def _stand(self, at: datetime) -> None:
        if self.still_since is None:
            self.runs.append((self._running_since, at))
            self.still_since = at

    def _run(self, at: datetime) -> None:
        self.still_since = None
        self._running_since = at
        # What was missed stays missed: no pause after the deadline moves it.
        if not self._is_late:
            self._reckon()

    def _reckon(self) -> None:
        self._deadline = reckon(
            self.terms,
            self.calendar,
            self.runs,
            self._running_since if self.still_since is None else self.still_since,
            is_extended=self.is_extended,
        )

    def _note(self, kind: ChangeKind, at: datetime, reason: str | None = None) -> None:
        self.changes.append(
            Change(
                kind=kind,
                at=at,
                opd=self.opd,
                due_at=None if kind in _STANDS else self.due_at,
                reason=reason,
                outcome=self.outcome,
                ran=elapsed_time(self.runs),
            )
        )


_STANDS: Final = frozenset({ChangeKind.PAUSED, ChangeKind.STOPPED})
