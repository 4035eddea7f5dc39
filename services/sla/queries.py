"""SQL of cases and clocks, for operations and doors."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from pydantic_core import to_json
from sqlalchemy import Row, select, tuple_, update
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
from shared.database import fetch


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
    SELECT CAST(complaint_id AS text) AS complaint_id, submitted_at, channel, classification,
           emergency, service, withdrawn_at, marks, acts, clocks
    FROM case_facts WHERE complaint_id = ANY (CAST($1 AS uuid[]))
    ORDER BY case_facts.complaint_id
    """
_LOCK_CASES = f"{_SELECT_CASES} FOR UPDATE"
_OPEN_CASES = """
    INSERT INTO case_facts (complaint_id, channel, classification, marks, clocks, opds, is_open)
    SELECT id, '', '', '[]', '[]', '[]', false
    FROM unnest(CAST($1 AS uuid[])) AS id ORDER BY id
    ON CONFLICT DO NOTHING
    """
# Rows travel as one text: the driver looks at each item of an array.
_UPDATE_CASES = """
    UPDATE case_facts SET submitted_at = n.submitted_at, channel = n.channel,
        classification = n.classification, emergency = n.emergency, service = n.service,
        withdrawn_at = n.withdrawn_at, marks = n.marks, acts = n.acts,
        clocks = n.clocks, opds = n.opds, is_open = n.is_open
    FROM json_to_recordset($1)
        AS n (complaint_id uuid, submitted_at timestamptz, channel text, classification text,
              emergency bool, service text, withdrawn_at timestamptz, marks jsonb, acts jsonb,
              clocks jsonb, opds jsonb, is_open bool)
    WHERE case_facts.complaint_id = n.complaint_id
    """


async def lock_cases(connection: AsyncConnection, ids: Collection[str]) -> dict[str, KeptCase]:
    """Lock cases until the end of the transaction and return them; new ones are empty.

    Rows are locked, and made, in the order of ids, so that two batches cannot block each other.
    """
    found = await _lock_existing(connection, ids)
    missing = sorted(set(ids) - set(found))
    if missing:
        await fetch(connection, _OPEN_CASES, missing)
        found |= await _lock_existing(connection, missing)
    return found


async def read_cases(connection: AsyncConnection, ids: Collection[str]) -> dict[str, KeptCase]:
    """Return cases as they are, without locking them."""
    rows = await fetch(connection, _SELECT_CASES, list(ids))
    return {row["complaint_id"]: _case(row) for row in rows}


async def _lock_existing(connection: AsyncConnection, ids: Collection[str]) -> dict[str, KeptCase]:
    rows = await fetch(connection, _LOCK_CASES, list(ids))
    return {row["complaint_id"]: _case(row) for row in rows}


def _case(row: Mapping[str, Any]) -> KeptCase:
    return KeptCase(
        facts=CaseFacts(
            submitted_at=row["submitted_at"],
            channel=row["channel"],
            classification=row["classification"],
            emergency=row["emergency"],
            service=row["service"],
            withdrawn_at=row["withdrawn_at"],
            marks=tuple(Mark.from_json(mark) for mark in row["marks"]),
            acts=tuple(Mark.from_json(act) for act in row["acts"]),
        ),
        clocks={
            ClockKey(part, stage, epoch): KeptClock(read_terms(terms), opd, tuple(told))
            for part, stage, epoch, terms, opd, told in row["clocks"]
        },
    )


async def update_cases(connection: AsyncConnection, cases: Mapping[str, KeptCase]) -> None:
    """Store cases that were locked before."""
    rows = [
        {
            "complaint_id": complaint_id,
            "submitted_at": case.facts.submitted_at,
            "channel": case.facts.channel,
            "classification": case.facts.classification,
            "emergency": case.facts.emergency,
            "service": case.facts.service,
            "withdrawn_at": case.facts.withdrawn_at,
            "marks": [mark.as_json() for mark in case.facts.marks],
            "acts": [act.as_json() for act in case.facts.acts],
            "clocks": _clocks_json(case),
            "opds": case.facts.opds,
            "is_open": case.facts.is_open,
        }
        for complaint_id, case in cases.items()
    ]
    await fetch(connection, _UPDATE_CASES, to_json(rows).decode())


def _clocks_json(case: KeptCase) -> list[Any]:
    return [
        [*key, write_terms(clock.terms), clock.opd, clock.told]
        for key, clock in case.clocks.items()
    ]


# ------------------------------------------------------------------------------ clocks

_SAVE_CLOCKS = """
    INSERT INTO clock (clock_id, complaint_id, part, stage, epoch, opd, policy, profile_version,
                       rungs, state, started_at, due_at, near_at, paused_at, stopped_at, outcome,
                       elapsed_seconds, working_seconds, resumes_at, next_fire_at)
    SELECT clock_id, complaint_id, part, stage, epoch, opd, policy, $2,
           rungs, state, started_at, due_at, near_at, paused_at, stopped_at, outcome,
           elapsed_seconds, working_seconds, resumes_at, next_fire_at
    FROM json_to_recordset($1)
        AS n (clock_id uuid, complaint_id uuid, part int, stage text, epoch int, opd text,
              policy text, rungs text, state text, started_at timestamptz, due_at timestamptz,
              near_at timestamptz, paused_at timestamptz, stopped_at timestamptz, outcome text,
              elapsed_seconds float8, working_seconds float8, resumes_at timestamptz,
              next_fire_at timestamptz)
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
    RETURNING CAST(clock_id AS text) AS clock_id, missed_fired_at
    """


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
    saved = await fetch(connection, _SAVE_CLOCKS, to_json(rows).decode(), profile_version)
    return {row["clock_id"]: row["missed_fired_at"] is not None for row in saved}


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
