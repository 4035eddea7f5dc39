"""An existing register is taken in from a file: each row once, however often the file comes."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Final

from services.intake import register_queries
from services.intake.operations.registers import make_entry
from services.intake.register_queries import NewEntry
from services.intake.register_schemas import RefusedRow, RegisterImport
from services.intake.rules.register_files import Refused, Row
from services.intake.rules.registers import Book
from shared.unit_of_work import UnitOfWork

BATCH: Final = 500
_MOST_TOLD: Final = 100


@dataclass(slots=True)
class Tally:
    """What became of a file's rows so far."""

    added: int = 0
    changed: int = 0
    same: int = 0
    refused: int = 0
    refusals: list[RefusedRow] = field(default_factory=list)

    def refuse(self, refused: Refused) -> None:
        """Note a row that was not taken."""
        self.refused += 1
        if len(self.refusals) < _MOST_TOLD:
            self.refusals.append(RefusedRow(line=refused.line, reason=refused.reason))

    def shown(self) -> RegisterImport:
        """Return it as it is answered."""
        return RegisterImport(
            added=self.added,
            changed=self.changed,
            same=self.same,
            refused=self.refused,
            refusals=self.refusals,
        )


async def import_rows(
    unit: UnitOfWork, book: Book, opd: str, rows: Iterable[Row | Refused], tally: Tally
) -> None:
    """Take in rows in this unit; of rows that are the same one the last counts."""
    taken: dict[str, NewEntry] = {}
    for row in rows:
        if isinstance(row, Refused):
            tally.refuse(row)
            continue
        # Where each OPD keeps its own entries, two may use the same number.
        origin = f"{opd}/{row.origin}" if book.separate else row.origin
        tally.same += origin in taken
        taken[origin] = make_entry(book, row.cells, opd=opd, origin=origin, located=row.place)
    known = await register_queries.list_origins(unit.connection, book.code, list(taken))
    new = [entry for origin, entry in taken.items() if origin not in known]
    changed = [
        entry
        for origin, entry in taken.items()
        if origin in known and _differs(entry, known[origin])
    ]
    await register_queries.put_entries(unit.connection, [*new, *changed], unit.now)
    tally.added += len(new)
    tally.changed += len(changed)
    tally.same += len(taken) - len(new) - len(changed)


def batches(rows: Iterator[Row | Refused]) -> Iterator[list[Row | Refused]]:
    """Cut rows into batches, each of which is taken in at once."""
    while batch := list(islice(rows, BATCH)):
        yield batch


def _differs(entry: NewEntry, known: object) -> bool:
    names = ("cells", "lat", "lon", "address", "expires_on", "opd")
    return any(getattr(entry, name) != getattr(known, name) for name in names)
