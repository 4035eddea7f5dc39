"""The SQL of follow-up plans."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlmodel import col

from services.survey.plan_tables import FollowUpFact, FollowUpPlan
from services.survey.rules.index import ELEMENTS, Counts
from services.survey.rules.plan_states import UNFINISHED, PlanState
from services.survey.rules.weak_elements import Tally
from services.survey.tables import SurveyPeriod
from services.survey.tally_queries import list_unit_sums

_MOST_FACTS = 200

#: Tallies by unit, then by period, then by element.
Tallies = Mapping[str, Mapping[str, Mapping[str, Tally]]]


@dataclass(frozen=True, slots=True)
class WantedPlans:
    """Which plans a list shows; what is None is not asked for. `late_on` asks for overdue ones.

    A plan without a due day is overdue when it was opened before `unwritten_since`.
    """

    opd: str | None = None
    unit: str | None = None
    period: str | None = None
    state: PlanState | None = None
    late_on: date | None = None
    unwritten_since: datetime | None = None

    def conditions(self) -> list[sa.ColumnElement[bool]]:
        """Return what must hold of a plan."""
        exact = {
            col(FollowUpPlan.opd): self.opd,
            col(FollowUpPlan.unit): self.unit,
            col(FollowUpPlan.period): self.period,
            col(FollowUpPlan.state): self.state and self.state.value,
        }
        conditions = [column == value for column, value in exact.items() if value is not None]
        if self.late_on is not None:
            due = col(FollowUpPlan.due_on)
            conditions += [
                col(FollowUpPlan.state).in_([str(each) for each in UNFINISHED]),
                sa.or_(
                    due < self.late_on,
                    sa.and_(due.is_(None), col(FollowUpPlan.opened_at) < self.unwritten_since),
                ),
            ]
        return conditions


async def list_tallies(
    connection: AsyncConnection, periods: Sequence[str], units: Sequence[str] | None = None
) -> Tallies:
    """Return what was answered about every element, over all services of a unit.

    Elements that nobody answered are left out.
    """
    found: dict[str, dict[str, dict[str, Tally]]] = {}
    for row in await list_unit_sums(connection, periods, units, by_period=True):
        found.setdefault(row.unit, {})[row.period] = _tallies(row.sums.counts)
    return found


async def list_closed_periods(connection: AsyncConnection, limit: int) -> list[str]:
    """Return the periods that were closed last."""
    statement = (
        sa.select(col(SurveyPeriod.period))
        .where(col(SurveyPeriod.closed_at).is_not(None))
        .order_by(col(SurveyPeriod.closed_at).desc(), col(SurveyPeriod.period).desc())
        .limit(limit)
    )
    return list((await connection.execute(statement)).scalars())


async def list_unfinished(connection: AsyncConnection) -> set[tuple[str, str]]:
    """Return the units and elements that a plan is still at work on."""
    statement = sa.select(col(FollowUpPlan.unit), col(FollowUpPlan.element)).where(
        col(FollowUpPlan.state).in_([str(each) for each in UNFINISHED])
    )
    return {(row.unit, row.element) for row in await connection.execute(statement)}


async def insert_plans(
    connection: AsyncConnection, plans: Sequence[FollowUpPlan], fact: Mapping[str, Any]
) -> list[FollowUpPlan]:
    """Store those that do not exist for their unit, element and period, each with its first fact.

    Returns what was stored; of two that come at once, one stores.
    """
    if not plans:
        return []
    statement = (
        insert(FollowUpPlan)
        .values([plan.model_dump() for plan in plans])
        .on_conflict_do_nothing(constraint="follow_up_plan_once")
        .returning(col(FollowUpPlan.plan_id))
    )
    stored = set((await connection.execute(statement)).scalars())
    opened = [plan for plan in plans if plan.plan_id in stored]
    if opened:
        facts = [{**fact, "plan_id": plan.plan_id} for plan in opened]
        await connection.execute(sa.insert(FollowUpFact), facts)
    return opened


async def update_plan(
    connection: AsyncConnection, plan: FollowUpPlan, changes: Mapping[str, Any], fact: FollowUpFact
) -> FollowUpPlan:
    """Store changes of a plan whose row is locked, with the fact they follow from."""
    await connection.execute(
        sa.update(FollowUpPlan).where(col(FollowUpPlan.plan_id) == plan.plan_id).values(**changes)
    )
    await connection.execute(sa.insert(FollowUpFact), fact.model_dump())
    return FollowUpPlan(**{**plan.model_dump(), **changes})


async def find_plan(
    connection: AsyncConnection, plan_id: str, *, lock: bool = False
) -> FollowUpPlan | None:
    """Return the plan, if there is one; `lock` keeps it from others until the unit ends."""
    statement = sa.select(FollowUpPlan).where(col(FollowUpPlan.plan_id) == plan_id)
    row = (await connection.execute(statement.with_for_update() if lock else statement)).first()
    return None if row is None else _plan(row)


async def list_plans(
    connection: AsyncConnection, wanted: WantedPlans, *, below: str | None, limit: int
) -> list[FollowUpPlan]:
    """Return plans, the newest first (ids sort by time); `below` is where the page before ended."""
    statement = sa.select(FollowUpPlan).where(*wanted.conditions())
    if below is not None:
        statement = statement.where(col(FollowUpPlan.plan_id) < below)
    statement = statement.order_by(col(FollowUpPlan.plan_id).desc()).limit(limit)
    return [_plan(row) for row in await connection.execute(statement)]


async def list_plan_facts(connection: AsyncConnection, plan_id: str) -> list[FollowUpFact]:
    """Return a plan's steps, the first one first; at most the last 200."""
    statement = (
        sa.select(FollowUpFact)
        .where(col(FollowUpFact.plan_id) == plan_id)
        .order_by(col(FollowUpFact.version).desc())
        .limit(_MOST_FACTS)
    )
    rows = (await connection.execute(statement)).all()
    return [FollowUpFact(**row._mapping) for row in reversed(rows)]  # noqa: SLF001 - documented API


def _tallies(counts: Counts) -> dict[str, Tally]:
    found = {}
    for place, code in enumerate(ELEMENTS):
        one, two, three, four = counts.rows[place]
        if answers := one + two + three + four:
            squares = one + 4 * two + 9 * three + 16 * four
            found[code] = Tally(answers, one + 2 * two + 3 * three + 4 * four, squares)
    return found


def _plan(row: Any) -> FollowUpPlan:
    return FollowUpPlan(**row._mapping)  # noqa: SLF001 - documented API
