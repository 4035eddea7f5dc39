"""What the clocks of a case must be, from all that is known of it. Pure.

`derive_clocks` looks at the whole case each time, so that the order in which the news of the two
publishers came, late or twice, makes no difference. It follows the table of clocks in ARCHITECTURE.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID, uuid5

from services.sla.facts import CaseFacts, Mark, MarkKind
from services.sla.holding import Holding, with_account
from services.sla.policies import (
    CLOSING,
    FIRST_RESPONSE,
    FOLLOW_UP,
    RESOLUTION,
    VERIFICATION,
    Policies,
    Terms,
    Traits,
)
from services.sla.policy_profile import is_of_a_service
from services.sla.stopwatch import (
    NOTHING,
    Change,
    ChangeKind,
    ClockKey,
    Interval,
    Outcome,
    State,
    Stopwatch,
)

_NAMESPACE = UUID("6f1d2b0e-5a56-5c8c-9d0b-3c1f3c7b9a10")
_WORK = (FOLLOW_UP, RESOLUTION)


def clock_id_of(complaint_id: str, key: ClockKey) -> str:
    """Return the id of a clock, the same whenever and wherever it is derived."""
    return str(uuid5(_NAMESPACE, f"{complaint_id}/{key.part}/{key.stage}/{key.epoch}"))


@dataclass(frozen=True, slots=True)
class ClockPlan:
    """What one clock must be, and all that happened to it so far."""

    key: ClockKey
    terms: Terms
    opd: str | None
    state: State
    started_at: datetime
    due_at: datetime
    near_at: datetime
    changes: tuple[Change, ...]
    paused_at: datetime | None = None
    stopped_at: datetime | None = None
    outcome: Outcome | None = None
    #: When a pause ends by itself, because it may last no longer.
    resumes_at: datetime | None = None
    is_extended: bool = False
    #: The stretches of time that counted, the last one up to the stop or the pause.
    runs: tuple[Interval, ...] = ()
    #: Why it stands still: by reason, what of it is open.
    held_for: Mapping[str, frozenset[str]] = field(default_factory=dict)
    holders: tuple[Holding, ...] = ()

    @property
    def elapsed(self) -> timedelta:
        """Return how long it took from start to stop; nothing before the stop."""
        return self.stopped_at - self.started_at if self.stopped_at is not None else NOTHING

    @property
    def worked(self) -> timedelta:
        """Return how much working time passed while it ran; nothing before the stop."""
        return self.changes[-1].worked


def derive_clocks(
    facts: CaseFacts,
    policies: Policies,
    kept: Mapping[ClockKey, Terms] | None = None,
    now: datetime | None = None,
) -> list[ClockPlan]:
    """Return what every clock of the case must be, in the order in which they started.

    `kept` are the terms of clocks that exist already; the others take theirs from the policies.
    Pauses that may last no longer than until `now` have ended. None before intake was heard: the
    channel and the kind of complaint decide the policy.
    """
    if facts.submitted_at is None:
        return []
    case = _Case(facts, policies, kept or {})
    case.follow(facts.submitted_at)
    if now is not None:
        for clock in case.each():
            clock.catch_up(now)
    return case.plans()


@dataclass
class _Case:
    """One case, followed from its submission through everything that routing said of it."""

    facts: CaseFacts
    policies: Policies
    kept: Mapping[ClockKey, Terms]
    clocks: dict[ClockKey, Stopwatch] = field(default_factory=dict)
    #: Per part, which OPD has had it from when on; the last entry is the present one.
    holders: dict[int, list[Holding]] = field(default_factory=dict)
    topics: dict[int, str | None] = field(default_factory=dict)
    epoch: int = 0
    closings: int = 0
    #: How often each part entered each stage of a service.
    entries: dict[tuple[int, str], int] = field(default_factory=dict)
    withdrawn: bool = False

    def follow(self, submitted_at: datetime) -> None:
        self.start(VERIFICATION, 0, 0, submitted_at)
        self.start(FIRST_RESPONSE, 0, 0, submitted_at)
        own = list(self._own_news())
        for mark in self.facts.marks:
            while own and mark.at > own[0][0]:
                own.pop(0)[1]()
            _STEPS[mark.kind](self, mark)
        for _, step in own:
            step()

    def _own_news(self) -> list[tuple[datetime, Callable[[], None]]]:
        """Return what routing did not say, by time: a withdrawal, and the acts of sla's doors."""
        found: list[tuple[datetime, Callable[[], None]]] = [
            (act.at, partial(_STEPS[act.kind], self, act)) for act in self.facts.acts
        ]
        gone_at = self.facts.withdrawn_at
        if gone_at is not None:
            found.append((gone_at, partial(self.withdraw, gone_at)))
        return sorted(found, key=lambda news: news[0])

    def plans(self) -> list[ClockPlan]:
        return [_plan(clock, self.holders.get(clock.key.part, ())) for clock in self.each()]

    # ------------------------------------------------------------------ what happens to a case

    def assign(self, mark: Mark) -> None:
        # Verification ends in the hands of the desk: it is stopped before the OPD has the case.
        self.stop(mark.at, VERIFICATION)
        self.hold(mark, mark.opd)
        self.topics[mark.part] = mark.topic
        if not self.is_in_service(mark.part):
            self.start_work(mark.part, mark.at)

    def is_in_service(self, part: int) -> bool:
        """Tell whether a service's stages say how long this part may take."""
        if part and any(entered == part for entered, _ in self.entries):
            return True
        return self.facts.service is not None and self.topics.get(part) == self.facts.service

    def enter(self, mark: Mark) -> None:
        """End the clock of the stage before, and start that of this one, if any.

        The epoch of such a clock counts how often the part entered the stage before.
        """
        self.stop_stages(mark.part, mark.at)
        if mark.ref is None or mark.entry is None:
            return
        if mark.part:
            self.hold(mark, mark.opd)
        place = (mark.part, mark.ref)
        epoch = self.entries.get(place, 0)
        self.entries[place] = epoch + 1
        opd = self.holder(mark.part) or mark.opd
        terms = self.policies.terms_of_stage(mark.ref, mark.entry, mark.at, opd)
        self.start_with(ClockKey(mark.part, mark.ref, epoch), mark.at, terms)

    def stop_stages(self, part: int, at: datetime) -> None:
        for clock in self.each(part=part):
            if is_of_a_service(clock.key.stage):
                clock.stop(at)

    def unassign(self, mark: Mark) -> None:
        if mark.part:
            # A part that was given back is nobody's: the leading OPD goes on without it.
            self.stop(mark.at, *_WORK, part=mark.part, outcome="cancelled")
        self.hold(mark, None)

    def contribute(self, mark: Mark) -> None:
        """Start the clocks of a further OPD's part, beside those of the leading one."""
        self.hold(mark, mark.opd)
        self.topics[mark.part] = mark.topic
        self.start_work(mark.part, mark.at)

    def answer(self, mark: Mark) -> None:
        self.stop(mark.at, FIRST_RESPONSE)

    def progress(self, mark: Mark) -> None:
        self.stop(mark.at, FIRST_RESPONSE)
        self.stop(mark.at, FOLLOW_UP, part=mark.part)

    def ask(self, mark: Mark) -> None:
        self.stop(mark.at, FIRST_RESPONSE)
        for clock in self.working(mark.part):
            clock.pause(mark.at)
        if all(clock.is_over for clock in self.each(CLOSING)):
            self.start_closing(mark.at)

    def inform(self, mark: Mark) -> None:
        self.stop(mark.at, CLOSING)
        for clock in self.working():
            clock.resume(mark.at)

    def refer(self, mark: Mark) -> None:
        """Wait for a body outside the Pemda."""
        for clock in self.working(mark.part):
            clock.pause(mark.at, "external", mark.ref or "")

    def hear_outside(self, mark: Mark) -> None:
        for clock in self.working(mark.part):
            clock.resume(mark.at, "external", mark.ref or "")

    def disrupt(self, act: Mark) -> None:
        """Stand still for what nobody can help, such as a flood."""
        for clock in self.working(act.part):
            clock.pause(act.at, "force_majeure", act.ref or "")

    def end_disruption(self, act: Mark) -> None:
        for clock in self.working(act.part):
            clock.resume(act.at, "force_majeure", act.ref or "")

    def extend(self, act: Mark) -> None:
        for clock in self.each(RESOLUTION, part=act.part):
            if clock.key.epoch == act.epoch:
                clock.extend(act.at)

    def resolve(self, mark: Mark) -> None:
        if mark.part != 0:
            # The leading OPD is told, not the citizen.
            self.stop(mark.at, *_WORK, part=mark.part)
            return
        self.stop(mark.at, FIRST_RESPONSE)
        self.stop(mark.at, *_WORK)
        # From now on the citizen has the full time again, even if a question was still open.
        self.stop(mark.at, outcome="cancelled")
        self.start_closing(mark.at)

    def reject(self, mark: Mark) -> None:
        self.stop(mark.at, VERIFICATION, FIRST_RESPONSE, *_WORK)
        self.stop(mark.at, outcome="cancelled")

    def close(self, mark: Mark) -> None:
        self.stop(mark.at, CLOSING)
        self.stop(mark.at, outcome="cancelled")

    def reopen(self, mark: Mark) -> None:
        self.stop(mark.at, CLOSING)
        self.epoch = mark.epoch
        for part in sorted({0, *self.holders}):
            if self.is_in_service(part):
                continue
            if part == 0 or self.holder(part) is not None:
                self.start_work(part, mark.at)

    def merge(self, mark: Mark) -> None:
        for clock in self.each():
            clock.merge(mark.at)

    def unmerge(self, mark: Mark) -> None:
        for clock in self.each():
            clock.unmerge(mark.at, self.holder(clock.key.part))
            if self.withdrawn:
                clock.stop(mark.at, "cancelled")

    def withdraw(self, at: datetime) -> None:
        self.withdrawn = True
        self.stop(at, outcome="cancelled")

    # ---------------------------------------------------------------------------- its clocks

    def each(self, *stages: str, part: int | None = None) -> list[Stopwatch]:
        """Return the clocks of these stages (of all, if none is named) and of this part."""
        return [
            clock
            for key, clock in self.clocks.items()
            if (not stages or key.stage in stages) and part in {None, key.part}
        ]

    def stop(
        self,
        at: datetime,
        *stages: str,
        part: int | None = None,
        outcome: Outcome | None = None,
    ) -> None:
        for clock in self.each(*stages, part=part):
            clock.stop(at, outcome)

    def start_work(self, part: int, at: datetime) -> None:
        """Start follow-up and resolution; what runs since an earlier assignment runs on."""
        for stage in _WORK:
            self.start(stage, part, self.epoch, at)

    def working(self, part: int | None = None) -> list[Stopwatch]:
        """Return the clocks of the work itself: those that may wait for somebody else."""
        found = self.each(part=part)
        return [c for c in found if c.key.stage in _WORK or is_of_a_service(c.key.stage)]

    def start_closing(self, at: datetime) -> None:
        """Start to wait for the citizen, for the first time or once more.

        One epoch of a case may wait several times, so these clocks count their own epochs.
        """
        self.start(CLOSING, 0, self.closings, at)
        self.closings += 1

    def start(self, stage: str, part: int, epoch: int, at: datetime) -> None:
        key = ClockKey(part, stage, epoch)
        if key in self.clocks:
            return
        traits = Traits(
            channel=self.facts.channel,
            classification=self.facts.classification,
            opd=self.holder(part),
            topic=self.topics.get(part),
            emergency=self.facts.emergency,
        )
        self.start_with(key, at, self.kept.get(key) or self.policies.terms_for(stage, at, traits))

    def start_with(self, key: ClockKey, at: datetime, terms: Terms | None) -> None:
        terms = self.kept.get(key) or terms
        if terms is None:
            return
        opd = self.holder(key.part)
        calendar = self.policies.calendar_of(terms)
        clock = self.clocks[key] = Stopwatch(key, terms, at, opd, calendar)
        if self.withdrawn:
            # The news of the withdrawal had not reached the desk yet.
            clock.stop(at, "cancelled")

    def holder(self, part: int) -> str | None:
        """Return which OPD has this part now."""
        held = self.holders.get(part)
        return held[-1][1] if held else None

    def hold(self, mark: Mark, opd: str | None) -> None:
        held = self.holders.setdefault(mark.part, [])
        held.append((max(mark.at, held[-1][0]) if held else mark.at, opd))
        for clock in self.each(part=mark.part):
            if not clock.is_over:
                clock.opd = opd


_STEPS: Mapping[MarkKind, Callable[[_Case, Mark], None]] = {
    MarkKind.ASSIGNED: _Case.assign,
    MarkKind.UNASSIGNED: _Case.unassign,
    MarkKind.CONTRIBUTES: _Case.contribute,
    MarkKind.ANSWERED: _Case.answer,
    MarkKind.PROGRESSED: _Case.progress,
    MarkKind.ASKED: _Case.ask,
    MarkKind.INFORMED: _Case.inform,
    MarkKind.RESOLVED: _Case.resolve,
    MarkKind.REJECTED: _Case.reject,
    MarkKind.CLOSED: _Case.close,
    MarkKind.REOPENED: _Case.reopen,
    MarkKind.MERGED: _Case.merge,
    MarkKind.UNMERGED: _Case.unmerge,
    MarkKind.ENTERED: _Case.enter,
    MarkKind.REFERRED: _Case.refer,
    MarkKind.REFERRAL_ANSWERED: _Case.hear_outside,
    MarkKind.DISRUPTED: _Case.disrupt,
    MarkKind.DISRUPTION_ENDED: _Case.end_disruption,
    MarkKind.EXTENDED: _Case.extend,
}


def _plan(clock: Stopwatch, holders: Sequence[Holding]) -> ClockPlan:
    return ClockPlan(
        key=clock.key,
        terms=clock.terms,
        opd=clock.opd,
        state=clock.state,
        started_at=clock.started_at,
        due_at=clock.due_at,
        near_at=clock.near_at,
        changes=tuple(
            with_account(change, clock, holders) if change.kind is ChangeKind.STOPPED else change
            for change in clock.changes
        ),
        paused_at=clock.still_since if clock.state == "paused" else None,
        stopped_at=clock.stopped_at,
        outcome=clock.outcome,
        resumes_at=clock.resumes_at,
        is_extended=clock.is_extended,
        runs=tuple(clock.runs),
        held_for=clock.held_for,
        holders=tuple(holders),
    )
