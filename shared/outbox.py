"""The transactional outbox: events are written by the transaction that they tell of.

Versions per complaint are drawn from `outbox_stream` in the same statement; its row lock makes
the events of one complaint serial even where a caller forgot to lock the complaint itself.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from shared.contracts.envelope import encode_payload
from shared.contracts.event import Event
from shared.contracts.topics import event_type, topic_of
from shared.correlation import current_correlation
from shared.database import fetch
from shared.ids import new_id
from shared.telemetry import current_traceparent

_APPEND = """
    WITH event AS (
        SELECT * FROM unnest(
            CAST($1 AS uuid[]), CAST($2 AS text[]), CAST($3 AS text[]), CAST($4 AS text[]),
            CAST($5 AS text[]), CAST($6 AS text[]), CAST($7 AS timestamptz[]),
            CAST($8 AS text[]), CAST($9 AS text[]), CAST($10 AS text[])
        ) WITH ORDINALITY AS e (id, topic, aggregatetype, aggregateid, type, payload, time,
                                correlation_id, causation_id, traceparent, ord)
    ), tally AS (
        SELECT aggregateid, count(*)::int AS n FROM event GROUP BY aggregateid
    ), stream AS (
        INSERT INTO outbox_stream AS s (aggregateid, version)
        SELECT aggregateid, n FROM tally ORDER BY aggregateid
        ON CONFLICT (aggregateid) DO UPDATE SET version = s.version + EXCLUDED.version
        RETURNING aggregateid, version
    )
    INSERT INTO outbox (id, topic, aggregatetype, aggregateid, type, payload, time,
                        correlation_id, causation_id, traceparent, aggregate_version)
    SELECT e.id, e.topic, e.aggregatetype, e.aggregateid, e.type, e.payload, e.time,
           e.correlation_id, e.causation_id, e.traceparent,
           stream.version - tally.n
             + row_number() OVER (PARTITION BY e.aggregateid ORDER BY e.ord)
    FROM event e JOIN stream USING (aggregateid) JOIN tally USING (aggregateid)
    ORDER BY e.ord
    """


@dataclass(frozen=True, slots=True)
class Draft:
    """An event that waits for its transaction to be written, with the story it belongs to."""

    event_id: str
    event: Event
    time: datetime
    correlation_id: str
    causation_id: str | None
    traceparent: str | None


def draft(event: Event, time: datetime) -> Draft:
    """Note an event together with the present correlation and trace."""
    correlation = current_correlation()
    return Draft(
        event_id=new_id(),
        event=event,
        time=time,
        correlation_id=correlation.correlation_id,
        causation_id=correlation.causation_id,
        traceparent=current_traceparent(),
    )


async def append(connection: AsyncConnection, drafts: Sequence[Draft]) -> None:
    """Write events to the outbox on the caller's transaction, in one statement."""
    if not drafts:
        return
    topics = [topic_of(type(d.event)) for d in drafts]
    await fetch(
        connection,
        _APPEND,
        [d.event_id for d in drafts],
        [t.name for t in topics],
        [t.publisher for t in topics],
        [d.event.complaint_id for d in drafts],
        [event_type(type(d.event)) for d in drafts],
        [encode_payload(d.event) for d in drafts],
        [d.time for d in drafts],
        [d.correlation_id for d in drafts],
        [d.causation_id for d in drafts],
        [d.traceparent for d in drafts],
    )
