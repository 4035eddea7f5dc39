"""Why each clock of a case has its deadline: worked out again from the facts, and told. Pure."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from services.sla.calendars import WorkingCalendar
from services.sla.facts import CaseFacts, StageEntry
from services.sla.holding import Holding, held_by
from services.sla.policies import Policies, Terms
from services.sla.rule_schemas import (
    CalendarInForce,
    ClockExplanation,
    FreeDay,
    PolicyInForce,
    Step,
)
from services.sla.rules import ClockPlan, clock_id_of, derive_clocks
from services.sla.stopwatch import Change, ChangeKind, ClockKey
from services.sla.wording import (
    OUTCOMES,
    span_in_words,
    stage_in_words,
    time_in_words,
)
from shared.indonesian import write_weekday

_KINDS: Final[Mapping[ChangeKind, Any]] = {
    ChangeKind.STARTED: "started",
    ChangeKind.PAUSED: "paused",
    ChangeKind.RESUMED: "resumed",
    ChangeKind.RESCHEDULED: "extended",
    ChangeKind.STOPPED: "stopped",
}
_DESK: Final = "meja disposisi"


@dataclass(frozen=True, slots=True)
class Adjusted:
    """That a clock was given other terms while it ran."""

    clock_id: str
    at: datetime
    old_policy: str
    new_policy: str
    old_due_at: datetime
    new_due_at: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class Story:
    """All that the deadlines of a case are explained from.

    `wordings` are the policies as they were, by version.
    """

    complaint_id: str
    facts: CaseFacts
    terms: Mapping[ClockKey, Terms]
    adjusted: Sequence[Adjusted]
    wordings: Mapping[str, str]
    now: datetime


def explain(story: Story, policies: Policies, zone: str) -> list[ClockExplanation]:
    """Work every clock out again and tell why its deadline is what it is."""
    plans = derive_clocks(story.facts, policies, story.terms, story.now)
    return [_explain(plan, story, policies, zone) for plan in plans]


def _explain(plan: ClockPlan, story: Story, policies: Policies, zone: str) -> ClockExplanation:
    clock_id = clock_id_of(story.complaint_id, plan.key)
    calendar = policies.calendar_of(plan.terms)
    end = plan.stopped_at or story.now
    policy = _policy(plan.terms, story.wordings)
    entry = story.facts.entry_of(*plan.key)
    days = _calendar(calendar, plan) if calendar is not None else None
    own = [each for each in story.adjusted if each.clock_id == clock_id]
    steps = sorted(
        [
            *(_step(plan, change, entry, zone) for change in plan.changes),
            *_transfers(plan.holders, plan.started_at, end, zone),
            *(_adjusted(each, zone) for each in own),
        ],
        key=lambda step: step.at,
    )
    held = list(held_by(_runs(plan, end), plan.holders))
    return ClockExplanation(
        clock_id=clock_id,
        **plan.key._asdict(),
        state=plan.state,
        outcome=plan.outcome,
        started_at=plan.started_at,
        near_at=plan.near_at,
        due_at=plan.due_at,
        policy=policy,
        calendar=days,
        steps=steps,
        held_seconds=_sums((opd, until - since) for opd, since, until in held),
        held_working_seconds=_sums(
            (opd, calendar.working_time(since, until)) for opd, since, until in held
        )
        if calendar is not None
        else {},
        sentences=[
            *_grounds(plan, policy, days, entry, zone),
            *(step.text for step in steps),
            _verdict(plan, zone),
        ],
    )


def _runs(plan: ClockPlan, end: datetime) -> list[tuple[datetime, datetime]]:
    """Return the stretches that counted, the present one included."""
    runs = list(plan.runs)
    if plan.state == "running":
        resumed = [c.at for c in plan.changes if c.kind in {ChangeKind.STARTED, ChangeKind.RESUMED}]
        runs.append((resumed[-1], max(end, resumed[-1])))
    return runs


def _sums(times: Iterable[tuple[str, timedelta]]) -> dict[str, float]:
    found: dict[str, float] = {}
    for opd, time in times:
        found[opd] = found.get(opd, 0.0) + time.total_seconds()
    return found


def _policy(terms: Terms, wordings: Mapping[str, str]) -> PolicyInForce:
    wording: dict[str, Any] = json.loads(wordings.get(terms.version, "{}"))
    return PolicyInForce(
        id=terms.policy,
        version=terms.version,
        counts=terms.counts,
        seconds=terms.seconds or None,
        days=terms.days or None,
        regulation=wording.get("regulation"),
        assumption=wording.get("assumption"),
        valid_from=wording.get("valid_from"),
    )


def _calendar(calendar: WorkingCalendar, plan: ClockPlan) -> CalendarInForce:
    version = calendar.version
    free = calendar.free_days_between(plan.started_at, max(plan.due_at, plan.started_at))
    return CalendarInForce(
        id=version.id,
        name=version.name,
        version=version.fingerprint,
        zone=version.zone,
        free_days=[FreeDay(date=day, name=name) for day, name in free],
    )


def _step(plan: ClockPlan, change: Change, entry: StageEntry | None, zone: str) -> Step:
    at = time_in_words(change.at, zone)
    due = f" Batas waktunya {time_in_words(change.due_at, zone)}." if change.due_at else ""
    reason = f" {change.reason}" if change.reason else ""
    stage = f"tahap “{_title(plan, entry)}”" if entry else stage_in_words(plan.key.stage)
    words = {
        ChangeKind.STARTED: f"Waktu {stage} mulai dihitung {at}.{due}",
        ChangeKind.PAUSED: f"Berhenti dihitung sementara {at}.{reason}",
        ChangeKind.RESUMED: f"Dihitung lagi {at}.{reason}{due}",
        ChangeKind.RESCHEDULED: f"Diperpanjang {at}.{reason}{due}",
        ChangeKind.STOPPED: f"Selesai dihitung {at}: {OUTCOMES.get(change.outcome or '', '')}.",
    }
    return Step(
        at=change.at,
        kind=_KINDS[change.kind],
        text=words[change.kind],
        opd=change.opd,
        due_at=change.due_at,
        reason=change.reason,
    )


def _transfers(
    holders: Sequence[Holding], since: datetime, until: datetime, zone: str
) -> list[Step]:
    return [
        Step(
            at=max(at, since),
            kind="held",
            text=f"Ada pada {opd or _DESK} sejak {time_in_words(at, zone)}; batas waktu tetap.",
            opd=opd,
        )
        for index, (at, opd) in enumerate(holders)
        if at <= until and (index + 1 == len(holders) or holders[index + 1][0] > since)
    ]


def _adjusted(each: Adjusted, zone: str) -> Step:
    at, old, new = (
        time_in_words(moment, zone) for moment in (each.at, each.old_due_at, each.new_due_at)
    )
    return Step(
        at=each.at,
        kind="adjusted",
        text=f"Disesuaikan {at} dari {old} menjadi {new}. {each.reason}",
        due_at=each.new_due_at,
        reason=each.reason,
    )


def _title(plan: ClockPlan, entry: StageEntry) -> str:
    return entry.title or plan.key.stage


def _grounds(
    plan: ClockPlan,
    policy: PolicyInForce,
    calendar: CalendarInForce | None,
    entry: StageEntry | None,
    zone: str,
) -> list[str]:
    """Tell what is counted, and by which rule."""
    if entry is not None and entry.due_at is not None:
        due = time_in_words(entry.due_at, zone)
        return [f"Tenggat ditetapkan bersama “{_title(plan, entry)}”: {due}."]
    terms = plan.terms
    limits = {
        "elapsed": f"{span_in_words(terms.limit)} tanpa henti",
        "working": f"{span_in_words(terms.limit)} jam kerja",
        "working_days": f"{terms.days} hari kerja setelah hari mulai",
    }
    source = f" ({policy.regulation})" if policy.regulation else ""
    rule = f"Kebijakan {policy.id}{source}"
    if entry is not None:
        service = plan.key.stage.partition(".")[0]
        rule = f"Layanan {service} versi {entry.version}, tahap “{_title(plan, entry)}”"
    found = [f"{rule}: {limits[terms.counts]}."]
    if calendar is not None and terms.counts != "elapsed":
        found.append(f"Hari dan jam kerja menurut kalender {calendar.name} ({calendar.version}).")
        if calendar.free_days:
            days = "; ".join(f"{write_weekday(d.date)} ({d.name})" for d in calendar.free_days)
            found.append(f"Tidak dihitung: {days}.")
    return found


def _verdict(plan: ClockPlan, zone: str) -> str:
    due = time_in_words(plan.due_at, zone)
    if plan.state == "paused":
        return f"Batas waktu sekarang {due}, bila dihitung lagi saat ini juga."
    return f"Batas waktu {'akhir' if plan.state == 'stopped' else 'sekarang'} {due}."
