"""Old complaints go into the data bank: masked, each once, as no case and with no clock."""

import asyncio
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, Final

from services.intake import bank_upkeep_queries as queries
from services.intake.rules.archives import Names, RowRefused, read_row
from services.intake.rules.old_logs import Row
from shared.unit_of_work import UnitOfWork, UnitsOfWork

#: Rows that share a transaction: a commit for each would take most of the time.
BATCH: Final = 500


@dataclass(slots=True)
class ImportOutcome:
    """What became of the rows so far: new, there before, and refused, with line and reason."""

    stored: int = 0
    known: int = 0
    refused: list[tuple[int, str]] = field(default_factory=list)

    @property
    def rows(self) -> int:
        """Return how many rows were dealt with."""
        return self.stored + self.known + len(self.refused)


async def import_rows(
    units: UnitsOfWork,
    rows: Iterable[Row],
    names: Names,
    source: str,
    tell: Callable[[ImportOutcome], None] = lambda outcome: None,
) -> ImportOutcome:
    """Import the rows of an old log; `tell` hears of each batch that was stored.

    What is stored stays stored when this is interrupted; begun anew it passes over what is there.
    While one batch is written, the next one is read and masked.
    """
    outcome = ImportOutcome()
    reading = iter(rows)
    entries = await asyncio.to_thread(_read_batch, reading, names, source, units, outcome)
    while entries is not None:
        following = asyncio.create_task(
            asyncio.to_thread(_read_batch, reading, names, source, units, outcome)
        )
        try:
            async with units.begin() as unit:
                stored = await import_entries(unit, entries, names.zone.key)
        finally:
            entries_after = await following
        outcome.stored += stored
        outcome.known += len(entries) - stored
        tell(outcome)
        entries = entries_after
    return outcome


async def import_entries(unit: UnitOfWork, entries: Sequence[Mapping[str, Any]], zone: str) -> int:
    """Store entries that `rules.archives.read_row` made; returns how many were not there before.

    ComplaintImported follows for those, later and a few at a time (see `announce_imports`).
    """
    if not entries:
        return 0
    await queries.lock_bank(unit.connection)
    return await queries.insert_imports(unit.connection, entries, zone)


def _read_batch(
    rows: Iterator[Row], names: Names, source: str, units: UnitsOfWork, outcome: ImportOutcome
) -> list[dict[str, Any]] | None:
    """Return the entries of the next rows, noting those refused; None at the end."""
    now = units.clock.now()
    entries = []
    batch = list(islice(rows, BATCH))
    for row in batch:
        try:
            if row.refusal is not None:
                raise row.refusal
            entries.append(read_row(row.values, names, source, now))
        except RowRefused as refusal:
            outcome.refused.append((row.line, str(refusal)))
    return entries if batch else None
