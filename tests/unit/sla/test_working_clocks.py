"""Clocks that count working time, with pauses by reason: against the minutes, and line by line."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from services.sla.calendar_profile import Calendar
from services.sla.explaining import Story, explain
from services.sla.facts import CaseFacts, Mark, MarkKind
from services.sla.moves import find_moves
from services.sla.policies import Policies
from services.sla.profile import SlaProfile
from services.sla.rules import ClockPlan, derive_clocks
from services.sla.stopwatch import PAUSED_LONG_ENOUGH, ChangeKind
from tests.unit.sla.cases import NOON, case, mark, marks, policy, profile
from tests.unit.sla.slow_calendar import MINUTE, SlowCalendar, calendars

ZONE = "Asia/Jakarta"
OFFICE = Calendar.model_validate(
    {
        "id": "kantor",
        "name": "Jam kerja kantor",
        "days": {
            day: [{"start": "07:30", "end": "12:00"}, {"start": "13:00", "end": "16:00"}]
            for day in ("mon", "tue", "wed", "thu", "fri")
        },
    }
)
ALWAYS = Calendar.model_validate(
    {
        "id": "selalu",
        "name": "Sepanjang hari",
        "opds": ["DLH"],
        "days": {
            day: [{"start": "00:00", "end": "00:00"}]
            for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
        },
        "holidays": {"categories": []},
    }
)


def working(calendar: Calendar = OFFICE, **fields: Any) -> SlaProfile:
    """Return a profile whose resolution counts working time: `seconds` or `days` of it."""
    counts = "working_days" if "days" in fields else "working"
    named = policy("resolution", id="kerja", counts=counts, **fields)
    shipped = profile(named, without=("resolution",))
    return shipped.model_copy(update={"calendars": (calendar, ALWAYS)})


def resolution(facts: CaseFacts, policies: Policies, hours: float | None = None) -> ClockPlan:
    """Return the resolution of the leading part, so many hours after the submission."""
    now = NOON + timedelta(hours=hours) if hours is not None else None
    plans = derive_clocks(facts, policies, None, now)
    return next(p for p in plans if (p.key.stage, p.key.part) == ("resolution", 0))


ASSIGNED = mark(MarkKind.ASSIGNED, 0, opd="PUPR")


class TestAgainstTheMinutes:
    @settings(max_examples=15, deadline=None)
    @given(
        calendars(),
        st.integers(10, 900),
        st.lists(st.integers(1, 1500), max_size=4),
    )
    def test_a_pause_takes_nothing_and_gives_nothing(
        self, calendar: Calendar, limit: int, gaps: list[int]
    ) -> None:
        """Whatever the pauses, exactly the limit was worked while the clock ran until its end."""
        policies = Policies(working(calendar, seconds=limit * 60))
        found, at = [ASSIGNED], NOON
        for index, gap in enumerate(gaps):
            at += gap * MINUTE
            kind = MarkKind.INFORMED if index % 2 else MarkKind.ASKED
            found.append(Mark(kind, at))
        plan = resolution(case(*found), policies)
        slow = SlowCalendar(calendar, ZONE)
        runs = list(plan.runs)
        if plan.state == "running":
            since = [c.at for c in plan.changes if c.due_at is not None][-1]
            runs.append((since, max(plan.due_at, since)))
        worked = sum(slow.working_minutes(begin, end) for begin, end in runs)
        is_late = any(end > plan.due_at for _, end in plan.runs)
        if plan.state == "running" and not is_late:
            assert worked == limit
        else:
            assert worked >= limit or plan.state == "paused"

    @settings(max_examples=25, deadline=None)
    @given(calendars(), st.integers(1, 20), st.integers(1, 4000), st.integers(1, 9000))
    def test_working_days_move_by_those_that_began_in_the_pause(
        self, calendar: Calendar, days: int, asked: int, waited: int
    ) -> None:
        policies = Policies(working(calendar, days=days))
        slow = SlowCalendar(calendar, ZONE)
        paused, resumed = NOON + asked * MINUTE, NOON + (asked + waited) * MINUTE
        marks = (ASSIGNED, Mark(MarkKind.ASKED, paused), Mark(MarkKind.INFORMED, resumed))
        plan = resolution(case(*marks), policies)
        in_time = paused <= slow.end_of_working_day(NOON, days)
        moved = slow.working_days(paused, resumed) if in_time else 0
        assert plan.due_at == slow.end_of_working_day(NOON, days + moved)


class TestPauses:
    def test_each_reason_holds_a_resolution_and_only_the_citizen_a_follow_up(self) -> None:
        for kind in (MarkKind.ASKED, MarkKind.REFERRED, MarkKind.DISRUPTED):
            plans = derive_clocks(
                case(ASSIGNED, mark(kind, 1, ref="r1")), Policies(working(days=5))
            )
            states = {plan.key.stage: plan.state for plan in plans}
            assert states["resolution"] == "paused"
            assert states["follow_up"] == ("paused" if kind is MarkKind.ASKED else "running")
            assert states["first_response"] != "paused"

    def test_it_runs_on_when_the_last_reason_is_gone(self) -> None:
        facts = case(
            ASSIGNED,
            mark(MarkKind.REFERRED, 1, ref="a"),
            mark(MarkKind.ASKED, 2),
            mark(MarkKind.REFERRAL_ANSWERED, 50, ref="a"),
        )
        policies = Policies(working(days=5))
        assert resolution(facts, policies).state == "paused"
        informed = facts.with_mark(mark(MarkKind.INFORMED, 60))
        changes = resolution(informed, policies).changes
        assert [change.kind for change in changes] == ["started", "paused", "resumed"]
        assert changes[-1].at == NOON + timedelta(hours=60)

    def test_two_referrals_hold_until_both_are_answered(self) -> None:
        policies = Policies(working(days=5))
        facts = case(
            ASSIGNED,
            mark(MarkKind.REFERRED, 1, ref="a"),
            mark(MarkKind.REFERRED, 2, ref="b"),
            mark(MarkKind.REFERRAL_ANSWERED, 3, ref="a"),
        )
        assert resolution(facts, policies).state == "paused"
        answered = facts.with_mark(mark(MarkKind.REFERRAL_ANSWERED, 4, ref="b"))
        assert resolution(answered, policies).state == "running"

    def test_a_limit_of_length_ends_it_at_its_instant_however_late_that_is_noticed(self) -> None:
        limits = ({"reason": "citizen", "max_times": 9, "max_seconds": 36_000},)
        policies = Policies(working(days=5, pauses=limits))
        facts = case(ASSIGNED, mark(MarkKind.ASKED, 1))
        waiting = resolution(facts, policies, 10.9)
        assert waiting.state == "paused"
        assert waiting.resumes_at == NOON + timedelta(hours=11)
        for hours in (11, 11.1, 500):
            plan = resolution(facts, policies, hours)
            assert plan.state == "running"
            assert plan.changes[-1].at == NOON + timedelta(hours=11)
            assert plan.changes[-1].reason == PAUSED_LONG_ENOUGH
        # An answer afterwards changes nothing, and of the next question nothing is left to wait.
        later = case(
            ASSIGNED,
            mark(MarkKind.ASKED, 1),
            mark(MarkKind.INFORMED, 40),
            mark(MarkKind.ASKED, 50),
        )
        assert resolution(later, policies, 60).changes == plan.changes

    def test_a_limit_of_times_lets_a_further_one_run_on(self) -> None:
        limits = ({"reason": "external", "max_times": 1, "max_seconds": 360_000},)
        policies = Policies(working(days=5, pauses=limits))
        facts = case(
            ASSIGNED,
            mark(MarkKind.REFERRED, 1, ref="a"),
            mark(MarkKind.REFERRAL_ANSWERED, 2, ref="a"),
            mark(MarkKind.REFERRED, 3, ref="b"),
        )
        assert resolution(facts, policies).state == "running"
        asked = facts.with_mark(mark(MarkKind.ASKED, 4))
        assert resolution(asked, policies).state == "paused"

    def test_a_pause_after_the_deadline_moves_nothing(self) -> None:
        policies = Policies(working(days=1))
        due_at = resolution(case(ASSIGNED), policies).due_at
        facts = case(ASSIGNED, mark(MarkKind.ASKED, 200), mark(MarkKind.INFORMED, 400))
        assert resolution(facts, policies).due_at == due_at
        resolved = facts.with_mark(mark(MarkKind.RESOLVED, 401))
        assert resolution(resolved, policies).outcome == "missed"


class TestExtensions:
    def test_once_and_in_time_it_gives_the_days_that_the_policy_says(self) -> None:
        policies = Policies(working(days=10, extension={"days": 7}))
        act = mark(MarkKind.EXTENDED, 30, ref="e1")
        extended = resolution(case(ASSIGNED).with_act(act), policies)
        assert extended.due_at == SlowCalendar(OFFICE, ZONE).end_of_working_day(NOON, 17)
        assert extended.changes[-1].kind is ChangeKind.RESCHEDULED
        twice = case(ASSIGNED).with_act(act).with_act(mark(MarkKind.EXTENDED, 31, ref="e2"))
        assert resolution(twice, policies).due_at == extended.due_at
        late = case(ASSIGNED).with_act(mark(MarkKind.EXTENDED, 900, ref="e1"))
        assert not resolution(late, policies).is_extended
        none = Policies(working(days=10))
        assert not resolution(case(ASSIGNED).with_act(act), none).is_extended


class TestCalendars:
    def test_an_opds_own_calendar_counts_and_a_transfer_does_not_change_it(self) -> None:
        policies = Policies(working(seconds=36_000))
        office = resolution(case(ASSIGNED), policies)
        always = resolution(case(replace(ASSIGNED, opd="DLH")), policies)
        assert always.due_at == NOON + timedelta(hours=10)
        assert office.due_at > always.due_at
        moved = case(ASSIGNED, mark(MarkKind.ASSIGNED, 1, opd="DLH"))
        assert resolution(moved, policies).due_at == office.due_at

    def test_who_held_the_case_is_charged_in_working_time_too(self) -> None:
        facts = case(ASSIGNED, mark(MarkKind.ASSIGNED, 24, opd="DLH"), mark(MarkKind.RESOLVED, 48))
        stop = resolution(facts, Policies(working(days=5))).changes[-1]
        assert stop.held == {"PUPR": timedelta(hours=24), "DLH": timedelta(hours=24)}
        # From noon to noon in Jakarta: the rest of one day and the morning of the next.
        assert stop.held_worked == {"PUPR": timedelta(hours=7.5), "DLH": timedelta(hours=7.5)}
        assert stop.worked == timedelta(hours=15)

    def test_an_edited_calendar_moves_what_counts_by_it_and_a_stored_one_keeps_the_promise(
        self,
    ) -> None:
        before = Policies(working(days=5))
        kept = {plan.key: plan.terms for plan in derive_clocks(case(ASSIGNED), before)}
        holiday = {"date": "2026-03-11", "kind": "holiday", "name": "Libur daerah"}
        edited = Calendar.model_validate({**OFFICE.model_dump(), "overrides": [holiday]})
        after = Policies(working(edited, days=5))
        for version in before.versions.values():
            after.learn_calendar(version.model_dump_json())
        old = resolution(case(ASSIGNED), before)
        assert {p.key: p for p in derive_clocks(case(ASSIGNED), after, kept)}[old.key] == old
        [move] = find_moves(case(ASSIGNED), kept, after, "calendar", NOON)
        assert move.after.key == old.key
        assert move.after.due_at == resolution(case(ASSIGNED), after).due_at > old.due_at
        done = case(ASSIGNED, mark(MarkKind.RESOLVED, 1))
        assert find_moves(done, kept, after, "calendar", NOON) == []


@settings(max_examples=40, deadline=None)
@given(marks(8), st.floats(0, 2000))
def test_an_explanation_comes_to_the_instants_that_the_clocks_have(
    drawn: list[Mark], hours: float
) -> None:
    limits = ({"reason": "citizen", "max_times": 2, "max_seconds": 90_000},)
    policies = Policies(working(days=5, pauses=limits))
    now = NOON + timedelta(hours=hours)
    facts = case(*drawn)
    plans = derive_clocks(facts, policies, None, now)
    terms = {plan.key: plan.terms for plan in plans}
    # Through the form in which facts are stored, as after a restart.
    stored = replace(facts, marks=tuple(Mark.from_json(each.as_json()) for each in facts.marks))
    told = explain(Story("c", stored, terms, [], {}, now), policies, ZONE)
    assert [(e.stage, e.part, e.epoch, e.state, e.due_at, e.near_at) for e in told] == [
        (p.key.stage, p.key.part, p.key.epoch, p.state, p.due_at, p.near_at) for p in plans
    ]
    for each, plan in zip(told, plans, strict=True):
        moments = [step.at for step in each.steps]
        assert moments == sorted(moments)
        # The last deadline that a step tells of is the one that holds.
        scheduled = [step.due_at for step in each.steps if step.due_at is not None]
        assert scheduled[-1] == plan.due_at
        assert each.sentences
