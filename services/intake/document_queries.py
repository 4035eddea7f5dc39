"""The SQL of documents that were issued."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlmodel import col

from services.intake.paper_tables import IssuedDocument


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
