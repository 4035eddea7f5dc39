"""A complaint about several matters: each becomes a part of its case, with its own OPD."""

from collections.abc import Sequence
from typing import Any

from services.routing import access, handling_queries
from services.routing.context import RoutingContext
from services.routing.errors import PartsIncorrect
from services.routing.handling_tables import CasePart
from services.routing.operations.changing import (
    Acting,
    By,
    Fact,
    as_written,
    change_case,
    take_case,
)
from services.routing.operations.contributing import MOST_PARTS
from services.routing.schemas import PartForm, Splitting
from services.routing.states import Action
from services.routing.tables import Case
from services.routing.work_errors import TooManyParts
from shared.contracts.routing import CaseAssigned, CaseSplit
from shared.contracts.routing import CasePart as PartOfCase
from shared.ids import ComplaintId
from shared.unit_of_work import UnitOfWork


async def split_case(
    unit: UnitOfWork, context: RoutingContext, acting: Acting, wish: Splitting
) -> Case:
    """Give each matter of a case to an OPD; publishes CaseSplit, and CaseAssigned for each part.

    The first part leads and stays with the OPD that has the case, if one has. The others are its
    contributors from now on; their clocks start at once. Raises PartsIncorrect, TooManyParts, and
    what `take_case` raises.
    """
    _check_parts(context, wish.parts)
    case = await take_case(unit, acting, Action.SPLIT)
    first = await _next_part(unit, case, wish.parts)
    numbers = [0, *range(first, first + len(wish.parts) - 1)]
    parts = [
        _make_part(unit, context, acting, case, number, part)
        for number, part in zip(numbers, wish.parts, strict=True)
    ]
    reason, by = as_written(wish.reason), access.acts_as(acting.caller, case.opd)
    changed = await change_case(
        unit,
        case,
        Action.SPLIT,
        Fact(by, acting.officer_id, reason, {"opds": [part.opd for part in parts]}),
        **(_led_by(unit, context, parts[0], by, reason) if case.opd is None else {}),
    )
    for part in parts[1:]:
        await handling_queries.insert_part(unit.connection, part)
    unit.publish(
        CaseSplit(
            complaint_id=ComplaintId(case.complaint_id),
            occurred_at=unit.now,
            parts=tuple(
                PartOfCase.model_validate(part.model_dump(include=set(PartOfCase.model_fields)))
                for part in parts
            ),
        ),
        *(
            _assigned(unit, context, part, by, reason)
            for part in parts
            if part.part or case.opd is None
        ),
    )
    return changed


async def _next_part(unit: UnitOfWork, case: Case, wanted: Sequence[PartForm]) -> int:
    """Return the number of the next part; raises where the parts do not fit those there are."""
    if case.opd not in {None, wanted[0].opd}:
        raise PartsIncorrect("/parts/0/opd", "Bagian pertama tetap pada OPD yang memegang kasus")
    known = await handling_queries.list_parts(unit.connection, case.complaint_id)
    asked = {part.opd for part in known if part.state == "asked"}
    for number, part in enumerate(wanted):
        if part.opd in asked:
            raise PartsIncorrect(f"/parts/{number}/opd", "OPD ini sudah mengerjakan satu bagian")
    following = 1 + max((part.part for part in known), default=0)
    if following + len(wanted) - 1 > MOST_PARTS:
        raise TooManyParts(MOST_PARTS)
    return following


def _check_parts(context: RoutingContext, parts: Sequence[PartForm]) -> None:
    seen: set[str] = set()
    for number, part in enumerate(parts):
        if part.opd not in context.opd_names:
            raise PartsIncorrect(f"/parts/{number}/opd", "OPD tidak ada dalam profil Pemda")
        if part.opd in seen:
            raise PartsIncorrect(f"/parts/{number}/opd", "Setiap bagian untuk OPD yang lain")
        if part.topic is not None and part.topic not in context.topic_names:
            raise PartsIncorrect(f"/parts/{number}/topic", "Topik tidak ada dalam profil Pemda")
        seen.add(part.opd)


def _make_part(
    unit: UnitOfWork,
    context: RoutingContext,
    acting: Acting,
    case: Case,
    number: int,
    part: PartForm,
) -> CasePart:
    return CasePart(
        complaint_id=case.complaint_id,
        part=number,
        opd=part.opd,
        opd_name=context.opd_names[part.opd],
        topic=part.topic,
        state="asked",
        text=as_written(part.text),
        asked_at=unit.now,
        asked_by=acting.officer_id,
    )


def _led_by(
    unit: UnitOfWork, context: RoutingContext, part: CasePart, by: By, reason: str
) -> dict[str, Any]:
    """Return what changes of a case that no OPD had, when this part leads it."""
    return {
        "opd": part.opd,
        "opd_name": part.opd_name,
        "topic": part.topic,
        "topic_name": context.topic_names.get(part.topic or ""),
        "assigned_by": by,
        "reason": reason,
        "assigned_at": unit.now,
    }


def _assigned(
    unit: UnitOfWork,
    context: RoutingContext,
    part: CasePart,
    by: By,
    reason: str,
) -> CaseAssigned:
    return CaseAssigned.model_validate(
        {
            "complaint_id": part.complaint_id,
            "occurred_at": unit.now,
            "part": part.part,
            "opd": part.opd,
            "opd_name": part.opd_name,
            "topic": part.topic,
            "topic_name": context.topic_names.get(part.topic or ""),
            "by": by,
            "reason": reason,
            "officer_id": part.asked_by,
        }
    )
