"""Old complaints go into the data bank: masked, each once, as no case and with no clock."""

from collections.abc import Mapping, Sequence
from typing import Any

from services.intake import bank_upkeep_queries as queries
from services.intake.context import IntakeContext
from shared.unit_of_work import UnitOfWork


async def import_entries(
    unit: UnitOfWork, context: IntakeContext, entries: Sequence[Mapping[str, Any]]
) -> int:
    """Store entries that `rules.archives.read_row` made; returns how many were not there before.

    ComplaintImported follows for those, later and a few at a time (see `announce_imports`).
    """
    await queries.lock_bank(unit.connection)
    return await queries.insert_imports(unit.connection, entries, context.profile.pemda.zone)
