"""What the citizen says, or does not say, does to a case; and what arrives too late does not."""

import pytest

from services.routing.states import State
from shared.contracts.event import Event
from shared.contracts.intake import FeedbackGiven
from shared.contracts.routing import CaseClosed, CaseReopened, InformationReceived
from shared.ids import ComplaintId, new_id
from tests.service.routing.driver import Driver


@pytest.mark.parametrize("state", State, ids=str)
async def test_withdrawal_is_final_whatever_was_done_before_the_news_came(
    routing: Driver, state: State
) -> None:
    complaint_id = await routing.case_in(state)
    events = len(await routing.published(complaint_id))
    await routing.tell(routing.withdrawn(complaint_id))
    assert (await routing.case(complaint_id))["state"] == "withdrawn"
    assert len(await routing.published(complaint_id)) == events
    assert await routing.dead(complaint_id) == []


async def test_answer_to_the_open_question_lets_the_work_go_on(routing: Driver) -> None:
    complaint_id = await routing.open()
    request_id = await routing.ask(complaint_id)
    await routing.tell(routing.message(complaint_id, request_id))
    case = await routing.case(complaint_id)
    assert (case["state"], case["request_id"]) == ("in_progress", None)
    event = (await routing.published(complaint_id))[-1]
    assert isinstance(event, InformationReceived)
    assert (event.request_id, event.text) == (request_id, "Di nomor dua belas.")


async def test_other_messages_change_nothing(routing: Driver) -> None:
    complaint_id = await routing.open()
    first = await routing.ask(complaint_id)
    before = await routing.case(complaint_id)
    await routing.tell(routing.message(complaint_id), routing.message(complaint_id, new_id()))
    await routing.tell(routing.message(complaint_id, "not even a uuid"))
    assert await routing.case(complaint_id) == before
    await routing.tell(routing.message(complaint_id, first))
    await routing.ask(complaint_id)
    await routing.tell(routing.message(complaint_id, first))
    assert (await routing.case(complaint_id))["state"] == "waiting_citizen"


async def test_satisfied_citizen_closes_a_resolved_case(routing: Driver) -> None:
    complaint_id = await routing.case_in("resolved")
    await routing.tell(routing.feedback(complaint_id, satisfied=True))
    case = await routing.case(complaint_id)
    assert (case["state"], case["closed_at"]) == ("closed", routing.now)
    event = (await routing.published(complaint_id))[-1]
    assert isinstance(event, CaseClosed)
    assert event.reason == "satisfied"
    shown = (await routing.look(complaint_id, routing.officer())).json()
    assert shown["sp4n_status"] == "Ditutup oleh Pelapor"


@pytest.mark.parametrize("state", ["resolved", "closed"])
async def test_dissatisfied_citizen_reopens_with_the_next_epoch(
    routing: Driver, state: str
) -> None:
    complaint_id = await routing.case_in(state)
    await routing.tell(routing.feedback(complaint_id, satisfied=False))
    case = await routing.case(complaint_id)
    assert (case["state"], case["opd"], case["epoch"]) == ("assigned", "DISHUB", 1)
    assert (case["resolved_at"], case["closed_at"]) == (None, None)
    event = (await routing.published(complaint_id))[-1]
    assert isinstance(event, CaseReopened)
    assert event.epoch == 1


@pytest.mark.parametrize(("seconds_late", "state"), [(0, "assigned"), (1, "closed")])
async def test_window_counts_to_when_the_citizen_spoke(
    routing: Driver, seconds_late: int, state: str
) -> None:
    complaint_id = await routing.case_in("closed")
    routing.later(days=14, seconds=seconds_late)
    said = routing.feedback(complaint_id, satisfied=False)
    routing.later(days=3)
    await routing.tell(said)
    assert (await routing.case(complaint_id))["state"] == state


@pytest.mark.parametrize("satisfied", [True, False])
async def test_feedback_means_nothing_where_nothing_was_resolved(
    routing: Driver, *, satisfied: bool
) -> None:
    for state in ("triage", "assigned", "in_progress", "waiting_citizen", "rejected", "merged"):
        complaint_id = await routing.case_in(state)
        before = await routing.case(complaint_id)
        await routing.tell(routing.feedback(complaint_id, satisfied=satisfied))
        assert await routing.case(complaint_id) == before
        assert await routing.dead(complaint_id) == []


@pytest.mark.parametrize("state", ["resolved", "waiting_citizen"])
async def test_silence_closes_what_waits_for_the_citizen(routing: Driver, state: str) -> None:
    complaint_id = await routing.case_in(state)
    routing.later(days=10)
    await routing.tell(routing.missed(complaint_id))
    assert (await routing.case(complaint_id))["state"] == "closed"
    event = (await routing.published(complaint_id))[-1]
    assert isinstance(event, CaseClosed)
    assert event.reason == "silence"
    shown = (await routing.look(complaint_id, routing.officer())).json()
    assert shown["sp4n_status"] == "Ditutup oleh Sistem"


async def test_other_clocks_and_other_epochs_close_nothing(routing: Driver) -> None:
    complaint_id = await routing.case_in("resolved")
    routing.later(days=10)
    before = await routing.case(complaint_id)
    await routing.tell(
        routing.missed(complaint_id, stage="follow_up"),
        routing.missed(complaint_id, stage="verification"),
        routing.missed(complaint_id, epoch=1),
    )
    assert await routing.case(complaint_id) == before


async def test_clock_of_an_earlier_wait_closes_nothing_even_if_it_comes_late(
    routing: Driver,
) -> None:
    complaint_id = await routing.open()
    request_id = await routing.ask(complaint_id)
    routing.later(days=9)
    await routing.tell(routing.message(complaint_id, request_id))
    await routing.act(complaint_id, "resolve", routing.officer())
    routing.later(days=1)
    # sla had not heard of the answer yet when the question's time ran out.
    await routing.tell(routing.missed(complaint_id, epoch=0))
    assert (await routing.case(complaint_id))["state"] == "resolved"
    routing.later(days=9)
    await routing.tell(routing.missed(complaint_id, epoch=1))
    assert (await routing.case(complaint_id))["state"] == "closed"


async def test_clock_of_an_unknown_case_is_ignored(routing: Driver) -> None:
    await routing.tell(event := routing.missed(new_id()))
    assert await routing.dead(event.complaint_id) == []


@pytest.mark.parametrize("place", [0, 1, 2])
async def test_topics_in_any_order_give_one_result(routing: Driver, place: int) -> None:
    event = routing.submitted()
    told: list[Event] = [
        routing.missed(event.complaint_id, stage=stage) for stage in ("verification", "closing")
    ]
    told.insert(place, event)
    await routing.tell(*told)
    case = await routing.case(event.complaint_id)
    assert (case["state"], case["opd"], case["version"]) == ("assigned", "DISHUB", 1)
    assert len(await routing.published(event.complaint_id)) == 1
    assert await routing.dead(event.complaint_id) == []


async def test_words_of_the_citizen_are_the_reason_of_reopening(routing: Driver) -> None:
    complaint_id = await routing.case_in("resolved")
    await routing.tell(
        FeedbackGiven(
            complaint_id=ComplaintId(complaint_id),
            occurred_at=routing.now,
            satisfied=False,
            text="Masih padam.",
        )
    )
    event = (await routing.published(complaint_id))[-1]
    assert isinstance(event, CaseReopened)
    assert event.reason == "Masih padam."
