"""A tracking code finds every slip that people make most."""

import secrets

from hypothesis import given
from hypothesis import strategies as st

from services.intake.rules.tracking import ALPHABET, LENGTH, draw_code, read_code

CODES = st.integers(0, len(ALPHABET) ** (LENGTH - 1) - 1).map(lambda n: draw_code(lambda _: n))
PLACES = st.integers(0, LENGTH - 1)


def test_the_alphabet_has_no_look_alikes_and_a_prime_size() -> None:
    assert len(set(ALPHABET)) == len(ALPHABET) == 23
    assert not set(ALPHABET) & set("01OILBGSUVZQF")


@given(CODES)
def test_a_drawn_code_is_read_back(code: str) -> None:
    assert len(code) == LENGTH
    assert read_code(code) == code


@given(CODES, PLACES, st.sampled_from(ALPHABET))
def test_every_single_wrong_character_is_found(code: str, place: int, wrong: str) -> None:
    typed = code[:place] + wrong + code[place + 1 :]
    assert read_code(typed) == (code if wrong == code[place] else None)


@given(CODES, st.integers(0, LENGTH - 2))
def test_every_swap_of_neighbours_is_found(code: str, place: int) -> None:
    typed = code[:place] + code[place + 1] + code[place] + code[place + 2 :]
    assert read_code(typed) == (code if typed == code else None)


@given(CODES, st.lists(st.tuples(PLACES, st.sampled_from([" ", "-", "\u2013", "."])), max_size=6))
def test_case_spaces_and_dashes_do_not_matter(code: str, signs: list[tuple[int, str]]) -> None:
    typed = code.lower()
    for place, sign in signs:
        typed = typed[:place] + sign + typed[place:]
    assert read_code(typed) == code


@given(st.text())
def test_no_text_breaks_the_reading(text: str) -> None:
    code = read_code(text)
    assert code is None or len(code) == LENGTH


def test_codes_are_spread_over_the_whole_alphabet() -> None:
    codes = [draw_code(secrets.randbelow) for _ in range(500)]
    assert len(set(codes)) == 500
    assert {character for code in codes for character in code} == set(ALPHABET)
