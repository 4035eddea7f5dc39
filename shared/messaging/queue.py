"""The queue of messages in Postgres: written in the caller's transaction, sent by workers.

A row is committed as `sending` before its platform is called. What is found so after a process
died may have been sent: it goes out again only where the platform takes the same id for one
message, and else waits as `unsure` for a person. Rows hold no address: `reference` is what the
service finds it by when it is sent.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from pydantic_core import to_json
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.database import fetch
from shared.ids import new_id

#: How long it is remembered that a message was sent, for reports of its delivery.
KEPT = timedelta(days=30)
#: Platforms that say only later that a message failed. What such a message is made of is kept until
#: its delivery is known, so that it can go out once more.
REPORTING = frozenset({"whatsapp"})
#: The parameter that says: the platform wants a template for this one.
OUTSIDE_WINDOW = "outside_window"
State = Literal["queued", "sending", "unsure", "dead", "sent", "dropped"]
Delivery = Literal["sent", "delivered", "read", "failed"]
Failure = Literal["again", "dead"]

_ENQUEUE = """
    INSERT INTO outgoing_message (message_id, channel, account, lane, reference, template,
                                  parameters, sealed, created_at, due_at)
    SELECT message_id, channel, account, lane, reference, template, parameters, sealed, $9, $9
    FROM unnest(CAST($1 AS uuid[]), CAST($2 AS text[]), CAST($3 AS text[]), CAST($4 AS text[]),
                CAST($5 AS text[]), CAST($6 AS text[]), CAST($7 AS jsonb[]), CAST($8 AS bytea[]))
    WITH ORDINALITY
    AS m (message_id, channel, account, lane, reference, template, parameters, sealed, n)
    ORDER BY n
    ON CONFLICT (message_id) DO NOTHING
    """
# Only the first of a lane. A row that another worker has locked is still `queued` to us, so that
# the one behind it stays where it is.
_CLAIM = text(
    """
    WITH due AS (
        SELECT message_id FROM outgoing_message m
        WHERE state = 'queued' AND channel = :channel AND due_at <= :now
          AND account <> ALL(CAST(:paused AS text[]))
          AND NOT EXISTS (SELECT 1 FROM outgoing_message e WHERE e.lane = m.lane
                          AND e.seq < m.seq AND e.state IN ('queued', 'sending'))
        ORDER BY due_at, seq LIMIT :limit
        FOR UPDATE SKIP LOCKED
    )
    UPDATE outgoing_message m
    SET state = 'sending', attempts = attempts + 1, claim = CAST(:claim AS uuid),
        claimed_at = clock_timestamp()
    FROM due WHERE m.message_id = due.message_id
    RETURNING m.message_id, channel, account, reference, template, parameters, sealed, attempts,
              m.created_at, seq
    """
)
# The lease is measured by the database's clock, which all replicas share and no test or
# demonstration moves.
_RESCUE = text(
    """
    UPDATE outgoing_message
    SET state = :state, reason = 'the process ended while it was sent'
    WHERE state = 'sending' AND channel = :channel
      AND claimed_at < clock_timestamp() - make_interval(secs => :lease)
    RETURNING message_id
    """
)
# An attempt reports on itself alone, also after it was taken for lost and is held as unsure.
_SETTLE = text(
    """
    UPDATE outgoing_message
    SET state = CAST(:state AS text), due_at = coalesce(CAST(:due_at AS timestamptz), due_at),
        platform_id = :platform_id, reason = :reason,
        ended_at = CASE WHEN :ended THEN CAST(:now AS timestamptz) END,
        parameters = CASE WHEN :cleared THEN '{}' ELSE parameters END,
        sealed = CASE WHEN :cleared THEN NULL ELSE sealed END
    WHERE message_id = :message_id AND claim = CAST(:claim AS uuid)
      AND state IN ('sending', 'unsure')
    """
)
_NEXT_DUE = text(
    """
    SELECT min(due_at) FROM outgoing_message
    WHERE state = 'queued' AND channel = :channel AND due_at > :now
    """
)
_NOTE_DELIVERY = text(
    """
    UPDATE outgoing_message
    SET delivery = CAST(:delivery AS text), reason = coalesce(CAST(:reason AS text), reason),
        parameters = CASE WHEN :arrived THEN '{}' ELSE parameters END,
        sealed = CASE WHEN :arrived THEN NULL ELSE sealed END
    WHERE channel = :channel AND platform_id = :platform_id
      AND coalesce(delivery, '') = ANY(CAST(:before AS text[]))
    """
)
# Its platform's id goes, so that the same report, come twice, finds nothing.
_SEND_AS_TEMPLATE = text(
    """
    UPDATE outgoing_message
    SET state = 'queued', due_at = :now, claim = NULL, ended_at = NULL, platform_id = NULL,
        delivery = NULL, reason = :reason,
        parameters = parameters || jsonb_build_object(CAST(:flag AS text), true)
    WHERE channel = :channel AND platform_id = :platform_id AND state = 'sent'
      AND coalesce(delivery, 'sent') = 'sent' AND NOT jsonb_exists(parameters, :flag)
    """
)
_FAIL = text(
    """
    UPDATE outgoing_message
    SET state = 'dead', delivery = 'failed', claim = NULL, ended_at = NULL, reason = :reason
    WHERE channel = :channel AND platform_id = :platform_id AND state = 'sent'
      AND coalesce(delivery, 'sent') = 'sent'
    """
)
_FORGET = text(
    "DELETE FROM outgoing_message WHERE state IN ('sent', 'dropped') AND ended_at < :before"
)
# What is known already gives way to what comes after it, in whatever order the reports come.
_ORDER = ("", "sent", "delivered", "read", "failed")


@dataclass(frozen=True, slots=True)
class Draft:
    """A message to be queued.

    `parameters` name nobody: they are kept as they are until it is sent; `sealed` is what only the
    service can open. Messages of one `lane` go out in the order in which they were queued.
    """

    channel: str
    lane: str
    reference: str
    template: str
    parameters: Mapping[str, Any]
    message_id: str
    account: str = ""
    sealed: bytes | None = None


@dataclass(frozen=True, slots=True)
class Queued:
    """A message that this process is sending; `claim` is this attempt's own."""

    message_id: str
    channel: str
    account: str
    reference: str
    template: str
    parameters: Mapping[str, Any]
    sealed: bytes | None
    attempts: int
    created_at: datetime
    claim: str


async def enqueue(connection: AsyncConnection, drafts: Sequence[Draft], now: datetime) -> None:
    """Queue messages in one statement; one whose id was queued before is left out."""
    if not drafts:
        return
    await fetch(
        connection,
        _ENQUEUE,
        [draft.message_id for draft in drafts],
        [draft.channel for draft in drafts],
        [draft.account for draft in drafts],
        [draft.lane for draft in drafts],
        [draft.reference for draft in drafts],
        [draft.template for draft in drafts],
        [to_json(draft.parameters).decode() for draft in drafts],
        [draft.sealed for draft in drafts],
        now,
    )


async def claim(
    connection: AsyncConnection,
    channel: str,
    now: datetime,
    limit: int,
    paused_accounts: Collection[str] = (),
) -> list[Queued]:
    """Take messages that are due, for sending once this transaction has committed."""
    token = new_id()
    values = {
        "channel": channel,
        "now": now,
        "limit": limit,
        "paused": list(paused_accounts),
        "claim": token,
    }
    rows = (await connection.execute(_CLAIM, values)).all()
    return [
        Queued(
            message_id=str(row.message_id),
            channel=row.channel,
            account=row.account,
            reference=row.reference,
            template=row.template,
            parameters=row.parameters,
            sealed=row.sealed,
            attempts=row.attempts,
            created_at=row.created_at,
            claim=token,
        )
        for row in sorted(rows, key=lambda row: row.seq)
    ]


async def rescue(
    connection: AsyncConnection, channel: str, *, repeatable: bool, lease_seconds: float
) -> int:
    """Deal with what a process left as `sending`; returns how many are now unsure."""
    state = "queued" if repeatable else "unsure"
    values = {"state": state, "channel": channel, "lease": lease_seconds}
    result = await connection.execute(_RESCUE, values)
    return 0 if repeatable else result.rowcount


async def settle(
    connection: AsyncConnection,
    message: Queued,
    state: State,
    now: datetime,
    *,
    due_at: datetime | None = None,
    platform_id: str | None = None,
    reason: str | None = None,
) -> bool:
    """Say how an attempt ended; False where another attempt has begun since.

    What was sent or dropped keeps neither parameters nor what was sealed, but for a platform that
    may report later that it failed.
    """
    ended = state in {"sent", "dropped"}
    values = {
        "state": state,
        "ended": ended,
        "cleared": ended and not (state == "sent" and message.channel in REPORTING),
        "due_at": due_at,
        "platform_id": platform_id,
        "reason": reason,
        "now": now,
        "message_id": message.message_id,
        "claim": message.claim,
    }
    return bool((await connection.execute(_SETTLE, values)).rowcount)


async def next_due(connection: AsyncConnection, channel: str, now: datetime) -> datetime | None:
    """Return when the next message that waits for its time is due."""
    found: datetime | None = (
        await connection.execute(_NEXT_DUE, {"channel": channel, "now": now})
    ).scalar_one()
    return found


async def note_delivery(
    connection: AsyncConnection,
    channel: str,
    platform_id: str,
    delivery: Delivery,
    reason: str | None = None,
) -> bool:
    """Keep what a platform reports of a message; False for one not ours, or news that is old."""
    values = {
        "channel": channel,
        "platform_id": platform_id,
        "delivery": delivery,
        "reason": reason,
        "before": _ORDER[: _ORDER.index(delivery)],
        "arrived": delivery in {"delivered", "read"},
    }
    return bool((await connection.execute(_NOTE_DELIVERY, values)).rowcount)


async def fail_delivery(
    connection: AsyncConnection,
    channel: str,
    platform_id: str,
    now: datetime,
    reason: str | None,
    *,
    outside_window: bool,
) -> Failure | None:
    """Act on a platform's report that a message which it took was not delivered.

    Where it says that only a template may be sent, the message is queued once more, as one; else
    it is held for a person. Returns None, and does nothing, for a message that is not ours, arrived
    before, or was dealt with already.
    """
    values = {"channel": channel, "platform_id": platform_id, "reason": reason}
    if outside_window:
        again = {**values, "now": now, "flag": OUTSIDE_WINDOW}
        if (await connection.execute(_SEND_AS_TEMPLATE, again)).rowcount:
            return "again"
    return "dead" if (await connection.execute(_FAIL, values)).rowcount else None


async def forget_sent(connection: AsyncConnection, before: datetime) -> None:
    """Delete messages that were done with before an instant."""
    await connection.execute(_FORGET, {"before": before})
