"""Survey links: what one service signed the other reads, and nothing else."""

from base64 import b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.survey_links import (
    SurveyKeyInvalid,
    SurveyLink,
    SurveyLinkInvalid,
    nonce_of,
    read_survey_keys,
    sign_link,
    verify_link,
)

OLD, NEW = (b64encode(letter * 32).decode() for letter in (b"o", b"n"))
LINK = SurveyLink("DISHUB", "pengaduan", "2026-03", "abc")


# Codes are short; a token that is longer than any of theirs is not read at all.
@given(*[st.text(max_size=7)] * 4)
def test_a_link_says_what_was_signed(unit: str, service: str, period: str, nonce: str) -> None:
    link = SurveyLink(unit, service, period, nonce)
    keys = read_survey_keys(NEW)
    assert verify_link(keys, sign_link(keys, link)) == link


def test_a_change_of_keys_leaves_old_links_valid() -> None:
    token = sign_link(read_survey_keys(OLD), LINK)
    assert verify_link(read_survey_keys(f"{NEW},{OLD}"), token) == LINK
    with pytest.raises(SurveyLinkInvalid):
        verify_link(read_survey_keys(NEW), token)


@given(st.text(max_size=80))
def test_what_was_not_signed_is_refused(token: str) -> None:
    with pytest.raises(SurveyLinkInvalid):
        verify_link(read_survey_keys(NEW), token)


@given(st.integers(0, 200), st.characters(codec="ascii"))
def test_a_changed_character_is_refused(place: int, character: str) -> None:
    keys = read_survey_keys(NEW)
    token = sign_link(keys, LINK)
    place %= len(token)
    changed = token[:place] + character + token[place + 1 :]
    if changed == token:
        return
    with pytest.raises(SurveyLinkInvalid):
        verify_link(keys, changed)


def test_nothing_is_valid_without_a_key() -> None:
    with pytest.raises(SurveyLinkInvalid):
        verify_link((), sign_link(read_survey_keys(NEW), LINK))


def test_a_nonce_is_the_same_each_time_and_another_for_another() -> None:
    keys = read_survey_keys(NEW)
    assert nonce_of(keys, "m-1") == nonce_of(keys, "m-1") != nonce_of(keys, "m-2")


@pytest.mark.parametrize("configured", ["", "abc", f"{NEW},", b64encode(b"x" * 31).decode()])
def test_a_weak_key_is_refused_at_start(configured: str) -> None:
    with pytest.raises(SurveyKeyInvalid):
        read_survey_keys(configured)
