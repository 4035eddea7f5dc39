"""What intake says has changed of a complaint, and what its case makes of it."""

from collections.abc import Collection
from typing import Any, Final

from services.routing import queries
from services.routing.context import RoutingContext
from services.routing.errors import CaseMissing
from services.routing.operations.changing import By, Fact, write_fact
from services.routing.operations.citizens import go_on_with_answer
from services.routing.operations.desk import put_aside_as_spam, take_back_from_spam
from services.routing.operations.joining import release_members
from shared.contracts.intake import ComplaintAmended
from shared.unit_of_work import UnitOfWork

#: What the case has under the same names.
_TAKEN_OVER: Final = (
    "classification",
    "title",
    "text",
    "anonymous",
    "secret",
    "emergency",
    "spam",
)


async def amend_case(unit: UnitOfWork, context: RoutingContext, event: ComplaintAmended) -> None:
    """Take over what has changed; the OPD stays, whatever the text says now.

    Corrected answers of an application are the whole new set; where it waited for them, its stage
    goes on. A secret case leads no other, and spam is put aside: neither keeps the cases merged
    into it. Raises CaseMissing.
    """
    del context
    case = await queries.lock_case(unit.connection, event.complaint_id)
    if case is None:
        raise CaseMissing(f"no case {event.complaint_id} to amend")
    changes = _changes(event)
    if event.answers is not None and case.service is not None:
        changes["answers"] = event.answers
    if not changes:
        return
    fact = Fact(_who_changed(changes), details={"changed": sorted(changes)})
    case = await write_fact(unit, case, "amend", fact, **changes)
    if case.secret or case.spam:
        case = await release_members(unit, case, fact.by)
    if "answers" in changes and case.request_id is not None:
        # The applicant was asked to correct, and did; the message that says so may come later.
        await go_on_with_answer(unit, case, case.request_id, None)
    if event.spam:
        await put_aside_as_spam(unit, case)
    elif event.spam is False:
        await take_back_from_spam(unit, case)


def _changes(event: ComplaintAmended) -> dict[str, Any]:
    """Return the columns that change."""
    given = {name: getattr(event, name) for name in _TAKEN_OVER}
    changes = {name: value for name, value in given.items() if value is not None}
    if event.location is not None:
        changes |= event.location.model_dump()
    if event.candidates is not None:
        changes["candidates"] = [each.model_dump(mode="json") for each in event.candidates]
    return changes


def _who_changed(changes: Collection[str]) -> By:
    """Tell whose word it is: intake itself finds candidates, staff call a complaint spam."""
    if "spam" in changes:
        return "desk"
    return "rule" if set(changes) == {"candidates"} else "citizen"
