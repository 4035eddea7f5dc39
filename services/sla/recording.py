"""Keeps the records of cases as the news come, beside the clocks and in their transaction."""

from dataclasses import dataclass, field
from typing import Any

from services.sla.record import CHANGES, RecordChange
from services.sla.record_queries import save_changes
from shared.contracts.event import Event
from shared.unit_of_work import UnitOfWork


@dataclass
class RecordBook:
    """What one unit of work hears of any number of cases."""

    changes: dict[str, RecordChange] = field(default_factory=dict)

    async def finish(self, unit: UnitOfWork) -> None:
        """Write it, with one statement."""
        await save_changes(unit.connection, self.changes)


def note_record(unit: UnitOfWork, event: Any) -> None:
    """Note what an event says of its case."""
    book = unit.gather(RecordBook, RecordBook)
    change = book.changes.setdefault(event.complaint_id, RecordChange())
    CHANGES[type(event)](change, event)


#: What the records heed.
RECORDED: frozenset[type[Event]] = frozenset(CHANGES)
