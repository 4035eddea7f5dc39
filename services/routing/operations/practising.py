"""Practice: invented cases, handled as real ones are, that no citizen and no service hears of."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any, Final

from pydantic import BaseModel, ValidationError
from sqlalchemy import func, insert, select, update
from sqlmodel import col

from services.routing import access
from services.routing.context import RoutingContext
from services.routing.errors import ActionIllegal
from services.routing.operations.changing import as_written
from services.routing.practice import score_practice
from services.routing.practice_schemas import PracticeScore, PracticeView
from services.routing.practice_tables import PracticeCase
from services.routing.schemas import Answer, Question, Rejection, Resolution, Return
from services.routing.states import Action, State, is_legal, legal_actions, next_state
from services.routing.tables import Case, CaseFact
from services.routing.views import view_case
from services.routing.work_errors import PracticeNotFound, StepIncorrect
from services.routing.workbook import Scenario
from shared.auth import Principal
from shared.ids import new_id
from shared.unit_of_work import UnitOfWork

_BODIES: Final[dict[Action, type[BaseModel]]] = {
    Action.RESPOND: Answer,
    Action.PROGRESS: Answer,
    Action.REQUEST_INFORMATION: Question,
    Action.RESOLVE: Resolution,
    Action.RETURN: Return,
    Action.REJECT: Rejection,
}
#: What a trainee can do with an invented case.
PRACTISED: Final = tuple(_BODIES)
_ANSWERS: Final = {Action.RESPOND, Action.PROGRESS, Action.REQUEST_INFORMATION, Action.RESOLVE}
_OVER: Final = (State.RESOLVED, State.REJECTED, State.TRIAGE)
_MOST_SHOWN: Final = 50


async def start_practice(
    unit: UnitOfWork, context: RoutingContext, caller: Principal, count: int
) -> list[PracticeView]:
    """Open invented cases for a trainee: first those that they practised least."""
    trainee = access.officer_id(caller)
    done = await _times_practised(unit, trainee)
    scenarios = sorted(context.work.practice, key=lambda each: done.get(each.code, 0))[:count]
    views = []
    for scenario in scenarios:
        case = _invent(unit, context, caller, scenario)
        row = PracticeCase(
            case_id=case.complaint_id,
            trainee=trainee,
            scenario=scenario.code,
            opened_at=unit.now,
            case=case.model_dump(mode="json"),
            facts=[],
        )
        await unit.connection.execute(insert(PracticeCase).values(**row.model_dump()))
        views.append(_view(row, caller))
    return views


async def list_practice(unit: UnitOfWork, caller: Principal) -> list[PracticeView]:
    """Return the trainee's invented cases, the newest first; at most 50."""
    statement = (
        select(PracticeCase)
        .where(col(PracticeCase.trainee) == access.officer_id(caller))
        .order_by(col(PracticeCase.opened_at).desc(), col(PracticeCase.case_id))
        .limit(_MOST_SHOWN)
    )
    rows = (await unit.connection.execute(statement)).all()
    return [_view(_row(row), caller) for row in rows]


async def take_step(
    unit: UnitOfWork,
    context: RoutingContext,
    caller: Principal,
    case_id: str,
    action: Action,
    body: dict[str, Any],
) -> PracticeView:
    """Do with an invented case what a real one would be answered with; score it once it is over.

    Raises PracticeNotFound (also for another trainee's), StepIncorrect, ActionIllegal.
    """
    row = await _lock(unit, caller, case_id)
    case = Case.model_validate(row.case)
    state = State(case.state)
    try:
        wish = _BODIES[action].model_validate(body).model_dump(mode="json")
    except ValidationError as error:
        raise StepIncorrect(error) from None
    if not is_legal(state, action):
        raise ActionIllegal(state, action)
    after = next_state(state, action)
    text = as_written(wish.get("text") or wish.get("reason") or "")
    fact = CaseFact(
        complaint_id=case.complaint_id,
        version=case.version + 1,
        happened_at=unit.now,
        action=str(action),
        by="officer",
        actor=row.trainee,
        from_state=str(state),
        to_state=str(after),
        opd=case.opd,
        text=text,
        details={},
    )
    case.state, case.version = str(after), case.version + 1
    row.case = case.model_dump(mode="json")
    row.facts = [*row.facts, fact.model_dump(mode="json")]
    scenario = next((each for each in context.work.practice if each.code == row.scenario), None)
    if after in _OVER and scenario is not None:
        row.score = _score(row, scenario, caller)
    await unit.connection.execute(
        update(PracticeCase)
        .where(col(PracticeCase.case_id) == case_id)
        .values(case=row.case, facts=row.facts, score=row.score)
    )
    return _view(row, caller)


def _score(row: PracticeCase, scenario: Scenario, caller: Principal) -> dict[str, Any]:
    facts = [CaseFact.model_validate(each) for each in row.facts]
    answers = [fact for fact in facts if fact.action in _ANSWERS]
    returned = any(fact.action == Action.RETURN for fact in facts)
    counted = (fact.happened_at for fact in facts if fact.action in {*_ANSWERS, Action.RETURN})
    score = score_practice(
        scenario,
        own_opd=caller.opd,
        opened_at=row.opened_at,
        answered_at=next(counted, None),
        answers=[fact.text or "" for fact in answers],
        returned=returned,
    )
    return asdict(score)


def _invent(
    unit: UnitOfWork, context: RoutingContext, caller: Principal, scenario: Scenario
) -> Case:
    opd = caller.opd if caller.opd and caller.opd in context.opd_names else scenario.opd
    return Case(
        complaint_id=new_id(),
        version=1,
        tracking_code="LATIHAN",
        state=str(State.ASSIGNED),
        state_since=unit.now,
        epoch=0,
        waits=0,
        times_returned=0,
        opd=opd,
        opd_name=context.opd_names[opd],
        topic=scenario.topic if opd == scenario.opd else None,
        priority="normal",
        assigned_by="desk",
        reason="Kasus latihan.",
        proposals=[],
        channel="web",
        classification="complaint",
        title=scenario.title,
        text=scenario.text,
        lat=None,
        lon=None,
        anonymous=False,
        secret=False,
        emergency=False,
        submitted_at=unit.now,
        assigned_at=unit.now,
        updated_at=unit.now,
    )


async def _times_practised(unit: UnitOfWork, trainee: str) -> dict[str, int]:
    statement = (
        select(col(PracticeCase.scenario), func.count())
        .where(col(PracticeCase.trainee) == trainee)
        .group_by(col(PracticeCase.scenario))
    )
    return {row[0]: row[1] for row in await unit.connection.execute(statement)}


async def _lock(unit: UnitOfWork, caller: Principal, case_id: str) -> PracticeCase:
    statement = (
        select(PracticeCase)
        .where(
            col(PracticeCase.case_id) == case_id,
            col(PracticeCase.trainee) == access.officer_id(caller),
        )
        .with_for_update()
    )
    row = (await unit.connection.execute(statement)).first()
    if row is None:
        raise PracticeNotFound
    return _row(row)


def _row(row: Any) -> PracticeCase:
    return PracticeCase(**row._mapping)  # noqa: SLF001 - documented API


def _view(row: PracticeCase, caller: Principal) -> PracticeView:
    case = Case.model_validate(row.case)
    facts: Sequence[CaseFact] = [CaseFact.model_validate(each) for each in row.facts]
    legal = access.actions_of(caller, case.opd, legal_actions(State(case.state)))
    return PracticeView(
        case=view_case(case, facts, [each for each in legal if each in PRACTISED]),
        score=None if row.score is None else PracticeScore.model_validate(row.score),
    )
