"""What sla does with the news of a case: note it, derive the clocks anew, publish the difference.

The case's row is locked first, so that the news of two publishers about one case take turns.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial

from services.sla import queries
from services.sla.announcements import change_event, late_miss_event
from services.sla.context import SlaContext
from services.sla.facts import CaseFacts, Mark
from services.sla.metrics import SlaMetrics
from services.sla.policies import CLOSING, FIRST_RESPONSE
from services.sla.queries import KeptCase, KeptClock
from services.sla.rules import (
    ClockPlan,
    clock_id_of,
    derive_clocks,
    first_news,
    has_verdict,
)
from services.sla.stopwatch import Change, ChangeKind, ClockKey
from shared.unit_of_work import UnitOfWork

Fact = Callable[[CaseFacts], CaseFacts]


@dataclass(frozen=True, slots=True)
class _News:
    """A clock that must be written, and what of it was not published yet."""

    plan: ClockPlan
    changes: Sequence[Change]
    is_first_verdict: bool

    @property
    def is_late(self) -> bool:
        """Tell whether it stopped after its deadline.

        Not so for closing: routing would take its miss for the citizen's silence, which just
        ended.
        """
        return (
            self.is_first_verdict
            and self.plan.outcome == "missed"
            and self.plan.key.stage != CLOSING
        )


async def note_submission(
    unit: UnitOfWork,
    context: SlaContext,
    complaint_id: str,
    *,
    submitted_at: datetime,
    channel: str,
    classification: str,
) -> None:
    """Note that a complaint was accepted: from `submitted_at` on, its clocks run."""

    def submitted(facts: CaseFacts) -> CaseFacts:
        if facts.submitted_at is not None:
            return facts
        return replace(
            facts, submitted_at=submitted_at, channel=channel, classification=classification
        )

    await _note(unit, context, complaint_id, submitted)


async def note_withdrawal(
    unit: UnitOfWork, context: SlaContext, complaint_id: str, withdrawn_at: datetime
) -> None:
    """Note that the citizen took the complaint back."""

    def withdrawn(facts: CaseFacts) -> CaseFacts:
        return facts if facts.withdrawn_at else replace(facts, withdrawn_at=withdrawn_at)

    await _note(unit, context, complaint_id, withdrawn)


async def note_mark(unit: UnitOfWork, context: SlaContext, complaint_id: str, mark: Mark) -> None:
    """Note what routing said of the case."""
    await _note(unit, context, complaint_id, lambda facts: facts.with_mark(mark))


async def _note(unit: UnitOfWork, context: SlaContext, complaint_id: str, fact: Fact) -> None:
    while not await _try_note(unit, context, complaint_id, fact):
        # Another transaction made the case's row in the meantime; now it can be locked.
        continue


async def _try_note(unit: UnitOfWork, context: SlaContext, complaint_id: str, fact: Fact) -> bool:
    stored = await queries.lock_case(unit.connection, complaint_id)
    before = stored or KeptCase(CaseFacts())
    facts = fact(before.facts)
    if stored is not None and facts == stored.facts:
        return True
    terms = {key: clock.terms for key, clock in before.clocks.items()}
    plans = derive_clocks(facts, context.policies, terms)
    after = KeptCase(facts, {plan.key: _kept(plan) for plan in plans})
    if stored is not None:
        await queries.update_case(unit.connection, complaint_id, after)
    elif not await queries.insert_case(unit.connection, complaint_id, after):
        return False
    news = _news(plans, before.clocks)
    late = await _save(unit, context, complaint_id, news)
    _publish(unit, complaint_id, news, late)
    _count(unit, context.metrics, before.facts, facts, news, late)
    return True


def _kept(plan: ClockPlan) -> KeptClock:
    return KeptClock(plan.terms, plan.opd, tuple(change.fingerprint for change in plan.changes))


def _news(plans: Iterable[ClockPlan], before: Mapping[ClockKey, KeptClock]) -> list[_News]:
    """Return the clocks that are not what they were; the others are neither written nor told."""
    found = []
    for plan in plans:
        kept = before.get(plan.key)
        told = kept.told if kept is not None else ()
        changes = plan.changes[first_news(plan.changes, told) :]
        if changes or kept is None or kept.opd != plan.opd:
            is_verdict = any(change.is_verdict for change in changes)
            found.append(_News(plan, changes, is_verdict and not has_verdict(told)))
    return found


async def _save(
    unit: UnitOfWork, context: SlaContext, complaint_id: str, news: Sequence[_News]
) -> set[ClockKey]:
    """Write the clocks; returns those whose miss nobody has been told of yet."""
    announced = await queries.save_clocks(
        unit.connection, complaint_id, [each.plan for each in news], context.profile_version
    )
    late = {
        each.plan.key
        for each in news
        if each.is_late and not announced[clock_id_of(complaint_id, each.plan.key)]
    }
    if late:
        ids = [clock_id_of(complaint_id, key) for key in sorted(late)]
        await queries.mark_missed(unit.connection, ids, unit.now)
    return late


def _publish(
    unit: UnitOfWork, complaint_id: str, news: Iterable[_News], late: set[ClockKey]
) -> None:
    for each in news:
        for change in each.changes:
            if change.kind is ChangeKind.STOPPED and change.is_verdict and each.plan.key in late:
                unit.publish(late_miss_event(complaint_id, each.plan, unit.now))
            unit.publish(change_event(complaint_id, each.plan, change))


def _count(
    unit: UnitOfWork,
    metrics: SlaMetrics,
    before: CaseFacts,
    facts: CaseFacts,
    news: Iterable[_News],
    late: set[ClockKey],
) -> None:
    """Let the histograms hear of it once it is on stable storage."""
    for each in news:
        plan = each.plan
        if each.is_first_verdict and plan.key.stage == FIRST_RESPONSE:
            histogram = metrics.first_response_seconds.labels(plan.opd or "", facts.channel)
            seconds = plan.elapsed.total_seconds()
            unit.after_commit(partial(histogram.observe, seconds))
        if plan.key in late:
            counter = metrics.deadlines_missed.labels(plan.key.stage, plan.opd or "")
            unit.after_commit(counter.inc)
    resolved = facts.resolution_seconds()
    for seconds in resolved[len(before.resolution_seconds()) :]:
        histogram = metrics.resolution_seconds.labels(facts.opd or "", facts.channel)
        unit.after_commit(partial(histogram.observe, seconds))
