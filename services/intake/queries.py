"""All of intake's SQL on complaints; submissions are written by `submission_queries`."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, func, insert, or_, select, text, update
from sqlalchemy.dialects.postgresql import insert as insert_or_update
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlmodel import col

from services.intake.rules.progress import Entry, Progress
from services.intake.tables import Complaint, Deadline, Message, Reporter, TimelineEntry

MOST_ENTRIES = 500
MOST_MESSAGES = 500

_PROGRESS = tuple(
    col(column)
    for column in (
        Complaint.state,
        Complaint.opd,
        Complaint.opd_name,
        Complaint.epoch,
        Complaint.request_id,
        Complaint.state_before_merge,
    )
)
# One statement, because a citizen waits for the row that it writes.
_MOVE = text(
    """
    WITH moved AS (
        UPDATE complaint SET state = :state, opd = :opd, opd_name = :opd_name, epoch = :epoch,
               request_id = :request_id, state_before_merge = :state_before_merge
        WHERE complaint_id = :complaint_id
    )
    INSERT INTO timeline_entry (complaint_id, kind, happened_at, opd, opd_name, text, detail)
    VALUES (:complaint_id, :kind, :happened_at, :entry_opd, :entry_opd_name, :text, :detail)
    """
)


async def find_complaint(connection: AsyncConnection, tracking_code: str) -> Complaint | None:
    """Return the complaint with this code, if there is one."""
    return await _one_complaint(connection, col(Complaint.tracking_code) == tracking_code)


async def find_complaint_by_id(connection: AsyncConnection, complaint_id: str) -> Complaint | None:
    """Return the complaint with this id, if there is one."""
    return await _one_complaint(connection, col(Complaint.complaint_id) == complaint_id)


async def lock_progress(connection: AsyncConnection, complaint_id: str) -> Progress | None:
    """Return where a complaint stands, and let nobody else move it in this transaction."""
    statement = (
        select(*_PROGRESS).where(col(Complaint.complaint_id) == complaint_id).with_for_update()
    )
    row = (await connection.execute(statement)).mappings().first()
    return None if row is None else Progress(**row)


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
    await connection.execute(
        _MOVE,
        {
            "complaint_id": complaint_id,
            "state": after.state,
            "opd": after.opd,
            "opd_name": after.opd_name,
            "epoch": after.epoch,
            "request_id": after.request_id,
            "state_before_merge": after.state_before_merge,
            "kind": entry.kind,
            "happened_at": happened_at,
            "entry_opd": entry.opd,
            "entry_opd_name": entry.opd_name,
            "text": entry.text,
            "detail": entry.detail,
        },
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
        .values(wrapped_key=None, identity=None, phone_hash=None, nik_hash=None, erased_at=now)
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


async def put_deadline(connection: AsyncConnection, deadline: Deadline) -> None:
    """Store a clock's due time and state, whether the clock was known or not."""
    values = deadline.model_dump()
    await connection.execute(
        insert_or_update(Deadline).on_conflict_do_update(
            index_elements=["clock_id"],
            set_={"due_at": values["due_at"], "state": values["state"]},
        ),
        values,
    )


async def set_deadline_state(
    connection: AsyncConnection, clock_id: str, state: str, *, only_from: str | None = None
) -> None:
    """Store a clock's state, if the clock is one that citizens see."""
    statement = update(Deadline).where(col(Deadline.clock_id) == clock_id).values(state=state)
    if only_from is not None:
        statement = statement.where(col(Deadline.state) == only_from)
    await connection.execute(statement)


async def list_deadlines(
    connection: AsyncConnection, complaint_id: str, stages: Sequence[str]
) -> list[Deadline]:
    """Return the leading OPD's newest clock of each stage, in the order of due times."""
    rank = func.row_number().over(
        partition_by=col(Deadline.stage), order_by=col(Deadline.epoch).desc()
    )
    ranked = (
        select(Deadline, rank.label("rank"))
        .where(
            col(Deadline.complaint_id) == complaint_id,
            col(Deadline.part) == 0,
            col(Deadline.stage).in_(stages),
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
