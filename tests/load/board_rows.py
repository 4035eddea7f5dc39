"""Fills sla's tables with invented cases of four years, by a few statements: the same each time.

One in fifty cases is open, and one in two hundred of the older ones was forgotten; of the open ones
one in five has a follow-up that is late. First answers take as long as a real city's did: a few
within minutes, half within hours, the last after days.
"""

from datetime import datetime
from typing import Any, Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

OPDS: Final = 34
AREAS: Final = 27
OFFICERS_OF_OPD: Final = 6
_PART_SIZE: Final = 50_000

_RECORDS = """
    INSERT INTO case_record (complaint_id, submitted_at, channel, classification, area, emergency,
        secret, satisfied, opd, topic, held_since, verified_at, answered_at, answered_opd,
        answered_officer, answered_held_since, followed_up_at, resolved_at, resolved_opd,
        resolved_officer, reopened, state, ended)
    SELECT id, submitted_at, (ARRAY['web', 'whatsapp', 'call112', 'sp4n'])[1 + i % 4],
        (ARRAY['complaint', 'complaint', 'complaint', 'information', 'aspiration'])[1 + i % 5],
        '99.71.' || i % :areas, i % 97 = 0, i % 41 = 0,
        CASE WHEN NOT open AND i % 9 = 0 THEN i % 27 <> 0 END,
        opd, 'topic-' || i % 40, held_since, held_since, answered_at,
        CASE WHEN answered_at IS NOT NULL THEN opd END,
        CASE WHEN answered_at IS NOT NULL THEN officer END,
        CASE WHEN answered_at IS NOT NULL THEN held_since END, answered_at,
        CASE WHEN NOT open THEN answered_at + interval '2 days' END,
        CASE WHEN NOT open THEN opd END, CASE WHEN NOT open THEN officer END,
        CASE WHEN i % 53 = 0 THEN 1 END,
        CASE WHEN open THEN 'in_progress' ELSE 'closed' END, NOT open
    FROM (
        SELECT i, gen_random_uuid() AS id, submitted_at, 'OPD-' || i % :opds AS opd,
            'petugas-' || i % :opds || '-' || i / :opds % :officers AS officer,
            submitted_at + interval '20 minutes' AS held_since,
            CASE WHEN submitted_at + wait <= CAST(:now AS timestamptz) AND i % 150 <> 0
                 THEN submitted_at + wait END AS answered_at,
            i < :cases / 50 OR i % 200 = 0 AS open
        FROM (
            SELECT i,
                CAST(:now AS timestamptz) - i * (interval '1461 days' / :cases) AS submitted_at,
                make_interval(secs => exp(8.8 + 2.3 * (random() + random() + random() - 1.5)))
                    AS wait
            FROM generate_series(CAST(:first AS int), CAST(:last AS int) - 1) AS i
        ) AS each
    ) AS made
    """
# The newest case is the first one.
_PART = """
    submitted_at <= CAST(:now AS timestamptz) - :first * (interval '1461 days' / :cases)
    AND submitted_at > CAST(:now AS timestamptz) - :last * (interval '1461 days' / :cases)
    """
_FACTS = f"""
    INSERT INTO case_facts (complaint_id, submitted_at, channel, classification, emergency, marks,
                            clocks, opds, is_open)
    SELECT complaint_id, submitted_at, channel, classification, emergency, '[]', '[]', '[]',
           NOT ended FROM case_record WHERE {_PART}
    """  # noqa: S608 - conditions of our own
_CLOCKS = f"""
    INSERT INTO clock (clock_id, complaint_id, part, stage, epoch, opd, policy, profile_version,
        rungs, state, started_at, due_at, near_at, stopped_at, outcome, elapsed_seconds,
        next_fire_at)
    SELECT gen_random_uuid(), complaint_id, 0, stage, 0, opd, stage, 'bench', '[]',
        CASE WHEN stopped_at IS NULL THEN 'running' ELSE 'stopped' END, started_at,
        started_at + allowed, started_at + allowed * 0.75, stopped_at,
        CASE WHEN stopped_at <= started_at + allowed THEN 'met'
             WHEN stopped_at IS NOT NULL THEN 'missed' END,
        extract(epoch FROM stopped_at - started_at), NULL
    FROM (
        SELECT complaint_id, opd, 'first_response' AS stage, submitted_at AS started_at,
               coalesce(answered_at, CASE WHEN ended THEN submitted_at + interval '9 days' END)
                   AS stopped_at, interval '2 hours' AS allowed
        FROM case_record WHERE {_PART}
        UNION ALL
        SELECT complaint_id, opd, 'follow_up', held_since,
               CASE WHEN ended OR hashtext(CAST(complaint_id AS text)) % 5 <> 0
                    THEN coalesce(answered_at, held_since) END, interval '24 hours'
        FROM case_record WHERE {_PART}
    ) AS each
    """  # noqa: S608 - conditions of our own
_ESCALATIONS = """
    INSERT INTO escalation (clock_id, level, to_role, opd, fired_at)
    SELECT clock_id, level, 'head', opd, due_at FROM clock, generate_series(0, 3) AS level
    WHERE state = 'running' AND due_at <= :now
        AND due_at + level * interval '8 hours' <= CAST(:now AS timestamptz)
    """


async def fill_board(connection: AsyncConnection, cases: int, now: datetime) -> None:
    """Store so many cases, the newest of which comes now; the tables must be empty."""
    values = {
        "cases": cases,
        "now": now,
        "opds": OPDS,
        "areas": AREAS,
        "officers": OFFICERS_OF_OPD,
    }
    await connection.execute(text("SELECT setseed(0.42)"))
    # In parts, none of which takes longer than a statement may.
    for first in range(0, cases, _PART_SIZE):
        part = {**values, "first": first, "last": min(first + _PART_SIZE, cases)}
        for statement in (_RECORDS, _FACTS, _CLOCKS):
            await _run(connection, statement, part)
    await _run(connection, _ESCALATIONS, values)
    await connection.execute(text("ANALYZE case_record, case_facts, clock, escalation"))


async def _run(connection: AsyncConnection, statement: str, values: dict[str, Any]) -> None:
    sql = text(statement)
    await connection.execute(sql, {name: values[name] for name in sql.compile().params})
