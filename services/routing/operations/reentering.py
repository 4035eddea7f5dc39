"""The triage desk gives an application back to its service: it enters its last stage again."""

from services.routing.context import RoutingContext
from services.routing.operations.changing import Acting, Fact, as_written, change_case
from services.routing.operations.entering_stages import assigned_to, find_last_stage
from services.routing.schemas import Assignment
from services.routing.stage_errors import OpdOfStage, ServiceVersionGone
from services.routing.states import Action
from services.routing.tables import Case
from shared.catalogue.definition import ADDRESSED
from shared.unit_of_work import UnitOfWork


async def enter_last_stage(
    unit: UnitOfWork, context: RoutingContext, acting: Acting, case: Case, wish: Assignment
) -> Case:
    """Let an application that the desk has enter its last stage; CaseAssigned, then StageEntered.

    Which OPD works a stage is for the service to say: another one raises OpdOfStage.
    """
    entry = await find_last_stage(unit, context, case)
    if entry is not None and entry.stage.opd == ADDRESSED and wish.opd in entry.service.opds:
        entry = await find_last_stage(unit, context, case, addressed=wish.opd)
    if entry is None:
        raise ServiceVersionGone(case.service or "", case.service_version or 0)
    if wish.opd != entry.opd:
        fits = entry.service.opds if entry.stage.opd == ADDRESSED else (entry.opd,)
        raise OpdOfStage(entry.stage.title, fits)
    reason = as_written(wish.reason)
    changed = await change_case(
        unit,
        case,
        Action.ASSIGN,
        Fact("desk", acting.officer_id, reason, {"stage": entry.stage.code}),
        opd=entry.opd,
        opd_name=entry.opd_name,
        addressed=entry.opd if entry.stage.opd == ADDRESSED else case.addressed,
        assigned_by="desk",
        reason=reason,
        officer_id=acting.officer_id,
        assigned_at=unit.now,
        **entry.columns(unit.now),
    )
    event = assigned_to(unit, entry, case, reason)
    by_desk = event.model_copy(update={"by": "desk", "officer_id": acting.officer_id})
    unit.publish(by_desk, await entry.enter(unit, case.complaint_id))
    unit.after_commit(context.metrics.placed.labels("desk").inc)
    return changed
