"""A service's stage has a clock by the terms that its event brought."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given

from services.sla.explaining import Story, explain
from services.sla.facts import CaseFacts, Mark, MarkKind, StageEntry
from services.sla.moves import find_moves
from services.sla.policies import Policies
from services.sla.rules import ClockPlan, derive_clocks
from services.sla.stopwatch import ClockKey
from tests.unit.sla.cases import NOON, POLICIES, case, mark, marks, policy, profile

DAY = 86_400
CHECK, SURVEY = "rtlh.administrasi", "rtlh.survei"
ENTRY = StageEntry("Pemeriksaan", "3", "elapsed", seconds=DAY, ladder="standar")


def entered(hours: float, stage: str | None = CHECK, **fields: object) -> Mark:
    """Make the mark of a stage; of none, that the service is over."""
    entry = ENTRY if stage is not None else None
    return mark(
        MarkKind.ENTERED, hours, **{"opd": "DISPERKIM", "ref": stage, "entry": entry, **fields}
    )


def application(*more: Mark) -> CaseFacts:
    """Make an application that its OPD has, in its first stage, with more marks."""
    assigned = mark(MarkKind.ASSIGNED, 0, opd="DISPERKIM", topic="rtlh")
    return replace(case(assigned, entered(0), *more), service="rtlh")


def clocks(facts: CaseFacts) -> Mapping[ClockKey, ClockPlan]:
    return {plan.key: plan for plan in derive_clocks(facts, POLICIES)}


def test_stage_clock_runs_by_the_terms_of_its_event_and_no_work_clock_beside_it() -> None:
    found = clocks(application())
    assert {key.stage for key in found} == {"verification", "first_response", CHECK}
    clock = found[ClockKey(0, CHECK, 0)]
    assert clock.due_at == NOON + timedelta(days=1)
    assert clock.near_at == NOON + timedelta(hours=18)
    assert (clock.terms.policy, clock.opd) == ("rtlh.administrasi@3", "DISPERKIM")
    assert [rung.to_role for rung in clock.terms.rungs] == ["officer", "head", "sekda", "leader"]


def test_unknown_service_of_intakes_has_the_clocks_of_a_complaint() -> None:
    facts = replace(case(mark(MarkKind.ASSIGNED, 0, opd="PUPR", topic="jalan")), service="rtlh")
    assert ClockKey(0, "resolution", 0) in clocks(facts)


def test_next_stage_stops_the_clock_and_starts_its_own() -> None:
    found = clocks(application(entered(30, SURVEY)))
    assert found[ClockKey(0, CHECK, 0)].outcome == "missed"
    assert found[ClockKey(0, SURVEY, 0)].started_at == NOON + timedelta(hours=30)
    assert clocks(application(entered(3, SURVEY)))[ClockKey(0, CHECK, 0)].outcome == "met"


def test_epoch_counts_how_often_the_stage_was_entered_before() -> None:
    found = clocks(application(entered(1, SURVEY), entered(2), entered(3, SURVEY), entered(4)))
    stages = [key for key in found if key.stage in (CHECK, SURVEY)]
    assert sorted(key.epoch for key in stages if key.stage == CHECK) == [0, 1, 2]
    assert sorted(key.epoch for key in stages if key.stage == SURVEY) == [0, 1]


def test_question_to_the_applicant_moves_the_deadline_unless_the_stage_says_no() -> None:
    asked, informed = mark(MarkKind.ASKED, 1), mark(MarkKind.INFORMED, 11)
    found = clocks(application(asked, informed))[ClockKey(0, CHECK, 0)]
    assert found.due_at == NOON + timedelta(hours=34)
    waiting = clocks(application(asked))[ClockKey(0, CHECK, 0)]
    assert waiting.state == "paused"
    strict = application(entered(0.5, SURVEY, entry=replace(ENTRY, pauses=False)), asked)
    assert clocks(strict)[ClockKey(0, SURVEY, 0)].state == "running"


def test_end_of_the_service_stops_its_clock_before_the_case_is_resolved() -> None:
    done = application(entered(5, None), mark(MarkKind.RESOLVED, 5))
    clock = clocks(done)[ClockKey(0, CHECK, 0)]
    assert (clock.state, clock.outcome) == ("stopped", "met")
    again = application(
        entered(5, None),
        mark(MarkKind.RESOLVED, 5),
        mark(MarkKind.REOPENED, 50, epoch=1),
        entered(50),
    )
    found = clocks(again)
    assert found[ClockKey(0, CHECK, 1)].started_at == NOON + timedelta(hours=50)
    assert "resolution" not in {key.stage for key in found}


@pytest.mark.parametrize(
    ("end", "outcome"),
    [(MarkKind.CLOSED, "cancelled"), (MarkKind.MERGED, "merged"), (MarkKind.REJECTED, "cancelled")],
)
def test_whatever_ends_the_case_ends_its_stage(end: MarkKind, outcome: str) -> None:
    clock = clocks(application(mark(end, 2)))[ClockKey(0, CHECK, 0)]
    assert (clock.state, clock.outcome) == ("stopped", outcome)


def test_withdrawal_cancels_and_a_later_stage_starts_nothing() -> None:
    gone = replace(application(entered(9, SURVEY)), withdrawn_at=NOON + timedelta(hours=2))
    found = clocks(gone)
    assert {found[ClockKey(0, stage, 0)].outcome for stage in (CHECK, SURVEY)} == {"cancelled"}


def test_disposition_has_a_clock_of_its_own_by_the_deadline_that_was_set() -> None:
    due_at = NOON + timedelta(days=4)
    given_out = entered(
        1, "si-surat.disposisi", part=101, opd="PUPR", entry=replace(ENTRY, due_at=due_at)
    )
    key = ClockKey(101, "si-surat.disposisi", 0)
    found = clocks(application(given_out, mark(MarkKind.ASKED, 2), mark(MarkKind.INFORMED, 9)))
    assert (found[key].due_at, found[key].opd) == (due_at, "PUPR")
    answered = clocks(application(given_out, entered(8, None, part=101)))
    assert answered[key].outcome == "met"
    assert answered[ClockKey(0, CHECK, 0)].state == "running"
    reopened = clocks(application(given_out, mark(MarkKind.REOPENED, 9, epoch=1)))
    assert (101, "follow_up") not in {(k.part, k.stage) for k in reopened}


def test_ladder_that_is_gone_is_replaced_by_the_first() -> None:
    facts = application(entered(1, SURVEY, entry=replace(ENTRY, ladder="dulu")))
    assert clocks(facts)[ClockKey(0, SURVEY, 0)].terms.rungs


def test_other_policies_leave_stage_clocks_alone() -> None:
    facts = application()
    kept = {plan.key: plan.terms for plan in derive_clocks(facts, POLICIES)}
    other = Policies(profile(policy("first_response", 60, id="lain", valid_from="2026-02-01")))
    moved = find_moves(facts, kept, other, "policies", NOON + timedelta(hours=1))
    assert {move.before.key.stage for move in moved} == {"first_response"}


def test_explanation_names_the_stage_and_the_version_of_its_service() -> None:
    facts = application(
        entered(1, "si-surat.disposisi", part=101, entry=replace(ENTRY, due_at=NOON + DAYS))
    )
    kept = {plan.key: plan.terms for plan in derive_clocks(facts, POLICIES)}
    story = Story("019b76da-a800-7000-8000-00000000c001", facts, kept, [], {}, NOON)
    told = {each.stage: each for each in explain(story, POLICIES, "Asia/Jakarta")}
    assert told[CHECK].sentences[0] == (
        "Layanan rtlh versi 3, tahap “Pemeriksaan”: 1 hari tanpa henti."
    )
    assert "tahap “Pemeriksaan” mulai" in told[CHECK].steps[0].text
    assert told["si-surat.disposisi"].sentences[0].startswith("Tenggat ditetapkan")


DAYS = timedelta(days=3)


@given(marks())
def test_marks_are_read_as_they_were_written(drawn: list[Mark]) -> None:
    assert [Mark.from_json(each.as_json()) for each in drawn] == drawn


def test_marks_of_before_there_were_stages_stay_readable() -> None:
    at = NOON.isoformat()
    assert Mark.from_json(["assigned", at, 0, "PUPR", "jalan", 0]).topic == "jalan"
    assert Mark.from_json(["referred", at, 0, None, None, 0, "ref-1"]).ref == "ref-1"


@given(marks())
def test_at_most_one_stage_clock_of_a_part_runs(drawn: list[Mark]) -> None:
    plans = derive_clocks(case(*drawn), POLICIES)
    running = [p.key.part for p in plans if "." in p.key.stage and p.state != "stopped"]
    assert len(running) == len(set(running))
    for stage in {p.key.stage for p in plans if "." in p.key.stage}:
        for part in {p.key.part for p in plans}:
            entries = [m for m in drawn if (m.ref, m.part) == (stage, part)]
            epochs = [p.key.epoch for p in plans if (p.key.part, p.key.stage) == (part, stage)]
            assert all(epoch < len(entries) for epoch in epochs)
