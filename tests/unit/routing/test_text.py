"""What people type is brought to the words that the profile knows."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.routing.keywords import (
    NEAR_WORDS,
    KeywordIndex,
    UnusableKeywordError,
    parse_keyword,
)
from services.routing.lexicon import SPELLINGS
from services.routing.text import MAX_WORDS, Vocabulary, split_words


def known(word: str, *vocabulary: str) -> str | None:
    return Vocabulary(vocabulary, SPELLINGS).known([word])[0]


def found(text: str, *keywords: str) -> set[str]:
    index = KeywordIndex(keywords, SPELLINGS)
    return {keywords[number] for number in index.find(index.read(split_words(text)))}


def test_case_accents_and_punctuation_do_not_matter() -> None:
    assert split_words("PJU!! Padám, jl.Mawar/RT.03") == ["pju", "padam", "jl", "mawar", "rt", "03"]


@pytest.mark.parametrize(
    ("typed", "word"),
    [
        ("jln", "jalan"),
        ("gk", "tidak"),
        ("ndak", "tidak"),
        ("lobang", "lubang"),
        ("lubang2", "lubang"),
        ("lamaaaa", "lama"),
        ("pohonnya", "pohon"),
        ("pemangkasan", "pangkas"),
        ("dipangkas", "pangkas"),
        ("memotong", "potong"),
        ("menyapu", "sapu"),
        ("mengirim", "kirim"),
        ("benerin", "bener"),
        ("pjunya", "pju"),
    ],
)
def test_spellings_and_affixes_lead_to_the_known_word(typed: str, word: str) -> None:
    assert known(typed, word) == word


@pytest.mark.parametrize(
    ("typed", "word"), [("kiri", "kir"), ("mohon", "pohon"), ("perairan", "pera"), ("x" * 99, "x")]
)
def test_a_word_is_not_cut_down_to_another(typed: str, word: str) -> None:
    assert known(typed, word) is None


def test_a_known_word_is_never_cut_further() -> None:
    assert known("perumahan", "perumahan", "rumah") == "perumahan"


def test_a_phrase_needs_its_words_in_a_row() -> None:
    assert found("lampu di jalan", "lampu jalan") == set()
    assert found("lampu jalan padam", "lampu jalan") == {"lampu jalan"}
    assert found("tolong balai rt satu", "balai rt dua", "balai rt satu") == {"balai rt satu"}
    assert found("lampu", "lampu jalan") == set()


def test_near_words_may_stand_in_either_order_but_not_far_apart() -> None:
    keyword = "lampu ~ padam"
    assert found("padam semua lampu", keyword) == {keyword}
    assert found("lampu itu padam", keyword) == {keyword}
    assert found("lampu " + "dan " * NEAR_WORDS + "padam", keyword) == set()


def test_a_near_keyword_of_one_word_twice_needs_it_twice() -> None:
    assert found("macet", "macet ~ macet") == set()
    assert found("macet dan macet", "macet ~ macet") == {"macet ~ macet"}


@pytest.mark.parametrize("keyword", ["", "…", "a ~", "~", "lampu jalan ~ padam", "a ~ b ~ c"])
def test_a_keyword_that_could_never_match_is_refused(keyword: str) -> None:
    with pytest.raises(UnusableKeywordError):
        parse_keyword(keyword, {})


def test_only_the_beginning_of_an_endless_text_is_read() -> None:
    assert len(split_words("a " * 1_000_000)) == MAX_WORDS


def test_the_memory_of_words_is_bounded() -> None:
    vocabulary = Vocabulary(["jalan"], SPELLINGS)
    for start in range(0, 120_000, 1_000):
        vocabulary.known([f"kata{number}" for number in range(start, start + 1_000)])
    assert len(vocabulary._found) <= 50_000  # noqa: SLF001 - a bound has no other witness
    assert vocabulary.known(["jln"]) == ["jalan"]


@given(st.text(st.characters(codec=None)))
def test_any_text_splits_into_plain_words(text: str) -> None:
    for word in split_words(text):
        assert word.isascii()
        assert word.isalnum()
        assert word == word.lower()
