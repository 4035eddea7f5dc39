"""All SQL on attachments."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, delete, func, insert, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlmodel import col

from services.intake.attachment_tables import Attachment
from services.intake.tables import Complaint

# One statement for all files of all complaints that share a transaction; they are locked in order,
# so that two transactions that want the same ones never wait for each other.
_GIVE = text(
    """
    WITH free AS (
        SELECT attachment_id FROM attachment
        WHERE attachment_id = ANY(CAST(:attachment_ids AS uuid[]))
          AND complaint_id IS NULL AND expires_at > :now
        ORDER BY attachment_id FOR UPDATE
    )
    UPDATE attachment SET complaint_id = given.complaint_id, message_id = given.message_id,
           wrapped_key = given.wrapped_key, expires_at = NULL
    FROM unnest(CAST(:attachment_ids AS uuid[]), CAST(:complaint_ids AS uuid[]),
                CAST(:message_ids AS uuid[]), CAST(:wrapped_keys AS bytea[]))
      AS given (attachment_id, complaint_id, message_id, wrapped_key)
    JOIN free USING (attachment_id)
    WHERE attachment.attachment_id = given.attachment_id
    """
)


async def insert_attachment(connection: AsyncConnection, attachment: Attachment) -> None:
    """Store what is known of a file."""
    await connection.execute(insert(Attachment), attachment.model_dump())


async def list_uploads(
    connection: AsyncConnection, attachment_ids: Sequence[str]
) -> dict[str, Attachment]:
    """Return files by id, whether a complaint has them or not."""
    return {
        each.attachment_id: each
        for each in await _list(connection, col(Attachment.attachment_id).in_(attachment_ids))
    }


async def list_attachments(connection: AsyncConnection, complaint_id: str) -> list[Attachment]:
    """Return a complaint's files, the oldest first."""
    return await _list(connection, _belongs(complaint_id))


async def find_attachment(
    connection: AsyncConnection, complaint_id: str, attachment_id: str
) -> Attachment | None:
    """Return one of a complaint's files."""
    found = await _list(
        connection, and_(_belongs(complaint_id), col(Attachment.attachment_id) == attachment_id)
    )
    return found[0] if found else None


async def sum_attachments(
    connection: AsyncConnection, complaint_id: str, by: str
) -> tuple[int, int]:
    """Return how many files one side has added to a complaint, and their bytes."""
    statement = select(func.count(), func.coalesce(func.sum(col(Attachment.size)), 0)).where(
        _belongs(complaint_id), col(Attachment.by) == by
    )
    files, size = (await connection.execute(statement)).one()
    return int(files), int(size)


async def sum_waiting(connection: AsyncConnection) -> int:
    """Return the bytes of all files that no complaint has."""
    statement = select(func.coalesce(func.sum(col(Attachment.size)), 0)).where(
        col(Attachment.expires_at).is_not(None)
    )
    return int((await connection.execute(statement)).scalar_one())


async def give_attachments(
    connection: AsyncConnection,
    now: datetime,
    files: Sequence[tuple[str, str, str | None, bytes]],
) -> int:
    """Give files to complaints: their ids, the complaints', the messages', and the keys as sealed.

    Returns how many were free to be given.
    """
    attachment_ids, complaint_ids, message_ids, wrapped_keys = zip(*files, strict=True)
    result = await connection.execute(
        _GIVE,
        {
            "attachment_ids": list(attachment_ids),
            "complaint_ids": list(complaint_ids),
            "message_ids": list(message_ids),
            "wrapped_keys": list(wrapped_keys),
            "now": now,
        },
    )
    return result.rowcount


async def expire_attachments(
    connection: AsyncConnection, reporter_ids: Sequence[str], now: datetime
) -> None:
    """Let the files that these reporters sent be deleted; officers' evidence stays."""
    complaints = select(col(Complaint.complaint_id)).where(
        col(Complaint.reporter_id).in_(reporter_ids)
    )
    await connection.execute(
        update(Attachment)
        .where(col(Attachment.complaint_id).in_(complaints), col(Attachment.by) == "citizen")
        .values(expires_at=now, taken_at=None, taken_lat=None, taken_lon=None)
    )


async def expire_named(
    connection: AsyncConnection, attachment_ids: Sequence[str], now: datetime
) -> None:
    """Let these files be deleted: their content is about somebody who was erased."""
    await connection.execute(
        update(Attachment)
        .where(col(Attachment.attachment_id).in_(attachment_ids))
        .values(expires_at=now)
    )


async def lock_expired(connection: AsyncConnection, now: datetime, most: int) -> list[Attachment]:
    """Return files whose time is over, and let nobody else have them in this transaction."""
    statement = (
        select(Attachment)
        .where(col(Attachment.expires_at) <= now)
        .order_by(col(Attachment.expires_at))
        .limit(most)
        .with_for_update(skip_locked=True)
    )
    rows = (await connection.execute(statement)).all()
    return [Attachment(**row._mapping) for row in rows]  # noqa: SLF001 - documented API


async def delete_attachments(connection: AsyncConnection, attachment_ids: Sequence[str]) -> None:
    """Forget files; their content has to be deleted before."""
    await connection.execute(
        delete(Attachment).where(col(Attachment.attachment_id).in_(attachment_ids))
    )


def _belongs(complaint_id: str) -> ColumnElement[bool]:
    return and_(col(Attachment.complaint_id) == complaint_id, col(Attachment.expires_at).is_(None))


async def _list(connection: AsyncConnection, which: ColumnElement[bool]) -> list[Attachment]:
    statement = (
        select(Attachment)
        .where(which)
        .order_by(col(Attachment.uploaded_at), col(Attachment.attachment_id))
    )
    rows: Sequence[Any] = (await connection.execute(statement)).all()
    return [Attachment(**row._mapping) for row in rows]  # noqa: SLF001 - documented API
