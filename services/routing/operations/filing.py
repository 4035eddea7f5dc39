"""Decisions that were filled in without a network, and are sent later, many at once.

Each is a unit of its own: what one comes to changes nothing for the others, and a batch that broke
off is sent again as it is. Whatever was sent is kept, also where the stage was decided before.
"""

from typing import Any

from services.routing import disposition_queries, stage_queries
from services.routing.context import RoutingContext
from services.routing.disposition_schemas import Filing, FilingProblem, FilingResult
from services.routing.errors import CaseNotFound
from services.routing.operations.changing import Acting
from services.routing.operations.checking_stages import application_of, take_in_stage
from services.routing.operations.deciding_stages import decide
from services.routing.operations.together import answer_of
from services.routing.stage_errors import FilingReused, NotInStage, StageLeft, StageNotOffline
from services.routing.stage_schemas import DecisionWish
from services.routing.stage_tables import StageFiling
from shared.auth import Principal
from shared.errors import Problem
from shared.problems import TYPE_PREFIX
from shared.unit_of_work import UnitOfWork, UnitsOfWork

#: These are not put right by sending something else.
_FINAL = ("taken", "conflict")


async def file_decision(
    units: UnitsOfWork, context: RoutingContext, caller: Principal, filing: Filing
) -> FilingResult:
    """Let one filing take effect once; what it came to is kept and told again.

    One that was refused is tried again, with what is sent now.
    """
    async with units.begin() as unit:
        sent = filing.model_dump(mode="json")
        row = StageFiling(
            subject=caller.subject,
            client_id=filing.client_id,
            complaint_id=str(filing.complaint_id),
            opd=caller.opd or "",
            filing=sent,
            filled_at=filing.filled_at,
            received_at=unit.now,
        )
        kept = await disposition_queries.claim_filing(unit.connection, row)
        if kept.outcome in _FINAL and kept.result is not None:
            if kept.filing != sent:
                return _result(filing, "refused", problem=FilingReused())
            return FilingResult.model_validate(kept.result)
        result = await _try(unit, context, caller, filing)
        await disposition_queries.settle_filing(
            unit.connection,
            kept,
            filing=sent,
            complaint_id=row.complaint_id,
            filled_at=row.filled_at,
            received_at=unit.now,
            outcome=result.outcome,
            result=result.model_dump(mode="json"),
        )
        return result


async def _try(
    unit: UnitOfWork, context: RoutingContext, caller: Principal, filing: Filing
) -> FilingResult:
    acting = Acting(caller, str(filing.complaint_id))
    part = unit.part()
    try:
        # What a refusal has written is undone, the filing itself is kept.
        async with unit.connection.begin_nested():
            await _check(part, context, acting, filing)
            wish = DecisionWish.model_validate(filing.model_dump(include=set(_WISH)))
            case = await decide(part, context, acting, wish, filled_at=filing.filled_at)
    except CaseNotFound as problem:
        visits = await stage_queries.list_visits(unit.connection, acting.complaint_id)
        was_theirs = any(v.stage == filing.stage and v.opd == caller.opd for v in visits)
        return _result(filing, "conflict" if was_theirs else "refused", problem=problem)
    except (StageLeft, NotInStage) as problem:
        return _result(filing, "conflict", problem=problem)
    except Problem as problem:
        return _result(filing, "refused", problem=problem)
    unit.adopt(part)
    return _result(filing, "taken", case=answer_of(caller, case))


_WISH = DecisionWish.model_fields


async def _check(unit: UnitOfWork, context: RoutingContext, acting: Acting, filing: Filing) -> None:
    """See that the stage may be filled in so, and that this is the stay in it that was meant."""
    case = await take_in_stage(unit, acting)
    if case.stage != filing.stage:
        raise StageLeft(case.stage, case.stage_title)
    application = await application_of(unit, context, case)
    stage = application.service.stage(filing.stage)
    if stage is not None and not stage.offline:
        raise StageNotOffline(stage.title)
    if case.stage_since is not None and filing.filled_at < case.stage_since:
        visits = await stage_queries.list_visits(unit.connection, case.complaint_id)
        # A device's clock may be slow; but what was filled in for an earlier stay is another form.
        if sum(visit.stage == filing.stage for visit in visits) > 1:
            raise StageLeft(case.stage, case.stage_title)


def _result(
    filing: Filing, outcome: Any, *, case: Any = None, problem: Problem | None = None
) -> FilingResult:
    return FilingResult(
        client_id=filing.client_id,
        complaint_id=str(filing.complaint_id),
        outcome=outcome,
        case=case,
        problem=None if problem is None else _told(problem),
    )


def _told(problem: Problem) -> FilingProblem:
    return FilingProblem.model_validate(
        {
            "type": TYPE_PREFIX + problem.slug,
            "status": problem.status,
            "detail": problem.detail,
            "errors": problem.errors,
        }
    )
