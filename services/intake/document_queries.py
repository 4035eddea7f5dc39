"""The SQL of documents that were issued."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, insert, null, select, update
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlmodel import col

from services.intake.paper_tables import IssuedDocument
from services.intake.tables import Complaint


async def insert_document(connection: AsyncConnection, row: dict[str, Any]) -> None:
    """Store a document that is issued now."""
    await connection.execute(insert(IssuedDocument).values(**row))


async def list_issued(
    connection: AsyncConnection, complaint_id: str, code: str | None = None
) -> list[IssuedDocument]:
    """Return what was issued to an applicant, the oldest first."""
    which = col(IssuedDocument.complaint_id) == complaint_id
    if code is not None:
        which &= col(IssuedDocument.code) == code
    return await _list(connection, which)


async def find_by_id(connection: AsyncConnection, document_id: str) -> IssuedDocument | None:
    """Return a document, or None."""
    found = await _list(connection, col(IssuedDocument.document_id) == document_id)
    return found[0] if found else None


async def find_by_code(connection: AsyncConnection, verification: str) -> IssuedDocument | None:
    """Return the document with this verification code, or None."""
    found = await _list(connection, col(IssuedDocument.verification) == verification)
    return found[0] if found else None


async def find_number(connection: AsyncConnection, complaint_id: str) -> str | None:
    """Return the number under which something was issued to an applicant last, if anything was."""
    statement = (
        select(col(IssuedDocument.number))
        .where(
            col(IssuedDocument.complaint_id) == complaint_id,
            col(IssuedDocument.number).is_not(None),
            col(IssuedDocument.withdrawn_at).is_(None),
        )
        .order_by(col(IssuedDocument.issued_at).desc(), col(IssuedDocument.document_id).desc())
        .limit(1)
    )
    return (await connection.execute(statement)).scalar_one_or_none()


async def withdraw_document(
    connection: AsyncConnection, document_id: str, *, by: str, reason: str, now: datetime
) -> bool:
    """Withdraw a document; False where it was withdrawn before."""
    result = await connection.execute(
        update(IssuedDocument)
        .where(
            col(IssuedDocument.document_id) == document_id,
            col(IssuedDocument.withdrawn_at).is_(None),
        )
        .values(withdrawn_at=now, withdrawn_by=by, withdrawn_reason=reason)
    )
    return bool(result.rowcount)


async def lock_unstored(connection: AsyncConnection, most: int) -> list[IssuedDocument]:
    """Return documents whose content still lies in their row, and let nobody else have them."""
    return await _list(connection, col(IssuedDocument.sealed).is_not(None), locked=most)


async def empty_rows(connection: AsyncConnection, document_ids: Sequence[str]) -> None:
    """Note that the store has these contents now."""
    await connection.execute(
        update(IssuedDocument)
        .where(col(IssuedDocument.document_id).in_(document_ids))
        .values(sealed=null())
    )


async def expire_documents(
    connection: AsyncConnection, reporter_ids: Sequence[str], now: datetime
) -> list[str]:
    """Let the contents of what was issued to these people be deleted, and their keys at once.

    Returns the ids of staff's files that were handed out to them.
    """
    complaints = select(col(Complaint.complaint_id)).where(
        col(Complaint.reporter_id).in_(reporter_ids)
    )
    rows = await connection.execute(
        update(IssuedDocument)
        .where(col(IssuedDocument.complaint_id).in_(complaints))
        .values(expires_at=now, sealed=null(), wrapped_key=null())
        .returning(col(IssuedDocument.attachment_id))
    )
    return [str(row.attachment_id) for row in rows if row.attachment_id is not None]


async def lock_expired(
    connection: AsyncConnection, now: datetime, most: int
) -> list[IssuedDocument]:
    """Return documents whose content is to be deleted, and let nobody else have them."""
    return await _list(connection, col(IssuedDocument.expires_at) <= now, locked=most)


async def forget_contents(connection: AsyncConnection, document_ids: Sequence[str]) -> None:
    """Note that these contents are gone; that the documents were issued stays known."""
    await connection.execute(
        update(IssuedDocument)
        .where(col(IssuedDocument.document_id).in_(document_ids))
        .values(content_name=null(), attachment_id=null(), expires_at=null())
    )


async def _list(
    connection: AsyncConnection, which: ColumnElement[bool], *, locked: int | None = None
) -> list[IssuedDocument]:
    statement = (
        select(IssuedDocument)
        .where(which)
        .order_by(col(IssuedDocument.issued_at), col(IssuedDocument.document_id))
    )
    if locked is not None:
        statement = statement.limit(locked).with_for_update(skip_locked=True)
    rows: Sequence[Any] = (await connection.execute(statement)).all()
    return [IssuedDocument(**row._mapping) for row in rows]  # noqa: SLF001 - documented API
