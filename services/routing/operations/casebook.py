"""The cases that one unit locked together, and what becomes of them: written once, at its end.

While a unit has such a book, `take_case` takes from it and `write_fact` notes in it, without a
statement for each case.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from services.routing import queries
from services.routing.tables import Case, CaseFact
from shared.unit_of_work import UnitOfWork


@dataclass
class CaseBook:
    """Locked cases by id, and of those that changed, what they are now and why."""

    cases: dict[str, Case] = field(default_factory=dict)
    changed: dict[str, Case] = field(default_factory=dict)
    facts: dict[str, list[CaseFact]] = field(default_factory=dict)

    def change(self, case: Case, changes: Mapping[str, Any], fact: CaseFact) -> Case:
        """Note that a case of this book is changed by a fact; returns it as it is then."""
        if case.complaint_id not in self.cases or not changes.keys() <= set(queries.CHANGING):
            raise ValueError(f"no change for a book: {sorted(changes)}")
        changed = queries.changed_case(case, changes)
        self.changed[case.complaint_id] = changed
        self.facts.setdefault(case.complaint_id, []).append(fact)
        return changed

    def forget(self, complaint_id: str) -> None:
        """Let a case be as it is stored."""
        self.changed.pop(complaint_id, None)
        self.facts.pop(complaint_id, None)

    async def finish(self, unit: UnitOfWork) -> None:
        """Write what changed, with one statement."""
        if self.changed:
            facts = [fact for each in self.facts.values() for fact in each]
            await queries.update_cases(unit.connection, list(self.changed.values()), facts)
