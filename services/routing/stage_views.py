"""Shows the stage of an application as the API gives it."""

from collections.abc import Sequence
from datetime import date

from services.routing import access
from services.routing.stage_rules import Application, Choice, choices
from services.routing.stage_schemas import (
    DecisionView,
    MissingAnswer,
    ReasonView,
    StageView,
    VisitView,
)
from services.routing.stage_tables import StageVisit
from services.routing.states import Action
from services.routing.tables import Case
from shared.auth import Principal, Role
from shared.catalogue.definition import Service, all_fields
from shared.catalogue.json_schema import form_schema


def view_stage(
    case: Case,
    application: Application,
    visits: Sequence[StageVisit],
    caller: Principal,
    today: date,
) -> StageView:
    """Return where an application is; what may be decided is said for what is filled in so far."""
    service = application.service
    stage = service.stage(case.stage) if case.stage else None
    may_decide = access.may_do(caller, case.opd, Action.DECIDE)
    codes = {each.code for each in all_fields(stage.form)} if stage else set()
    return StageView(
        complaint_id=case.complaint_id,
        tracking_code=case.tracking_code,
        version=case.version,
        service=service.code,
        service_version=service.version,
        service_title=service.title,
        addressed=case.addressed,
        rounds=case.rounds,
        answers=dict(application.answers),
        stage=stage.code if stage else None,
        title=stage.title if stage else None,
        opd=case.opd,
        opd_name=case.opd_name,
        role=stage.role if stage else None,
        since=case.stage_since,
        offline=stage.offline if stage else False,
        may_decide=stage is not None
        and may_decide
        and (stage.role == "officer" or caller.has(Role.HEAD)),
        form=form_schema(stage.form, stage.title) if stage else None,
        filled={c: a for c, a in application.stage_answers.items() if c in codes},
        decisions=[
            _decision(service, each)
            for each in (choices(application, stage, today) if stage else ())
        ],
        visits=[VisitView.model_validate(each.model_dump()) for each in visits],
    )


def _decision(service: Service, choice: Choice) -> DecisionView:
    decision = choice.decision
    following = service.stage(decision.next)
    return DecisionView(
        code=decision.code,
        title=decision.title,
        next=decision.next,
        next_title=following.title if following else None,
        reasons=[ReasonView(code=each.code, text=each.text) for each in decision.reasons],
        open=choice.is_open,
        why_not=choice.why_not,
        missing=[MissingAnswer(field=where, message=what) for where, what in choice.missing],
    )
