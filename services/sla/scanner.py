"""Finds what is due, and publishes it: each deadline and each level of a ladder once per clock.

The due times are stored, so that a scan only compares them with the Clock. What fired is written
in the transaction that publishes it, under the clock's own lock: two replicas, a restart, or a
wall clock that is set back cannot make it fire twice, and nothing fires early.
"""

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

import structlog

from services.sla import due_queries as queries
from services.sla.announcements import firing_event
from services.sla.context import SlaContext
from services.sla.due_queries import DueClock, Escalation
from services.sla.firing import Firing, firings, role_to_tell
from services.sla.metrics import SlaMetrics
from services.sla.notice_rules import Notice, clock_notices
from services.sla.noticing import tell_staff
from shared.clock import Clock
from shared.database import is_transient
from shared.unit_of_work import UnitOfWork, UnitsOfWork

log = structlog.get_logger(__name__)

_SHORTEST_SLEEP_SECONDS = 0.02
_LONGEST_RETRY_SECONDS = 5.0
#: For how long a clock that cannot be handled is left alone, so that the others are not held up.
_POSTPONED = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Scan:
    """What one scan did: how many clocks it looked at, and when the next look is due."""

    handled: int
    next_at: datetime | None


async def scan_once(units: UnitsOfWork, context: SlaContext, limit: int = 500) -> Scan:
    """Handle at most `limit` due clocks in one transaction, and publish what they did."""
    async with units.begin() as unit:
        due = await queries.lock_due_clocks(unit.connection, unit.now, limit)
        if due:
            await _fire(unit, context, due)
            return Scan(len(due), unit.now)
        return Scan(0, await queries.next_fire_at(unit.connection))


async def scan_until_idle(units: UnitsOfWork, context: SlaContext, limit: int = 500) -> Scan:
    """Handle everything that is due now, batch after batch.

    Where a batch fails for good, its clocks are handled one by one, and the one at fault waits.
    """
    size = limit
    while True:
        try:
            scan = await scan_once(units, context, size)
        except Exception as error:
            if is_transient(error):
                raise
            context.metrics.scan_failures.inc()
            log.exception("scan_failed", batch=size)
            if size == 1:
                async with units.begin() as unit:
                    until = unit.now + _POSTPONED
                    await queries.postpone_first_due(unit.connection, unit.now, until)
            size = 1
            continue
        if scan.handled < size:
            return scan


async def run_scanner(
    units: UnitsOfWork, clock: Clock, context: SlaContext, *, limit: int, longest_sleep: float
) -> None:
    """Scan until cancelled; sleeps until the next clock is due, `longest_sleep` s at most."""
    retry = longest_sleep
    while True:
        try:
            scan = await scan_until_idle(units, context, limit)
        except Exception as error:  # noqa: BLE001 - what is due stays due, and is tried again
            context.metrics.scan_failures.inc()
            log.warning("scanner_interrupted", error=repr(error)[:300], retry_in=retry)
            await asyncio.sleep(retry)
            retry = min(retry * 2, _LONGEST_RETRY_SECONDS)
            continue
        retry = longest_sleep
        ahead = (scan.next_at - clock.now()).total_seconds() if scan.next_at else longest_sleep
        await asyncio.sleep(min(max(ahead, _SHORTEST_SLEEP_SECONDS), longest_sleep))


async def _fire(unit: UnitOfWork, context: SlaContext, due: list[DueClock]) -> None:
    fired: list[tuple[DueClock, Firing]] = []
    for clock in due:
        to_fire, clock.next_fire_at = _sort_out(clock, unit.now)
        for firing in to_fire:
            fired.append((clock, firing))
            if firing.kind == "near":
                clock.near_fired_at = unit.now
            elif firing.kind == "missed":
                clock.missed_fired_at = unit.now
        tell_staff(unit, context, *_notices(clock, to_fire, unit.now))
    await queries.note_fired(unit.connection, due)
    # After a stop of days, much is due at once: it is told in the order in which it came due.
    fired.sort(key=lambda pair: pair[1].at)
    escalations = [
        Escalation(
            clock_id=clock.clock_id,
            level=firing.rung.level,
            to_role=role_to_tell(firing.rung, clock.opd),
            opd=clock.opd,
        )
        for clock, firing in fired
        if firing.rung is not None
    ]
    await queries.insert_escalations(unit.connection, escalations, unit.now)
    unit.publish(*(firing_event(clock, firing, unit.now) for clock, firing in fired))
    unit.after_commit(partial(_count, context.metrics, fired, unit.now))


def _notices(clock: DueClock, fired: Sequence[Firing], now: datetime) -> list[Notice]:
    return clock_notices(
        clock.complaint_id, clock.clock_id, clock.key, clock.opd, clock.rungs, fired, now
    )


def _sort_out(clock: DueClock, now: datetime) -> tuple[list[Firing], datetime | None]:
    """Return what a clock does now, and when it does the next thing; it did the rest before."""
    open_firings = [
        firing
        for firing in firings(clock.near_at, clock.due_at, clock.rungs)
        if not _has_fired(clock, firing)
    ]
    return (
        [firing for firing in open_firings if firing.at <= now],
        next((firing.at for firing in open_firings if firing.at > now), None),
    )


def _has_fired(clock: DueClock, firing: Firing) -> bool:
    if firing.rung is not None:
        return firing.rung.level in clock.levels
    fired_at = clock.near_fired_at if firing.kind == "near" else clock.missed_fired_at
    return fired_at is not None


def _count(metrics: SlaMetrics, fired: Sequence[tuple[DueClock, Firing]], now: datetime) -> None:
    levels = Counter(firing.rung.level for _, firing in fired if firing.rung is not None)
    missed = Counter(
        (clock.key.stage, clock.opd or "") for clock, firing in fired if firing.kind == "missed"
    )
    for level, count in levels.items():
        metrics.escalations.labels(str(level)).inc(count)
    for about, count in missed.items():
        metrics.deadlines_missed.labels(*about).inc(count)
    for _, firing in fired:
        metrics.timer_lateness_seconds.observe((now - firing.at).total_seconds())
