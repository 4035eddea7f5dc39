"""Running clocks of any number, for sla alone: set by set, as if their cases had been worked on."""

from datetime import datetime

from sqlalchemy import text

from services.sla import profile
from services.sla.policies import FIRST_RESPONSE, Policies, Traits, write_rungs
from shared.clock import SystemClock
from shared.database import Database
from tests.support.servers import PROFILE

_CHUNK = 100_000
# Cases of all OPDs in turn; their ids rise, as those of complaints do.
_FILL = text(
    """
    WITH made AS (
        INSERT INTO case_facts (complaint_id, channel, classification, marks, clocks, opds,
                                submitted_at, is_open)
        SELECT uuidv7(), 'web', 'complaint', '[]', '[]', '[]', CAST(:now AS timestamptz), true
        FROM generate_series(1, :count) RETURNING complaint_id
    ), coded AS (
        INSERT INTO case_code (complaint_id, tracking_code)
        SELECT complaint_id, upper(right(replace(complaint_id::text, '-', ''), 10)) FROM made
    )
    INSERT INTO clock (clock_id, complaint_id, part, stage, epoch, opd, policy, profile_version,
                       rungs, state, started_at, due_at, near_at, next_fire_at)
    SELECT gen_random_uuid(), complaint_id, 0, 'first_response', 0,
           (CAST(:opds AS text[]))[1 + n % :opd_count], 'bench', 'bench', :rungs, 'running',
           CAST(:now AS timestamptz), CAST(:now AS timestamptz) + wait,
           CAST(:now AS timestamptz) + 0.9 * wait, CAST(:now AS timestamptz) + 0.9 * wait
    FROM (SELECT complaint_id, row_number() OVER () AS n,
                 interval '10 days' + random() * interval '20 days' AS wait FROM made) AS m
    """
)
# As the scanner leaves a clock that is near: its officer was told.
_BRING_NEAR = text(
    """
    WITH chosen AS (
        SELECT clock_id, row_number() OVER () - 1 AS n FROM (
            SELECT clock_id FROM clock WHERE near_fired_at IS NULL LIMIT :count) AS c
    ), near AS (
        INSERT INTO escalation (clock_id, level, to_role, opd, fired_at)
        SELECT clock_id, 0, 'officer', 'PUPR', CAST(:now AS timestamptz) FROM chosen
    )
    UPDATE clock SET due_at = CAST(:first AS timestamptz) + n * make_interval(secs => :apart),
        next_fire_at = CAST(:first AS timestamptz) + n * make_interval(secs => :apart),
        near_at = CAST(:now AS timestamptz), near_fired_at = CAST(:now AS timestamptz)
    FROM chosen WHERE clock.clock_id = chosen.clock_id
    """
)


async def fill(database: Database, count: int) -> None:
    """Store so many clocks that run for days, each of a case of its own."""
    known = profile.read(PROFILE)
    now = SystemClock().now()
    terms = Policies(known).terms_for(FIRST_RESPONSE, now, Traits("web", "complaint"))
    opds = sorted(known.opd_names)
    values = {
        "now": now,
        "opds": opds,
        "opd_count": len(opds),
        "rungs": write_rungs(terms.rungs if terms else ()),
    }
    for start in range(0, count, _CHUNK):
        async with database.transaction() as connection:
            await connection.execute(_FILL, {**values, "count": min(_CHUNK, count - start)})
    await vacuum(database)


async def bring_near(
    database: Database, count: int, first: datetime, *, seconds_apart: float = 0.0
) -> None:
    """Let so many clocks fall due at an instant, or one after the other from then on."""
    values = {"count": count, "first": first, "apart": seconds_apart, "now": SystemClock().now()}
    async with database.transaction() as connection:
        await connection.execute(_BRING_NEAR, values)


async def vacuum(database: Database) -> None:
    """Tidy up, as time would have done."""
    async with database.engine.connect() as connection:
        plain = await connection.execution_options(isolation_level="AUTOCOMMIT")
        for statement in ("VACUUM ANALYZE clock", "VACUUM ANALYZE case_facts", "CHECKPOINT"):
            await plain.execute(text(statement))
