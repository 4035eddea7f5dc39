"""Files of a complaint: named by who uploaded them, given to it, shown, and opened."""

import asyncio
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from hmac import compare_digest
from typing import Final

from sqlalchemy.ext.asyncio import AsyncConnection

from services.intake import attachment_queries, queries
from services.intake.attachment_errors import AttachmentNotFound, AttachmentTaken, TooManyFiles
from services.intake.attachment_schemas import AttachedFile
from services.intake.attachment_tables import Attachment
from services.intake.context import IntakeContext
from services.intake.errors import ComplaintNotFound, FormIncorrect
from services.intake.operations.reading import may_read, open_person, show_file
from services.intake.tables import Complaint
from shared.auth import Principal
from shared.contracts.event import AttachmentRef
from shared.contracts.intake import EvidenceAdded
from shared.ids import UUID_PATTERN
from shared.media.store import FileMissing
from shared.unit_of_work import UnitOfWork
from shared.vault import PersonKey, WrappedKey

_UUID: Final = re.compile(UUID_PATTERN)


@dataclass(frozen=True, slots=True)
class GivenFile:
    """A file on its way to a complaint, with its key as the complaint's owner has it."""

    attachment_id: str
    complaint_id: str
    message_id: str | None
    wrapped_key: bytes


def seal_for(
    person: PersonKey,
    complaint_id: str,
    attachments: Iterable[Attachment],
    message_id: str | None = None,
) -> tuple[GivenFile, ...]:
    """Seal the keys of files under a reporter's key: once that is destroyed, nothing opens them."""
    return tuple(
        GivenFile(
            each.attachment_id,
            complaint_id,
            message_id,
            person.seal_bytes(each.wrapped_key, _key_place(each.attachment_id)),
        )
        for each in attachments
    )


def refer_to(attachments: Iterable[Attachment]) -> tuple[AttachmentRef, ...]:
    """Return what an event says of files."""
    return tuple(
        AttachmentRef.model_validate({"id": each.attachment_id, "kind": each.kind})
        for each in attachments
    )


def tell_of(complaint_id: str, attachment: Attachment, now: datetime) -> EvidenceAdded:
    """Return the event by which a file is compared with the others."""
    return EvidenceAdded.model_validate(
        {
            "complaint_id": complaint_id,
            "occurred_at": now,
            "attachment_id": attachment.attachment_id,
            "by": attachment.by,
            "fingerprint": attachment.fingerprint,
            "taken_at": attachment.taken_at,
            "taken_lat": attachment.taken_lat,
            "taken_lon": attachment.taken_lon,
            "officer_id": attachment.officer_id,
        }
    )


def token_of(context: IntakeContext, attachment_id: str, key_id: str) -> str:
    """Return the token by which whoever uploaded a file may name it; it is stored nowhere."""
    return f"{attachment_id}.{context.vault.derive_secret(key_id, f'upload:{attachment_id}')}"


async def find_uploads(
    connection: AsyncConnection, context: IntakeContext, tokens: Sequence[str]
) -> list[Attachment]:
    """Return the files that tokens name; raises FormIncorrect, TooManyFiles.

    A complaint may have them already: the same request may have come twice.
    """
    ids = [token.partition(".")[0] for token in tokens]
    found = await attachment_queries.list_uploads(
        connection, [each for each in ids if _UUID.fullmatch(each)]
    )
    errors = [
        (f"/attachments/{place}", "Berkas tidak dikenal atau sudah kedaluwarsa. Unggah lagi.")
        for place, token in enumerate(tokens)
        if not _is_named(context, found.get(ids[place]), token) or ids[place] in ids[:place]
    ]
    if errors:
        raise FormIncorrect(errors)
    files = [found[each] for each in ids]
    _check_room(context, 0, 0, files)
    return files


async def give_files(unit: UnitOfWork, files: Sequence[GivenFile]) -> None:
    """Give files to their complaints; raises AttachmentTaken unless all of them are free."""
    given = await attachment_queries.give_attachments(
        unit.connection,
        unit.now,
        [(f.attachment_id, f.complaint_id, f.message_id, f.wrapped_key) for f in files],
    )
    if given != len(files):
        raise AttachmentTaken


async def check_room(
    unit: UnitOfWork, context: IntakeContext, complaint_id: str, files: Sequence[Attachment]
) -> None:
    """Raise TooManyFiles unless a complaint, which is locked, may have these files as well."""
    count, size = await attachment_queries.sum_attachments(
        unit.connection, complaint_id, files[0].by
    )
    _check_room(context, count, size, files)


async def add_evidence(
    unit: UnitOfWork,
    context: IntakeContext,
    complaint_id: str,
    caller: Principal,
    attachment: Attachment,
) -> AttachedFile:
    """Give an officer's file to a case; publishes EvidenceAdded.

    It stays under the master key: the proof of what was done outlives an erasure of the reporter.
    Raises ComplaintNotFound where the case has meanwhile gone elsewhere, TooManyFiles.
    """
    progress = await queries.lock_progress(unit.connection, complaint_id)
    if progress is None or not may_read(progress.opd, caller):
        raise ComplaintNotFound("Tidak ada laporan dengan nomor ini pada OPD Anda.")
    await check_room(unit, context, complaint_id, [attachment])
    file = GivenFile(attachment.attachment_id, complaint_id, None, attachment.wrapped_key)
    await give_files(unit, [file])
    unit.publish(tell_of(complaint_id, attachment, unit.now))
    return show_file(attachment)


async def open_file(
    connection: AsyncConnection,
    context: IntakeContext,
    complaint: Complaint,
    attachment_id: str,
    *,
    thumbnail: bool,
) -> tuple[Attachment, bytes]:
    """Return a file of a complaint, or its small picture, as it was before it was sealed.

    Raises AttachmentNotFound, also where its reporter was erased or it has no small picture.
    """
    found = await attachment_queries.find_attachment(
        connection, complaint.complaint_id, attachment_id
    )
    if found is None:
        raise AttachmentNotFound
    name = found.thumbnail_name if thumbnail else found.content_name
    key = await _key_of(connection, context, complaint, found)
    if name is None or key is None:
        raise AttachmentNotFound
    try:
        sealed = await context.files.store.open(name)
        return found, await asyncio.to_thread(key.open_bytes, sealed, name)
    except FileMissing as error:
        raise AttachmentNotFound from error


async def _key_of(
    connection: AsyncConnection, context: IntakeContext, complaint: Complaint, found: Attachment
) -> PersonKey | None:
    wrapped = found.wrapped_key
    if found.by == "citizen":
        reporter = await queries.find_reporter(connection, complaint.reporter_id)
        person = open_person(context, reporter)
        if person is None:
            return None
        wrapped = person.open_bytes(wrapped, _key_place(found.attachment_id))
    return context.vault.unwrap(found.attachment_id, WrappedKey(found.key_id, wrapped))


def _key_place(attachment_id: str) -> str:
    return f"{attachment_id}:key"


def _is_named(context: IntakeContext, attachment: Attachment | None, token: str) -> bool:
    if attachment is None or attachment.by != "citizen":
        return False
    expected = token_of(context, attachment.attachment_id, attachment.key_id)
    return compare_digest(token.encode("utf-8", "replace"), expected.encode())


def _check_room(context: IntakeContext, count: int, size: int, files: Sequence[Attachment]) -> None:
    room = context.files
    if (
        count + len(files) > room.most_files
        or size + sum(each.size for each in files) > room.most_bytes
    ):
        raise TooManyFiles(room.most_files, room.most_bytes)
