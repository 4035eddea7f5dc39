"""Every line of the table of clocks, from the events that go in to those that come out."""

import asyncio
from datetime import timedelta
from itertools import permutations

import pytest

from services.sla import profile
from services.sla.context import make_context
from shared.contracts.event import Event
from shared.contracts.intake import CitizenMessageReceived, ComplaintAmended, FeedbackGiven
from shared.contracts.routing import (
    CaseMerged,
    CaseReturned,
    CaseUnmerged,
    ContributionDone,
    ContributionRequested,
)
from shared.contracts.sla import (
    ClockPaused,
    ClockResumed,
    ClockStarted,
    ClockStopped,
    DeadlineMissed,
)
from shared.ids import ComplaintId, new_id
from tests.service.sla.driver import Case, Sla, hours_between, names, running
from tests.support.servers import PROFILE


async def test_a_submission_starts_verification_and_first_response(sla: Sla) -> None:
    case = sla.case()
    await sla.hear(case.submitted())
    clocks = await sla.clocks(case)
    assert running(clocks) == {"verification", "first_response"}
    started = await sla.told(case)
    assert names(started) == ["ClockStarted verification", "ClockStarted first_response"]
    for event in started:
        assert isinstance(event, ClockStarted)
        assert event.occurred_at == sla.clock.now()
        assert event.opd is None
    due = clocks["first_response", 0]["due_at"]
    assert due == sla.clock.now() + timedelta(hours=2)
    assert clocks["first_response", 0]["policy"] == "tanggapan-pertama-2-jam"


async def test_clocks_run_from_the_submission_even_if_the_news_is_late(sla: Sla) -> None:
    case = sla.case()
    await sla.hear(case.submitted(hours=-1))
    due = (await sla.clocks(case))["first_response", 0]["due_at"]
    assert due == sla.clock.now() + timedelta(hours=1)


async def test_an_assignment_ends_verification_and_starts_follow_up(sla: Sla) -> None:
    case = sla.case()
    await sla.hear(case.submitted(), case.assigned(hours=1))
    clocks = await sla.clocks(case)
    assert clocks["verification", 0]["outcome"] == "met"
    assert clocks["verification", 0]["elapsed_seconds"] == 3600
    assert clocks["follow_up", 0]["due_at"] == sla.clock.now() + timedelta(hours=25)
    assert running(clocks) == {"first_response", "follow_up", "resolution"}


@pytest.mark.parametrize("message", ["answered", "progressed", "asked", "resolved", "rejected"])
async def test_the_first_message_of_staff_ends_first_response(sla: Sla, message: str) -> None:
    case = sla.case()
    await sla.hear(case.submitted(), case.assigned(), getattr(case, message)(hours=1.5))
    stopped = [e for e in await sla.told(case, ClockStopped) if e.stage == "first_response"]
    assert len(stopped) == 1
    assert isinstance(stopped[0], ClockStopped)
    assert stopped[0].outcome == "met"
    assert stopped[0].elapsed_seconds == 5400
    assert stopped[0].held_seconds == {"PUPR": 5400}
    assert stopped[0].opd == "PUPR"


@pytest.mark.parametrize("message", ["progressed", "resolved", "rejected"])
async def test_work_ends_follow_up(sla: Sla, message: str) -> None:
    case = sla.case()
    await sla.hear(case.submitted(), case.assigned(), getattr(case, message)(hours=25))
    assert (await sla.clocks(case))["follow_up", 0]["outcome"] == "missed"


async def test_an_answer_does_not_end_follow_up(sla: Sla) -> None:
    case = sla.case()
    await sla.hear(case.submitted(), case.assigned(), case.answered(hours=1))
    assert running(await sla.clocks(case)) == {"follow_up", "resolution"}


async def test_a_question_pauses_follow_up_until_it_is_answered(sla: Sla) -> None:
    case = sla.case()
    await sla.hear(case.submitted(), case.assigned(), case.asked(hours=1))
    assert (await sla.clocks(case))["follow_up", 0]["state"] == "paused"
    assert (await sla.clocks(case))["follow_up", 0]["next_fire_at"] is None
    assert running(await sla.clocks(case)) == {"closing"}
    await sla.hear(case.informed(hours=11))
    follow_up = (await sla.clocks(case))["follow_up", 0]
    assert follow_up["state"] == "running"
    assert follow_up["due_at"] == sla.clock.now() + timedelta(hours=24 + 10)
    told = await sla.told(case, ClockPaused, ClockResumed)
    paused, resumed = (event for event in told if event.stage == "follow_up")
    assert isinstance(resumed, ClockResumed)
    assert resumed.due_at == follow_up["due_at"]
    assert hours_between(paused.occurred_at, resumed.occurred_at) == 10
    assert (await sla.clocks(case))["closing", 0]["outcome"] == "met"


async def test_resolving_starts_the_ten_days_of_silence(sla: Sla) -> None:
    case = sla.case()
    await sla.hear(case.submitted(), case.assigned(), case.resolved(hours=3))
    clocks = await sla.clocks(case)
    assert running(clocks) == {"closing"}
    assert clocks["closing", 0]["due_at"] == sla.clock.now() + timedelta(hours=3, days=10)


async def test_closing_ends_the_last_clock(sla: Sla) -> None:
    case = sla.case()
    await sla.hear(case.submitted(), case.assigned(), case.resolved(1), case.closed(2))
    assert running(await sla.clocks(case)) == set()


async def test_reopening_starts_a_new_epoch(sla: Sla) -> None:
    case = sla.case()
    await sla.hear(case.submitted(), case.assigned(), case.resolved(1), case.reopened(hours=50))
    clocks = await sla.clocks(case)
    assert running(clocks) == {"follow_up", "resolution"}
    assert clocks["follow_up", 1]["started_at"] == sla.clock.now() + timedelta(hours=50)
    await sla.hear(case.resolved(hours=60))
    assert running(await sla.clocks(case)) == {"closing"}
    assert (await sla.clocks(case))["closing", 1]["state"] == "running"


async def test_withdrawing_cancels_what_runs(sla: Sla) -> None:
    case = sla.case()
    await sla.hear(case.submitted(), case.assigned(), case.withdrawn(hours=1))
    assert running(await sla.clocks(case)) == set()
    outcomes = {
        e.outcome for e in await sla.told(case, ClockStopped) if isinstance(e, ClockStopped)
    }
    assert outcomes == {"met", "cancelled"}


async def test_merging_stops_and_unmerging_restores(sla: Sla) -> None:
    case = sla.case()
    into = ComplaintId(new_id())
    now = sla.clock.now()
    await sla.hear(case.submitted(), case.assigned())
    await sla.hear(CaseMerged(complaint_id=case.complaint_id, occurred_at=now, into=into))
    assert running(await sla.clocks(case)) == set()
    await sla.advance(hours=30)
    assert await sla.told(case, DeadlineMissed) == []
    await sla.hear(
        CaseUnmerged(complaint_id=case.complaint_id, occurred_at=sla.clock.now(), into=into)
    )
    clocks = await sla.clocks(case)
    assert running(clocks) == {"first_response", "follow_up", "resolution"}
    assert clocks["first_response", 0]["due_at"] == now + timedelta(hours=32)


class TestWhatMovesNoClock:
    @pytest.fixture
    async def case(self, sla: Sla) -> Case:
        """Return a case that waits for its first response."""
        case = sla.case()
        await sla.hear(case.submitted(), case.assigned())
        return case

    async def _leaves_all_as_it_is(self, sla: Sla, case: Case, *events: Event) -> None:
        before, said = await sla.clocks(case), await sla.told(case)
        await sla.hear(*events)
        assert await sla.clocks(case) == before
        assert await sla.told(case) == said

    async def test_a_citizens_message(self, sla: Sla, case: Case) -> None:
        about = {"complaint_id": case.complaint_id, "occurred_at": sla.clock.now()}
        message = CitizenMessageReceived(**about, text="Kapan diperbaiki?")
        await self._leaves_all_as_it_is(sla, case, message)
        await sla.advance(hours=2)
        assert names(await sla.told(case, DeadlineMissed)) == ["DeadlineMissed first_response"]

    async def test_an_edit_or_a_feedback(self, sla: Sla, case: Case) -> None:
        about = {"complaint_id": case.complaint_id, "occurred_at": sla.clock.now()}
        await self._leaves_all_as_it_is(
            sla,
            case,
            ComplaintAmended(**about, text="Lampu di gang padam."),
            FeedbackGiven(**about, satisfied=False),
        )

    async def test_a_transfer_changes_only_whom_to_ask(self, sla: Sla, case: Case) -> None:
        before = await sla.clocks(case)
        said = await sla.told(case)
        await sla.advance(hours=1.6)
        await sla.hear(case.assigned("DLH"))
        for key, clock in (await sla.clocks(case)).items():
            assert clock["due_at"] == before[key]["due_at"]
            assert clock["opd"] == (None if key[0] == "verification" else "DLH")
        new = (await sla.told(case))[len(said) :]
        assert names(new) == ["DeadlineNear first_response", "CaseEscalated 0"]
        await sla.advance(hours=1)
        assert len(await sla.told(case, DeadlineMissed)) == 1

    async def test_a_return_to_the_desk(self, sla: Sla, case: Case) -> None:
        said = await sla.told(case)
        await sla.hear(case.returned(), case.triaged())
        assert await sla.told(case) == said
        assert (await sla.clocks(case))["first_response", 0]["opd"] is None

    async def test_a_contributing_opd(self, sla: Sla, case: Case) -> None:
        about = {"complaint_id": case.complaint_id, "occurred_at": sla.clock.now()}
        said = await sla.told(case)
        before = await sla.clocks(case)
        await sla.hear(ContributionRequested(**about, part=1, opd="DLH"))
        # The leading OPD's clocks stay as they are; beside them runs one of the part's own.
        assert await sla.clocks(case) == before
        started = (await sla.told(case))[len(said) :]
        assert names(started) == ["ClockStarted follow_up", "ClockStarted resolution"]
        assert {(each.part, each.opd) for each in started} == {(1, "DLH")}
        await sla.hear(ContributionDone(**about, part=1, opd="DLH"))
        stopped = (await sla.told(case))[len(said) + 2 :]
        assert names(stopped) == ["ClockStopped follow_up", "ClockStopped resolution"]
        assert {(each.part, each.outcome) for each in stopped} == {(1, "met")}

    async def test_a_part_that_is_given_back(self, sla: Sla, case: Case) -> None:
        about = {"complaint_id": case.complaint_id, "occurred_at": sla.clock.now()}
        await sla.hear(ContributionRequested(**about, part=1, opd="DLH"))
        said = await sla.told(case)
        await sla.hear(CaseReturned(**about, part=1, opd="DLH", reason="Bukan kami."))
        stopped = (await sla.told(case))[len(said) :]
        assert names(stopped) == ["ClockStopped follow_up", "ClockStopped resolution"]
        assert {(each.part, each.outcome) for each in stopped} == {(1, "cancelled")}

    async def test_a_second_answer(self, sla: Sla, case: Case) -> None:
        await sla.hear(case.answered(hours=0.5))
        await self._leaves_all_as_it_is(sla, case, case.answered(hours=0.6), case.answered(1))


class TestAnyOrder:
    async def test_routing_may_be_heard_before_intake(self, sla: Sla) -> None:
        case = sla.case()
        await sla.hear(case.assigned(hours=0.5), case.answered(hours=1))
        assert await sla.told(case) == []
        await sla.hear(case.submitted())
        told = await sla.told(case)
        assert names(told) == [
            "ClockStarted verification",
            "ClockStopped verification",
            "ClockStarted first_response",
            "ClockStopped first_response",
            "ClockStarted follow_up",
            "ClockStarted resolution",
        ]
        assert running(await sla.clocks(case)) == {"follow_up", "resolution"}

    async def test_every_order_of_the_two_topics_gives_the_same_clocks_and_events(
        self, sla: Sla
    ) -> None:
        results = []
        for order in set(permutations("iirrrr")):
            case = sla.case()
            intake = iter([case.submitted(), case.withdrawn(hours=300)])
            routing = iter(
                [case.assigned(hours=1), case.asked(2), case.informed(20), case.resolved(30)]
            )
            for publisher in order:
                await sla.hear(next(intake if publisher == "i" else routing))
            clocks = {
                key: {n: v for n, v in row.items() if n not in {"clock_id", "complaint_id"}}
                for key, row in (await sla.clocks(case)).items()
            }
            # One that ran on in the meantime is corrected: what was said last is what holds.
            last = {
                (event.stage, event.epoch, type(event)): event.model_dump(
                    exclude={"complaint_id", "clock_id"}
                )
                for event in await sla.told(case)
            }
            results.append((clocks, last))
        assert len(results) == 15
        assert all(result == results[0] for result in results)

    async def test_batches_of_both_topics_at_once_agree_in_whatever_order_their_cases_are(
        self, sla: Sla
    ) -> None:
        cases = [sla.case() for _ in range(60)]
        intake = [sla.message(case.submitted()) for case in cases]
        routing = [sla.message(case.assigned()) for case in reversed(cases)]
        # No batch fails with a deadlock, which would be handed over again.
        await asyncio.gather(
            *(
                sla.inbox.handle(batch[i : i + 20])
                for batch in (intake, routing)
                for i in (0, 20, 40)
            )
        )
        counts = await sla.rows("SELECT stage, state, count(*) AS n FROM clock GROUP BY 1, 2")
        assert {(row["stage"], row["state"]): row["n"] for row in counts} == {
            ("verification", "stopped"): 60,
            ("first_response", "running"): 60,
            ("follow_up", "running"): 60,
            ("resolution", "running"): 60,
        }

    async def test_the_same_batch_twice_changes_nothing(self, sla: Sla) -> None:
        case = sla.case()
        messages = await sla.hear(case.submitted(), case.assigned(), case.asked(hours=1))
        before, said = await sla.clocks(case), await sla.told(case)
        await sla.inbox.handle(messages)
        await sla.inbox.handle(messages[::-1])
        assert await sla.clocks(case) == before
        assert await sla.told(case) == said

    async def test_an_end_before_the_deadline_counts_as_met_though_the_news_came_after(
        self, sla: Sla
    ) -> None:
        case = sla.case()
        await sla.hear(case.submitted(), case.assigned())
        answer = case.answered(hours=1.9)
        await sla.advance(hours=3)
        assert len(await sla.told(case, DeadlineMissed)) == 1
        await sla.hear(answer)
        stopped = (await sla.told(case, ClockStopped))[-1]
        assert isinstance(stopped, ClockStopped)
        assert stopped.outcome == "met"

    async def test_a_deadline_that_passed_while_sla_was_down_is_told_with_the_late_end(
        self, sla: Sla
    ) -> None:
        case = sla.case()
        await sla.hear(case.submitted(), case.assigned())
        sla.clock.advance(timedelta(hours=3))
        await sla.hear(case.answered())
        told = names(await sla.told(case))
        assert told[-2:] == ["DeadlineMissed first_response", "ClockStopped first_response"]
        await sla.scan()
        # Nobody is called to a case that was answered.
        assert names(await sla.told(case)) == told

    async def test_the_end_of_silence_never_looks_like_silence(self, sla: Sla) -> None:
        case = sla.case()
        await sla.hear(case.submitted(), case.assigned(), case.asked())
        sla.clock.advance(timedelta(days=11))
        await sla.hear(case.informed())
        await sla.scan()
        stages = [name for name in names(await sla.told(case)) if name.startswith("Deadline")]
        assert "DeadlineMissed closing" not in stages


async def test_a_clock_keeps_the_terms_that_it_started_with(sla: Sla) -> None:
    case, later = sla.case(), sla.case()
    await sla.hear(case.submitted(), case.assigned())
    stored = profile.read(PROFILE)
    shorter = [policy.model_copy(update={"seconds": 600}) for policy in stored.policies]
    context = make_context(
        stored.model_copy(update={"policies": tuple(shorter)}), "next", sla.context.metrics
    )
    restarted = Sla(sla.units, context, sla.clock, sla.versions)
    await restarted.hear(case.asked(hours=1), case.informed(hours=2), later.submitted())
    follow_up = (await sla.clocks(case))["follow_up", 0]
    assert follow_up["due_at"] == sla.clock.now() + timedelta(hours=25)
    assert follow_up["profile_version"] == "test"
    first_response = (await sla.clocks(later))["first_response", 0]
    assert first_response["due_at"] == sla.clock.now() + timedelta(minutes=10)
    assert first_response["profile_version"] == "next"


async def test_a_stop_tells_how_much_working_time_had_passed_and_who_had_the_case(sla: Sla) -> None:
    # Monday 09.00 in Jakarta, in Ramadan: work from 08.00 to 12.00 and from 12.30 to 15.00.
    case = sla.case()
    await sla.hear(case.submitted(), case.assigned(), case.assigned("DLH", hours=4))
    await sla.hear(case.resolved(hours=30))
    stopped = {event.stage: event for event in await sla.told(case, ClockStopped)}
    resolution = stopped["resolution"]
    assert resolution.elapsed_seconds == 30 * 3600
    # Until 13.00 three hours and a half, then two to 15.00; on Tuesday from 08.00 to 15.00.
    assert resolution.held_working_seconds == {"PUPR": 3.5 * 3600, "DLH": 8.5 * 3600}
    assert resolution.working_seconds == 12 * 3600
    assert resolution.held_seconds == {"PUPR": 4 * 3600, "DLH": 26 * 3600}
    row = (await sla.clocks(case))["resolution", 0]
    assert row["working_seconds"] == resolution.working_seconds
