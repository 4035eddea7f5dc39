"""Dispositions: work given down a chain within the OPD that has a case, passed on and answered."""

from collections.abc import Sequence
from datetime import datetime, time, timedelta
from typing import Final

from services.routing import disposition_queries
from services.routing.context import RoutingContext
from services.routing.disposition_schemas import DispositionAnswer, DispositionWish
from services.routing.errors import STATE_NAMES
from services.routing.operations.changing import Acting, Fact, as_written, write_fact
from services.routing.operations.checking_stages import application_of, take_in_stage
from services.routing.operations.entering_stages import name_of
from services.routing.stage_errors import (
    DispositionNotFound,
    DispositionNotYours,
    DispositionOver,
    DispositionsOpen,
    DispositionWrong,
    NoDispositions,
    NotInStage,
    TooManyDispositions,
)
from services.routing.stage_tables import Disposition
from services.routing.states import State
from services.routing.tables import Case
from shared.auth import Role
from shared.catalogue.definition import DispositionTerms, Service, Stage
from shared.contracts.routing import StageEntered, StageTerms
from shared.ids import ComplaintId
from shared.unit_of_work import UnitOfWork

_LONGEST: Final = timedelta(days=366)
_SATURDAY: Final = 5
_MOST: Final = disposition_queries.LAST_PART - disposition_queries.FIRST_PART + 1


async def give_disposition(
    unit: UnitOfWork, context: RoutingContext, acting: Acting, wish: DispositionWish
) -> Disposition:
    """Give work to an officer or a position of the OPD; publishes StageEntered for its part.

    Raises NoDispositions, DispositionWrong, TooManyDispositions, and what `take_in_stage` raises.
    """
    case = await take_in_stage(unit, acting)
    known = await disposition_queries.list_dispositions(unit.connection, case.complaint_id)
    return await _give(unit, context, acting, case, wish, known, None)


async def pass_on(
    unit: UnitOfWork, context: RoutingContext, acting: Acting, part: int, wish: DispositionWish
) -> Disposition:
    """Pass a disposition on to somebody further down; it stays open until it is answered itself.

    Raises DispositionNotFound, DispositionOver, DispositionNotYours, and what `give_disposition`
    raises.
    """
    case, known, above = await _take(unit, acting, part)
    return await _give(unit, context, acting, case, wish, known, above)


async def answer_disposition(
    unit: UnitOfWork,
    context: RoutingContext,
    acting: Acting,
    part: int,
    wish: DispositionAnswer,
) -> Disposition:
    """Say what was done; those below must have answered. Publishes StageEntered(done) for its part.

    Raises DispositionNotFound, DispositionOver, DispositionNotYours, DispositionsOpen, and what
    `take_in_stage` raises.
    """
    case, known, given = await _take(unit, acting, part)
    below = sum(each.parent == part and each.state == "open" for each in known)
    if below:
        raise DispositionsOpen(below)
    text = as_written(wish.text)
    service, stage = await _stage_of(unit, context, case)
    answered = {"answer": text, "answered_by": acting.officer_id, "answered_at": unit.now}
    await disposition_queries.answer_disposition(
        unit.connection, case.complaint_id, part, **answered
    )
    fact = Fact("officer", acting.officer_id, text, {"part": part})
    await write_fact(unit, case, "answer-disposition", fact)
    event = _event(unit, acting, service, stage, given)
    unit.publish(event.model_copy(update={"outcome": "done", "terms": None}))
    return Disposition(**{**given.model_dump(), "state": "answered", **answered})


async def _give(
    unit: UnitOfWork,
    context: RoutingContext,
    acting: Acting,
    case: Case,
    wish: DispositionWish,
    known: Sequence[Disposition],
    above: Disposition | None,
) -> Disposition:
    service, stage = await _stage_of(unit, context, case)
    if stage.disposition is None:
        raise NoDispositions(stage.title)
    _check(wish, stage.disposition)
    part = max((each.part for each in known), default=disposition_queries.FIRST_PART - 1) + 1
    if part > disposition_queries.LAST_PART:
        raise TooManyDispositions(_MOST)
    given = Disposition(
        complaint_id=case.complaint_id,
        part=part,
        parent=above.part if above else None,
        opd=case.opd or "",
        stage=stage.code,
        to_officer=wish.to_officer,
        to_position=as_written(wish.to_position) if wish.to_position else None,
        instruction=wish.instruction,
        note=as_written(wish.note) if wish.note else None,
        given_by=acting.officer_id,
        given_at=unit.now,
        due_at=_due_at(unit, context, wish, stage.disposition),
        state="open",
    )
    await disposition_queries.insert_disposition(unit.connection, given)
    details = {"part": part, "to": given.to_officer or given.to_position, "parent": given.parent}
    fact = Fact("officer", acting.officer_id, given.note, {**details, "said": given.instruction})
    await write_fact(unit, case, "pass-on" if above else "dispose", fact)
    unit.publish(_event(unit, acting, service, stage, given))
    return given


def _check(wish: DispositionWish, terms: DispositionTerms) -> None:
    if (wish.to_officer is None) == (wish.to_position is None):
        raise DispositionWrong("/to_officer", "Sebut seorang petugas atau sebuah jabatan.")
    if wish.instruction not in terms.instructions:
        known = ", ".join(terms.instructions)
        raise DispositionWrong("/instruction", f"Pilih salah satu: {known}.")


def _due_at(
    unit: UnitOfWork, context: RoutingContext, wish: DispositionWish, terms: DispositionTerms
) -> datetime:
    """Return the end of the day on which it is due."""
    today = unit.now.astimezone(context.zone).date()
    day = wish.due_on
    if day is None:
        day, left = today, terms.days
        while left:
            day += timedelta(days=1)
            left -= day.weekday() < _SATURDAY
    elif not today <= day <= today + _LONGEST:
        raise DispositionWrong(
            "/due_on", "Pilih hari ini atau hari sesudahnya, paling lama setahun."
        )
    return datetime.combine(day, time(23, 59, 59), context.zone)


async def _take(
    unit: UnitOfWork, acting: Acting, part: int
) -> tuple[Case, list[Disposition], Disposition]:
    """Lock the case, and return the open disposition that the caller may act on."""
    case = await take_in_stage(unit, acting)
    known = await disposition_queries.list_dispositions(unit.connection, case.complaint_id)
    given = next((each for each in known if each.part == part), None)
    if given is None:
        raise DispositionNotFound
    if given.state != "open":
        raise DispositionOver
    mine = given.to_officer in (None, acting.officer_id)
    if not mine and not acting.caller.has(Role.HEAD):
        raise DispositionNotYours
    return case, known, given


async def _stage_of(unit: UnitOfWork, context: RoutingContext, case: Case) -> tuple[Service, Stage]:
    application = await application_of(unit, context, case)
    stage = application.service.stage(case.stage or "")
    if stage is None:
        raise NotInStage(STATE_NAMES[State(case.state)])
    return application.service, stage


def _event(
    unit: UnitOfWork, acting: Acting, service: Service, stage: Stage, given: Disposition
) -> StageEntered:
    """Return the event of a disposition's part; what it says among colleagues stays here."""
    ladder = stage.clock.ladder if stage.clock else "standar"
    return StageEntered(
        complaint_id=ComplaintId(given.complaint_id),
        occurred_at=unit.now,
        part=given.part,
        stage=name_of(service, stage.code),
        stage_title=f"Disposisi: {given.instruction}",
        opd=given.opd,
        service_code=service.code,
        service_version=str(service.version),
        officer_id=acting.officer_id,
        terms=StageTerms(counts="elapsed", seconds=60, ladder=ladder, due_at=given.due_at),
    )
