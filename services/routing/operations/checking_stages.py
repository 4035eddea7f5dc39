"""What must hold before a decision of a stage is taken, and what the applicant reads of it."""

from datetime import date

from services.routing import access, disposition_queries, evidence_queries, queries
from services.routing.context import RoutingContext
from services.routing.errors import STATE_NAMES, ActionNotYours, CaseNotFound
from services.routing.operations.changing import Acting, as_written, check_version
from services.routing.operations.entering_stages import find_service
from services.routing.operations.evidence import check_evidence
from services.routing.stage_errors import (
    DecisionClosed,
    DecisionUnknown,
    DispositionsOpen,
    NotAnApplication,
    NotInStage,
    ServiceVersionGone,
    StageIncomplete,
)
from services.routing.stage_rules import (
    Application,
    Filled,
    Sentence,
    answers_after,
    choose,
    is_id,
    leads_on,
    tell,
)
from services.routing.stage_schemas import DecisionWish
from services.routing.states import Action, State
from services.routing.tables import Case
from shared.catalogue.definition import APPLICANT, Decision, Stage
from shared.unit_of_work import UnitOfWork


async def take_in_stage(unit: UnitOfWork, acting: Acting) -> Case:
    """Lock an application that is in a stage of the caller's own OPD.

    Raises CaseNotFound (also for another OPD's), ActionNotYours, CaseChanged, NotAnApplication,
    NotInStage.
    """
    case = await queries.lock_case(unit.connection, acting.complaint_id)
    if case is None or not access.may_see(acting.caller, case.opd):
        raise CaseNotFound
    if not access.may_do(acting.caller, case.opd, Action.DECIDE):
        raise ActionNotYours(Action.DECIDE)
    check_version(acting, case)
    if case.service is None:
        raise NotAnApplication
    if case.stage is None:
        raise NotInStage(STATE_NAMES[State(case.state)])
    return case


async def application_of(unit: UnitOfWork, context: RoutingContext, case: Case) -> Application:
    """Return what is known of an application; raises NotAnApplication, ServiceVersionGone."""
    if case.service is None or case.service_version is None:
        raise NotAnApplication
    service = await find_service(unit, context, case.service, case.service_version)
    if service is None:
        raise ServiceVersionGone(case.service, case.service_version)
    return Application(service, case.answers or {}, case.stage_answers or {}, case.rounds)


def decision_named(stage: Stage, code: str) -> Decision:
    """Return a decision of a stage; raises DecisionUnknown."""
    for decision in stage.decisions:
        if decision.code == code:
            return decision
    raise DecisionUnknown(each.code for each in stage.decisions)


async def check_decision(
    unit: UnitOfWork,
    context: RoutingContext,
    application: Application,
    stage: Stage,
    decision: Decision,
    wish: DecisionWish,
    case: Case,
    today: date,
) -> Filled:
    """Return what was filled in, where the decision may be taken with it.

    Raises StageIncomplete, DecisionClosed, DispositionsOpen, EvidenceUnknown.
    """
    filled, choice = choose(application, stage, decision, wish.answers, today)
    problems = list(choice.missing)
    files = {file for _, file in filled.files if is_id(file)}
    shots = await evidence_queries.find_shots(unit.connection, case.complaint_id, files)
    known = {shot.attachment_id for shot in shots}
    problems += [
        (where, "Berkas ini tidak dikenal pada kasus ini; unggah dahulu, lalu ulangi.")
        for where, file in filled.files
        if file not in known
    ]
    if problems:
        raise StageIncomplete([(f"/answers{where}", message) for where, message in problems])
    reasons = [reason.code for reason in decision.reasons]
    if reasons and wish.reason not in reasons:
        raise StageIncomplete([("/reason", f"Pilih salah satu: {', '.join(reasons)}.")])
    if decision.next == APPLICANT and decision.tell is None and wish.text is None:
        raise StageIncomplete([("/text", "Tulis apa yang harus dilengkapi pemohon.")])
    if choice.why_not is not None:
        raise DecisionClosed(decision.code, choice.why_not)
    if leads_on(decision):
        waiting = await disposition_queries.count_open(unit.connection, case.complaint_id)
        if waiting:
            raise DispositionsOpen(waiting)
    proofs = files | {str(each) for each in wish.evidence}
    if proofs:
        await check_evidence(unit, context, case, proofs)
    return filled


def words_for_applicant(
    unit: UnitOfWork,
    context: RoutingContext,
    case: Case,
    application: Application,
    stage: Stage,
    decision: Decision,
    filled: Filled,
    wish: DecisionWish,
) -> str:
    """Return what the applicant reads: the reason, the decision's own sentence, the officer's."""
    said = [each.text for each in decision.reasons if each.code == wish.reason]
    if decision.tell is not None:
        after = Application(
            application.service,
            application.answers,
            answers_after(application, stage, filled.answers),
            application.rounds,
        )
        today = unit.now.astimezone(context.zone).date()
        names = Sentence(case.tracking_code, case.opd_name or "", context.pemda, stage.title, today)
        said.append(tell(after, decision.tell, names))
    if wish.text is not None:
        said.append(as_written(wish.text))
    return "\n\n".join(said) or f"{stage.title}: {decision.title}."
