"""Erasing a person: their keys are destroyed, and with them all that the keys had sealed."""

from collections.abc import Sequence

from services.intake import attachment_queries, privacy_queries, queries
from services.intake.context import IntakeContext
from services.intake.operations.document_reading import expire_documents
from shared.unit_of_work import UnitOfWork


async def find_reporters(
    unit: UnitOfWork, context: IntakeContext, *, phone: str | None = None, nik: str | None = None
) -> list[str]:
    """Return the ids of reporters by E.164 number or NIK, under every master key of the ring."""
    vault = context.vault
    return await queries.list_reporters(
        unit.connection,
        vault.blind_indexes("phone", phone) if phone else [],
        vault.blind_indexes("nik", nik) if nik else [],
    )


async def erase_reporters(unit: UnitOfWork, reporter_ids: Sequence[str]) -> int:
    """Destroy the keys of reporters; returns how many were erased now, and not before.

    What the keys had sealed goes too, words, messages, files and documents, so that no old copy of
    a key opens it. Masked text, the case, its history and officers' evidence stay: they name
    nobody; that a document was issued stays known.
    """
    await privacy_queries.empty_sealed(unit.connection, reporter_ids)
    await attachment_queries.expire_attachments(unit.connection, reporter_ids, unit.now)
    await expire_documents(unit, reporter_ids)
    return await queries.destroy_keys(unit.connection, reporter_ids, unit.now)
