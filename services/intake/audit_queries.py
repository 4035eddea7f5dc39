"""All SQL of the audit log and of the daily roots."""

from collections.abc import AsyncIterator, Sequence
from datetime import date, datetime

from sqlalchemy import func, insert, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlmodel import col

from services.intake.audit_tables import AuditEntry, AuditHead, DailyRoot, RootLeaf
from services.intake.tables import Complaint

# Two replicas that close days at the same time.
_LOCK_DAYS = text("SELECT pg_advisory_xact_lock(hashtext('intake.daily_root'))")
# Beside the day's own also what came late, by a clock that was wrong. Receipts lie in the order of
# their submission.
_PLANT = text(
    """
    INSERT INTO root_leaf (day, place, complaint_id, digest)
    SELECT :day, row_number() OVER (ORDER BY c.submitted_at, c.complaint_id) - 1,
           c.complaint_id, c.digest
    FROM complaint c
    WHERE c.digest IS NOT NULL AND c.submitted_at >= :since AND c.submitted_at < :until
      AND NOT EXISTS (SELECT 1 FROM root_leaf l WHERE l.complaint_id = c.complaint_id)
    """
)
_FIRST_TRACE = text(
    """
    SELECT least((SELECT min(submitted_at) FROM complaint WHERE digest IS NOT NULL),
                 (SELECT min(at) FROM audit_entry))
    """
)


async def append_entries(connection: AsyncConnection, entries: Sequence[AuditEntry]) -> None:
    """Write entries that follow the head, and let the last of them be the head."""
    await connection.execute(insert(AuditEntry), [each.model_dump() for each in entries])
    last = entries[-1]
    await connection.execute(update(AuditHead).values(seq=last.seq, hash=last.hash))


async def lock_head(connection: AsyncConnection) -> AuditHead:
    """Return the newest number and hash, and let nobody else append in this transaction."""
    row = (await connection.execute(select(AuditHead).with_for_update())).one()
    return AuditHead(**row._asdict())


async def read_head(connection: AsyncConnection) -> AuditHead:
    """Return the newest number and hash."""
    return AuditHead(**(await connection.execute(select(AuditHead))).one()._asdict())


async def list_entries_on(connection: AsyncConnection, objects: Sequence[str]) -> list[AuditEntry]:
    """Return what was done to these objects, the oldest first."""
    statement = (
        select(AuditEntry).where(col(AuditEntry.object).in_(objects)).order_by(col(AuditEntry.seq))
    )
    rows = (await connection.execute(statement)).all()
    return [AuditEntry(**row._asdict()) for row in rows]


async def stream_entries(
    connection: AsyncConnection, batch: int
) -> AsyncIterator[Sequence[AuditEntry]]:
    """Yield the whole log in its order, a batch at a time."""
    after = 0
    while True:
        statement = (
            select(AuditEntry)
            .where(col(AuditEntry.seq) > after)
            .order_by(col(AuditEntry.seq))
            .limit(batch)
        )
        rows = (await connection.execute(statement)).all()
        if not rows:
            return
        entries = [AuditEntry(**row._asdict()) for row in rows]
        after = entries[-1].seq
        yield entries


async def find_hash(connection: AsyncConnection, seq: int) -> bytes | None:
    """Return the hash of an entry, if there is one of this number."""
    statement = select(col(AuditEntry.hash)).where(col(AuditEntry.seq) == seq)
    return (await connection.execute(statement)).scalar_one_or_none()


async def lock_days(connection: AsyncConnection) -> None:
    """Let nobody else close days in this transaction; whoever comes meanwhile waits."""
    await connection.execute(_LOCK_DAYS)


async def find_first_trace(connection: AsyncConnection) -> datetime | None:
    """Return when the first receipt was given or the first entry written, if any was."""
    first: datetime | None = (await connection.execute(_FIRST_TRACE)).scalar_one()
    return first


async def plant_leaves(
    connection: AsyncConnection, day: date, since: datetime, until: datetime
) -> None:
    """Give a day those receipts from `since` to before `until` that no day has."""
    await connection.execute(_PLANT, {"day": day, "since": since, "until": until})


async def list_leaves(connection: AsyncConnection, day: date) -> list[bytes]:
    """Return a day's receipts in their order."""
    statement = (
        select(col(RootLeaf.digest)).where(col(RootLeaf.day) == day).order_by(col(RootLeaf.place))
    )
    return [bytes(digest) for digest in (await connection.execute(statement)).scalars()]


async def find_leaf(connection: AsyncConnection, complaint_id: str) -> RootLeaf | None:
    """Return where a complaint's receipt lies, once its day is closed."""
    statement = select(RootLeaf).where(col(RootLeaf.complaint_id) == complaint_id)
    row = (await connection.execute(statement)).first()
    return None if row is None else RootLeaf(**row._asdict())


async def count_changed_receipts(connection: AsyncConnection, day: date) -> int:
    """Count a day's complaints whose receipt is no longer the one that the day fixed."""
    statement = (
        select(func.count())
        .select_from(RootLeaf)
        .join(Complaint, col(Complaint.complaint_id) == col(RootLeaf.complaint_id), isouter=True)
        .where(
            col(RootLeaf.day) == day,
            col(Complaint.digest).is_distinct_from(col(RootLeaf.digest)),
        )
    )
    return int((await connection.execute(statement)).scalar_one())


async def find_rootless_day(connection: AsyncConnection) -> date | None:
    """Return the first day that has receipts and no root, if there is one."""
    days = select(col(DailyRoot.day))
    statement = select(func.min(col(RootLeaf.day))).where(col(RootLeaf.day).not_in(days))
    day: date | None = (await connection.execute(statement)).scalar_one()
    return day


async def insert_root(connection: AsyncConnection, root: DailyRoot) -> None:
    """Store a day's root."""
    await connection.execute(insert(DailyRoot), root.model_dump())


async def find_root(connection: AsyncConnection, day: date) -> DailyRoot | None:
    """Return the root of a day, if it is closed."""
    statement = select(DailyRoot).where(col(DailyRoot.day) == day)
    row = (await connection.execute(statement)).first()
    return None if row is None else DailyRoot(**row._asdict())


async def list_roots(
    connection: AsyncConnection, *, before: date | None = None, limit: int
) -> list[DailyRoot]:
    """Return roots, the newest first."""
    statement = select(DailyRoot).order_by(col(DailyRoot.day).desc()).limit(limit)
    if before is not None:
        statement = statement.where(col(DailyRoot.day) < before)
    rows = (await connection.execute(statement)).all()
    return [DailyRoot(**row._asdict()) for row in rows]


async def list_days(connection: AsyncConnection) -> list[DailyRoot]:
    """Return every root, the oldest first."""
    rows = (await connection.execute(select(DailyRoot).order_by(col(DailyRoot.day)))).all()
    return [DailyRoot(**row._asdict()) for row in rows]
