"""SQL of cases and clocks, for operations and doors."""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Text, select, text, tuple_, update
from sqlalchemy.dialects.postgresql import JSONB, UUID
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlmodel import col

from services.sla.facts import CaseFacts, Mark
from services.sla.policies import (
    Terms,
    read_terms,
    write_rungs,
    write_terms,
)
from services.sla.rules import ClockPlan
from services.sla.stopwatch import ClockKey
from services.sla.tables import CaseRow, ClockRow, EscalationRow


@dataclass(frozen=True, slots=True)
class KeptClock:
    """A clock as it was written last: its terms, its OPD, and what was published of it."""

    terms: Terms
    opd: str | None
    told: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class KeptCase:
    """A case as it is stored."""

    facts: CaseFacts
    clocks: Mapping[ClockKey, KeptClock] = field(default_factory=dict)

    @property
    def terms(self) -> dict[ClockKey, Terms]:
        """Return what each of its clocks runs by."""
        return {key: clock.terms for key, clock in self.clocks.items()}


# ------------------------------------------------------------------------------- cases

_SELECT_CASES = """
    SELECT complaint_id, submitted_at, channel, classification, emergency, withdrawn_at, marks,
           acts, clocks
    FROM case_facts WHERE complaint_id = ANY (CAST(:ids AS uuid[]))
    ORDER BY complaint_id
    """
_CASE_COLUMNS: Mapping[str, Any] = {
    "complaint_id": UUID(as_uuid=False),
    "marks": JSONB,
    "acts": JSONB,
    "clocks": JSONB,
    "channel": Text,
    "classification": Text,
}
_READ_CASES = text(_SELECT_CASES).columns(**_CASE_COLUMNS)
_LOCK_CASES = text(f"{_SELECT_CASES} FOR UPDATE").columns(**_CASE_COLUMNS)
_OPEN_CASES = text(
    """
    INSERT INTO case_facts (complaint_id, channel, classification, marks, clocks, opds, is_open)
    SELECT id, '', '', '[]', '[]', '[]', false
    FROM unnest(CAST(:ids AS uuid[])) AS id ORDER BY id
    ON CONFLICT DO NOTHING
    """
)
_UPDATE_CASES = text(
    """
    UPDATE case_facts SET submitted_at = n.submitted_at, channel = n.channel,
        classification = n.classification, emergency = n.emergency,
        withdrawn_at = n.withdrawn_at, marks = CAST(n.marks AS jsonb),
        acts = CAST(n.acts AS jsonb),
        clocks = CAST(n.clocks AS jsonb), opds = CAST(n.opds AS jsonb), is_open = n.is_open
    FROM unnest(CAST(:ids AS uuid[]), CAST(:submitted AS timestamptz[]), CAST(:channels AS text[]),
                CAST(:classifications AS text[]), CAST(:emergencies AS bool[]),
                CAST(:withdrawn AS timestamptz[]), CAST(:marks AS text[]), CAST(:acts AS text[]),
                CAST(:clocks AS text[]), CAST(:opds AS text[]), CAST(:open AS bool[]))
        AS n (complaint_id, submitted_at, channel, classification, emergency, withdrawn_at, marks,
              acts, clocks, opds, is_open)
    WHERE case_facts.complaint_id = n.complaint_id
    """
)


async def lock_cases(connection: AsyncConnection, ids: Collection[str]) -> dict[str, KeptCase]:
    """Lock cases until the end of the transaction and return them; new ones are empty.

    Rows are locked, and made, in the order of ids, so that two batches cannot block each other.
    """
    found = await _lock_existing(connection, ids)
    missing = sorted(set(ids) - set(found))
    if missing:
        await connection.execute(_OPEN_CASES, {"ids": missing})
        found |= await _lock_existing(connection, missing)
    return found


async def read_cases(connection: AsyncConnection, ids: Collection[str]) -> dict[str, KeptCase]:
    """Return cases as they are, without locking them."""
    rows = await connection.execute(_READ_CASES, {"ids": list(ids)})
    return {row.complaint_id: _case(row) for row in rows}


async def _lock_existing(connection: AsyncConnection, ids: Collection[str]) -> dict[str, KeptCase]:
    rows = await connection.execute(_LOCK_CASES, {"ids": list(ids)})
    return {row.complaint_id: _case(row) for row in rows}


def _case(row: Any) -> KeptCase:
    return KeptCase(
        facts=CaseFacts(
            submitted_at=row.submitted_at,
            channel=row.channel,
            classification=row.classification,
            emergency=row.emergency,
            withdrawn_at=row.withdrawn_at,
            marks=tuple(Mark.from_json(mark) for mark in row.marks),
            acts=tuple(Mark.from_json(act) for act in row.acts),
        ),
        clocks={
            ClockKey(part, stage, epoch): KeptClock(read_terms(terms), opd, tuple(told))
            for part, stage, epoch, terms, opd, told in row.clocks
        },
    )


async def update_cases(connection: AsyncConnection, cases: Mapping[str, KeptCase]) -> None:
    """Store cases that were locked before."""
    facts = [case.facts for case in cases.values()]
    await connection.execute(
        _UPDATE_CASES,
        {
            "ids": list(cases),
            "submitted": [each.submitted_at for each in facts],
            "channels": [each.channel for each in facts],
            "classifications": [each.classification for each in facts],
            "emergencies": [each.emergency for each in facts],
            "withdrawn": [each.withdrawn_at for each in facts],
            "marks": [json.dumps([mark.as_json() for mark in each.marks]) for each in facts],
            "acts": [json.dumps([act.as_json() for act in each.acts]) for each in facts],
            "clocks": [json.dumps(_clocks_json(case)) for case in cases.values()],
            "opds": [json.dumps(each.opds) for each in facts],
            "open": [each.is_open for each in facts],
        },
    )


def _clocks_json(case: KeptCase) -> list[Any]:
    return [
        [*key, write_terms(clock.terms), clock.opd, clock.told]
        for key, clock in case.clocks.items()
    ]


# ------------------------------------------------------------------------------ clocks

_SAVE_CLOCKS = text(
    """
    INSERT INTO clock (clock_id, complaint_id, part, stage, epoch, opd, policy, profile_version,
                       rungs, state, started_at, due_at, near_at, paused_at, stopped_at, outcome,
                       elapsed_seconds, working_seconds, resumes_at, next_fire_at)
    SELECT clock_id, complaint_id, part, stage, epoch, opd, policy, :profile_version,
           rungs, state, started_at, due_at, near_at, paused_at, stopped_at, outcome,
           elapsed_seconds, working_seconds, resumes_at, next_fire_at
    FROM unnest(CAST(:clock_id AS uuid[]), CAST(:complaint_id AS uuid[]), CAST(:part AS int[]),
                CAST(:stage AS text[]), CAST(:epoch AS int[]), CAST(:opd AS text[]),
                CAST(:policy AS text[]), CAST(:rungs AS text[]), CAST(:state AS text[]),
                CAST(:started_at AS timestamptz[]), CAST(:due_at AS timestamptz[]),
                CAST(:near_at AS timestamptz[]), CAST(:paused_at AS timestamptz[]),
                CAST(:stopped_at AS timestamptz[]), CAST(:outcome AS text[]),
                CAST(:elapsed_seconds AS float8[]), CAST(:working_seconds AS float8[]),
                CAST(:resumes_at AS timestamptz[]), CAST(:next_fire_at AS timestamptz[]))
        AS n (clock_id, complaint_id, part, stage, epoch, opd, policy, rungs, state, started_at,
              due_at, near_at, paused_at, stopped_at, outcome, elapsed_seconds, working_seconds,
              resumes_at, next_fire_at)
    ON CONFLICT (clock_id) DO UPDATE SET
        opd = EXCLUDED.opd, state = EXCLUDED.state, due_at = EXCLUDED.due_at,
        near_at = EXCLUDED.near_at, paused_at = EXCLUDED.paused_at,
        stopped_at = EXCLUDED.stopped_at, outcome = EXCLUDED.outcome,
        elapsed_seconds = EXCLUDED.elapsed_seconds,
        working_seconds = EXCLUDED.working_seconds, resumes_at = EXCLUDED.resumes_at,
        policy = EXCLUDED.policy, rungs = EXCLUDED.rungs,
        -- A transfer moves no deadline: then the scanner's own note of what comes next stays.
        next_fire_at = CASE
            WHEN EXCLUDED.state = clock.state AND EXCLUDED.due_at = clock.due_at
            THEN clock.next_fire_at ELSE EXCLUDED.next_fire_at END
    RETURNING clock_id, missed_fired_at
    """
)


async def save_clocks(
    connection: AsyncConnection,
    plans: Mapping[str, tuple[str, ClockPlan]],
    profile_version: str,
) -> dict[str, bool]:
    """Write clocks, by their ids; returns of each whether it was announced as missed before."""
    if not plans:
        return {}
    rows = [
        {"clock_id": clock_id, "complaint_id": complaint_id, **_clock_values(plan)}
        for clock_id, (complaint_id, plan) in plans.items()
    ]
    columns: dict[str, Any] = {name: [row[name] for row in rows] for name in rows[0]}
    saved = await connection.execute(_SAVE_CLOCKS, {**columns, "profile_version": profile_version})
    return {str(clock_id): missed_fired_at is not None for clock_id, missed_fired_at in saved}


def _clock_values(plan: ClockPlan) -> dict[str, Any]:
    return {
        **plan.key._asdict(),
        "opd": plan.opd,
        "policy": plan.terms.policy,
        "rungs": write_rungs(plan.terms.rungs),
        "state": plan.state,
        "started_at": plan.started_at,
        "due_at": plan.due_at,
        "near_at": plan.near_at,
        "paused_at": plan.paused_at,
        "stopped_at": plan.stopped_at,
        "outcome": plan.outcome,
        "elapsed_seconds": plan.elapsed.total_seconds() if plan.stopped_at else None,
        "working_seconds": plan.worked.total_seconds() if plan.stopped_at else None,
        "resumes_at": plan.resumes_at,
        # What fired before is known to the scanner: it looks early and waits on, if need be.
        "next_fire_at": plan.near_at if plan.state == "running" else None,
    }


async def mark_missed(connection: AsyncConnection, clock_ids: Sequence[str], now: datetime) -> None:
    """Note that these clocks were announced as missed."""
    await connection.execute(
        update(ClockRow).where(col(ClockRow.clock_id).in_(clock_ids)).values(missed_fired_at=now)
    )


async def list_overdue_pauses(connection: AsyncConnection, now: datetime, limit: int) -> list[str]:
    """Return the cases of paused clocks that may stand still no longer."""
    found = await connection.execute(
        select(col(ClockRow.complaint_id))
        .where(col(ClockRow.resumes_at) <= now)
        .order_by(col(ClockRow.resumes_at))
        .limit(limit)
    )
    return list(dict.fromkeys(found.scalars()))


# ------------------------------------------------------------------------------- doors


@dataclass(frozen=True, slots=True)
class ClockFilter:
    """Which clocks are asked for; `opd` and `stage` None are all of them."""

    state: str
    now: datetime
    stage: str | None = None
    opd: str | None = None
    after: tuple[datetime, str] | None = None


async def find_opds(connection: AsyncConnection, complaint_id: str) -> frozenset[str] | None:
    """Return the OPDs that have or had a case, or None if there is no such case."""
    found = await connection.execute(
        select(col(CaseRow.opds)).where(col(CaseRow.complaint_id) == complaint_id)
    )
    opds = found.scalar_one_or_none()
    return frozenset(opds) if opds is not None else None


async def list_clocks_of_case(connection: AsyncConnection, complaint_id: str) -> list[ClockRow]:
    """Return the clocks of a case in the order in which they started."""
    rows = await connection.execute(
        select(ClockRow)
        .where(col(ClockRow.complaint_id) == complaint_id)
        .order_by(col(ClockRow.started_at), col(ClockRow.due_at), col(ClockRow.clock_id))
    )
    return [_clock(row) for row in rows]


async def list_clocks(
    connection: AsyncConnection, wanted: ClockFilter, limit: int
) -> list[ClockRow]:
    """Return clocks, the one due first at the head, at most `limit`."""
    state = "running" if wanted.state == "overdue" else wanted.state
    statement = select(ClockRow).where(col(ClockRow.state) == state)
    if wanted.state == "overdue":
        statement = statement.where(col(ClockRow.due_at) <= wanted.now)
    if wanted.opd is not None:
        statement = statement.where(col(ClockRow.opd) == wanted.opd)
    if wanted.stage is not None:
        statement = statement.where(col(ClockRow.stage) == wanted.stage)
    if wanted.after is not None:
        place = tuple_(col(ClockRow.due_at), col(ClockRow.clock_id))
        statement = statement.where(place > wanted.after)
    statement = statement.order_by(col(ClockRow.due_at), col(ClockRow.clock_id)).limit(limit)
    return [_clock(row) for row in await connection.execute(statement)]


async def list_escalations(
    connection: AsyncConnection, clock_ids: Sequence[str]
) -> dict[str, list[EscalationRow]]:
    """Return who was told of these clocks, by clock id, in the order of levels."""
    rows = await connection.execute(
        select(EscalationRow)
        .where(col(EscalationRow.clock_id).in_(clock_ids))
        .order_by(col(EscalationRow.clock_id), col(EscalationRow.level))
    )
    found: dict[str, list[EscalationRow]] = {}
    for row in rows:
        escalation = EscalationRow(**row._mapping)  # noqa: SLF001 - SQLAlchemy's public name
        found.setdefault(escalation.clock_id, []).append(escalation)
    return found


def _clock(row: Row[Any]) -> ClockRow:
    return ClockRow(**row._mapping)  # noqa: SLF001 - SQLAlchemy's public name for it
