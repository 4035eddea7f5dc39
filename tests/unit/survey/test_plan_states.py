"""The table of a plan's states is whole, and lateness counts from the day after the due day."""

from datetime import UTC, date, datetime, timedelta

import pytest

from services.survey.rules.plan_states import (
    PLAN_STATE_NAMES,
    PLAN_STATES,
    UNFINISHED,
    PlanState,
    is_overdue,
    legal_plan_actions,
)

OPENED = datetime(2026, 3, 1, 9, tzinfo=UTC)
WITHIN = timedelta(days=14)


def test_every_state_has_a_row_a_name_and_a_way_on() -> None:
    assert set(PLAN_STATES) == set(PLAN_STATE_NAMES) == set(PlanState)
    assert all(legal_plan_actions(state) for state in PlanState)


def test_every_state_can_be_reached_from_the_first() -> None:
    reached = {PlanState.OPEN}
    for _ in PlanState:
        reached |= {after for state in reached for after in PLAN_STATES[state].values()}
    assert reached == set(PlanState)


@pytest.mark.parametrize(
    ("due", "today", "late"),
    [
        (date(2026, 3, 10), date(2026, 3, 10), False),
        (date(2026, 3, 10), date(2026, 3, 11), True),
        (None, date(2026, 3, 15), False),
        (None, date(2026, 3, 16), True),
    ],
)
def test_the_due_day_itself_is_not_late(due: date | None, today: date, late: bool) -> None:
    for state in UNFINISHED:
        assert is_overdue(state, due, OPENED, WITHIN, today) is late
    assert not is_overdue(PlanState.DONE, due, OPENED, WITHIN, today)
    assert not is_overdue(PlanState.CANCELLED, due, OPENED, WITHIN, today)
