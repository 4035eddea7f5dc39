"""The way of a file into intake and out of it: cleaned, noted, sealed, stored; later deleted.

Cleaning and storing take seconds at times, so that they run in no transaction. A file's row is
committed before its content is stored, and deleted after it: a crash leaves no content without one.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

from services.intake import attachment_queries, queries
from services.intake.attachment_errors import UploadsFull
from services.intake.attachment_tables import Attachment
from services.intake.context import IntakeContext
from services.intake.errors import ComplaintNotFound
from services.intake.operations.conversation import receive_message
from services.intake.schemas import Accepted
from shared.ids import new_id
from shared.media.files import CleanFile, Taken
from shared.media.refusals import FileRefused
from shared.media.store import new_name
from shared.unit_of_work import UnitOfWork, UnitsOfWork
from shared.vault import PersonKey

_BATCH: Final = 100


async def keep_file(
    units: UnitsOfWork,
    context: IntakeContext,
    data: bytes,
    *,
    officer_id: str | None = None,
    consent: bool = False,
) -> Attachment:
    """Clean a file and keep it for a while; it is deleted unless a complaint is given it.

    Without an officer it is a citizen's, and without their consent nobody learns where and when a
    photo was taken. Raises a FileRefused, ScannerUnavailable, UploadsFull.
    """
    try:
        cleaned = await context.files.workshop.clean(data)
    except FileRefused as refused:
        context.metrics.files_refused.labels(refused.slug).inc()
        raise
    attachment_id = new_id()
    wrapped, key = context.vault.new_person(attachment_id)
    taken = cleaned.taken if consent or officer_id is not None else Taken()
    async with units.begin() as unit:
        attachment = Attachment(
            attachment_id=attachment_id,
            complaint_id=None,
            message_id=None,
            by="citizen" if officer_id is None else "officer",
            officer_id=officer_id,
            kind=cleaned.kind,
            media_type=cleaned.media_type,
            size=len(cleaned.content),
            width=cleaned.width,
            height=cleaned.height,
            seconds=cleaned.seconds,
            fingerprint=cleaned.fingerprint,
            taken_at=taken.at,
            taken_lat=taken.lat,
            taken_lon=taken.lon,
            content_name=new_name(),
            thumbnail_name=None if cleaned.thumbnail is None else new_name(),
            key_id=wrapped.key_id,
            wrapped_key=wrapped.wrapped,
            uploaded_at=unit.now,
            expires_at=unit.now + context.files.waiting_time,
        )
        await _note(unit, context, attachment)
    await _store(context, key, attachment, cleaned)
    context.metrics.files_kept.labels(attachment.by, attachment.kind).inc()
    return attachment


async def attach_bytes(
    units: UnitsOfWork,
    context: IntakeContext,
    complaint_id: str,
    data: bytes,
    *,
    text: str | None = None,
    consent: bool = False,
    meanwhile: Callable[[UnitOfWork], Awaitable[None]] | None = None,
) -> Accepted:
    """Keep a file that its citizen sent on a channel, as a message of theirs.

    `meanwhile` is done in the transaction that gives the file to the complaint: there a channel
    notes that it has fetched this file, so that a crash makes it neither two files nor none.
    Raises what `keep_file` and `receive_message` raise.
    """
    attachment = await keep_file(units, context, data, consent=consent)
    async with units.begin() as unit:
        complaint = await queries.find_complaint_by_id(unit.connection, complaint_id)
        if complaint is None:
            raise ComplaintNotFound
        if meanwhile is not None:
            await meanwhile(unit)
        return await receive_message(unit, context, complaint, text, [attachment])


async def delete_expired(units: UnitsOfWork, context: IntakeContext) -> None:
    """Delete the files whose time is over: no complaint has them, or their reporter was erased."""
    deleted = _BATCH
    while deleted == _BATCH:
        async with units.begin() as unit:
            deleted = await _delete_batch(unit, context)


async def _note(unit: UnitOfWork, context: IntakeContext, attachment: Attachment) -> None:
    waiting = await attachment_queries.sum_waiting(unit.connection)
    if waiting + attachment.size > context.files.most_waiting_bytes:
        raise UploadsFull
    await attachment_queries.insert_attachment(unit.connection, attachment)


async def _store(
    context: IntakeContext, key: PersonKey, attachment: Attachment, cleaned: CleanFile
) -> None:
    contents = {attachment.content_name: cleaned.content}
    if attachment.thumbnail_name is not None and cleaned.thumbnail is not None:
        contents[attachment.thumbnail_name] = cleaned.thumbnail
    for name, content in contents.items():
        # In a thread: a film takes long enough for others to notice.
        sealed = await asyncio.to_thread(key.seal_bytes, content, name)
        await context.files.store.put(name, sealed)


async def _delete_batch(unit: UnitOfWork, context: IntakeContext) -> int:
    expired = await attachment_queries.lock_expired(unit.connection, unit.now, _BATCH)
    for each in expired:
        for name in (each.content_name, each.thumbnail_name):
            if name is not None:
                await context.files.store.delete(name)
    if expired:
        await attachment_queries.delete_attachments(
            unit.connection, [each.attachment_id for each in expired]
        )
    return len(expired)
