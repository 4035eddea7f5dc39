"""Which words let secrecy be proposed, by the shipped profile and by rules of any kind."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.intake import profile
from services.intake.rules.secrecy import SecrecyRule, SecrecyRules, normal_phrase
from tests.support.servers import PROFILE

SHIPPED = profile.read(PROFILE).privacy.secrecy_rules()
WORDS = st.text(alphabet="abcdefghij", min_size=4, max_size=8)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("Anak tetangga saya dipukuli tiap malam.", "child"),
        ("ANAKNYA sering DITELANTARKAN", "child"),
        ("Murid SD dibully teman sekelas", "child"),
        ("Saya korban KDRT, mohon dirahasiakan", "violence_at_home"),
        ("sering dipukul suaminya", "violence_at_home"),
        ("Pasien HIV ditolak puskesmas", "health"),
        ("Ibu saya cuci darah, BPJS nonaktif", "health"),
        ("Jalan rusak, banyak anak sekolah lewat.", None),
        ("Lampu padam, bahaya bagi anak-anak.", None),
        ("Pohon tumbang menimpa kabel.", None),
        ("kdrtx dan xhiv bukan kata", None),
        ("", None),
    ],
)
def test_the_shipped_words(text: str, reason: str | None) -> None:
    assert SHIPPED.reason_for(text) == reason


@given(WORDS, WORDS, st.lists(WORDS, max_size=8), st.data())
def test_a_phrase_is_found_wherever_it_stands_and_however_it_is_written(
    first: str, second: str, others: list[str], data: st.DataObject
) -> None:
    phrase = normal_phrase(f"{first} {second}")
    rules = SecrecyRules([SecrecyRule("x", frozenset({phrase}))])
    at = data.draw(st.integers(0, len(others)))
    words = [*others[:at], first.upper(), second.capitalize() + "nya", *others[at:]]
    assert rules.reason_for(", ".join(words)) == "x"
    assert rules.reason_for(first) is None


@given(st.text(max_size=300))
def test_no_text_is_too_odd(text: str) -> None:
    assert SHIPPED.reason_for(text) in {None, "child", "violence_at_home", "health"}


@given(WORDS, WORDS)
def test_what_must_stand_beside_must_stand_there(word: str, beside: str) -> None:
    rules = SecrecyRules(
        [SecrecyRule("x", frozenset({normal_phrase(word)}), frozenset({normal_phrase(beside)}))]
    )
    assert rules.reason_for(f"{word} {beside}") == "x"
    assert (rules.reason_for(word) == "x") == (normal_phrase(word) == normal_phrase(beside))
