"""A Pemda's first day: what the desk is offered before there is a case to learn from."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.routing.catalogue import RoutingProfile
from services.routing.classifier.starting import Starter
from services.routing.conditions import Circumstances
from services.routing.decisions import MOST_PROPOSALS, Decision
from services.routing.profile import read
from services.routing.rules import Router, compile_rules
from services.routing.starting import starter_of
from services.routing.text import split_words
from tests.support.servers import PROFILE


@pytest.fixture(scope="module")
def router() -> Router:
    return compile_rules(read(PROFILE))


@pytest.fixture(scope="module")
def starter(router: Router) -> Starter:
    found = starter_of(router)
    assert found is not None
    return found


def decided(router: Router, starter: Starter, text: str, account: str | None = None) -> Decision:
    return router.choose_opd(text, None, Circumstances(account_opd=account), starter)


# None of these stands in examples.yaml, and no keyword of topics.yaml is clear in them.
@pytest.mark.parametrize(
    ("text", "opd"),
    [
        ("anakku diplonco kakak kelas terus nangis ga mau berangkat", "DISDIK"),
        ("bos ga mau bayar, wis rong wulan ga dikasih, dipotong pula", "DISNAKER"),
        ("tonggoku mateni kran, banyune ora netes blas min", "PDAM"),
        ("bapakku wis sedo, carane ngurus surate piye", "DUKCAPIL"),
    ],
)
def test_desk_is_offered_the_right_opd_for_words_that_no_keyword_knows(
    router: Router, starter: Starter, text: str, opd: str
) -> None:
    proposals = decided(router, starter, text).proposals
    assert opd in [each.opd for each in proposals]
    assert all(0 <= each.confidence <= 1 for each in proposals)


def test_proposals_name_the_words_that_speak_for_them(router: Router, starter: Starter) -> None:
    decision = decided(router, starter, "simbah nang omah dewean, ora ono sing ngopeni maem e")
    first = decision.proposals[0]
    assert (first.opd, first.topic) == ("DINSOS", "lansia-permakanan")
    assert {"simbah", "ngopeni"} & set(first.words)
    assert "DINSOS" in decision.reason


def test_each_topic_of_the_profile_has_examples(router: Router) -> None:
    profile = router.profile
    assert {each.topic for each in profile.examples} == {topic.code for topic in profile.topics}


def test_most_examples_are_placed_though_left_out(router: Router, starter: Starter) -> None:
    owner = {topic.code: topic.opd for topic in router.profile.topics}
    right = total = 0
    for each in router.profile.examples:
        for text in each.texts:
            words = split_words(text)
            found = starter.suggest(words, router.keyword_points(words))
            right += bool(found) and found[0].opd == owner[each.topic]
            total += 1
    assert right / total > 0.9


def test_starter_places_nothing_by_itself(router: Router, starter: Starter) -> None:
    for each in router.profile.examples:
        with_it = decided(router, starter, each.texts[0])
        without = router.choose_opd(each.texts[0])
        assert with_it.opd == without.opd
        assert with_it.rule_id == without.rule_id


def test_account_still_settles_what_no_keyword_knows(router: Router, starter: Starter) -> None:
    decision = decided(router, starter, "piye iki min kok ngene", account="DISHUB")
    assert decision.opd == "DISHUB"


def test_profile_without_examples_starts_on_its_keywords(router: Router) -> None:
    bare: RoutingProfile = router.profile.model_copy(update={"examples": ()})
    assert starter_of(compile_rules(bare)) is None


def test_one_profile_is_learned_from_once(router: Router, starter: Starter) -> None:
    assert starter_of(compile_rules(read(PROFILE))) is starter


@settings(max_examples=50)
@given(text=st.text(st.characters(codec=None), max_size=300))
def test_whatever_is_written_what_is_offered_exists(
    router: Router, starter: Starter, text: str
) -> None:
    opds = {opd.code for opd in router.profile.opds}
    decision = decided(router, starter, text)
    assert len(decision.proposals) <= MOST_PROPOSALS
    assert {each.opd for each in decision.proposals} <= opds
    assert sum(each.confidence for each in decision.proposals) <= 1.01
