"""SQL of scores, public figures and monthly reports: the cases that a month brought, by index."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.sla.periods import Span

# Time counts from when the OPD had the case. What nobody has answered counts once its time is over.
# A case's limit is that of its first-response clock; where it has none, the promise of 2 hours.
_TALLIES: Final = """
    WITH received AS (
        SELECT r.answered_opd, r.answered_officer, r.resolved_opd, r.resolved_officer, r.satisfied,
            r.answered_at, r.resolved_at, r.reopened, r.opd,
            r.withdrawn_at IS NULL AND r.merged IS NOT TRUE AS stands,
            coalesce((SELECT c.due_at - c.started_at FROM clock AS c
                      WHERE c.complaint_id = r.complaint_id AND c.part = 0
                          AND c.stage = 'first_response' AND c.epoch = 0),
                     interval '2 hours') AS allowed,
            greatest(r.answered_at - greatest(r.submitted_at, r.answered_held_since),
                     interval '0') AS own,
            CAST(:now AS timestamptz) - greatest(r.submitted_at, r.held_since) AS waited
        FROM case_record AS r
        WHERE r.submitted_at >= CAST(:since AS timestamptz)
            AND r.submitted_at < CAST(:until AS timestamptz) AND r.spam IS NOT TRUE
    ), answered AS (
        SELECT {answerer} AS key, min(answered_opd) AS opd, count(*) AS cases,
            count(*) FILTER (WHERE own <= allowed) AS in_time,
            percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM own)) AS median_seconds
        FROM received WHERE answered_at IS NOT NULL AND {answerer} <> '' GROUP BY 1
    ), late AS (
        SELECT {holder} AS key, count(*) AS cases
        FROM received WHERE answered_at IS NULL AND stands AND waited > allowed AND {holder} <> ''
        GROUP BY 1
    ), resolved AS (
        SELECT {resolver} AS key, min(resolved_opd) AS opd, count(*) AS cases,
            count(*) FILTER (WHERE reopened > 0) AS reopened, count(satisfied) AS rated,
            count(*) FILTER (WHERE satisfied) AS satisfied
        FROM received WHERE resolved_at IS NOT NULL AND {resolver} <> '' GROUP BY 1
    )
    SELECT key, coalesce(a.opd, r.opd, key) AS opd,
        coalesce(a.cases, 0) + coalesce(l.cases, 0) AS cases, coalesce(a.in_time, 0) AS in_time,
        CAST(a.median_seconds AS float8) AS median_seconds, coalesce(r.cases, 0) AS resolved,
        coalesce(r.reopened, 0) AS reopened, coalesce(r.rated, 0) AS rated,
        coalesce(r.satisfied, 0) AS satisfied
    FROM answered AS a FULL JOIN late AS l USING (key) FULL JOIN resolved AS r USING (key)
    ORDER BY key
    """
OPD_TALLIES: Final = text(
    _TALLIES.format(answerer="answered_opd", holder="opd", resolver="resolved_opd")
)
#: What nobody has answered is nobody's but the OPD's.
OFFICER_TALLIES: Final = text(
    _TALLIES.format(answerer="answered_officer", holder="''", resolver="resolved_officer")
)
# `greatest` passes over NULL: what has not happened must not have taken no time.
_SINCE: Final = """CASE WHEN {0} IS NOT NULL
    THEN extract(epoch FROM greatest({0} - submitted_at, interval '0')) END"""
#: What SP4N-LAPOR calls the state in which a case is.
_SP4N: Final = """
    CASE WHEN withdrawn_at IS NOT NULL THEN 'Dibatalkan oleh Pelapor'
         WHEN merged THEN 'Digabungkan'
         WHEN state = 'assigned' THEN 'Terdisposisi'
         WHEN state IN ('in_progress', 'resolved') THEN 'Ditindaklanjuti'
         WHEN state = 'waiting_citizen' THEN 'Menunggu Kelengkapan Informasi'
         WHEN state = 'rejected' THEN 'Diarsipkan'
         WHEN state = 'closed' AND closing_reason = 'satisfied' THEN 'Ditutup oleh Pelapor'
         WHEN state = 'closed' AND closing_reason = 'desk' THEN 'Ditutup oleh Admin'
         WHEN state = 'closed' THEN 'Ditutup oleh Sistem'
         ELSE 'Belum Terdisposisi' END
    """
REPORT: Final = text(
    f"""
    SELECT CASE WHEN grouping(opd) = 0 THEN 'opd' WHEN grouping(channel) = 0 THEN 'channel'
                WHEN grouping(classification) = 0 THEN 'classification'
                WHEN grouping(sp4n) = 0 THEN 'sp4n' WHEN grouping(day) = 0 THEN 'day'
                ELSE 'total' END AS kind,
        coalesce(opd, channel, classification, sp4n, CAST(day AS text), '') AS key,
        count(*) AS received, count(verified_at) AS verified, count(answered_at) AS answered,
        count(followed_up_at) AS followed_up,
        count(*) FILTER (WHERE resolved_at IS NOT NULL AND ended) AS resolved,
        count(*) FILTER (WHERE state = 'rejected') AS rejected,
        count(withdrawn_at) AS withdrawn, count(*) FILTER (WHERE merged) AS merged,
        count(*) FILTER (WHERE reopened > 0) AS reopened, count(satisfied) AS rated,
        count(*) FILTER (WHERE satisfied) AS satisfied,
        count(*) FILTER (WHERE answer_seconds <= 7200) AS within_2h,
        count(*) FILTER (WHERE answer_seconds <= 86400) AS within_24h,
        CAST(avg(verify_seconds) AS float8) AS verification_seconds,
        CAST(avg(answer_seconds) AS float8) AS answer_seconds,
        CAST(avg(follow_seconds) AS float8) AS follow_up_seconds,
        CAST(avg(resolve_seconds) AS float8) AS resolution_seconds,
        CAST(percentile_cont(0.5) WITHIN GROUP (ORDER BY answer_seconds) AS float8)
            AS median_answer_seconds
    FROM (
        SELECT coalesce(opd, '') AS opd, coalesce(channel, '') AS channel,
            coalesce(classification, '') AS classification, {_SP4N} AS sp4n,
            CAST(submitted_at AT TIME ZONE :zone AS date) AS day, state, ended, verified_at,
            answered_at, followed_up_at, resolved_at, withdrawn_at, merged, reopened, satisfied,
            {_SINCE.format("verified_at")} AS verify_seconds,
            {_SINCE.format("answered_at")} AS answer_seconds,
            {_SINCE.format("followed_up_at")} AS follow_seconds,
            {_SINCE.format("resolved_at")} AS resolve_seconds
        FROM case_record
        WHERE submitted_at >= CAST(:since AS timestamptz)
            AND submitted_at < CAST(:until AS timestamptz) AND spam IS NOT TRUE
            AND (CAST(:opd AS text) IS NULL OR opd = CAST(:opd AS text))
    ) AS received
    GROUP BY GROUPING SETS ((), (opd), (channel), (classification), (sp4n), (day))
    ORDER BY kind, key
    """  # noqa: S608 - names of our own
)
# Secret complaints (Rahasia) and withdrawn ones are in no public figure.
PUBLIC: Final = text(
    f"""
    SELECT opd, count(*) AS received,
        count(*) FILTER (WHERE seconds <= 7200) AS within_2h,
        count(*) FILTER (WHERE seconds > 7200 AND seconds <= 86400) AS until_24h,
        count(*) FILTER (WHERE seconds > 86400) AS later,
        count(*) FILTER (WHERE seconds IS NULL) AS unanswered,
        CAST(percentile_cont(0.5) WITHIN GROUP (ORDER BY seconds) AS float8) AS median_seconds
    FROM (
        SELECT coalesce(nullif(answered_opd, ''), opd, '') AS opd,
            {_SINCE.format("answered_at")} AS seconds
        FROM case_record
        WHERE submitted_at >= CAST(:since AS timestamptz)
            AND submitted_at < CAST(:until AS timestamptz) AND spam IS NOT TRUE
            AND secret IS NOT TRUE AND withdrawn_at IS NULL AND merged IS NOT TRUE
    ) AS received
    WHERE opd <> '' GROUP BY GROUPING SETS ((opd), ()) ORDER BY opd
    """  # noqa: S608 - names of our own
)


async def tally_opds(connection: AsyncConnection, span: Span, now: datetime) -> Sequence[Row[Any]]:
    """Return what each OPD did with the cases that came within a span."""
    return (await connection.execute(OPD_TALLIES, {**span._asdict(), "now": now})).all()


async def tally_officers(
    connection: AsyncConnection, span: Span, now: datetime
) -> Sequence[Row[Any]]:
    """Return what each officer did with them, with an OPD that the officer answered for."""
    return (await connection.execute(OFFICER_TALLIES, {**span._asdict(), "now": now})).all()


async def read_report(
    connection: AsyncConnection, span: Span, zone: str, opd: str | None
) -> Sequence[Row[Any]]:
    """Return the figures of a span: `kind` says by what each row is taken together."""
    values = {**span._asdict(), "zone": zone, "opd": opd}
    return (await connection.execute(REPORT, values)).all()


async def read_public(connection: AsyncConnection, span: Span) -> Sequence[Row[Any]]:
    """Return how fast each OPD answered what came within a span; `opd` NULL is all together."""
    return (await connection.execute(PUBLIC, span._asdict())).all()
