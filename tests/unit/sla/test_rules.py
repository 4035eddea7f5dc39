"""The table of clocks, line by line, and what must hold for every case there could be."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from services.sla.facts import CaseFacts, Mark, MarkKind
from services.sla.firing import firings, first_news, role_to_tell
from services.sla.policies import Policies, Terms, read_terms, write_terms
from services.sla.rules import ClockPlan, clock_id_of, derive_clocks
from services.sla.stopwatch import Change, ChangeKind, ClockKey
from tests.unit.sla.cases import LIMITS, NOON, POLICIES, case, mark, marks, profile

Fact = Callable[[CaseFacts], CaseFacts]

ASSIGNED = mark(MarkKind.ASSIGNED, 0.1, opd="PUPR")


def clocks(facts: CaseFacts) -> dict[tuple[str, int], ClockPlan]:
    """Return the clocks of part 0 by stage and epoch."""
    plans = derive_clocks(facts, POLICIES)
    return {(p.key.stage, p.key.epoch): p for p in plans if p.key.part == 0}


def hours_after(hours: float) -> object:
    """Return a time some hours after the submission."""
    return NOON + timedelta(hours=hours)


class TestTheTable:
    def test_verification_and_first_response_start_at_submission(self) -> None:
        found = clocks(case())
        assert set(found) == {("verification", 0), ("first_response", 0)}
        for (stage, _), clock in found.items():
            assert clock.state == "running"
            assert clock.started_at == NOON
            assert clock.due_at == NOON + timedelta(seconds=LIMITS[stage])
            assert clock.near_at == NOON + timedelta(seconds=LIMITS[stage] * 0.75)

    def test_assignment_ends_verification_and_starts_follow_up_and_resolution(self) -> None:
        found = clocks(case(ASSIGNED))
        assert found["verification", 0].outcome == "met"
        assert found["first_response", 0].state == "running"
        for stage in ("follow_up", "resolution"):
            assert found[stage, 0].started_at == ASSIGNED.at
            assert found[stage, 0].opd == "PUPR"

    def test_rejection_ends_everything(self) -> None:
        found = clocks(case(ASSIGNED, mark(MarkKind.REJECTED, 3)))
        assert found["first_response", 0].outcome == "missed"
        assert {clock.state for clock in found.values()} == {"stopped"}

    def test_an_answer_is_a_first_response_and_no_follow_up(self) -> None:
        found = clocks(case(ASSIGNED, mark(MarkKind.ANSWERED, 2)))
        assert found["first_response", 0].outcome == "met"
        assert found["follow_up", 0].state == "running"

    def test_a_moment_after_the_limit_is_missed(self) -> None:
        late = replace(mark(MarkKind.ANSWERED, 2), at=NOON + timedelta(hours=2, microseconds=1))
        assert clocks(case(ASSIGNED, late))["first_response", 0].outcome == "missed"

    def test_progress_ends_follow_up_but_not_resolution(self) -> None:
        found = clocks(case(ASSIGNED, mark(MarkKind.PROGRESSED, 1)))
        assert found["first_response", 0].outcome == "met"
        assert found["follow_up", 0].outcome == "met"
        assert found["resolution", 0].state == "running"

    def test_a_question_pauses_the_work_and_waits_for_the_citizen(self) -> None:
        found = clocks(case(ASSIGNED, mark(MarkKind.ASKED, 1)))
        assert found["first_response", 0].outcome == "met"
        assert {found[s, 0].state for s in ("follow_up", "resolution")} == {"paused"}
        assert found["closing", 0].state == "running"

    def test_the_citizens_answer_moves_the_due_time_by_the_wait(self) -> None:
        asked, informed = mark(MarkKind.ASKED, 1), mark(MarkKind.INFORMED, 30)
        found = clocks(case(ASSIGNED, asked, informed))
        assert found["closing", 0].outcome == "met"
        assert found["follow_up", 0].due_at == hours_after(0.1 + 24 + 29)
        assert found["follow_up", 0].near_at == hours_after(0.1 + 18 + 29)

    def test_resolving_leaves_only_the_closing_clock(self) -> None:
        found = clocks(case(ASSIGNED, mark(MarkKind.RESOLVED, 5)))
        running = [key for key, clock in found.items() if clock.state == "running"]
        assert running == [("closing", 0)]
        assert found["closing", 0].due_at == hours_after(5 + 240)

    def test_after_resolving_an_open_question_the_citizen_has_the_full_time_again(self) -> None:
        found = clocks(case(ASSIGNED, mark(MarkKind.ASKED, 1), mark(MarkKind.RESOLVED, 200)))
        assert found["closing", 0].outcome == "cancelled"
        assert found["closing", 1].due_at == hours_after(200 + 240)

    def test_closing_ends_the_last_clock(self) -> None:
        closed = mark(MarkKind.CLOSED, 6)
        found = clocks(case(ASSIGNED, mark(MarkKind.RESOLVED, 5), closed))
        assert {clock.state for clock in found.values()} == {"stopped"}
        assert found["closing", 0].outcome == "met"

    def test_silence_after_a_question_ends_the_paused_work_as_cancelled(self) -> None:
        found = clocks(case(ASSIGNED, mark(MarkKind.ASKED, 1), mark(MarkKind.CLOSED, 242)))
        assert found["follow_up", 0].outcome == "cancelled"
        assert found["closing", 0].outcome == "missed"

    def test_reopening_starts_a_new_epoch_of_the_work(self) -> None:
        reopened = mark(MarkKind.REOPENED, 50, epoch=1)
        found = clocks(case(ASSIGNED, mark(MarkKind.RESOLVED, 5), reopened))
        assert found["closing", 0].outcome == "met"
        for stage in ("follow_up", "resolution"):
            assert found[stage, 0].outcome == "met"
            assert found[stage, 1].started_at == reopened.at
            assert found[stage, 1].opd == "PUPR"
        assert ("first_response", 1) not in found

    def test_a_transfer_resets_nothing(self) -> None:
        before = clocks(case(ASSIGNED))
        after = clocks(case(ASSIGNED, mark(MarkKind.ASSIGNED, 20, opd="DLH")))
        assert set(after) == set(before)
        for key, clock in after.items():
            assert clock.due_at == before[key].due_at
            assert clock.changes == before[key].changes
        assert after["follow_up", 0].opd == "DLH"

    def test_a_return_to_the_desk_resets_nothing_and_leaves_no_opd(self) -> None:
        found = clocks(case(ASSIGNED, mark(MarkKind.UNASSIGNED, 1)))
        assert found["follow_up", 0].opd is None
        assert found["follow_up", 0].due_at == hours_after(0.1 + 24)

    def test_merging_stops_and_unmerging_restores(self) -> None:
        merged = case(ASSIGNED, mark(MarkKind.MERGED, 1))
        assert {c.outcome for c in clocks(merged).values()} == {"met", "merged"}
        found = clocks(merged.with_mark(mark(MarkKind.UNMERGED, 11)))
        assert found["first_response", 0].state == "running"
        assert found["first_response", 0].due_at == hours_after(2 + 10)
        assert found["verification", 0].outcome == "met"

    def test_unmerging_restores_a_pause_too(self) -> None:
        steps = [(MarkKind.ASKED, 1), (MarkKind.MERGED, 2), (MarkKind.UNMERGED, 5)]
        facts = case(ASSIGNED, *(mark(kind, hours) for kind, hours in steps))
        assert clocks(facts)["follow_up", 0].state == "paused"
        informed = clocks(facts.with_mark(mark(MarkKind.INFORMED, 9)))
        assert informed["follow_up", 0].due_at == hours_after(0.1 + 24 + 8)

    def test_withdrawing_cancels(self) -> None:
        gone = replace(case(ASSIGNED), withdrawn_at=NOON + timedelta(hours=1))
        found = clocks(gone)
        assert found["verification", 0].outcome == "met"
        assert found["first_response", 0].outcome == "cancelled"
        assert {clock.state for clock in found.values()} == {"stopped"}

    def test_what_the_desk_did_before_it_heard_of_the_withdrawal_starts_nothing(self) -> None:
        gone = replace(case(ASSIGNED), withdrawn_at=NOON)
        assert clocks(gone)["follow_up", 0].stopped_at == ASSIGNED.at
        assert clocks(gone)["follow_up", 0].outcome == "cancelled"

    def test_a_contributing_part_has_a_follow_up_of_its_own(self) -> None:
        facts = case(ASSIGNED, mark(MarkKind.ASSIGNED, 4, part=1, opd="DLH"))
        facts = facts.with_mark(mark(MarkKind.PROGRESSED, 5, part=1))
        found = {(p.key.part, p.key.stage): p for p in derive_clocks(facts, POLICIES)}
        assert found[1, "follow_up"].outcome == "met"
        assert found[0, "follow_up"].state == "running"

    def test_nothing_runs_before_intake_was_heard(self) -> None:
        assert derive_clocks(CaseFacts().with_mark(ASSIGNED), POLICIES) == []

    def test_without_a_policy_there_is_no_resolution_clock(self) -> None:
        found = derive_clocks(case(ASSIGNED), Policies(profile(without=("resolution",))))
        assert "resolution" not in {plan.key.stage for plan in found}


class TestHolding:
    def test_each_opd_is_charged_with_the_time_that_it_had_the_case(self) -> None:
        facts = case(
            mark(MarkKind.ASSIGNED, 1, opd="PUPR"),
            mark(MarkKind.ASSIGNED, 4, opd="DLH"),
            mark(MarkKind.ASKED, 5),
            mark(MarkKind.INFORMED, 8),
            mark(MarkKind.PROGRESSED, 10),
        )
        stop = clocks(facts)["follow_up", 0].changes[-1]
        assert stop.held == {"PUPR": timedelta(hours=3), "DLH": timedelta(hours=3)}
        assert stop.ran == timedelta(hours=6)

    def test_a_merged_stop_is_charged_up_to_itself(self) -> None:
        facts = case(ASSIGNED, mark(MarkKind.MERGED, 1.1), mark(MarkKind.UNMERGED, 2.1))
        facts = facts.with_mark(mark(MarkKind.PROGRESSED, 4.1))
        stops = [c for c in clocks(facts)["follow_up", 0].changes if c.kind is ChangeKind.STOPPED]
        assert [stop.held["PUPR"] for stop in stops] == [timedelta(hours=1), timedelta(hours=3)]


def tell(facts: Sequence[Fact]) -> tuple[list[ClockPlan], list[tuple[ClockKey, Change]]]:
    """Note facts one by one, as the operations do; returns the clocks and what was published."""
    known = CaseFacts()
    terms: dict[ClockKey, Terms] = {}
    told: dict[ClockKey, list[str]] = {}
    published = []
    plans: list[ClockPlan] = []
    for fact in facts:
        known = fact(known)
        plans = derive_clocks(known, POLICIES, terms)
        for plan in plans:
            news = plan.changes[first_news(plan.changes, told.get(plan.key, ())) :]
            published += [(plan.key, change) for change in news]
            told[plan.key] = [change.fingerprint for change in plan.changes]
            terms[plan.key] = plan.terms
    return plans, published


def noting(each: Mark) -> Fact:
    """Return the fact that a mark was heard."""
    return lambda facts: facts.with_mark(each)


def submission(facts: CaseFacts) -> CaseFacts:
    """Be heard of by intake."""
    return replace(facts, submitted_at=NOON, channel="web", classification="complaint")


@st.composite
def two_orders(draw: st.DrawFn, *, withdrawn: bool) -> tuple[list[Fact], list[Fact]]:
    """Draw two interleavings of what the two publishers say of one case, each in its own order."""
    routing = [noting(each) for each in draw(marks())]
    service = draw(st.sampled_from([None, "rtlh"]))
    intake: list[Fact] = [lambda facts: replace(submission(facts), service=service)]
    if withdrawn:
        gone_at = NOON + timedelta(hours=draw(st.floats(0, 400)))
        intake.append(lambda facts: replace(facts, withdrawn_at=gone_at))
    return _interleave(draw, intake, routing), _interleave(draw, intake, routing)


def _interleave(draw: st.DrawFn, one: list[Fact], other: list[Fact]) -> list[Fact]:
    places = sorted(draw(st.integers(0, len(other))) for _ in one)
    merged = list(other)
    for offset, (place, fact) in enumerate(zip(places, one, strict=True)):
        merged.insert(place + offset, fact)
    return merged


class TestAnyOrder:
    @given(two_orders(withdrawn=False))
    def test_the_order_of_the_topics_changes_neither_clocks_nor_events(
        self, orders: tuple[list[Fact], list[Fact]]
    ) -> None:
        (one, said), (other, said_too) = map(tell, orders)
        assert one == other
        assert sorted(said, key=repr) == sorted(said_too, key=repr)

    @given(two_orders(withdrawn=False))
    def test_each_change_is_published_once(self, orders: tuple[list[Fact], list[Fact]]) -> None:
        plans, said = tell(orders[0])
        for plan in plans:
            assert [change for key, change in said if key == plan.key] == list(plan.changes)

    @given(two_orders(withdrawn=True))
    def test_a_withdrawal_at_any_time_gives_the_same_clocks(
        self, orders: tuple[list[Fact], list[Fact]]
    ) -> None:
        (one, _), (other, said) = map(tell, orders)
        assert one == other
        # News may correct an end that was published; the last word is always the right one.
        for plan in one:
            last = [change for key, change in said if key == plan.key][-1]
            assert last == plan.changes[-1]


class TestAnyCase:
    @given(marks())
    def test_no_clock_is_due_before_it_starts_or_near_after_it_is_due(
        self, drawn: list[Mark]
    ) -> None:
        for plan in derive_clocks(case(*drawn), POLICIES):
            assert plan.started_at < plan.near_at < plan.due_at

    @given(marks())
    def test_a_clock_starts_once_and_ends_at_most_once_for_good(self, drawn: list[Mark]) -> None:
        plans = derive_clocks(case(*drawn), POLICIES)
        assert len({plan.key for plan in plans}) == len(plans)
        for plan in plans:
            kinds = [change.kind for change in plan.changes]
            assert kinds.count(ChangeKind.STARTED) == 1
            assert sum(change.is_verdict for change in plan.changes) <= 1

    @given(marks())
    def test_the_due_time_moves_by_exactly_what_a_clock_stood_still(
        self, drawn: list[Mark]
    ) -> None:
        for plan in derive_clocks(case(*drawn), POLICIES):
            stood = timedelta(0)
            since = None
            for change in plan.changes:
                if change.kind in {ChangeKind.PAUSED, ChangeKind.STOPPED}:
                    due_at = plan.started_at + plan.terms.limit + stood
                    # What was missed stays missed: no pause after the deadline moves it.
                    since = since or (change.at if change.at <= due_at else None)
                elif change.kind is ChangeKind.RESUMED and since is not None:
                    stood += change.at - since
                    since = None
            assert plan.due_at == plan.started_at + plan.terms.limit + stood

    @given(marks())
    def test_the_opds_held_no_more_than_what_counted_and_that_no_more_than_all(
        self, drawn: list[Mark]
    ) -> None:
        for plan in derive_clocks(case(*drawn), POLICIES):
            for change in plan.changes:
                assert sum(change.held.values(), timedelta(0)) <= change.ran
                assert change.ran <= change.at - plan.started_at

    @given(marks())
    def test_met_means_stopped_by_the_due_time(self, drawn: list[Mark]) -> None:
        for plan in derive_clocks(case(*drawn), POLICIES):
            if plan.outcome in {"met", "missed"}:
                in_time = plan.changes[-1].ran <= plan.terms.limit
                assert (plan.outcome == "met") == in_time

    @given(marks())
    def test_only_waiting_for_the_citizen_outlives_a_resolved_or_closed_case(
        self, drawn: list[Mark]
    ) -> None:
        for last, allowed in ((MarkKind.RESOLVED, {"closing"}), (MarkKind.CLOSED, set[str]())):
            end = replace(mark(last, 0), at=NOON + timedelta(days=900))
            plans = derive_clocks(case(*drawn, end), POLICIES)
            assert {p.key.stage for p in plans if p.state != "stopped"} <= allowed

    @given(marks(), st.integers(0, 20))
    def test_what_a_citizen_or_a_second_answer_adds_is_nothing(
        self, drawn: list[Mark], place: int
    ) -> None:
        answered = case(*drawn, mark(MarkKind.ANSWERED, 10_000))
        assert answered.with_mark(mark(MarkKind.ANSWERED, 10_001 + place)) is answered

    @given(marks())
    def test_a_case_survives_being_stored(self, drawn: list[Mark]) -> None:
        for each in drawn:
            assert Mark.from_json(each.as_json()) == each
        for plan in derive_clocks(case(*drawn), POLICIES):
            assert read_terms(write_terms(plan.terms)) == plan.terms


class TestFirings:
    def test_the_ladder_is_told_in_the_order_of_time(self) -> None:
        clock = clocks(case())["first_response", 0]
        found = firings(clock.near_at, clock.due_at, clock.terms.rungs)
        assert [(f.kind, f.rung.level if f.rung else None) for f in found] == [
            ("near", None),
            ("rung", 0),
            ("missed", None),
            ("rung", 1),
            ("rung", 2),
            ("rung", 3),
        ]
        assert [(f.at - NOON) / timedelta(hours=1) for f in found] == [1.5, 1.5, 2, 2, 6, 26]

    def test_while_nobody_has_the_case_the_desk_is_told(self) -> None:
        rungs = clocks(case())["first_response", 0].terms.rungs
        assert [role_to_tell(rung, None) for rung in rungs] == [
            "triage",
            "triage",
            "sekda",
            "leader",
        ]
        assert [role_to_tell(rung, "PUPR") for rung in rungs[:2]] == ["officer", "head"]


def test_a_clock_has_the_same_id_wherever_it_is_derived() -> None:
    complaint = "0199e4c7-7d51-7c51-8f3f-6d0a4d5f8a11"
    key = ClockKey(0, "follow_up", 1)
    assert clock_id_of(complaint, key) == "635fde1f-ac74-581b-b7a4-30d2ba195ba9"
