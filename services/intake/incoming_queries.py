"""The SQL of messages from platforms: taken once each, with what is known of their senders."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from sqlalchemy import delete, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlmodel import col

from services.intake.incoming_tables import ReceivedMessage, RemoteFile, WaitingPlace
from services.intake.rules.meanings import OwnCase
from services.intake.tables import Complaint

#: Complaints of a sender that a message may be about, the newest.
MOST_CASES = 20
#: Refused messages that are listed at once.
MOST_REFUSED = 200

# A second delivery waits for the first one's end, and then finds the row. `known` are the hashes
# under every key of the ring: a message may come again after a change of keys. One that was refused
# may come again once the reason is gone.
_CLAIM = text(
    """
    INSERT INTO received_message (message_hash, channel, account, meaning, received_at)
    SELECT :message_hash, :channel, :account, 'claimed', :now
    WHERE NOT EXISTS (
        SELECT FROM received_message
        WHERE message_hash = ANY(CAST(:known AS bytea[])) AND meaning <> 'refused'
    )
    ON CONFLICT (message_hash) DO UPDATE
    SET meaning = EXCLUDED.meaning, reason = NULL, key_id = NULL, wrapped_key = NULL, content = NULL
    WHERE received_message.meaning = 'refused'
    """
)
_LOCK_SENDER = text("SELECT pg_advisory_xact_lock(CAST(:key AS bigint))")
_OWN_CASES = text(
    """
    SELECT c.complaint_id, c.state, c.submitted_at >= :fresh_since AS fresh,
           EXISTS (
               SELECT FROM message m WHERE m.complaint_id = c.complaint_id AND m.kind = 'feedback'
           ) AS judged,
           ARRAY(
               SELECT l.offered_as FROM likeness l
               WHERE l.complaint_id = c.complaint_id AND l.offered_as IS NOT NULL
               ORDER BY l.offered_as
           ) AS offers
    FROM reporter r JOIN complaint c USING (reporter_id)
    WHERE r.sender_hash = ANY(CAST(:senders AS bytea[]))
    ORDER BY c.submitted_at DESC, c.complaint_id DESC
    LIMIT :most
    """
)
_IS_REPORTER = text(
    """
    SELECT EXISTS (
        SELECT FROM reporter r
        WHERE r.reporter_id = CAST(:reporter_id AS uuid)
          AND (r.sender_hash = ANY(CAST(:senders AS bytea[]))
               OR r.phone_hash = ANY(CAST(:phones AS bytea[])))
    )
    """
)
_COMPLAINTS_OF = text(
    """
    SELECT complaint_id::text FROM received_message
    WHERE message_hash = ANY(CAST(:known AS bytea[])) AND complaint_id IS NOT NULL
    UNION
    SELECT split_part(reference, '/', 2) FROM outgoing_message
    WHERE channel = :sent_by AND platform_id = ANY(CAST(:platform_ids AS text[]))
      AND reference LIKE 'complaint/%'
    """
)
_LEASE_FILE = text(
    """
    UPDATE remote_file SET try_at = :until, tries = tries + 1
    WHERE file_id = (
        SELECT file_id FROM remote_file
        WHERE complaint_id IS NOT NULL AND try_at <= :now
        ORDER BY try_at LIMIT 1
        FOR UPDATE SKIP LOCKED
    )
    RETURNING *
    """
)


async def claim_message(
    connection: AsyncConnection,
    known: Sequence[bytes],
    message_hash: bytes,
    channel: str,
    account: str,
    now: datetime,
) -> bool:
    """Note that a message came; tells whether it came for the first time."""
    claimed = await connection.execute(
        _CLAIM,
        {
            "known": list(known),
            "message_hash": message_hash,
            "channel": channel,
            "account": account,
            "now": now,
        },
    )
    return bool(claimed.rowcount)


async def set_meaning(
    connection: AsyncConnection, message_hash: bytes, meaning: str, complaint_id: str | None
) -> None:
    """Note what a message was taken for, and the complaint that it belongs to."""
    await connection.execute(
        update(ReceivedMessage)
        .where(col(ReceivedMessage.message_hash) == message_hash)
        .values(meaning=meaning, complaint_id=complaint_id)
    )


async def insert_refused(connection: AsyncConnection, message: ReceivedMessage) -> bool:
    """Keep a message that nothing could be done with; tells whether it came for the first time."""
    statement = insert(ReceivedMessage).values(message.model_dump()).on_conflict_do_nothing()
    return bool((await connection.execute(statement)).rowcount)


async def list_refused(connection: AsyncConnection) -> list[ReceivedMessage]:
    """Return the oldest messages that are kept for a person to read."""
    statement = (
        select(ReceivedMessage)
        .where(col(ReceivedMessage.content).is_not(None))
        .order_by(col(ReceivedMessage.received_at))
        .limit(MOST_REFUSED)
    )
    rows = (await connection.execute(statement)).mappings()
    return [ReceivedMessage(**row) for row in rows]


async def find_refused(connection: AsyncConnection, message_hash: bytes) -> ReceivedMessage | None:
    """Return one of them."""
    statement = select(ReceivedMessage).where(
        col(ReceivedMessage.message_hash) == message_hash, col(ReceivedMessage.content).is_not(None)
    )
    row = (await connection.execute(statement)).mappings().first()
    return None if row is None else ReceivedMessage(**row)


async def clear_refused(connection: AsyncConnection, message_hash: bytes) -> None:
    """Destroy what one of them says."""
    await connection.execute(
        update(ReceivedMessage)
        .where(col(ReceivedMessage.message_hash) == message_hash)
        .values(content=None, wrapped_key=None, key_id=None)
    )


async def list_complaints_of(
    connection: AsyncConnection,
    known: Sequence[bytes],
    sent_by: str,
    platform_ids: Sequence[str],
) -> set[str]:
    """Return the complaints of a message that came, by its hashes, or that we sent, by its ids."""
    found = await connection.execute(
        _COMPLAINTS_OF,
        {"known": list(known), "sent_by": sent_by, "platform_ids": list(platform_ids)},
    )
    return set(found.scalars())


async def lock_sender(connection: AsyncConnection, sender_hash: bytes) -> None:
    """Let the messages of one sender happen one after the other, to the end of the transaction."""
    key = int.from_bytes(sender_hash[:8], signed=True)
    await connection.execute(_LOCK_SENDER, {"key": key})


async def list_own_cases(
    connection: AsyncConnection, senders: Sequence[bytes], fresh_since: datetime
) -> list[OwnCase]:
    """Return a sender's complaints, the newest first."""
    rows = await connection.execute(
        _OWN_CASES, {"senders": list(senders), "fresh_since": fresh_since, "most": MOST_CASES}
    )
    return [
        OwnCase(str(row.complaint_id), row.state, row.fresh, row.judged, tuple(row.offers))
        for row in rows
    ]


async def find_by_codes(connection: AsyncConnection, codes: Iterable[str]) -> Complaint | None:
    """Return the oldest complaint that has one of these codes, if there is one."""
    statement = (
        select(Complaint)
        .where(col(Complaint.tracking_code).in_(list(codes)))
        .order_by(col(Complaint.submitted_at))
        .limit(1)
    )
    row = (await connection.execute(statement)).mappings().first()
    return None if row is None else Complaint(**row)


async def is_reporter(
    connection: AsyncConnection,
    complaint: Complaint,
    senders: Sequence[bytes],
    phones: Sequence[bytes],
) -> bool:
    """Tell whether a sender, or their number, is that of who reported a complaint."""
    found = await connection.execute(
        _IS_REPORTER,
        {
            "reporter_id": complaint.reporter_id,
            "senders": list(senders),
            "phones": list(phones),
        },
    )
    return bool(found.scalar_one())


async def insert_remote_files(connection: AsyncConnection, files: Sequence[RemoteFile]) -> None:
    """Note files that are to be fetched."""
    if files:
        await connection.execute(insert(RemoteFile), [file.model_dump() for file in files])


async def claim_remote_files(
    connection: AsyncConnection, sender_hash: bytes, complaint_id: str, since: datetime
) -> None:
    """Give a sender's files that came before their words to a complaint."""
    await connection.execute(
        update(RemoteFile)
        .where(
            col(RemoteFile.sender_hash) == sender_hash,
            col(RemoteFile.complaint_id).is_(None),
            col(RemoteFile.received_at) >= since,
        )
        .values(complaint_id=complaint_id)
    )


async def keep_place(
    connection: AsyncConnection, sender_hash: bytes, lat: float, lon: float, now: datetime
) -> None:
    """Keep a point for the words that are still to come; a newer one takes its place."""
    row = {"lat": lat, "lon": lon, "received_at": now}
    statement = insert(WaitingPlace).values(sender_hash=sender_hash, **row)
    await connection.execute(
        statement.on_conflict_do_update(index_elements=["sender_hash"], set_=row)
    )


async def take_place(
    connection: AsyncConnection, sender_hash: bytes, since: datetime
) -> tuple[float, float] | None:
    """Take the point that somebody shared since then before their words, if there is one."""
    row = (
        await connection.execute(
            delete(WaitingPlace)
            .where(col(WaitingPlace.sender_hash) == sender_hash)
            .returning(col(WaitingPlace.lat), col(WaitingPlace.lon), col(WaitingPlace.received_at))
        )
    ).first()
    return None if row is None or row.received_at < since else (row.lat, row.lon)


async def lease_due_file(
    connection: AsyncConnection, now: datetime, until: datetime
) -> RemoteFile | None:
    """Take a file that is to be fetched now, for oneself until then; counts the try."""
    found = await connection.execute(_LEASE_FILE, {"now": now, "until": until})
    row = found.mappings().first()
    if row is None:
        return None
    ids = {"file_id": str(row["file_id"]), "complaint_id": str(row["complaint_id"])}
    return RemoteFile(**{**row, **ids})


async def postpone_file(connection: AsyncConnection, file: RemoteFile, try_at: datetime) -> None:
    """Try a file again later, unless somebody else has leased it since."""
    await connection.execute(
        update(RemoteFile)
        .where(col(RemoteFile.file_id) == file.file_id, col(RemoteFile.tries) == file.tries)
        .values(try_at=try_at)
    )


async def delete_file(connection: AsyncConnection, file: RemoteFile) -> bool:
    """Forget a file that was fetched or given up; False if somebody else leased it since."""
    result = await connection.execute(
        delete(RemoteFile).where(
            col(RemoteFile.file_id) == file.file_id, col(RemoteFile.tries) == file.tries
        )
    )
    return bool(result.rowcount)


async def forget_received(
    connection: AsyncConnection, now: datetime, kept: timedelta, unclaimed: timedelta
) -> None:
    """Delete messages that no platform will deliver again, and files and points nobody claimed."""
    await connection.execute(
        delete(WaitingPlace).where(col(WaitingPlace.received_at) < now - unclaimed)
    )
    await connection.execute(
        delete(ReceivedMessage).where(col(ReceivedMessage.received_at) < now - kept)
    )
    await connection.execute(
        delete(RemoteFile).where(
            col(RemoteFile.complaint_id).is_(None), col(RemoteFile.received_at) < now - unclaimed
        )
    )
