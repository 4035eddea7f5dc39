"""Moves running clocks to other calendars or policies, batch by batch, and says which.

An adjustment is stored first and worked off by whichever replica is free: a crash in the middle
loses nothing, because each batch notes how far it came in its own transaction.
"""

import asyncio
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import structlog

from services.sla import adjustment_queries, queries
from services.sla.context import SlaContext
from services.sla.moves import AdjustmentKind, Move, find_moves
from services.sla.operations.hearing import learn_calendars
from services.sla.policies import Policies
from services.sla.queries import KeptCase, KeptClock
from services.sla.rule_tables import AdjustedClockRow, AdjustmentRow
from services.sla.rules import clock_id_of
from services.sla.stopwatch import ClockKey
from shared.contracts.sla import ClockRescheduled
from shared.ids import new_id
from shared.unit_of_work import UnitOfWork, UnitsOfWork

log = structlog.get_logger(__name__)

BATCH = 500
_RETRY_SECONDS = 5.0
_LOOK_SECONDS = 0.1
#: Who asks for what follows from loading a profile.
SYSTEM = "tanggap"
CALENDARS_CHANGED = "Kalender kerja pada profil berubah."


@dataclass
class Preview:
    """Which clocks would move: how many by stage and policies, and some of them."""

    examined: int = 0
    is_complete: bool = True
    counts: dict[tuple[str, str, str], list[int]] = field(default_factory=dict)
    samples: list[tuple[str, Move]] = field(default_factory=list)

    @property
    def moved(self) -> int:
        """Return how many clocks would get another deadline."""
        return sum(earlier + later for earlier, later in self.counts.values())

    def note(self, complaint_id: str, move: Move, most_samples: int) -> None:
        """Count a clock that would move."""
        if not move.moves_deadline:
            return
        kind = (move.before.key.stage, move.before.terms.policy, move.after.terms.policy)
        self.counts.setdefault(kind, [0, 0])[move.is_later] += 1
        if len(self.samples) < most_samples:
            self.samples.append((complaint_id, move))


async def preview_moves(
    units: UnitsOfWork, policies: Policies, *, most_cases: int, most_samples: int
) -> Preview:
    """Say which running clocks these policies and calendars would move; nothing is changed."""
    preview = Preview()
    after: str | None = None
    while True:
        async with units.begin() as unit:
            ids = await adjustment_queries.list_running_cases(unit.connection, after, BATCH)
            if not ids:
                return preview
            if preview.examined >= most_cases:
                preview.is_complete = False
                return preview
            cases = await queries.read_cases(unit.connection, ids)
            await learn_calendars(unit.connection, policies, cases.values())
        for complaint_id, case in cases.items():
            for move in find_moves(case.facts, case.terms, policies, "policies", unit.now):
                preview.note(complaint_id, move, most_samples)
        preview.examined += len(ids)
        after = ids[-1]


async def ask_adjustment(
    unit: UnitOfWork, context: SlaContext, kind: AdjustmentKind, *, reason: str, asked_by: str
) -> AdjustmentRow:
    """Store that running clocks shall go by the present profile; `work_off` does it."""
    row = AdjustmentRow(
        adjustment_id=new_id(),
        kind=kind,
        basis=_basis(context.policies),
        profile_version=context.profile_version,
        reason=reason,
        asked_by=asked_by,
        asked_at=unit.now,
    )
    await adjustment_queries.insert_adjustment(unit.connection, row)
    return row


async def notice_calendars(unit: UnitOfWork, context: SlaContext) -> AdjustmentRow | None:
    """Ask for an adjustment if the calendars are others than those of the latest one."""
    await adjustment_queries.take_turns(unit.connection)
    before = await adjustment_queries.latest_basis(unit.connection, "calendar")
    if before == _basis(context.policies):
        return None
    return await ask_adjustment(
        unit, context, "calendar", reason=CALENDARS_CHANGED, asked_by=SYSTEM
    )


async def work_off(
    units: UnitsOfWork, context: SlaContext, adjustment_id: str | None = None, batch: int = BATCH
) -> bool:
    """Adjust the next batch of an open adjustment; tells whether there was one."""
    async with units.begin() as unit:
        row = await adjustment_queries.lock_open_adjustment(
            unit.connection, context.profile_version, adjustment_id
        )
        if row is None:
            return False
        ids = await adjustment_queries.list_running_cases(unit.connection, row.reached, batch)
        moved = await _adjust(unit, context, row, ids)
        row.examined += len(ids)
        row.moved += moved
        if len(ids) < batch:
            row.finished_at = unit.now
            log.info("clocks_adjusted", kind=row.kind, cases=row.examined, moved=row.moved)
        else:
            row.reached = ids[-1]
        await adjustment_queries.note_progress(unit.connection, row)
    return True


async def wait_for_end(units: UnitsOfWork, adjustment_id: str) -> AdjustmentRow:
    """Return an adjustment once it is finished, by whomever."""
    while True:
        async with units.begin() as unit:
            row = await adjustment_queries.find_adjustment(unit.connection, adjustment_id)
        if row is not None and row.finished_at is not None:
            return row
        await asyncio.sleep(_LOOK_SECONDS)


async def adjust_clocks(units: UnitsOfWork, context: SlaContext, seconds: float) -> None:
    """Work off what adjustments there are, until cancelled."""
    while True:
        wait = seconds
        try:
            while await work_off(units, context):
                pass
        except Exception as error:  # noqa: BLE001 - what is open stays open, and is tried again
            log.warning("adjusting_interrupted", error=repr(error)[:300])
            wait = max(_RETRY_SECONDS, seconds)
        await asyncio.sleep(wait)


async def _adjust(
    unit: UnitOfWork, context: SlaContext, row: AdjustmentRow, ids: Sequence[str]
) -> int:
    if not ids:
        return 0
    cases = await queries.lock_cases(unit.connection, ids)
    await learn_calendars(unit.connection, context.policies, cases.values())
    kind: AdjustmentKind = "calendar" if row.kind == "calendar" else "policies"
    found: list[tuple[str, Move]] = []
    changed: dict[str, KeptCase] = {}
    for complaint_id in ids:
        case = cases[complaint_id]
        moves = find_moves(case.facts, case.terms, context.policies, kind, unit.now)
        if moves:
            changed[complaint_id] = KeptCase(case.facts, _with_terms(case.clocks, moves))
            found += [(complaint_id, move) for move in moves]
    if not changed:
        return 0
    await queries.update_cases(unit.connection, changed)
    plans = {clock_id_of(case, move.after.key): (case, move.after) for case, move in found}
    await queries.save_clocks(unit.connection, plans, context.profile_version)
    moving = [(case, move) for case, move in found if move.moves_deadline]
    await _tell(unit, row, moving)
    return len(moving)


def _with_terms(
    clocks: Mapping[ClockKey, KeptClock], moves: Sequence[Move]
) -> dict[ClockKey, KeptClock]:
    """Return what is kept of a case's clocks, by their new terms; what was told stays told."""
    after = {move.after.key: move.after.terms for move in moves}
    return {
        key: KeptClock(after.get(key, clock.terms), clock.opd, clock.told)
        for key, clock in clocks.items()
    }


async def _tell(unit: UnitOfWork, row: AdjustmentRow, moving: Sequence[tuple[str, Move]]) -> None:
    """Keep and publish which deadlines are others now."""
    await adjustment_queries.insert_adjusted(
        unit.connection,
        [
            AdjustedClockRow(
                adjustment_id=row.adjustment_id,
                clock_id=clock_id_of(complaint_id, move.after.key),
                complaint_id=complaint_id,
                stage=move.after.key.stage,
                old_policy=move.before.terms.policy,
                new_policy=move.after.terms.policy,
                old_due_at=move.before.due_at,
                new_due_at=move.after.due_at,
                adjusted_at=unit.now,
            )
            for complaint_id, move in moving
        ],
    )
    for complaint_id, move in moving:
        unit.publish(
            ClockRescheduled(
                complaint_id=complaint_id,
                occurred_at=unit.now,
                clock_id=clock_id_of(complaint_id, move.after.key),
                **move.after.key._asdict(),
                opd=move.after.opd,
                policy=move.after.terms.policy,
                due_at=move.after.due_at,
                reason=row.reason,
            )
        )


def _basis(policies: Policies) -> str:
    """Return what tells this set of calendars from others."""
    versions = sorted(each.fingerprint for each in policies.versions.values())
    return hashlib.sha256(" ".join([*versions, policies.default_calendar]).encode()).hexdigest()
