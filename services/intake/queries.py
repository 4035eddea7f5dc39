"""All of intake's SQL on complaints; submissions are written by `submission_queries`."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, func, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlmodel import col

from services.intake.rules.progress import RETAINED_STATES, Entry, Progress
from services.intake.tables import Complaint, Deadline, Message, Reporter, TimelineEntry
from shared.database import fetch

MOST_ENTRIES = 500
MOST_MESSAGES = 500

# What each event of a case or clock needs, run on the driver itself.
_LOCK_PROGRESS = """
    SELECT state, opd, opd_name, topic, epoch, request_id, state_before_merge
    FROM complaint WHERE complaint_id = CAST($1 AS uuid) FOR NO KEY UPDATE
    """
# One statement, because a citizen waits for the row that it writes.
_MOVE = """
    WITH moved AS (
        UPDATE complaint SET state = $2, opd = $3, opd_name = $4, topic = $5, epoch = $6,
               request_id = $7, state_before_merge = $8,
               retained_since = CASE WHEN $15 THEN coalesce(retained_since, $10) END
        WHERE complaint_id = CAST($1 AS uuid)
    )
    INSERT INTO timeline_entry (complaint_id, kind, happened_at, opd, opd_name, text, detail)
    VALUES (CAST($1 AS uuid), $9, $10, $11, $12, $13, $14)
    """


async def find_complaint(connection: AsyncConnection, tracking_code: str) -> Complaint | None:
    """Return the complaint with this code, if there is one."""
    return await _one_complaint(connection, col(Complaint.tracking_code) == tracking_code)


async def find_complaint_by_id(connection: AsyncConnection, complaint_id: str) -> Complaint | None:
    """Return the complaint with this id, if there is one."""
    return await _one_complaint(connection, col(Complaint.complaint_id) == complaint_id)


async def lock_progress(connection: AsyncConnection, complaint_id: str) -> Progress | None:
    """Return where a complaint stands, and let nobody else move it in this transaction."""
    rows = await fetch(connection, _LOCK_PROGRESS, complaint_id)
    return Progress(**rows[0]) if rows else None


async def insert_entry(
    connection: AsyncConnection, complaint_id: str, entry: Entry, happened_at: datetime
) -> None:
    """Add to a timeline."""
    await connection.execute(
        insert(TimelineEntry).values(
            complaint_id=complaint_id,
            kind=entry.kind,
            happened_at=happened_at,
            opd=entry.opd,
            opd_name=entry.opd_name,
            text=entry.text,
            detail=entry.detail,
        )
    )


async def move_complaint(
    connection: AsyncConnection,
    complaint_id: str,
    after: Progress,
    entry: Entry,
    happened_at: datetime,
) -> None:
    """Store where a complaint stands now, and add the entry that says so to its timeline."""
    await fetch(
        connection,
        _MOVE,
        complaint_id,
        after.state,
        after.opd,
        after.opd_name,
        after.topic,
        after.epoch,
        after.request_id,
        after.state_before_merge,
        entry.kind,
        happened_at,
        entry.opd,
        entry.opd_name,
        entry.text,
        entry.detail,
        after.state in RETAINED_STATES,
    )


async def list_entries(connection: AsyncConnection, complaint_id: str) -> list[TimelineEntry]:
    """Return the newest entries of a timeline, the oldest of them first."""
    statement = (
        select(TimelineEntry)
        .where(col(TimelineEntry.complaint_id) == complaint_id)
        .order_by(col(TimelineEntry.seq).desc())
        .limit(MOST_ENTRIES)
    )
    rows = (await connection.execute(statement)).all()
    entries = [TimelineEntry(**_named(row)) for row in rows]
    return sorted(entries, key=lambda entry: (entry.happened_at, entry.seq))


async def find_reporter(connection: AsyncConnection, reporter_id: str) -> Reporter:
    """Return the reporter of a complaint; every complaint has one."""
    statement = select(Reporter).where(col(Reporter.reporter_id) == reporter_id)
    return Reporter(**_named((await connection.execute(statement)).one()))


async def list_reporters(
    connection: AsyncConnection, phone_hashes: Sequence[bytes], nik_hashes: Sequence[bytes]
) -> list[str]:
    """Return the ids of the reporters who gave one of these numbers."""
    statement = select(col(Reporter.reporter_id)).where(
        or_(
            col(Reporter.phone_hash).in_(phone_hashes),
            col(Reporter.nik_hash).in_(nik_hashes),
        )
    )
    return list((await connection.execute(statement)).scalars())


async def destroy_keys(
    connection: AsyncConnection, reporter_ids: Sequence[str], now: datetime
) -> int:
    """Destroy the keys and identities of reporters; returns how many were not erased before."""
    result = await connection.execute(
        update(Reporter)
        .where(col(Reporter.reporter_id).in_(reporter_ids), col(Reporter.erased_at).is_(None))
        .values(
            wrapped_key=None,
            identity=None,
            phone_hash=None,
            nik_hash=None,
            sender_hash=None,
            device_hash=None,
            erased_at=now,
        )
    )
    return result.rowcount


async def insert_message(connection: AsyncConnection, message: Message) -> None:
    """Store what a citizen wrote."""
    await connection.execute(insert(Message), message.model_dump())


async def list_messages(connection: AsyncConnection, complaint_id: str) -> list[Message]:
    """Return the newest messages of a complaint, the oldest of them first."""
    statement = (
        select(Message)
        .where(col(Message.complaint_id) == complaint_id)
        .order_by(col(Message.sent_at).desc(), col(Message.message_id).desc())
        .limit(MOST_MESSAGES)
    )
    rows = (await connection.execute(statement)).all()
    return [Message(**_named(row)) for row in reversed(rows)]


async def list_deadlines(
    connection: AsyncConnection, complaint_id: str, stages: Sequence[str]
) -> list[Deadline]:
    """Return the leading OPD's newest clock of each stage, in the order of due times.

    Those of a service's own stages, `<service>.<stage>`, are always among them.
    """
    rank = func.row_number().over(
        partition_by=col(Deadline.stage), order_by=col(Deadline.epoch).desc()
    )
    ranked = (
        select(Deadline, rank.label("rank"))
        .where(
            col(Deadline.complaint_id) == complaint_id,
            col(Deadline.part) == 0,
            col(Deadline.stage).in_(stages) | col(Deadline.stage).contains("."),
        )
        .subquery()
    )
    statement = select(ranked).where(ranked.c.rank == 1).order_by(ranked.c.due_at)
    rows = (await connection.execute(statement)).all()
    return [Deadline(**{k: v for k, v in _named(row).items() if k != "rank"}) for row in rows]


async def _one_complaint(
    connection: AsyncConnection, which: ColumnElement[bool]
) -> Complaint | None:
    row = (await connection.execute(select(Complaint).where(which))).first()
    return None if row is None else Complaint(**_named(row))


def _named(row: Row[Any]) -> dict[str, Any]:
    return dict(row._mapping)  # noqa: SLF001 - documented API
