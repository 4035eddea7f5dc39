"""Documents read: by whom they were issued to, by staff with a reason, and confirmed to anybody."""

import asyncio
from collections.abc import Sequence
from datetime import date
from typing import Final

from sqlalchemy.ext.asyncio import AsyncConnection

from services.intake import attachment_queries, document_queries, queries
from services.intake.attachment_errors import AttachmentNotFound
from services.intake.context import IntakeContext
from services.intake.document_pdf import shown_code
from services.intake.document_schemas import (
    ConfirmedDocument,
    DocumentStatus,
    DocumentView,
    PublicValue,
)
from services.intake.operations.attachments import open_file
from services.intake.operations.auditing import record
from services.intake.operations.documents import CODE_CHARACTERS, key_place
from services.intake.operations.reading import open_person
from services.intake.paper_errors import DocumentAlreadyWithdrawn, DocumentNotFound, DocumentUnknown
from services.intake.paper_tables import IssuedDocument
from services.intake.tables import Complaint
from shared.auth import Principal, Role
from shared.media.store import FileMissing
from shared.unit_of_work import UnitOfWork, UnitsOfWork
from shared.vault import WrappedKey

_OF_AN_OPD: Final = (Role.OFFICER, Role.HEAD)
_BATCH: Final = 20
#: What people write for the letters that no code has.
_MISREAD: Final = str.maketrans({"0": "O", "1": "I", "8": "B", " ": None, "-": None})


async def confirm_document(
    connection: AsyncConnection, context: IntakeContext, written_code: str, today: date
) -> ConfirmedDocument:
    """Tell anybody what a verification code stands for; raises DocumentUnknown."""
    code = read_code(written_code)
    found = None if code is None else await document_queries.find_by_code(connection, code)
    if found is None:
        raise DocumentUnknown
    withdrawn_at = found.withdrawn_at
    return ConfirmedDocument(
        verification_code=shown_code(found.verification),
        status=status_of(found, today),
        title=found.title,
        number=found.number,
        issued_on=found.issued_on,
        valid_until=found.valid_until,
        withdrawn_on=None if withdrawn_at is None else withdrawn_at.astimezone(context.zone).date(),
        issuer=context.profile.pemda.name,
        opd=found.opd,
        opd_name=found.opd_name,
        public=[PublicValue(label=label, value=value) for label, value in found.public],
        media_type=found.media_type,
        size=found.size,
        sha256=found.sha256,
    )


async def list_documents(
    connection: AsyncConnection, complaint_id: str, today: date
) -> list[DocumentView]:
    """Return the documents of an application, the oldest first."""
    issued = await document_queries.list_issued(connection, complaint_id)
    return [show_document(each, today) for each in issued]


async def open_document(
    connection: AsyncConnection, context: IntakeContext, complaint: Complaint, document_id: str
) -> tuple[IssuedDocument, bytes]:
    """Return a document of an application with its content; raises DocumentNotFound."""
    found = await document_queries.find_by_id(connection, document_id)
    if found is None or found.complaint_id != complaint.complaint_id:
        raise DocumentNotFound
    if found.attachment_id is not None:
        try:
            _, content = await open_file(
                connection, context, complaint, found.attachment_id, thumbnail=False
            )
        except AttachmentNotFound as error:
            raise DocumentNotFound from error
        return found, content
    return found, await _unseal(connection, context, complaint, found)


async def read_for_reason(
    unit: UnitOfWork,
    context: IntakeContext,
    complaint_id: str,
    document_id: str,
    reason: str,
    caller: Principal,
) -> tuple[IssuedDocument, bytes]:
    """Let staff read a document; each time is an entry of the audit log, which its person reads.

    Those may who work on the case, who issued the document, or whose OPD it was issued to. Raises
    DocumentNotFound.
    """
    complaint, found = await _find_theirs(unit.connection, complaint_id, document_id, caller)
    opened = await open_document(unit.connection, context, complaint, found.document_id)
    record(
        unit,
        caller.subject,
        "document_read",
        f"complaint:{complaint_id}",
        reason=reason,
        code=found.code,
        document=document_id,
    )
    return opened


async def list_for_staff(
    connection: AsyncConnection, complaint_id: str, today: date, caller: Principal
) -> list[DocumentView]:
    """Return which documents there are; raises DocumentNotFound for what is not the caller's."""
    complaint = await queries.find_complaint_by_id(connection, complaint_id)
    issued = await document_queries.list_issued(connection, complaint_id)
    if complaint is None:
        raise DocumentNotFound
    theirs = [each for each in issued if _is_theirs(each, complaint, caller)]
    if not theirs and not (caller.has(*_OF_AN_OPD) and caller.opd in {complaint.opd} - {None}):
        raise DocumentNotFound
    return [show_document(each, today) for each in theirs]


async def withdraw_document(
    unit: UnitOfWork,
    context: IntakeContext,
    complaint_id: str,
    document_id: str,
    reason: str,
    caller: Principal,
) -> DocumentView:
    """Let the OPD that issued a document take it back; the page behind its QR says so at once.

    Raises DocumentNotFound, also for another OPD's; DocumentAlreadyWithdrawn.
    """
    _, found = await _find_theirs(unit.connection, complaint_id, document_id, caller)
    if caller.opd != found.opd:
        raise DocumentNotFound
    if not await document_queries.withdraw_document(
        unit.connection, document_id, by=caller.subject, reason=reason, now=unit.now
    ):
        raise DocumentAlreadyWithdrawn
    record(
        unit,
        caller.subject,
        "document_withdrawn",
        f"complaint:{complaint_id}",
        reason=reason,
        code=found.code,
        document=document_id,
    )
    after = await document_queries.find_by_id(unit.connection, document_id)
    return show_document(after or found, unit.now.astimezone(context.zone).date())


async def store_contents(unit: UnitOfWork, context: IntakeContext) -> int:
    """Put contents that lie in their rows into the store; returns how many.

    Done again after a crash it writes the same: a row is emptied after its content is stored.
    """
    waiting = await document_queries.lock_unstored(unit.connection, _BATCH)
    for each in waiting:
        if each.content_name is not None and each.sealed is not None:
            await context.files.store.put(each.content_name, bytes(each.sealed))
    if waiting:
        ids = [each.document_id for each in waiting]
        await document_queries.empty_rows(unit.connection, ids)
    return len(waiting)


async def delete_contents(units: UnitsOfWork, context: IntakeContext) -> None:
    """Delete the contents of what was issued to people who were erased."""
    deleted = _BATCH
    while deleted == _BATCH:
        async with units.begin() as unit:
            expired = await document_queries.lock_expired(unit.connection, unit.now, _BATCH)
            for each in expired:
                if each.content_name is not None:
                    await context.files.store.delete(each.content_name)
            if expired:
                ids = [each.document_id for each in expired]
                await document_queries.forget_contents(unit.connection, ids)
            deleted = len(expired)


async def expire_documents(unit: UnitOfWork, reporter_ids: Sequence[str]) -> None:
    """Let go of what was issued to people who are erased; that it was issued stays known."""
    files = await document_queries.expire_documents(unit.connection, reporter_ids, unit.now)
    await attachment_queries.expire_named(unit.connection, files, unit.now)


def status_of(document: IssuedDocument, today: date) -> DocumentStatus:
    """Return whether a document is valid today."""
    if document.withdrawn_at is not None:
        return "withdrawn"
    is_over = document.valid_until is not None and document.valid_until < today
    return "expired" if is_over else "valid"


def show_document(document: IssuedDocument, today: date) -> DocumentView:
    """Return what may be told of a document to whom it belongs."""
    has_content = document.wrapped_key is not None or document.attachment_id is not None
    return DocumentView(
        document_id=document.document_id,
        code=document.code,
        title=document.title,
        number=document.number,
        status=status_of(document, today),
        issued_at=document.issued_at,
        valid_until=document.valid_until,
        verification_code=shown_code(document.verification),
        confirm_path=f"/intake/v1/documents/{document.verification}",
        media_type=document.media_type,
        size=document.size,
        available=has_content and document.expires_at is None,
        withdrawn_reason=document.withdrawn_reason,
    )


def read_code(written: str) -> str | None:
    """Return a verification code as it is stored, whatever its case, spaces and dashes."""
    code = written.upper().translate(_MISREAD)
    return code if len(code) == CODE_CHARACTERS and code.isascii() and code.isalnum() else None


async def _find_theirs(
    connection: AsyncConnection, complaint_id: str, document_id: str, caller: Principal
) -> tuple[Complaint, IssuedDocument]:
    complaint = await queries.find_complaint_by_id(connection, complaint_id)
    found = await document_queries.find_by_id(connection, document_id)
    if complaint is None or found is None or found.complaint_id != complaint_id:
        raise DocumentNotFound
    if not _is_theirs(found, complaint, caller):
        raise DocumentNotFound
    return complaint, found


def _is_theirs(document: IssuedDocument, complaint: Complaint, caller: Principal) -> bool:
    concerned = {complaint.opd, document.opd, document.applicant_opd} - {None}
    return caller.has(*_OF_AN_OPD) and caller.opd in concerned


async def _unseal(
    connection: AsyncConnection,
    context: IntakeContext,
    complaint: Complaint,
    document: IssuedDocument,
) -> bytes:
    reporter = await queries.find_reporter(connection, complaint.reporter_id)
    person, name = open_person(context, reporter), document.content_name
    if person is None or document.wrapped_key is None or name is None:
        raise DocumentNotFound
    wrapped = person.open_bytes(document.wrapped_key, key_place(document.document_id))
    key = context.vault.unwrap(document.document_id, WrappedKey(document.key_id, wrapped))
    try:
        sealed = document.sealed or await context.files.store.open(name)
    except FileMissing as error:
        raise DocumentNotFound from error
    return await asyncio.to_thread(key.open_bytes, sealed, name)
