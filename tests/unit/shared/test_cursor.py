"""Cursors come back as they were, and nothing else is taken for one."""

import json
from base64 import urlsafe_b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.cursor import read_cursor, write_cursor
from shared.errors import Invalid

TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"))
INTEGERS = st.integers(-(2**63), 2**63 - 1)


@given(st.lists(TEXTS | INTEGERS, min_size=1, max_size=4))
def test_position_comes_back_as_it_was(position: list[str | int]) -> None:
    kinds = [type(value) for value in position]
    assert read_cursor(write_cursor(*position), *kinds) == tuple(position)


@given(st.text())
def test_any_text_is_a_position_or_refused(text: str) -> None:
    try:
        position = read_cursor(text, str, int)
    except Invalid:
        return
    assert [type(value) for value in position] == [str, int]


@given(st.recursive(st.none() | st.booleans() | st.floats() | st.text(), st.lists))
def test_any_json_is_a_position_or_refused(value: object) -> None:
    cursor = urlsafe_b64encode(json.dumps(value).encode()).decode()
    try:
        position = read_cursor(cursor, str)
    except Invalid:
        return
    assert [type(each) for each in position] == [str]


@pytest.mark.parametrize(
    "value",
    [
        ["a\x00b"],
        ["\ud800"],
        [True],
        [1],
        ["a", "b"],
        {"a": 1},
    ],
)
def test_what_postgres_could_not_compare_with_is_refused(value: object) -> None:
    cursor = urlsafe_b64encode(json.dumps(value).encode()).decode()
    with pytest.raises(Invalid):
        read_cursor(cursor, str)


@pytest.mark.parametrize("number", [2**63, -(2**63) - 1, 10**400])
def test_number_beyond_a_bigint_is_refused(number: int) -> None:
    with pytest.raises(Invalid):
        read_cursor(write_cursor(number), int)


def test_deeply_nested_json_is_refused() -> None:
    cursor = urlsafe_b64encode(b"[" * 100_000).decode()
    with pytest.raises(Invalid):
        read_cursor(cursor, str)
