"""The projection reads any history of events and never claims what routing did not say."""

from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.intake.consumers import OPERATIONS
from services.intake.errors import ActionNotLegal
from services.intake.rules.progress import (
    FOLLOWED,
    OPEN_STATES,
    RECEIVED,
    STATES,
    WITHDRAWN,
    Progress,
    follow,
    legal_actions,
)
from services.intake.rules.sentences import kinds, sentence_of
from services.intake.schemas import Status
from shared.contracts.event import Event
from shared.contracts.routing import CaseReferred, CaseResolved, CaseState, ReferralAnswered
from shared.contracts.sla import ClockStarted, DeadlineNear
from shared.contracts.topics import topics_consumed_by
from tests.contracts.event_strategies import event_of

ANY = st.sampled_from(FOLLOWED).flatmap(event_of)


def test_the_states_are_routings_and_received() -> None:
    assert {*get_args(CaseState), RECEIVED} == set(STATES) == set(get_args(Status))


@given(st.lists(ANY, max_size=12), st.sampled_from(STATES))
def test_every_history_can_be_shown(events: list[Event], state: str) -> None:
    progress = Progress(state=state)
    for event in events:
        progress, entry = follow(progress, event)
        assert progress.state in STATES
        if entry is not None:
            sentence = sentence_of(entry.kind, entry.opd, entry.opd_name, entry.detail)
            assert sentence.endswith(".") or (entry.opd_name or entry.opd or entry.detail)


@given(st.lists(ANY, max_size=6))
def test_a_withdrawal_is_final(events: list[Event]) -> None:
    progress = Progress(state=WITHDRAWN)
    for event in events:
        progress, _ = follow(progress, event)
        assert progress.state == WITHDRAWN


@given(event_of(ClockStarted) | event_of(DeadlineNear))
def test_what_is_not_for_citizens_changes_nothing(event: Event) -> None:
    assert follow(Progress(), event) == (Progress(), None)


@given(event_of(CaseResolved))
def test_a_contributors_end_is_not_the_cases(event: CaseResolved) -> None:
    after, entry = follow(Progress(state="assigned"), event)
    assert after.state == ("assigned" if event.part else "resolved")
    assert entry is not None
    assert entry.kind == ("contribution_done" if event.part else "resolved")


def test_every_event_class_is_followed_or_left_out_on_purpose() -> None:
    consumed = {cls for topic in topics_consumed_by("intake") for cls in topic.classes}
    # A referral is between offices: the citizen's own OPD goes on answering.
    left_out: set[type[Event]] = {DeadlineNear, CaseReferred, ReferralAnswered}
    assert consumed - set(OPERATIONS) == left_out


@pytest.mark.parametrize("state", STATES)
def test_what_is_legal_is_named(state: str) -> None:
    legal = legal_actions(state)
    assert ("withdraw" in legal) == (state in OPEN_STATES)
    assert ("feedback" in legal) == (state in {"resolved", "closed"})
    assert ("message" in legal) == (state != WITHDRAWN)
    refusal = ActionNotLegal("withdraw", state, legal)
    assert refusal.extensions["legal"] == list(legal)


@pytest.mark.parametrize("kind", sorted(kinds()))
def test_every_kind_has_a_sentence_with_and_without_a_name(kind: str) -> None:
    assert "{" not in sentence_of(kind)
    assert sentence_of(kind, "DISHUB", "Dinas Perhubungan")[0].isupper()
