"""Gathers the evidence: each service's own tables, and what its `/metrics` says."""

from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime

from prometheus_client.parser import text_string_to_metric_families

from shared.contracts.topics import ServiceName
from tests.chaos.evidence import (
    DELIVERING,
    CaseRow,
    ClockEvent,
    ClockRow,
    Complaint,
    Evidence,
    Fact,
    Sample,
    Sent,
    Source,
    read_delivery,
    rows_of,
)

_COMPLAINTS = "SELECT complaint_id, tracking_code, state, opd, submitted_at FROM complaint"
_KEYS = """
    SELECT key, answer ->> 'complaint_id' AS complaint_id FROM idempotency
    WHERE answer ->> 'complaint_id' IS NOT NULL
"""
_CASES = "SELECT complaint_id, tracking_code, state, opd, version, title FROM cases"
_HISTORY = """
    SELECT complaint_id, version, action, from_state, to_state, opd FROM case_history
    ORDER BY complaint_id, version
"""
_CLOCKS = """
    SELECT clock_id, complaint_id, part, stage, epoch, state, opd, due_at, outcome FROM clock
"""
_CLOCK_EVENTS = """
    SELECT split_part(type, '.', 3) AS type_name, time,
           CAST(payload AS json) ->> 'clock_id' AS clock_id,
           CAST(CAST(payload AS json) ->> 'level' AS int) AS level,
           CAST(CAST(payload AS json) ->> 'due_at' AS timestamptz) AS due_at
    FROM outbox
"""


async def gather(
    databases: Mapping[ServiceName, Source],
    now: datetime,
    wire: dict[str, list[Sent]] | None = None,
) -> Evidence:
    """Read everything that the invariants are held against; the system must be at rest."""
    evidence = Evidence(now, now, wire=wire)
    for name in DELIVERING:
        evidence.delivery[name] = await read_delivery(databases[name], name)
    intake, routing, sla = (databases[name] for name in DELIVERING)
    for row in await rows_of(intake, _COMPLAINTS):
        evidence.complaints.append(
            Complaint(
                str(row.complaint_id), row.tracking_code, row.state, row.opd, row.submitted_at
            )
        )
    evidence.keys = {row.key: row.complaint_id for row in await rows_of(intake, _KEYS)}
    for row in await rows_of(routing, _CASES):
        evidence.cases.append(
            CaseRow(
                str(row.complaint_id),
                row.tracking_code,
                row.state,
                row.opd,
                row.version,
                row.title,
            )
        )
    history = defaultdict(list)
    for row in await rows_of(routing, _HISTORY):
        history[str(row.complaint_id)].append(
            Fact(row.version, row.action, row.from_state, row.to_state, row.opd)
        )
    evidence.history = dict(history)
    for row in await rows_of(sla, _CLOCKS):
        evidence.clocks.append(
            ClockRow(
                clock_id=str(row.clock_id),
                complaint_id=str(row.complaint_id),
                part=row.part,
                stage=row.stage,
                epoch=row.epoch,
                state=row.state,
                opd=row.opd,
                due_at=row.due_at,
                outcome=row.outcome,
            )
        )
    for row in await rows_of(sla, _CLOCK_EVENTS):
        evidence.clock_events.append(
            ClockEvent(row.type_name, row.clock_id, row.level, row.due_at, row.time)
        )
    return evidence


def read_samples(exposition: str) -> list[Sample]:
    """Read what a service's `/metrics` said."""
    return [
        Sample(sample.name, tuple(sorted(sample.labels.items())), sample.value)
        for family in text_string_to_metric_families(exposition)
        for sample in family.samples
    ]
