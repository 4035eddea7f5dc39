"""What sla does with the news of cases: note it, derive the clocks anew, publish the difference.

A unit's news are gathered and worked off together: the cases' rows are locked in one order, so that
batches of the two topics take turns and never block each other, and a batch of hundreds of events
costs as many statements as a single one.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextvars import Context, copy_context
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial

from sqlalchemy.ext.asyncio import AsyncConnection

from services.sla import queries, rule_queries
from services.sla.announcements import change_event, late_miss_event
from services.sla.context import SlaContext
from services.sla.facts import CaseFacts, Mark
from services.sla.firing import first_news, has_verdict
from services.sla.policies import CLOSING, FIRST_RESPONSE, Policies
from services.sla.queries import KeptCase, KeptClock
from services.sla.rules import ClockPlan, clock_id_of, derive_clocks
from services.sla.stopwatch import Change, ChangeKind, ClockKey
from shared.unit_of_work import UnitOfWork

Fact = Callable[[CaseFacts], CaseFacts]


async def note_submission(
    unit: UnitOfWork,
    context: SlaContext,
    complaint_id: str,
    *,
    submitted_at: datetime,
    channel: str,
    classification: str,
    emergency: bool,
    service: str | None = None,
) -> None:
    """Note that a complaint was accepted: from `submitted_at` on, its clocks run.

    With `service` it is an application, whose stages bring their own clocks.
    """

    def submitted(facts: CaseFacts) -> CaseFacts:
        if facts.submitted_at is not None:
            return facts
        return replace(
            facts,
            submitted_at=submitted_at,
            channel=channel,
            classification=classification,
            emergency=emergency,
            service=service,
        )

    _note(unit, context, complaint_id, submitted)


async def note_withdrawal(
    unit: UnitOfWork, context: SlaContext, complaint_id: str, withdrawn_at: datetime
) -> None:
    """Note that the citizen took the complaint back."""

    def withdrawn(facts: CaseFacts) -> CaseFacts:
        return facts if facts.withdrawn_at else replace(facts, withdrawn_at=withdrawn_at)

    _note(unit, context, complaint_id, withdrawn)


async def note_mark(unit: UnitOfWork, context: SlaContext, complaint_id: str, mark: Mark) -> None:
    """Note what routing said of the case."""
    _note(unit, context, complaint_id, lambda facts: facts.with_mark(mark))


async def note_act(unit: UnitOfWork, context: SlaContext, complaint_id: str, act: Mark) -> None:
    """Note what a door of sla's own decided."""
    _note(unit, context, complaint_id, lambda facts: facts.with_act(act))


def look_again(unit: UnitOfWork, context: SlaContext, complaint_id: str) -> None:
    """Let time take its effect on a case of which nothing new is heard: a pause may end so."""
    _note(unit, context, complaint_id, None)


async def learn_calendars(
    connection: AsyncConnection, policies: Policies, cases: Iterable[KeptCase]
) -> None:
    """Read the versions of calendars by which clocks of these cases run, where they are new."""
    used = {clock.terms.calendar for case in cases for clock in case.clocks.values()}
    missing = [each for each in used if not policies.knows_calendar(each)]
    if missing:
        for content in await rule_queries.list_rule_contents(connection, missing):
            policies.learn_calendar(content)


def _note(unit: UnitOfWork, context: SlaContext, complaint_id: str, fact: Fact | None) -> None:
    # The news belong to the story of their event, also when they are worked off with others.
    unit.gather(CaseBook, lambda: CaseBook(context)).heard.append(
        _Heard(complaint_id, fact, copy_context())
    )


@dataclass(frozen=True, slots=True)
class _Heard:
    """What one event said of a case, None where only time has passed, and its story."""

    complaint_id: str
    fact: Fact | None
    story: Context


@dataclass(frozen=True, slots=True)
class _ClockNews:
    """A clock that must be written, and what of it was not published yet."""

    complaint_id: str
    clock_id: str
    plan: ClockPlan
    changes: Sequence[Change]
    is_first_verdict: bool

    @property
    def is_late(self) -> bool:
        """Tell whether it stopped after its deadline.

        Not so for closing: routing would take its miss for the citizen's silence, which just
        ended.
        """
        is_missed = self.is_first_verdict and self.plan.outcome == "missed"
        return is_missed and self.plan.key.stage != CLOSING


@dataclass(frozen=True, slots=True)
class _CaseNews:
    """What one event changed, the facts before and after it, and its clocks' news."""

    before: CaseFacts
    after: CaseFacts
    clocks: Sequence[_ClockNews]
    story: Context


@dataclass
class CaseBook:
    """What one unit hears of any number of cases."""

    context: SlaContext
    heard: list[_Heard] = field(default_factory=list)

    async def finish(self, unit: UnitOfWork) -> None:
        """Work off everything that was heard, in the order in which it was heard."""
        ids = {each.complaint_id for each in self.heard}
        cases = await queries.lock_cases(unit.connection, ids)
        await learn_calendars(unit.connection, self.context.policies, cases.values())
        found = [
            news for each in self.heard if (news := self._apply(each, cases, unit.now)) is not None
        ]
        if not found:
            return
        changed = {each.complaint_id: cases[each.complaint_id] for each in self.heard}
        await queries.update_cases(unit.connection, changed)
        late = await self._save_clocks(unit, found)
        for news in found:
            news.story.run(_publish, unit, news, late)
            _count(unit, self.context, news, late)

    def _apply(self, heard: _Heard, cases: dict[str, KeptCase], now: datetime) -> _CaseNews | None:
        before = cases[heard.complaint_id]
        facts = heard.fact(before.facts) if heard.fact is not None else before.facts
        if heard.fact is not None and facts == before.facts:
            return None
        plans = derive_clocks(facts, self.context.policies, before.terms, now)
        cases[heard.complaint_id] = KeptCase(facts, {plan.key: _kept(plan) for plan in plans})
        clocks = list(_clock_news(heard.complaint_id, plans, before.clocks))
        return _CaseNews(before.facts, facts, clocks, heard.story)

    async def _save_clocks(self, unit: UnitOfWork, found: Iterable[_CaseNews]) -> set[str]:
        """Write the clocks; returns those whose miss nobody has been told of yet."""
        news = [clock for case in found for clock in case.clocks]
        # A clock that several events changed is written once, as it is after the last of them.
        plans = {each.clock_id: (each.complaint_id, each.plan) for each in news}
        announced = await queries.save_clocks(unit.connection, plans, self.context.profile_version)
        late = {each.clock_id for each in news if each.is_late and not announced[each.clock_id]}
        if late:
            await queries.mark_missed(unit.connection, sorted(late), unit.now)
        return late


def _kept(plan: ClockPlan) -> KeptClock:
    return KeptClock(plan.terms, plan.opd, tuple(change.fingerprint for change in plan.changes))


def _clock_news(
    complaint_id: str, plans: Iterable[ClockPlan], before: Mapping[ClockKey, KeptClock]
) -> Iterable[_ClockNews]:
    """Yield the clocks that are not what they were; the others are neither written nor told."""
    for plan in plans:
        kept = before.get(plan.key)
        told = kept.told if kept is not None else ()
        changes = plan.changes[first_news(plan.changes, told) :]
        # A further reason to stand still is no change, but may move when the pause must end.
        if changes or kept is None or kept.opd != plan.opd or plan.state == "paused":
            is_verdict = any(change.is_verdict for change in changes)
            yield _ClockNews(
                complaint_id=complaint_id,
                clock_id=clock_id_of(complaint_id, plan.key),
                plan=plan,
                changes=changes,
                is_first_verdict=is_verdict and not has_verdict(told),
            )


def _publish(unit: UnitOfWork, news: _CaseNews, late: set[str]) -> None:
    for clock in news.clocks:
        for change in clock.changes:
            is_end = change.kind is ChangeKind.STOPPED and change.is_verdict
            if is_end and clock.is_late and clock.clock_id in late:
                unit.publish(
                    late_miss_event(clock.complaint_id, clock.clock_id, clock.plan, unit.now)
                )
            unit.publish(change_event(clock.complaint_id, clock.clock_id, clock.plan, change))


def _count(unit: UnitOfWork, context: SlaContext, news: _CaseNews, late: set[str]) -> None:
    """Let the metrics hear of it once it is on stable storage."""
    metrics, facts = context.metrics, news.after
    for clock in news.clocks:
        plan = clock.plan
        if clock.is_first_verdict and plan.key.stage == FIRST_RESPONSE:
            histogram = metrics.first_response_seconds.labels(plan.opd or "", facts.channel)
            unit.after_commit(partial(histogram.observe, plan.elapsed.total_seconds()))
        if clock.is_late and clock.clock_id in late:
            counter = metrics.deadlines_missed.labels(plan.key.stage, plan.opd or "")
            unit.after_commit(counter.inc)
    for seconds in facts.resolution_seconds()[len(news.before.resolution_seconds()) :]:
        histogram = metrics.resolution_seconds.labels(facts.opd or "", facts.channel)
        unit.after_commit(partial(histogram.observe, seconds))
